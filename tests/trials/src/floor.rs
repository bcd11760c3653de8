//! The floor: the least that an IMAP copier can do, to compare with.
//!
//! FETCH answers are streamed into MULTIAPPEND commands of 500 messages or 8 MB, two of them unanswered at a time. No
//! hashing, no memory of what was copied, no recovery, no look at what arrived; and only Dovecot's way of answering is
//! understood.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
};

use servers::{Error, Result, dovecot::PASSWORD, error::Doing, imap::quote};

use crate::args::Floor;

/// Messages in one command.
const MESSAGES: usize = 500;
/// Bytes in one command.
const BYTES: usize = 8 << 20;
/// Commands that are not answered yet.
const IN_FLIGHT: usize = 2;

/// Copies a mailbox.
pub(crate) fn run(copy: &Floor) -> Result<()> {
    let (sender, receiver) = sync_channel(IN_FLIGHT);
    let (port, user) = copy.target.clone();
    let writer = std::thread::spawn(move || write(Line::open(port, &user)?, &receiver));
    let (port, user) = &copy.source;
    let mut source = Line::open(*port, user)?;
    let folders = source.folders()?;
    let read = read(&mut source, &folders, &sender);
    drop(sender);
    let written = writer.join().map_err(|_| Error::new("writing to the target: the thread panicked"))?;
    written.and(read)
}

/// A connection that is spoken to in lines.
struct Line {
    from: BufReader<TcpStream>,
    to: TcpStream,
}

impl Line {
    fn open(port: u16, user: &str) -> Result<Self> {
        let doing = || format!("connecting to {port}");
        let to = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).doing(doing)?;
        to.set_nodelay(true).doing(doing)?;
        let from = BufReader::with_capacity(256 << 10, to.try_clone().doing(doing)?);
        let mut line = Self { from, to };
        line.send(format!("a LOGIN {} {}\r\n", quote(user), quote(PASSWORD)).as_bytes())?;
        line.until("a ", |_| ())?;
        Ok(line)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.to.write_all(bytes).doing(|| "sending".into())
    }

    fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        self.from.read_until(b'\n', &mut line).doing(|| "reading".into())?;
        if line.is_empty() { Err(Error::new("the server closed the connection")) } else { Ok(line) }
    }

    /// Reads to the tagged answer, which must be OK.
    fn until(&mut self, tag: &str, mut each: impl FnMut(&[u8])) -> Result<()> {
        loop {
            let line = self.line()?;
            match line.strip_prefix(tag.as_bytes()) {
                Some(rest) if rest.starts_with(b"OK") => return Ok(()),
                Some(rest) => return Err(Error::new(String::from_utf8_lossy(rest).into_owned())),
                None => each(&line),
            }
        }
    }

    /// The source's folders as its wire spells them, and as the target's does.
    fn folders(&mut self) -> Result<Vec<(String, String)>> {
        let mut folders = Vec::new();
        self.send(b"b LIST \"\" \"*\"\r\n")?;
        self.until("b ", |line| {
            let line = String::from_utf8_lossy(line);
            if line.contains("\\Noselect") || line.contains("\\NonExistent") {
                return;
            }
            if let Some((_, name)) = line.trim_end().split_once(") \".\" ") {
                let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
                // What divides names there does not here, and the other way round.
                let there = name.replace('/', "_").replace('.', "/").replace('~', "_");
                folders.push((name.to_owned(), there));
            }
        })?;
        Ok(folders)
    }
}

/// One command for the target, ready to be sent.
struct Batch {
    command: Vec<u8>,
    /// Whether it counts as unanswered; making a folder does not.
    awaited: bool,
}

/// Asks for everything at once and makes commands for the target of what comes.
fn read(source: &mut Line, folders: &[(String, String)], to: &SyncSender<Batch>) -> Result<()> {
    let mut asked = String::new();
    for (number, (name, _)) in folders.iter().enumerate() {
        asked.push_str(&format!(
            "e{number} EXAMINE \"{name}\"\r\nf{number} UID FETCH 1:* (FLAGS INTERNALDATE BODY.PEEK[])\r\n"
        ));
    }
    source.send(asked.as_bytes())?;
    for (number, (_, there)) in folders.iter().enumerate() {
        source.until(&format!("e{number} "), |_| ())?;
        let (mut batch, mut count) = (Vec::new(), 0);
        let create = format!("c CREATE \"{there}\"\r\nc SUBSCRIBE \"{there}\"\r\n");
        hand_over(to, Batch { command: create.into_bytes(), awaited: false })?;
        let done = format!("f{number} ");
        loop {
            let line = source.line()?;
            if line.starts_with(done.as_bytes()) {
                break;
            }
            let Some((attributes, size)) = fetched(&line) else { continue };
            if count == 0 {
                batch.extend(format!("x APPEND \"{there}\"").bytes());
            }
            batch.extend_from_slice(&attributes);
            let begun = batch.len();
            batch.resize(begun + size, 0);
            source.from.read_exact(&mut batch[begun..]).doing(|| "reading a message".into())?;
            // The parenthesis that closes the answer.
            source.line()?;
            count += 1;
            if count == MESSAGES || batch.len() > BYTES {
                finish(to, &mut batch)?;
                count = 0;
            }
        }
        if count > 0 {
            finish(to, &mut batch)?;
        }
    }
    Ok(())
}

fn finish(to: &SyncSender<Batch>, batch: &mut Vec<u8>) -> Result<()> {
    batch.extend(b"\r\n");
    let capacity = batch.len();
    let command = std::mem::replace(batch, Vec::with_capacity(capacity));
    hand_over(to, Batch { command, awaited: true })
}

fn hand_over(to: &SyncSender<Batch>, batch: Batch) -> Result<()> {
    to.send(batch).doing(|| "handing a command over to the target".into())
}

/// Flags, date and literal of an APPEND from the first line of a FETCH answer, and the size of the literal.
fn fetched(line: &[u8]) -> Option<(Vec<u8>, usize)> {
    let line = std::str::from_utf8(line).ok()?;
    let (_, rest) = line.split_once("FLAGS (")?;
    let (flags, rest) = rest.split_once(')')?;
    let (_, rest) = rest.split_once("INTERNALDATE \"")?;
    let (date, rest) = rest.split_once('"')?;
    let size: usize = rest.trim_end().strip_suffix('}')?.rsplit_once('{')?.1.parse().ok()?;
    let flags: Vec<_> = flags.split(' ').filter(|flag| *flag != "\\Recent").collect();
    Some((format!(" ({}) \"{date}\" {{{size}+}}\r\n", flags.join(" ")).into_bytes(), size))
}

/// Sends commands and leaves as many unanswered as may be.
fn write(mut target: Line, batches: &Receiver<Batch>) -> Result<()> {
    let mut unanswered = 0;
    for batch in batches {
        if batch.awaited && unanswered == IN_FLIGHT {
            answer(&mut target)?;
            unanswered -= 1;
        }
        target.send(&batch.command)?;
        unanswered += usize::from(batch.awaited);
    }
    // One more answer means that all before it were given.
    target.send(b"x NOOP\r\n")?;
    for _ in 0..=unanswered {
        answer(&mut target)?;
    }
    Ok(())
}

/// A folder may be there already; everything else has to be well.
fn answer(target: &mut Line) -> Result<()> {
    loop {
        let line = target.line()?;
        if line.starts_with(b"x OK") {
            return Ok(());
        }
        if line.starts_with(b"x ") {
            return Err(Error::new(format!("the target said {}", String::from_utf8_lossy(&line))));
        }
    }
}
