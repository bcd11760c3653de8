//! One session: commands go out with tags, several at once if wished; answers come back whole and within budgets.

mod errors;
mod read;
mod write;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::BytesMut;
use shared::endpoint::Compress;
use tokio::time::Instant;

use super::{
    deflate::Channel,
    line::Line,
    response::{self, Condition, Response, Status, Value},
    transport::Transport,
};
use crate::{
    error::ConnectorError,
    guest::{Gate, Memory, Portion},
    hold::Hold,
};
use read::SMALL_LITERAL;

/// Longest silence of a server in the middle of its work.
const PATIENCE: Duration = Duration::from_secs(120);

/// The names of a server's capabilities (RFC 3501, section 7.2.1), in upper case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Capabilities(BTreeSet<String>);

impl Capabilities {
    pub(super) fn read<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        Self(words.into_iter().map(str::to_ascii_uppercase).collect())
    }

    /// Whether none are known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Takes some away: the server only says so.
    pub(super) fn strike(&mut self, names: &[&str]) {
        self.0.retain(|name| !names.contains(&name.as_str()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A command's tag.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Tag(String);

/// What the server tells beside the end of a command.
#[derive(Debug)]
pub(crate) struct Data {
    pub number: Option<u32>,
    pub name: String,
    pub values: Vec<Value>,
}

/// What comes next while a command runs.
#[derive(Debug)]
pub(crate) enum Step {
    Data(Data),
    /// One of the commands ended.
    End(Tag, Condition),
}

/// One session with a server.
#[derive(Debug)]
pub(crate) struct Connection {
    channel: Channel<Transport>,
    /// What was seen of the line so far.
    seen: Line,
    /// Something that made sense came since the session is compressed.
    proven: bool,
    input: BytesMut,
    /// How far `input` was searched for the end of the response.
    scanned: usize,
    /// Where the line in hand begins in `input`.
    line: usize,
    output: BytesMut,
    commands: u32,
    literal_cap: u64,
    /// Whether a larger one may go by.
    passes_over: bool,
    /// Bytes of one that goes by and are still to come.
    to_pass_over: u64,
    /// Whether one went by in the answer at hand.
    has_passed_over: bool,
    /// Names the server in sentences: "the source old.example".
    pub(crate) peer: String,
    /// What the server says it can do.
    pub(crate) capabilities: Capabilities,
    /// The server's first words.
    pub(crate) greeting: String,
    /// Who else uses this server: hears of its wish for patience.
    pub(crate) gate: Option<Arc<Gate>>,
    /// What messages may take on their way.
    pub(crate) memory: Memory,
    /// Whether what is said is to be compressed.
    pub(crate) compress: Compress,
    /// Until when it may be written to.
    pub(crate) hold: Hold,
}

impl Connection {
    pub(super) fn new(transport: Transport, ahead: BytesMut, peer: String) -> Self {
        Self {
            channel: Channel::new(transport),
            seen: Line::default(),
            proven: false,
            input: ahead,
            scanned: 0,
            line: 0,
            output: BytesMut::new(),
            commands: 0,
            literal_cap: SMALL_LITERAL,
            passes_over: false,
            to_pass_over: 0,
            has_passed_over: false,
            peer,
            capabilities: Capabilities::default(),
            greeting: String::new(),
            gate: None,
            memory: Memory::default(),
            compress: Compress::Off,
            hold: Hold::default(),
        }
    }

    /// The stream, and what was read ahead of it.
    pub(super) fn into_parts(self) -> (Transport, BytesMut) {
        (self.channel.into_transport(), self.input)
    }

    /// What was seen of the line, for the connection that goes on over it.
    pub(super) fn seen_line(&self) -> Line {
        self.seen.clone()
    }

    /// Goes on over a line of which so much was seen.
    pub(super) fn carry_on(&mut self, line: Line) {
        self.seen = line;
    }

    /// Whether the line is far and brings little.
    pub(super) fn line_is_slow(&self) -> bool {
        self.seen.is_slow()
    }

    /// Whether what is said is compressed.
    pub(super) const fn is_compressed(&self) -> bool {
        self.channel.is_deflated()
    }

    /// Both sides compress from here on; what came already is the beginning of it.
    pub(super) fn deflate(&mut self) {
        (self.scanned, self.line, self.proven) = (0, 0, false);
        self.channel.deflate(self.input.split());
    }

    /// Runs one command to its end.
    pub(crate) async fn run(
        &mut self,
        command: &[u8],
        data: impl FnMut(Data),
    ) -> Result<Condition, ConnectorError> {
        let tag = self.queue(command);
        self.flush().await?;
        let asked = Instant::now();
        let condition = self.finish(&tag, data).await?;
        self.seen.answered(asked.elapsed());
        Ok(condition)
    }

    /// Reads to the end of a command, the oldest one that was sent and not finished.
    pub(super) async fn finish(
        &mut self,
        tag: &Tag,
        mut data: impl FnMut(Data),
    ) -> Result<Condition, ConnectorError> {
        loop {
            match self.step().await? {
                Step::Data(told) => data(told),
                Step::End(ended, condition) if ended == *tag => return Ok(condition),
                Step::End(..) => return Err(self.broken("an answer to another command")),
            }
        }
    }

    /// Reads to the end of several commands, in whatever order the server ends them.
    pub(super) async fn finish_all(
        &mut self,
        tags: &[Tag],
        data: impl FnMut(Data),
    ) -> Result<HashMap<Tag, Condition>, ConnectorError> {
        let mut ended = HashMap::with_capacity(tags.len());
        self.finish_most(tags, &mut ended, data).await?;
        Ok(ended)
    }

    /// The same, keeping those that ended before an error.
    pub(super) async fn finish_most(
        &mut self,
        tags: &[Tag],
        ended: &mut HashMap<Tag, Condition>,
        mut data: impl FnMut(Data),
    ) -> Result<(), ConnectorError> {
        while ended.len() < tags.len() {
            match self.step().await? {
                Step::Data(told) => data(told),
                Step::End(tag, condition) if tags.contains(&tag) => _ = ended.insert(tag, condition),
                Step::End(..) => return Err(self.broken("an answer to another command")),
            }
        }
        Ok(())
    }

    /// The next thing the server tells. Of several commands under way any may end first: servers answer independent
    /// ones side by side (RFC 3501, section 5.5).
    pub(super) async fn step(&mut self) -> Result<Step, ConnectorError> {
        loop {
            match self.response().await? {
                Response::Data { number, name, values } => {
                    return Ok(Step::Data(Data { number, name, values }));
                }
                Response::Done { tag, condition } => {
                    self.overhear(&condition);
                    return Ok(Step::End(Tag(tag), condition));
                }
                Response::Condition(condition) => match condition.status {
                    Status::Bye => return Err(self.farewell(&condition)),
                    // `* OK [UIDVALIDITY 3] …` carries data in its code.
                    Status::Ok | Status::No | Status::Bad | Status::PreAuth => {
                        if let Some(code) = condition.code {
                            let values = response::parse_values(&code.arguments);
                            return Ok(Step::Data(Data { number: None, name: code.name, values }));
                        }
                    }
                },
                Response::Continue => {}
            }
        }
    }

    /// Reads until the server wants the rest of the command (none), or ended it early.
    pub(super) async fn go_ahead(&mut self, tag: &Tag) -> Result<Option<Condition>, ConnectorError> {
        loop {
            match self.response().await? {
                Response::Continue => return Ok(None),
                Response::Done { tag: done, condition } if done == tag.0 => return Ok(Some(condition)),
                Response::Done { .. } => return Err(self.broken("an answer to another command")),
                Response::Condition(condition) if condition.status == Status::Bye => {
                    return Err(self.farewell(&condition));
                }
                Response::Condition(_) | Response::Data { .. } => {}
            }
        }
    }

    /// How much to ask for or to send at once; none: any.
    pub(crate) fn portion(&self) -> Option<Portion> {
        self.gate.as_ref().and_then(|gate| gate.portion())
    }

    /// Whether the server wants patience, or its hours are over.
    pub(crate) fn must_wait(&self) -> bool {
        self.gate.as_ref().is_some_and(|gate| gate.waits().is_some())
    }

    /// Waits until something new may begin; an error when that takes long. Nothing must be under way.
    pub(crate) async fn patience(&self) -> Result<(), ConnectorError> {
        match &self.gate {
            Some(gate) => gate.patience(&self.peer).await,
            None => Ok(()),
        }
    }

    /// Takes part of the server's rates, before so many messages are asked for or sent.
    pub(crate) async fn take(&self, messages: usize, bytes: u64) {
        if let Some(gate) = &self.gate {
            gate.take_messages(u64::try_from(messages).unwrap_or(u64::MAX)).await;
            gate.take(bytes).await;
        }
    }
}

#[cfg(test)]
mod tests;
