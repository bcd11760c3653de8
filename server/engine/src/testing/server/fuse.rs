//! How a server breaks, and what it said and heard until then.

use std::time::Duration;

use crate::testing::mailbox::Mailbox;

/// How a server breaks. Commands, APPENDs and bytes are counted from 1, over all connections, from when it was lit.
#[derive(Debug, Clone)]
pub(crate) enum Fuse {
    /// Closes instead of doing a command.
    Before(usize),
    /// Does a command and closes without an answer.
    After(usize),
    /// From a command on it does what it hears, but nobody hears it any more.
    Deaf(usize),
    /// Closes at a command, and does it only after so long.
    Late(usize, Duration),
    /// Closes when it said so many bytes.
    Said(usize),
    /// Says so many bytes and then nothing more, without closing: half of the connection is gone.
    Stalls(usize),
    /// Closes when it heard so many bytes; what is not whole by then is not done.
    Heard(usize),
    /// Says this instead of doing a command; `{tag}` becomes the command's tag.
    Says(usize, Vec<u8>),
    /// Does not answer a command, and does not close.
    Silent(usize),
    /// Somebody changes the mailbox right before a command is done.
    Changes(usize, fn(&mut Mailbox)),
    /// Somebody changes the mailbox instead of a command, and it closes: a crash that costs what was not on its disk.
    Crashes(usize, fn(&mut Mailbox)),
    /// Somebody changes it right before each of the next so many commands.
    ChangesEach(usize, fn(&mut Mailbox)),
}

/// What a server did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub commands: usize,
    pub said: usize,
    pub heard: usize,
}
