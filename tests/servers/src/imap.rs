//! A small blocking IMAP client for tests: fills mailboxes and is the independent judge of what arrived.
//!
//! It shares no code with the engine, speaks clear text to loopback only, and reads every byte the server sends.

mod folder;
mod message;
mod parse;

use std::{
    io::{BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

pub use folder::{Folder, quote};
pub use message::Message;
pub use parse::Value;

use crate::{
    error::{Doing, Error, Result},
    moment,
};

/// A connection.
#[derive(Debug)]
pub struct Imap {
    stream: BufReader<TcpStream>,
    tag: u32,
}

/// What an opened folder said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Messages in it.
    pub exists: u64,
    /// UIDVALIDITY.
    pub validity: u64,
    /// UIDNEXT.
    pub next: u64,
    /// HIGHESTMODSEQ.
    pub modseq: u64,
    /// PERMANENTFLAGS.
    pub permanent_flags: Vec<String>,
}

/// What a server answered to one command: its untagged lines and the text of its tagged OK.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Untagged lines, split in values.
    pub lines: Vec<Vec<Value>>,
    /// What followed the tagged OK.
    pub text: String,
}

impl Imap {
    /// Connects to a port on loopback and reads the greeting.
    pub fn connect(port: u16) -> Result<Self> {
        let doing = || format!("connecting to {port}");
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing(doing)?;
        stream.set_nodelay(true).doing(doing)?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).doing(doing)?;
        let mut imap = Self { stream: BufReader::with_capacity(1 << 16, stream), tag: 0 };
        let greeting = parse::line(&mut imap.stream)?;
        if greeting.starts_with(b"* OK") {
            Ok(imap)
        } else {
            Err(Error::new(format!("port {port} greeted with {}", String::from_utf8_lossy(&greeting))))
        }
    }

    /// Logs in.
    pub fn login(&mut self, user: &str, password: &str) -> Result<()> {
        self.command(&format!("LOGIN {} {}", quote(user), quote(password))).map(drop)
    }

    /// Sends one command and reads its answer. NO and BAD are errors with the server's words.
    pub fn command(&mut self, command: &str) -> Result<Answer> {
        let tag = self.send(command.as_bytes())?;
        self.finish(&tag, command, &mut |_| ())
    }

    fn send(&mut self, command: &[u8]) -> Result<String> {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let line = [tag.as_bytes(), b" ", command, b"\r\n"].concat();
        self.write(&line)?;
        Ok(tag)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.get_mut().write_all(bytes).doing(|| "sending to the server".into())
    }

    /// Reads up to the tagged answer; messages go to `each` as they come rather than into the answer.
    fn finish(&mut self, tag: &str, command: &str, each: &mut dyn FnMut(Message)) -> Result<Answer> {
        let mut answer = Answer::default();
        loop {
            let raw = parse::response(&mut self.stream)?;
            let head = String::from_utf8_lossy(&raw.first).into_owned();
            if let Some(rest) = head.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
                let Some(text) = rest.strip_prefix("OK") else {
                    let command: String = command.chars().take(80).collect();
                    return Err(Error::new(format!("{command}: {rest}")));
                };
                answer.text = text.trim().to_owned();
                return Ok(answer);
            }
            let values = parse::values(raw)?;
            match Message::from_fetch(&values)? {
                Some(message) => each(message),
                None => answer.lines.push(values),
            }
        }
    }

    /// What the server says it can do.
    pub fn capabilities(&mut self) -> Result<Vec<String>> {
        let answer = self.command("CAPABILITY")?;
        Ok(answer.lines.iter().flatten().map(Value::text).collect())
    }

    /// The prefix and separator of the user's own namespace.
    pub fn namespace(&mut self) -> Result<(String, String)> {
        let answer = self.command("NAMESPACE")?;
        let own = answer.lines.first().and_then(|line| line.get(1)).and_then(|own| own.list().first());
        let own = own.map(Value::list).unwrap_or_default();
        let part = |index: usize| own.get(index).map(Value::text).unwrap_or_default();
        Ok((part(0), part(1)))
    }

    /// Every folder the server lists, with its subscription.
    pub fn folders(&mut self) -> Result<Vec<Folder>> {
        let (prefix, _) = self.namespace()?;
        let listed = self.command("LIST \"\" \"*\"")?;
        let subscribed = self.command("LSUB \"\" \"*\"")?;
        folder::folders(&listed, &subscribed, &prefix)
    }

    /// Creates a folder.
    pub fn create(&mut self, wire: &str) -> Result<()> {
        self.command(&format!("CREATE {}", quote(wire))).map(drop)
    }

    /// Subscribes to a folder.
    pub fn subscribe(&mut self, wire: &str) -> Result<()> {
        self.command(&format!("SUBSCRIBE {}", quote(wire))).map(drop)
    }

    /// Stores a message. `flags` are system flags and keywords; the date is in seconds since 1970.
    pub fn append(&mut self, wire: &str, flags: &[String], received: Option<i64>, body: &[u8]) -> Result<()> {
        let date = received.map(|moment| format!(" \"{}\"", moment::to_imap(moment))).unwrap_or_default();
        // Asked for rather than sent along: not every server has LITERAL+.
        let head = format!("APPEND {} ({}){date} {{{}}}", quote(wire), flags.join(" "), body.len());
        let tag = self.send(head.as_bytes())?;
        loop {
            let line = parse::line(&mut self.stream)?;
            if line.starts_with(b"+") {
                break;
            }
            if line.starts_with(tag.as_bytes()) {
                return Err(Error::new(format!("{head}: {}", String::from_utf8_lossy(&line))));
            }
        }
        self.write(body)?;
        self.write(b"\r\n")?;
        self.finish(&tag, &head, &mut |_| ()).map(drop)
    }

    /// Opens a folder for reading only.
    pub fn examine(&mut self, wire: &str) -> Result<Opened> {
        self.open("EXAMINE", wire)
    }

    /// Opens a folder for reading and writing.
    pub fn select(&mut self, wire: &str) -> Result<Opened> {
        self.open("SELECT", wire)
    }

    fn open(&mut self, verb: &str, wire: &str) -> Result<Opened> {
        let answer = self.command(&format!("{verb} {}", quote(wire)))?;
        let mut opened = Opened::default();
        for line in &answer.lines {
            let words: Vec<_> = line.iter().map(Value::text).collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let number = |text: &str| text.trim_end_matches(']').parse().unwrap_or_default();
            match words.as_slice() {
                [count, "EXISTS"] => opened.exists = number(count),
                ["OK", "[UIDVALIDITY", value, ..] => opened.validity = number(value),
                ["OK", "[UIDNEXT", value, ..] => opened.next = number(value),
                ["OK", "[HIGHESTMODSEQ", value, ..] => opened.modseq = number(value),
                ["OK", "[PERMANENTFLAGS", ..] => {
                    opened.permanent_flags = line[2].list().iter().map(Value::text).collect();
                }
                _ => (),
            }
        }
        Ok(opened)
    }

    /// Reads every message of a folder, one after the other, without marking any as seen.
    pub fn each_message(&mut self, wire: &str, each: &mut dyn FnMut(Message)) -> Result<()> {
        if self.examine(wire)?.exists == 0 {
            return Ok(());
        }
        let command = "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])";
        let tag = self.send(command.as_bytes())?;
        self.finish(&tag, command, each).map(drop)
    }

    /// Every message of a folder.
    pub fn messages(&mut self, wire: &str) -> Result<Vec<Message>> {
        let mut messages = Vec::new();
        self.each_message(wire, &mut |message| messages.push(message))?;
        Ok(messages)
    }

    /// A number of a folder, such as `MESSAGES` or `HIGHESTMODSEQ`, without opening it.
    pub fn status(&mut self, wire: &str, item: &str) -> Result<u64> {
        let answer = self.command(&format!("STATUS {} ({item})", quote(wire)))?;
        let line = answer.lines.iter().find(|line| line.first().is_some_and(|word| word.is("STATUS")));
        let pairs = line.and_then(|line| line.last()).map(Value::list).unwrap_or_default();
        let value = pairs.chunks(2).find(|pair| pair[0].is(item)).and_then(|pair| pair.get(1));
        let number = value.and_then(|value| value.text().parse().ok());
        number.ok_or_else(|| Error::new(format!("STATUS of {wire} told no {item}")))
    }

    /// How many KiB are used and allowed, where the server has a quota.
    pub fn quota(&mut self) -> Result<Option<(u64, u64)>> {
        let answer = self.command("GETQUOTAROOT INBOX")?;
        for line in answer.lines.iter().filter(|line| line.first().is_some_and(|word| word.is("QUOTA"))) {
            let Some(Value::List(resource)) = line.last() else { continue };
            if let [name, used, limit] = resource.as_slice()
                && name.is("STORAGE")
            {
                let number = |value: &Value| value.text().parse().unwrap_or_default();
                return Ok(Some((number(used), number(limit))));
            }
        }
        Ok(None)
    }

    /// Says goodbye.
    pub fn logout(mut self) {
        let _ = self.send(b"LOGOUT");
        let _ = self.stream.read_to_end(&mut Vec::new());
    }
}
