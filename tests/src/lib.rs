//! The product driven from outside: its command line, its server and its panel in a real browser.
//!
//! The mail servers it meets come from the crate `servers`; what arrived is judged by that crate's own IMAP client.
#![warn(missing_docs)]

pub mod app;
pub mod artefacts;
pub mod binary;
pub mod browser;
pub mod cli;
pub mod client;
pub mod connections;
pub mod disk;
pub mod events;
pub mod expect;
pub mod mailbox;
pub mod worker;
