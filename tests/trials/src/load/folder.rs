//! A folder with very many messages: what a pass takes in time and memory for each, and that it goes on where it was
//! killed.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use servers::{
    dovecot::{Dovecot, PASSWORD, Storage},
    imap::quote,
    process::Guarded,
};

use super::{judge, peak, server, table::Table};
use crate::{args::Load, measure, measure::Usage, product};

/// Messages in the large folder, and in the one it is compared with.
const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
/// How many times as much of the processor a message may take in the large folder.
const GROWTH: f64 = 1.5;
/// How a pass that is killed compares.
const LISTING: &str = "listing";
/// Messages in one command of whoever fills it.
const TOGETHER: u64 = 500;

/// Messages in the small folder and in the large one.
fn sizes(load: &Load) -> [u64; 2] {
    if load.quick { [FEW / 100, MANY / 100] } else { [FEW, MANY] }
}

/// What a message of a large folder takes beside one of a small one.
pub(super) fn measure(load: &Load, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let [few, many] = sizes(load);
    let mut ground = Ground::new(load, &[few, many])?;
    for depth in product::depths(&load.binary) {
        let mut each = Vec::new();
        for messages in [few, many] {
            let user = ground.user();
            let first = ground.pass(messages, &user, depth)?;
            let what = format!("{messages} messages in a folder, {depth}");
            let micros = |time: Duration| time.as_secs_f64() * 1e6 / messages as f64;
            each.push((micros(first.cpu), micros(first.wall)));
            table.note(
                format!("{what}: time, processor"),
                format!("{:.1} s, {:.1} s", first.wall.as_secs_f64(), first.cpu.as_secs_f64()),
            );
            table.memory(format!("{what}: memory"), first.memory);
            let second = ground.pass(messages, &user, depth)?;
            let seconds = second.wall.as_secs_f64();
            table.add(
                format!("{what}: once more without changes"),
                format!("{seconds:.2} s"),
                "5 s",
                seconds < 5.0,
            );
            table.memory(format!("{what}: once more, memory"), second.memory);
            ground.compare(messages, &user)?;
        }
        let [(few_cpu, few_wall), (many_cpu, many_wall)] = [each[0], each[1]];
        let growth = many_cpu / few_cpu;
        let what = format!("a message of {many}, {depth}, beside one of {few}");
        // Of the time it takes, much is the servers': a Dovecot takes longer for each of very many.
        let times = many_wall / few_wall;
        table.note(format!("{what}: time"), format!("{many_wall:.1} µs, {few_wall:.1} µs: {times:.2} times"));
        table.add(
            format!("{what}: processor"),
            format!("{many_cpu:.1} µs, {few_cpu:.1} µs: {growth:.2} times"),
            format!("{GROWTH} times"),
            growth <= GROWTH,
        );
    }
    Ok(())
}

/// What becomes of a large folder whose pass is killed twice.
pub(super) fn killed(load: &Load, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let [_, many] = sizes(load);
    Ground::new(load, &[many])?.killed(many, table)
}

fn source_user(messages: u64) -> String {
    format!("folder{messages}")
}

/// Two servers, and a place for what the product remembers.
struct Ground<'a> {
    load: &'a Load,
    source: Dovecot,
    target: Dovecot,
    folder: tempfile::TempDir,
    users: u64,
}

impl<'a> Ground<'a> {
    /// With a folder of each size on the source.
    fn new(load: &'a Load, sizes: &[u64]) -> Result<Self, Box<dyn Error>> {
        let (source, target) = (server(Storage::Mdbox, '/')?, server(Storage::Mdbox, '/')?);
        for messages in sizes.iter().copied() {
            eprintln!("==> writing a folder of {messages} messages");
            fill(&source, &source_user(messages), messages)?;
        }
        let folder = tempfile::Builder::new().prefix("load-").tempdir()?;
        fs::write(folder.path().join("password"), format!("{PASSWORD}\n"))?;
        Ok(Self { load, source, target, folder, users: 0 })
    }

    /// A fresh account of the target.
    fn user(&mut self) -> String {
        self.users += 1;
        format!("to{}", self.users)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, messages: u64, user: &str, depth: &str) -> std::process::Command {
        let from = (self.source.plain_port(), source_user(messages));
        let to = (self.target.plain_port(), user.to_owned());
        let ledger = self.file(&format!("{user}.db"));
        product::command(&self.load.binary, &from, &to, &self.file("password"), &ledger, depth)
    }

    fn pass(&self, messages: u64, user: &str, depth: &str) -> Result<Usage, Box<dyn Error>> {
        let record = self.file("record");
        let usage = measure::start(&self.command(messages, user, depth), &record)?.wait()?;
        if usage.code != Some(0) {
            let said = fs::read_to_string(record.with_extension("out")).unwrap_or_default();
            let err = fs::read_to_string(record.with_extension("err")).unwrap_or_default();
            return Err(format!("the pass ended with {:?}: {said}{err}", usage.code).into());
        }
        Ok(usage)
    }

