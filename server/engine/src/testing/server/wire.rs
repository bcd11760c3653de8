//! One connection's bytes: commands in, answers out, both within the fuse.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{
    Shared, State,
    command::{self, Command, Extent},
    fuse::Fuse,
    lock,
};
use crate::wire::imap::deflate::Channel;

pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The connection is over.
#[derive(Debug)]
pub(super) struct Gone;

/// One connection's bytes.
pub(super) struct Wire {
    pub stream: Box<dyn Stream>,
    shared: Shared,
    input: Vec<u8>,
    /// Line ends in the input whose literals were agreed to.
    consented: Vec<usize>,
    /// Nothing more is heard.
    ended: bool,
    /// Nothing more is said.
    pub dumb: bool,
    /// Bytes that are still said.
    left: usize,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, shared: &Shared) -> Self {
        let left = {
            let mut state = lock(shared);
            state.connections += 1;
            (state.habits.tires_after)(state.connections)
        };
        let shared = Arc::clone(shared);
        Self { stream, shared, input: Vec::new(), consented: Vec::new(), ended: false, dumb: false, left }
    }

    pub(super) async fn say(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        if self.dumb {
            return Ok(());
        }
        let (mut allowed, stalls) = lock(&self.shared).may_say(bytes.len());
        allowed = allowed.min(self.left);
        self.left -= allowed;
        self.stream.write_all(&bytes[..allowed]).await.map_err(|_| Gone)?;
        self.stream.flush().await.map_err(|_| Gone)?;
        if allowed == bytes.len() {
            return Ok(());
        }
        if stalls { std::future::pending().await } else { Err(Gone) }
    }

    /// Ends what is said: the client sees the end of the connection, and the server goes on to listen.
    pub(super) async fn fall_dumb(&mut self) {
        self.dumb = true;
        _ = self.stream.shutdown().await;
    }

    /// Both sides deflate from here on.
    pub(super) fn deflate(&mut self) {
        let stream = std::mem::replace(&mut self.stream, Box::new(tokio::io::empty()));
        let mut channel = Channel::new(stream);
        channel.deflate(BytesMut::from(std::mem::take(&mut self.input).as_slice()));
        self.stream = Box::new(channel);
    }

    async fn hear(&mut self) -> Result<(), Gone> {
        if self.ended {
            return Err(Gone);
        }
        let before = self.input.len();
        self.input.reserve(64 * 1024);
        let count = self.stream.read_buf(&mut self.input).await.map_err(|_| Gone)?;
        let allowed = lock(&self.shared).may_hear(count);
        self.input.truncate(before + allowed);
        self.ended = allowed < count || count == 0;
        Ok(())
    }

    /// A line that is no command: an answer to a challenge.
    pub(super) async fn line(&mut self) -> Result<String, Gone> {
        loop {
            if let Some(end) = self.input.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.input.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.hear().await?;
        }
    }

    /// The next command, whole.
    pub(super) async fn command(&mut self) -> Result<Command, Gone> {
        loop {
            match command::extent(&self.input, &self.consented) {
                Extent::Whole(end) => {
                    if let Some(command) = self.take(end) {
                        return Ok(command);
                    }
                    self.say(b"* BAD that is no command\r\n").await?;
                }
                Extent::Part => self.hear().await?,
                Extent::Announced { line_end, length, asks } => {
                    self.announced(line_end, length, asks).await?
                }
            }
        }
    }

    /// A command of one of these kinds, when the next one is there already.
    pub(super) fn ready(&mut self, words: &[&str]) -> Option<Command> {
        let Extent::Whole(end) = command::extent(&self.input, &self.consented) else { return None };
        command::parse(&self.input[..end]).filter(|next| words.contains(&next.word.as_str()))?;
        self.take(end)
    }

    fn take(&mut self, end: usize) -> Option<Command> {
        self.consented.clear();
        let bytes: Vec<u8> = self.input.drain(..end).collect();
        let command = command::parse(&bytes);
        if command.is_none() && !lock(&self.shared).habits.hears_no_literals {
            lock(&self.shared).offence(format!("no command: {}", bytes.escape_ascii()));
        }
        command
    }

    /// Agrees to a literal or refuses it before it comes.
    async fn announced(&mut self, line_end: usize, length: usize, asks: bool) -> Result<(), Gone> {
        let (refusal, chatty) = {
            let mut state = lock(&self.shared);
            state.literal(length, asks);
            let too_large = state.habits.largest.filter(|(largest, _)| asks && length > *largest);
            (too_large.map(|(_, answer)| answer), state.habits.chatty)
        };
        let refusal = refusal.or_else(|| {
            (!asks && lock(&self.shared).habits.hears_no_literals).then_some("BAD what is this?")
        });
        match refusal {
            Some(answer) => {
                let line: Vec<u8> = self.input.drain(..line_end).collect();
                self.consented.clear();
                let tag = String::from_utf8_lossy(&line).split(' ').next().unwrap_or_default().to_owned();
                lock(&self.shared)
                    .log
                    .push(String::from_utf8_lossy(&line[tag.len() + 1..]).trim_end().to_owned());
                self.say(format!("{tag} {answer}\r\n").as_bytes()).await
            }
            None => {
                self.consented.push(line_end);
                if asks && chatty {
                    self.say(b"* OK just a moment\r\n").await?;
                }
                if asks { self.say(b"+ go on\r\n").await } else { Ok(()) }
            }
        }
    }
}

impl State {
    /// How many of so many bytes are said, and whether the rest is waited for in vain.
    fn may_say(&mut self, count: usize) -> (usize, bool) {
        let limit = self.fuse.as_ref().and_then(|fuse| match fuse {
            Fuse::Said(bytes) => Some((*bytes, false)),
            Fuse::Stalls(bytes) => Some((*bytes, true)),
            Fuse::Before(_)
            | Fuse::After(_)
            | Fuse::Deaf(_)
            | Fuse::Late(..)
            | Fuse::Heard(_)
            | Fuse::Says(..)
            | Fuse::Silent(_)
            | Fuse::Changes(..)
            | Fuse::Crashes(..)
            | Fuse::ChangesEach(..) => None,
        });
        let left = limit.map_or(usize::MAX, |(bytes, _)| bytes.saturating_sub(self.tally.said));
        let allowed = count.min(left);
        self.tally.said += allowed;
        if allowed < count {
            self.fuse = None;
        }
        (allowed, limit.is_some_and(|(_, stalls)| stalls))
    }

    fn may_hear(&mut self, count: usize) -> usize {
        let limit = self
            .fuse
            .as_ref()
            .and_then(|fuse| if let Fuse::Heard(bytes) = fuse { Some(*bytes) } else { None });
        let allowed = limit.map_or(count, |limit| count.min(limit.saturating_sub(self.tally.heard)));
        self.tally.heard += allowed;
        if allowed < count {
            self.fuse = None;
        }
        allowed
    }

    /// Nothing is sent unasked where that is not offered (RFC 7888).
    fn literal(&mut self, length: usize, asks: bool) {
        let small = self.habits.can("LITERAL-") && length <= 4096;
        if !asks && !self.habits.can("LITERAL+") && !small {
            self.offence(format!("a literal of {length} bytes came unasked"));
        }
    }
}
