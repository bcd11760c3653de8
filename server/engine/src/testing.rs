//! What the engine's tests share: a ledger in memory with a fuse, an IMAP server in this process with a fuse, and a clock
//! that costs no time.

pub(crate) mod clock;
pub(crate) mod ledger;
pub(crate) mod mailbox;
pub(crate) mod scene;
pub(crate) mod server;
