//! How a server breaks, and what it said and heard until then.

use std::time::Duration;

/// How a server breaks. Commands, APPENDs and bytes are counted from 1, over all connections, from when it was lit.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Closes when it heard so many bytes; what is not whole by then is not done.
    Heard(usize),
    /// Says this instead of doing a command; `{tag}` becomes the command's tag.
    Says(usize, Vec<u8>),
    /// Does not answer a command, and does not close.
    Silent(usize),
}

/// What a server did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub commands: usize,
    pub said: usize,
    pub heard: usize,
}
