//! Real mail servers on loopback with generated mailboxes, for tests and for the demo.
//!
//! Everything starts from an empty temporary directory on free ports, needs no service manager, and is gone again when
//! the value is dropped or the process that made it dies. Nothing here shares code with the engine, so that what the
//! IMAP client in [`imap`] reads is an independent opinion.
#![warn(missing_docs)]

pub mod certificate;
pub mod corpus;
pub mod courier;
pub mod cyrus;
mod daemon;
pub mod demo;
pub mod dns;
pub mod dovecot;
pub mod error;
mod gate;
pub mod imap;
pub mod imap4d;
pub mod long_line;
pub mod maildir;
pub mod moment;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod random;
pub mod stub;
pub mod tap;
pub mod unpacked;
pub mod utf7;
pub mod verify;
pub mod wirelog;

pub use error::{Error, Result};
