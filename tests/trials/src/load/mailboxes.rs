//! Many mailboxes at once in one process, a huge message among them, driven over the API as the panel does.

use std::{
    error::Error,
    fs,
    io::{BufWriter, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use servers::{
    corpus::{Folder, Message},
    dovecot::{Dovecot, PASSWORD, Storage},
    maildir::Maildir,
    process::Ask,
};

use super::{judge, peak, server, table::Table};
use crate::{args::Load, site::Site};

/// Mailboxes that move at once.
const MAILBOXES: usize = 32;
/// The huge message, in bytes.
const HUGE: u64 = 3 << 29;
/// Sizes of the other messages and how many of each a mailbox has.
const SIZES: [(usize, usize); 6] =
    [(20_000_000, 2), (5_000_000, 6), (1_000_000, 10), (100_000, 40), (4_000, 100), (600, 100)];
/// Until all must have arrived.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn measure(load: &Load, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let huge = if load.quick { HUGE / 16 } else { HUGE };
    let (source, target) = (server(Storage::Maildir, '.')?, server(Storage::Maildir, '/')?);
    eprintln!("==> writing {MAILBOXES} mailboxes, one with a message of {} MiB", huge >> 20);
    for number in 1..=MAILBOXES {
        fill(&source, &user(number), number, (number == 1).then_some(huge))?;
    }
    let folder = tempfile::Builder::new().prefix("load-").tempdir()?;
    let mut site = Site::start(&load.binary, folder.path(), &["--workers", &MAILBOXES.to_string()])?;
    let mut client = site.log_in()?;
    client.post("/projects", &project(&source, &target))?;
    let jobs: Vec<String> = (1..=MAILBOXES).map(|number| job(&user(number))).collect();
    client.post("/projects/1/jobs", &format!("[{}]", jobs.join(",")))?;
    let process = site.id().ok_or("the server does not run")?;
    let idle = peak::memory(process).ok_or("the server is gone")?;
    eprintln!("==> moving them");
    let begun = Instant::now();
    client.post("/projects/1/actions", r#"{"action":"start"}"#)?;
    let (mut together, mut files) = (0, 0);
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let page = String::from_utf8(client.get("/projects/1/jobs?limit=200")?)?;
        // Of the rows: the page tells how many there are of each state, too.
        let count = |state: &str| page.matches(&format!(r#""state":"{state}","pass""#)).count();
        together = together.max(count("running"));
        files = files.max(peak::files(process));
        if count("complete") == MAILBOXES {
            break;
        }
        if begun.elapsed() > PATIENCE || count("failed") + count("exceptions") > 0 {
            return Err(format!("not every mailbox is complete after {:?}: {page}", begun.elapsed()).into());
        }
    }
    let took = begun.elapsed();
    let memory = peak::memory(process).ok_or("the server is gone")?;
    site.stop(Ask::Terminate)?;
    for number in 1..=MAILBOXES {
        let user = user(number);
        let sum = |server: &Dovecot| judge::read(&mut server.open(&user)?, "INBOX");
        let (here, there) = (sum(&source)?, sum(&target)?);
        if here != there {
            return Err(format!("{user} is not the same on both sides: {here:?} and {there:?}").into());
        }
    }
    let what = format!("{MAILBOXES} mailboxes at once, a message of {} MiB among them", huge >> 20);
    table.note(format!("{what}: time"), format!("{:.1} s", took.as_secs_f64()));
    let all = MAILBOXES.to_string();
    table.add(
        "mailboxes that moved at one time",
        together.to_string(),
        format!("({all})"),
        together == MAILBOXES,
    );
    table.note("the server before", format!("{} MiB", idle >> 20));
    table.memory(format!("{what}: memory"), memory);
    // The database and its log: no mail.
    table.add("files it had open", format!("{} MiB", files >> 20), "64 MiB", files <= 64 << 20);
    Ok(())
}

fn user(number: usize) -> String {
    format!("load{number:02}")
}

fn project(source: &Dovecot, target: &Dovecot) -> String {
    let side = |server: &Dovecot| {
        let port = server.plain_port();
        format!(
            r#"{{"endpoint":{{"kind":"imap","host":"127.0.0.1","port":{port},"tls":"none","login":{{"method":"password"}}}}}}"#
        )
    };
    let limits = r#"{"connections":200,"connections_per_mailbox":4}"#;
    format!(
        r#"{{"name":"Load","source":{},"target":{},"options":{{"parallel":{MAILBOXES},"source_limits":{limits},"target_limits":{limits}}}}}"#,
        side(source),
        side(target)
    )
}

fn job(user: &str) -> String {
    let secret = PASSWORD.replace('\\', r"\\").replace('"', r#"\""#);
    format!(
        r#"{{"source_user":"{user}","source_secret":"{secret}","target_user":"{user}","target_secret":"{secret}"}}"#
    )
}

/// Writes a mailbox. Its messages differ from those of the others: nothing must be taken for something else.
fn fill(server: &Dovecot, user: &str, number: usize, huge: Option<u64>) -> Result<(), Box<dyn Error>> {
    let mut messages = Vec::new();
    for (size, count) in SIZES {
        for at in 0..count {
            let mut bytes = head(&format!("{user}.{size}.{at}"));
            let line = line(number * 1000 + at);
            while bytes.len() < size {
                bytes.extend_from_slice(&line);
            }
            messages.push(Message::new("", bytes));
        }
    }
    let inbox = Folder::new(&["INBOX"], messages);
    let maildir = Maildir::new(server, user)?;
    maildir.put(&inbox.path, &inbox.messages)?;
    if let Some(bytes) = huge {
        // In the place of the last one, which lies there with owner and rights as they must be.
        let cur = maildir.folder(&inbox.path).join("cur");
        let last = fs::read_dir(&cur)?.filter_map(|entry| Some(entry.ok()?.path())).max();
        write_huge(&last.ok_or("the mailbox is empty")?, bytes)?;
    }
    Ok(())
}

fn write_huge(path: &Path, bytes: u64) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::with_capacity(1 << 20, fs::File::create(path)?);
    let head = head("huge");
    file.write_all(&head)?;
    let mut left = bytes.saturating_sub(head.len() as u64);
    for number in 0.. {
        if left == 0 {
            break;
        }
        let line = line(number);
        file.write_all(&line)?;
        left = left.saturating_sub(line.len() as u64);
    }
    file.flush()?;
    Ok(())
}

fn head(id: &str) -> Vec<u8> {
    format!(
        "From: Sender <sender@old.example>\r\nTo: user@old.example\r\nSubject: {id}\r\nMessage-ID: <{id}@old.example>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n"
    )
    .into_bytes()
}

fn line(number: usize) -> Vec<u8> {
    format!("{number:012} {}\r\n", "what stands in an attachment ".repeat(34)).into_bytes()
}
