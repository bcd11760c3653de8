//! People who go on using their mail while it is moved.

use std::collections::{BTreeMap, BTreeSet};

use servers::{
    Result,
    dovecot::Dovecot,
    imap::{Imap, quote},
    random::Random,
    verify::{Snapshot, sha256},
};

/// What they did to a message. Each is touched once at most, and only one that is there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    /// It came in.
    New,
    /// It was deleted.
    Deleted { on_target: bool },
    /// It was moved to another folder.
    Moved { on_target: bool },
    /// It was moved on the source, and copied to a further folder there later.
    MovedAndCopied,
    /// It got another flag and a keyword.
    Flagged { on_target: bool },
}

impl Touch {
    /// How often it may be on the target in the end.
    fn allowed(self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::New | Self::Flagged { .. } => 1..=1,
            Self::Deleted { .. } => 0..=1,
            // A copy of which nobody knows whether it arrived is looked for where it was sent to, and not elsewhere.
            Self::Moved { .. } => 1..=2,
            Self::MovedAndCopied => 2..=3,
        }
    }
}

/// Everything they did in one round.
#[derive(Debug, Default)]
pub(super) struct Users {
    touched: BTreeMap<String, Touch>,
    written: u64,
    /// What they did, in order, for a person.
    diary: Vec<String>,
}

/// What became of the messages they touched.
#[derive(Debug, Default)]
pub(super) struct Aftermath {
    pub(super) violations: Vec<String>,
    pub(super) copies_after_moves: usize,
    pub(super) brought_back: usize,
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|one| one.is_ascii_alphanumeric() || one == ' ')
}

impl Users {
    /// Sums of the bytes of all messages they touched.
    pub(super) fn sums(&self) -> BTreeSet<String> {
        self.touched.keys().cloned().collect()
    }

    /// What they did, in order.
    pub(super) fn diary(&self) -> String {
        self.diary.join("; ")
    }

    /// Does some things to messages whose bytes are there once, according to `unique`.
    pub(super) fn act(
        &mut self,
        server: &Dovecot,
        user: &str,
        on_target: bool,
        unique: &BTreeSet<String>,
        random: &mut Random,
    ) -> Result<()> {
        let mut imap = server.open(user)?;
        let mut folders = imap.folders()?;
        // A folder that had to be renamed is recognised by its messages, so those are left alone.
        folders.retain(|folder| folder.selectable() && folder.path.iter().all(|name| is_plain(name)));
        for _ in 0..2 + random.below(4) {
            let folder = random.pick(&folders);
            if random.chance(25) {
                self.receive(&mut imap, &folder.wire, user, on_target)?;
                continue;
            }
            let free = |sum: &String| unique.contains(sum) && !self.touched.contains_key(sum);
            let messages = imap.messages(&folder.wire)?;
            let messages: Vec<_> = messages
                .iter()
                .map(|one| (one.uid, sha256(&one.body)))
                .filter(|(_, sum)| free(sum))
                .collect();
            if messages.is_empty() {
                continue;
            }
            let (uid, sum) = random.pick(&messages);
            imap.select(&folder.wire)?;
            let elsewhere = random.pick(&folders);
            let touch = match random.below(3) {
                0 => {
                    imap.command(&format!("UID STORE {uid} +FLAGS (\\Deleted)"))?;
                    imap.command(&format!("UID EXPUNGE {uid}"))?;
                    Touch::Deleted { on_target }
                }
                1 if elsewhere != folder => {
                    imap.command(&format!("UID MOVE {uid} {}", quote(&elsewhere.wire)))?;
                    Touch::Moved { on_target }
                }
                _ => {
                    imap.command(&format!("UID STORE {uid} +FLAGS (\\Answered $Touched)"))?;
                    Touch::Flagged { on_target }
                }
            };
            self.diary.push(format!("{touch:?} UID {uid} of {:?}", folder.wire));
            self.touched.insert(sum.clone(), touch);
        }
        imap.logout();
        Ok(())
    }

    /// Copies what was moved on the source to one more of its folders: no tool may take the copy for the move. Something comes
    /// into every folder, so that each is looked at.
    pub(super) fn copy_what_moved(
        &mut self,
        source: &Dovecot,
        user: &str,
        random: &mut Random,
    ) -> Result<()> {
        if !self.touched.values().any(|touch| *touch == Touch::Moved { on_target: false }) {
            return Ok(());
        }
        let mut imap = source.open(user)?;
        let mut folders = imap.folders()?;
        folders.retain(|folder| folder.selectable() && folder.path.iter().all(|name| is_plain(name)));
        for folder in &folders {
            self.receive(&mut imap, &folder.wire, user, false)?;
            for message in imap.messages(&folder.wire)? {
                let sum = sha256(&message.body);
                let touch = self.touched.get_mut(&sum);
                let Some(touch) = touch.filter(|touch| **touch == Touch::Moved { on_target: false }) else {
                    continue;
                };
                let elsewhere = random.pick(&folders);
                imap.select(&folder.wire)?;
                imap.command(&format!("UID COPY {} {}", message.uid, quote(&elsewhere.wire)))?;
                self.diary
                    .push(format!("copied UID {} of {:?} to {:?}", message.uid, folder.wire, elsewhere.wire));
                *touch = Touch::MovedAndCopied;
            }
        }
        imap.logout();
        Ok(())
    }

    fn receive(&mut self, imap: &mut Imap, folder: &str, user: &str, on_target: bool) -> Result<()> {
        self.written += 1;
        let side = if on_target { "target" } else { "source" };
        let number = self.written;
        let text = format!(
            "Subject: new {number} on the {side}\r\nMessage-ID: <new.{number}.{user}>\r\n\r\nNew.\r\n"
        );
        imap.append(folder, &[], None, text.as_bytes())?;
        self.diary.push(format!("New {number} in {folder:?} on the {side}"));
        self.touched.insert(sha256(text.as_bytes()), Touch::New);
        Ok(())
    }

    /// Looks at the messages they touched.
    pub(super) fn judge(&self, target: &Snapshot) -> Aftermath {
        let mut there: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, one) in target.messages() {
            *there.entry(&one.sha256).or_default() += 1;
        }
        let mut aftermath = Aftermath::default();
        for (sum, touch) in &self.touched {
            let count = there.get(sum.as_str()).copied().unwrap_or_default();
            if !touch.allowed().contains(&count) {
                let sum = &sum[..12];
                aftermath.violations.push(format!("{touch:?}: {count} times on the target ({sum})"));
            }
            match touch {
                Touch::Moved { .. } => aftermath.copies_after_moves += usize::from(count > 1),
                Touch::MovedAndCopied => aftermath.copies_after_moves += usize::from(count > 2),
                Touch::Deleted { on_target: true } => aftermath.brought_back += count,
                Touch::Deleted { on_target: false } | Touch::New | Touch::Flagged { .. } => (),
            }
        }
        aftermath
    }
}
