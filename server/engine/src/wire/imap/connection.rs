//! One session: commands go out with tags, several at once if wished; answers come back whole and within budgets.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::Arc,
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use shared::{cause::Cause, endpoint::Compress};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, error::Elapsed, timeout},
};

use super::{
    append,
    deflate::Channel,
    enter,
    hint::{self, Hint},
    line::Line,
    response::{self, Condition, Response, Status, Value},
    transport::Transport,
};
use crate::{
    error::{ConnectorError, Reach, Retry},
    guest::{Gate, Memory, Portion},
    hold::Hold,
};

/// Longest silence of a server in the middle of its work.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longest line a server may send.
const MAX_LINE: usize = 1024 * 1024;
/// Largest literal a server may announce where no message was asked for.
const SMALL_LITERAL: u64 = 1024 * 1024;
/// Largest literal that may go by unread: a message no server would keep.
const MOST_PASSED_OVER: u64 = 4 * 1024 * 1024 * 1024;
/// Written at once rather than copied behind the command before it.
const LARGE_WRITE: usize = 128 * 1024;
/// Leaves nothing of its memory behind when it was read.
const LARGE_READ: usize = 128 * 1024;

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

    /// Allows literals up to so many bytes in the answers that follow.
    pub(super) const fn allow_literals(&mut self, bytes: u64) {
        self.literal_cap = if bytes > SMALL_LITERAL { bytes } else { SMALL_LITERAL };
    }

    /// Puts a command behind those waiting to be sent. Without its final CRLF: a literal follows.
    pub(super) fn begin(&mut self, command: &[u8]) -> Tag {
        self.commands += 1;
        let tag = Tag(format!("m{}", self.commands));
        self.output.extend_from_slice(tag.0.as_bytes());
        self.output.extend_from_slice(b" ");
        self.output.extend_from_slice(command);
        tag
    }

    /// Puts a whole command behind those waiting to be sent.
    pub(super) fn queue(&mut self, command: &[u8]) -> Tag {
        let tag = self.begin(command);
        self.output.extend_from_slice(b"\r\n");
        tag
    }

    /// Puts bytes behind what waits to be sent; large ones go out at once.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), ConnectorError> {
        if bytes.len() < LARGE_WRITE {
            self.output.extend_from_slice(bytes);
            return if self.output.len() < LARGE_WRITE { Ok(()) } else { self.flush().await };
        }
        self.flush().await?;
        self.send(bytes).await
    }

    /// Sends everything that waits.
    pub(super) async fn flush(&mut self) -> Result<(), ConnectorError> {
        let output = self.output.split();
        self.send(&output).await?;
        let flushed = timeout(PATIENCE, self.hold.guard(&mut self.channel).flush()).await;
        self.sent(flushed)
    }

    /// Sends bytes. The line must take some of them in time, however long all of them take.
    async fn send(&mut self, mut bytes: &[u8]) -> Result<(), ConnectorError> {
        while !bytes.is_empty() {
            let began = Instant::now();
            let written = timeout(PATIENCE, self.hold.guard(&mut self.channel).write(bytes)).await;
            let count = self.sent(written)?;
            if count == 0 {
                return Err(self.lost(&io::ErrorKind::WriteZero.into()));
            }
            self.seen.moved(count, began.elapsed());
            bytes = &bytes[count..];
        }
        Ok(())
    }

    fn sent<T>(&self, written: Result<io::Result<T>, Elapsed>) -> Result<T, ConnectorError> {
        match written {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(self.lost(&error)),
            Err(_) => Err(self.silent(PATIENCE)),
        }
    }

    /// The next response, whole.
    async fn response(&mut self) -> Result<Response, ConnectorError> {
        let bytes = self.next(PATIENCE).await?;
        let response = response::parse(&bytes).ok_or_else(|| {
            self.doubt_compression(true);
            self.broken("an answer that is not IMAP")
        })?;
        self.proven = true;
        Ok(response)
    }

    /// The server's first response, which must come soon.
    pub(super) async fn first_response(&mut self, patience: Duration) -> Result<Response, ConnectorError> {
        let asked = Instant::now();
        let next = self.next(patience).await;
        self.seen.answered(asked.elapsed());
        let bytes = match next {
            Err(error) if error.cause == Cause::Protocol => return Err(self.not_imap(error.detail)),
            other => other?,
        };
        response::parse(&bytes).ok_or_else(|| self.not_imap("its first words are no IMAP greeting".into()))
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
        mut data: impl FnMut(Data),
    ) -> Result<HashMap<Tag, Condition>, ConnectorError> {
        let mut ended = HashMap::with_capacity(tags.len());
        while ended.len() < tags.len() {
            match self.step().await? {
                Step::Data(told) => data(told),
                Step::End(tag, condition) if tags.contains(&tag) => _ = ended.insert(tag, condition),
                Step::End(..) => return Err(self.broken("an answer to another command")),
            }
        }
        Ok(ended)
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

    async fn next(&mut self, patience: Duration) -> Result<Bytes, ConnectorError> {
        // Of the answer at hand what is known stays known, should reading it be interrupted.
        if self.line == 0 {
            self.has_passed_over = false;
        }
        loop {
            if self.to_pass_over == 0
                && let Some(end) = self.complete()?
            {
                (self.scanned, self.line) = (0, 0);
                let response = self.input.split_to(end).freeze();
                if end >= LARGE_READ {
                    // What is left would keep all of it in memory, long after it was handed on.
                    self.input = BytesMut::from(&self.input[..]);
                }
                return Ok(response);
            }
            if self.input.capacity() - self.input.len() < 16 * 1024 {
                self.input.reserve(64 * 1024);
            }
            // Whatever has begun to come is on its way.
            let began = (!self.input.is_empty()).then(Instant::now);
            match timeout(patience, self.channel.read_buf(&mut self.input)).await {
                Ok(Ok(0)) => return Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(Ok(count)) => {
                    if let Some(began) = began {
                        self.seen.moved(count, began.elapsed());
                    }
                    self.drop_what_is_passed_over();
                }
                Ok(Err(error)) => return Err(self.lost(&error)),
                Err(_) => return Err(self.silent(patience)),
            }
        }
    }

    /// The length of the response at the head of `input`, when all of it is there.
    fn complete(&mut self) -> Result<Option<usize>, ConnectorError> {
        loop {
            let Some(unseen) = self.input.get(self.scanned..) else { return Ok(None) };
            let Some(end) = unseen.iter().position(|byte| *byte == b'\n') else {
                self.scanned = self.input.len();
                let overlong = self.scanned.saturating_sub(self.line) > MAX_LINE;
                return if overlong { Err(self.broken("a line of more than one MiB")) } else { Ok(None) };
            };
            let end = self.scanned + end;
            let line = &self.input[self.line..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let words_only = self.line == 0 && response::is_condition(line);
            let Some(length) = response::announced_literal(line).filter(|_| !words_only) else {
                return Ok(Some(end + 1));
            };
            if length > self.literal_cap {
                if self.passes_over && !self.has_passed_over && length <= MOST_PASSED_OVER {
                    self.pass_over(end + 1, length);
                    continue;
                }
                return Err(self.broken(&format!("a literal of {length} bytes, more than is allowed here")));
            }
            let length = usize::try_from(length).map_err(|_| self.broken("a literal too large"))?;
            // Many of them in one answer are no more than one.
            let whole = u64::try_from(end.saturating_add(length)).unwrap_or(u64::MAX);
            if whole > self.literal_cap.saturating_add(MAX_LINE as u64) {
                return Err(self.broken(&format!("an answer of {whole} bytes, more than is allowed here")));
            }
            self.line = end + 1 + length;
            self.scanned = self.line;
            self.input.reserve(self.line.saturating_sub(self.input.len()) + 256);
        }
    }

    /// Lets a literal go by that is larger than its message was listed: its announcement, which ends the line at `end`,
    /// becomes that of an empty one, and its bytes are dropped as they come. Whoever asked for it asks in pieces.
    fn pass_over(&mut self, end: usize, length: u64) {
        let mut rest = self.input.split_off(end);
        let announced = self.input.iter().rposition(|byte| *byte == b'{').unwrap_or(end);
        self.input.truncate(announced);
        self.input.extend_from_slice(b"{0}\r\n");
        (self.line, self.scanned) = (self.input.len(), self.input.len());
        (self.to_pass_over, self.has_passed_over) = (length, true);
        self.input.extend_from_slice(&std::mem::take(&mut rest));
        self.drop_what_is_passed_over();
    }

    /// Drops what has come of a literal that is let go by.
    fn drop_what_is_passed_over(&mut self) {
        if self.to_pass_over == 0 {
            return;
        }
        let mut behind = self.input.split_off(self.line);
        let dropped = behind.len().min(usize::try_from(self.to_pass_over).unwrap_or(usize::MAX));
        behind.advance(dropped);
        self.to_pass_over -= u64::try_from(dropped).unwrap_or(u64::MAX);
        self.input.extend_from_slice(&behind);
    }

    /// Whether a literal of the last answer was let go by because it is larger than its message was listed.
    pub(super) const fn has_passed_over(&self) -> bool {
        self.has_passed_over
    }

    /// Says whether literals that are larger than allowed may go by, one in an answer; otherwise they end the session.
    pub(super) const fn let_pass(&mut self, may: bool) {
        self.passes_over = may;
    }

    /// The connection is gone.
    fn lost(&self, error: &io::Error) -> ConnectorError {
        self.doubt_compression(self.channel.is_garbled());
        let detail = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            _ => format!("the connection broke ({error})"),
        };
        self.error(Cause::Disconnected, Retry::Now, detail)
    }

    fn silent(&self, patience: Duration) -> ConnectorError {
        self.doubt_compression(false);
        self.error(Cause::TimedOut, Retry::Now, format!("no answer within {} seconds", patience.as_secs()))
    }

    /// The server said something that makes no sense: the stream cannot be trusted any more.
    pub(crate) fn broken(&self, detail: &str) -> ConnectorError {
        self.doubt_compression(!self.proven);
        self.error(Cause::Protocol, Retry::Now, format!("the server sent {detail}"))
    }

    /// A compressed session broke. The next ones to this server go without compression for a while where what came was no
    /// IMAP, or nothing good had come before.
    fn doubt_compression(&self, nonsense: bool) {
        if let Some(gate) = &self.gate
            && self.is_compressed()
            && (nonsense || !self.proven)
        {
            gate.doubt_compression(&self.peer, nonsense);
        }
    }

    pub(super) fn not_imap(&self, detail: String) -> ConnectorError {
        ConnectorError { reach: Reach::Endpoint, ..self.error(Cause::NotImap, Retry::Never, detail) }
    }

    pub(super) fn farewell(&self, condition: &Condition) -> ConnectorError {
        let detail = format!("the server said goodbye: “{}”", condition.words);
        if hint::was_idle(&condition.words) {
            return self.error(Cause::Disconnected, Retry::Now, detail);
        }
        match hint::goodbye(condition.code.as_ref().map(|code| code.name.as_str()), &condition.words) {
            Hint::Passes(cause, pause) => self.heard(self.error(cause, Retry::After(pause), detail)),
            Hint::Human(cause) => {
                ConnectorError { reach: Reach::Endpoint, ..self.error(cause, Retry::Never, detail) }
            }
        }
    }

    fn error(&self, cause: Cause, retry: Retry, detail: String) -> ConnectorError {
        ConnectorError {
            reach: Reach::Mailbox,
            retry,
            cause,
            doing: format!("talking to {}", self.peer),
            detail,
        }
    }

    /// A command was answered with NO or BAD.
    pub(crate) fn refused(
        &self,
        condition: &Condition,
        reach: Reach,
        cause: Cause,
        doing: impl Into<String>,
    ) -> ConnectorError {
        let (reach, retry, cause) = match condition.hint() {
            Some(Hint::Passes(cause, pause)) => (Reach::Mailbox, Retry::After(pause), cause),
            Some(Hint::Human(cause)) => (Reach::Endpoint, Retry::Never, cause),
            None => (reach, Retry::Never, cause),
        };
        let word = match condition.status {
            Status::No => "NO",
            Status::Bad => "BAD",
            Status::Ok | Status::PreAuth | Status::Bye => "something unexpected",
        };
        let detail = format!("the server answered {word}: “{}”", condition.words);
        self.heard(ConnectorError { reach, retry, cause, doing: doing.into(), detail })
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

    /// A wish for patience is heard whatever the command was, even where its refusal costs nothing. What is said of the
    /// size of a message (Dovecot: LIMIT) is none.
    fn overhear(&self, condition: &Condition) {
        if append::refusal(condition) == Cause::TooBig {
            return;
        }
        if let Some(Hint::Passes(cause, pause)) = condition.hint() {
            let detail = format!("the server answered: “{}”", condition.words);
            self.heard(self.error(cause, Retry::After(pause), detail));
        }
    }

    /// Lets everybody who uses the server hear of its wish for patience.
    fn heard(&self, error: ConnectorError) -> ConnectorError {
        if let Some(gate) = &self.gate {
            enter::hear(gate, &error);
        }
        error
    }
}

#[cfg(test)]
mod tests;
