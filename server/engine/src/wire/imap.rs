//! IMAP4rev1 sessions (RFC 3501): async-imap logs in, then our own small layer speaks on its stream, because it keeps
//! response codes (APPENDUID), pipelines commands, streams literals and refuses announced sizes before allocating.

pub(crate) mod date;
pub(crate) mod utf7;

pub(crate) mod append;
mod compress;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod deflate;
pub(crate) mod encode;
pub(crate) mod enter;
mod fetch;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
pub(crate) mod hint;
mod line;
pub(crate) mod listing;
pub(crate) mod login;
pub(crate) mod look;
pub(crate) mod preset;
mod profile;
pub(crate) mod quota;
pub(crate) mod response;
pub(crate) mod session;
mod tls;
mod transport;
