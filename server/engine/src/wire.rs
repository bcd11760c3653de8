//! Protocol sessions: errors classified, time limits and memory budgets kept.

pub(crate) mod imap;
