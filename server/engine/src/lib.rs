//! Moves mailboxes: two sides and a ledger, and nothing else.
//!
//! The engine knows no HTTP server, no SQL, no admins and no batches. [`pass::run`] takes two [`account::Account`]s and
//! a [`ledger::Ledger`] and brings one mailbox from the first to the second; [`check::check`] tries an endpoint step by step.
#![warn(missing_docs)]

pub mod account;
pub mod ask;
pub mod baseline;
pub mod check;
pub mod discover;
pub mod error;
pub mod filter;
pub mod fingerprint;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod guest;
pub mod hold;
pub mod labels;
pub mod ledger;
pub mod mapping;
pub mod matching;
mod memory;
pub mod model;
pub mod pass;
pub mod plan;
pub mod receipts;
pub mod source;
pub mod target;
#[cfg(test)]
mod testing;
pub mod token;
pub mod validate;
mod wire;