    /// Both sides hold the same; the account is removed.
    fn compare(&self, messages: u64, user: &str) -> Result<(), Box<dyn Error>> {
        let here = judge::read(&mut self.source.open(&source_user(messages))?, "INBOX")?;
        let there = judge::read(&mut self.target.open(user)?, "INBOX")?;
        if here != there || here.messages != messages {
            return Err(format!("the sides are not the same: {here:?} and {there:?}").into());
        }
        fs::remove_dir_all(self.target.user_dir(user))?;
        Ok(())
    }

    /// Kills a pass when a third of the folder is there, and the next one at two thirds; the last goes on from there.
    fn killed(&mut self, messages: u64, table: &mut Table) -> Result<(), Box<dyn Error>> {
        let user = self.user();
        let before = self.kill_at(messages, messages / 3, &user, table)?;
        self.kill_at(messages, messages * 2 / 3, &user, table)?;
        let there = self.target.open(&user)?.status("INBOX", "MESSAGES")?;
        let begun = Instant::now();
        let rest = self.pass(messages, &user, LISTING)?;
        let took = begun.elapsed();
        let next = self.target.open(&user)?.status("INBOX", "UIDNEXT")?;
        table.note(
            format!("{messages} messages, killed twice: the rest"),
            format!(
                "{}, processor {:.1} s",
                rate(messages.saturating_sub(there), took),
                rest.cpu.as_secs_f64()
            ),
        );
        table.memory(format!("{messages} messages, going on to the end: memory"), rest.memory);
        // Every message that was ever stored took an id.
        let stored = next.saturating_sub(before);
        table.add(
            "messages stored after the first kill",
            stored.to_string(),
            (messages - before.saturating_sub(1)).to_string(),
            stored <= messages - before.saturating_sub(1),
        );
        self.compare(messages, &user)
    }

    /// Starts a pass and kills it when so many messages are there. Gives UIDNEXT after that.
    fn kill_at(
        &self,
        messages: u64,
        wanted: u64,
        user: &str,
        table: &mut Table,
    ) -> Result<u64, Box<dyn Error>> {
        let had = self.target.open(user)?.status("INBOX", "MESSAGES")?;
        let mut command = self.command(messages, user, LISTING);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let mut process = Guarded::start(&mut command, None)?;
        let mut memory = 0;
        let there = loop {
            std::thread::sleep(Duration::from_millis(200));
            memory = memory.max(peak::memory(process.id()).unwrap_or_default());
            let there = self.target.open(user)?.status("INBOX", "MESSAGES")?;
            if there >= wanted {
                break there;
            }
            if let Some(status) = process.ended() {
                return Err(format!("the pass ended before it was killed: {status}").into());
            }
        };
        let took = begun.elapsed();
        process.kill();
        let what = format!("{messages} messages, killed at {there}");
        table.note(what.clone(), rate(there.saturating_sub(had), took));
        table.memory(format!("{what}: memory"), memory);
        // What the server had taken of the last window may come late.
        std::thread::sleep(Duration::from_secs(1));
        Ok(self.target.open(user)?.status("INBOX", "UIDNEXT")?)
    }
}

/// How many messages came in what time.
fn rate(messages: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    format!("{messages} in {seconds:.1} s, {:.0} a second", messages as f64 / seconds)
}

/// Stores so many small messages, hundreds in a command.
fn fill(server: &Dovecot, user: &str, messages: u64) -> Result<(), Box<dyn Error>> {
    let mut line = TcpStream::connect(("127.0.0.1", server.plain_port()))?;
    let mut answers = BufReader::new(line.try_clone()?);
    let mut until = |line: &mut TcpStream, command: &[u8]| -> Result<(), Box<dyn Error>> {
        line.write_all(command)?;
        loop {
            let mut answer = String::new();
            answers.read_line(&mut answer)?;
            match answer.strip_prefix("a ") {
                Some(done) if done.starts_with("OK") => return Ok(()),
                Some(other) => return Err(format!("filling a folder: the server said {other}").into()),
                None if answer.is_empty() => return Err("filling a folder: the server is gone".into()),
                None => {}
            }
        }
    };
    until(&mut line, format!("a LOGIN {} {}\r\n", quote(user), quote(PASSWORD)).as_bytes())?;
    let mut number = 0;
    while number < messages {
        let mut command = String::from("a APPEND INBOX");
        for _ in 0..TOGETHER.min(messages - number) {
            number += 1;
            let flags = ["", "\\Seen", "\\Seen \\Answered", "\\Seen $Forwarded"][(number % 4) as usize];
            let (day, hour, minute) = (number % 28 + 1, number % 24, number % 60);
            let text = format!(
                "From: Sender {number} <sender{number}@old.example>\r\nTo: user@old.example\r\nSubject: Note {number}\r\n\
                 Date: Mon, {day} Jan 2024 {hour:02}:{minute:02}:00 +0000\r\nMessage-ID: <{number}.{messages}@old.example>\r\n\
                 \r\nNote {number}\r\n"
            );
            let length = text.len();
            write!(
                command,
                " ({flags}) \"{day:>2}-Jan-2024 {hour:02}:{minute:02}:00 +0000\" {{{length}+}}\r\n{text}"
            )?;
        }
        command.push_str("\r\n");
        until(&mut line, command.as_bytes())?;
    }
    Ok(())
}
