//! Two servers, the corpora on the first of them, and the lines between.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, time::Duration};

use servers::{
    Error, Result,
    corpus::{Corpus, Folder},
    dovecot::{Dovecot, Encryption, SpecialUse},
    error::Doing,
    long_line::LongLine,
    verify::{Snapshot, Tally},
};
use tempfile::TempDir;

use super::peer::{Errand, Peer};

/// The round trip on a long line.
pub(super) const ROUND_TRIP: Duration = Duration::from_millis(20);
/// Accounts in the scenario of many mailboxes.
pub(super) const ACCOUNTS: usize = 20;

/// Everything that the scenarios play on.
pub(super) struct Stage {
    source: Dovecot,
    target: Dovecot,
    lines: [LongLine; 3],
    folder: TempDir,
    corpora: BTreeMap<String, Snapshot>,
    quick: bool,
    accounts: usize,
}

/// One account of the target, and how to get there.
pub(super) struct Move {
    /// What to tell the program.
    pub(super) errand: Errand,
    corpus: String,
}

impl Stage {
    /// Starts the servers.
    pub(super) fn set_up(quick: bool) -> Result<Self> {
        let server = |separator| {
            let builder = Dovecot::builder().separator(separator).special_use(SpecialUse::None);
            builder.encryption(Encryption::None).without_wire_log().doveadm().start()
        };
        let (source, target) = (server('.')?, server('/')?);
        let doveadm =
            source.doveadm_port().ok_or_else(|| Error::new("the source has no port for doveadm"))?;
        let long = |port| LongLine::start(port, ROUND_TRIP);
        let lines = [long(source.plain_port())?, long(target.plain_port())?, long(doveadm)?];
        let folder =
            tempfile::Builder::new().prefix("bench-").tempdir().doing(|| "making a folder".into())?;
        let corpora = BTreeMap::new();
        Ok(Self { source, target, lines, folder, corpora, quick, accounts: 0 })
    }

    /// Writes a corpus to an account of the source of the same name, once; tells how many messages and bytes it has.
    pub(super) fn provide(&mut self, name: &str) -> Result<()> {
        if self.corpora.contains_key(name) {
            return Ok(());
        }
        eprintln!("==> writing the mail of {name}");
        let scale = if self.quick { 10 } else { 1 };
        let corpus = match name {
            "mixed" => Corpus::mixed(),
            "small" => Corpus::small(10_000 / scale),
            account => one_of_many(account, 500 / scale),
        };
        corpus.write(&self.source, name)?;
        drop(corpus);
        // Read once before anything is measured, sizes included, so that the server has its indexes and the first program
        // that asks does not pay for all.
        self.corpora.insert(name.into(), snapshot(&self.source, name)?);
        let mut imap = self.source.open(name)?;
        for folder in imap.folders()?.iter().filter(|folder| folder.selectable()) {
            imap.examine(&folder.wire)?;
            imap.command("UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)")?;
        }
        imap.logout();
        Ok(())
    }

    /// A fresh account on the target.
    pub(super) fn account(&mut self, corpus: &str, peer: &Peer, long: bool) -> Result<Move> {
        self.accounts += 1;
        let user = format!("account{}", self.accounts);
        let folder = self.folder.path().join(&user);
        fs::create_dir(&folder).doing(|| format!("making {}", folder.display()))?;
        let mut from = corpus.to_owned();
        if peer.needs_same_user() {
            from.clone_from(&user);
            let link = self.source.user_dir(&user);
            symlink(self.source.user_dir(corpus), &link).doing(|| format!("linking {}", link.display()))?;
        }
        let ports = if long {
            [self.lines[0].port(), self.lines[1].port(), self.lines[2].port()]
        } else {
            let doveadm = self.source.doveadm_port().unwrap_or_default();
            [self.source.plain_port(), self.target.plain_port(), doveadm]
        };
        let errand = Errand {
            source: (ports[0], from),
            target: (ports[1], user),
            doveadm: ports[2],
            configuration: self.target.configuration(),
            folder,
        };
        Ok(Move { errand, corpus: corpus.into() })
    }

    /// What became of the messages.
    pub(super) fn judge(&self, done: &Move) -> Result<Tally> {
        let before =
            self.corpora.get(&done.corpus).ok_or_else(|| Error::new("the corpus was never written"))?;
        Ok(before.tally(&snapshot(&self.target, &done.errand.target.1)?))
    }

    /// Removes the account: the mail of all runs together would fill the memory.
    pub(super) fn clear(&self, done: &Move) {
        let user = &done.errand.target.1;
        let _ = fs::remove_dir_all(self.target.user_dir(user));
        let _ = fs::remove_file(self.source.user_dir(user));
        let _ = fs::remove_dir_all(&done.errand.folder);
    }

    /// How many messages a corpus has.
    pub(super) fn messages(&self, corpus: &str) -> usize {
        self.corpora.get(corpus).map_or(0, Snapshot::len)
    }

    /// Time of the processor that source and target have used until now.
    pub(super) fn server_time(&self) -> [Duration; 2] {
        // The server notices a moment after the client that a connection has ended.
        std::thread::sleep(Duration::from_millis(30));
        [&self.source, &self.target].map(|server| server.id().map_or(Duration::ZERO, family_time))
    }
}

fn snapshot(server: &Dovecot, user: &str) -> Result<Snapshot> {
    Snapshot::read(&mut server.open(user)?)
}

/// Every account's messages differ: a program that looks for what it has copied before must not find it.
fn one_of_many(account: &str, count: usize) -> Corpus {
    let mut corpus = Corpus::small(count);
    for message in corpus.folders.iter_mut().flat_map(|folder: &mut Folder| &mut folder.messages) {
        message.bytes.splice(0..0, format!("X-Account: {account}\r\n").into_bytes());
    }
    corpus
}

/// Time of a process, of its living children, and of those that it has waited for.
fn family_time(id: u32) -> Duration {
    let mut ticks = 0;
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for stat in entries.filter_map(|entry| stat(&entry.path())) {
        match stat {
            (own, _, [user, system, waited_user, waited_system]) if own == id => {
                ticks += user + system + waited_user + waited_system;
            }
            (_, parent, [user, system, ..]) if parent == id => ticks += user + system,
            _ => (),
        }
    }
    // USER_HZ is 100 on every Linux.
    Duration::from_millis(ticks * 10)
}

/// Number, parent and times of a process.
fn stat(process: &Path) -> Option<(u32, u32, [u64; 4])> {
    let text = fs::read_to_string(process.join("stat")).ok()?;
    let id = text.split(' ').next()?.parse().ok()?;
    // The name may hold spaces and parentheses.
    let words: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| words.get(index)?.parse::<u64>().ok();
    let parent = u32::try_from(number(1)?).ok()?;
    Some((id, parent, [number(11)?, number(12)?, number(13)?, number(14)?]))
}
