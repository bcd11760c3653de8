//! Generated mailboxes: the same in every run.

mod mixed;
mod nasty;
mod odd;

use crate::{dovecot::Dovecot, error::Result, imap::Imap, maildir::Maildir, moment, random::Random, utf7};

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What is special about it, for a person who reads a failed test.
    pub label: String,
    /// The whole message.
    pub bytes: Vec<u8>,
    /// INTERNALDATE, in seconds since 1970.
    pub received: i64,
    /// System flags and keywords.
    pub flags: Vec<String>,
}

impl Message {
    /// A message without flags, received on a day of 2024.
    pub fn new(label: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let received = moment::seconds(2024, 2, 29, 12, 30, 45);
        Self { label: label.into(), bytes: bytes.into(), received, flags: Vec::new() }
    }

    /// The same with flags and keywords.
    #[must_use]
    pub fn flagged(mut self, flags: &[&str]) -> Self {
        self.flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        self
    }

    /// The same received at another moment.
    #[must_use]
    pub fn at(mut self, received: i64) -> Self {
        self.received = received;
        self
    }
}

/// A folder to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// Its names, from the top down.
    pub path: Vec<String>,
    /// Its messages.
    pub messages: Vec<Message>,
    /// Whether the user subscribed to it.
    pub subscribed: bool,
}

impl Folder {
    /// A folder with messages, subscribed.
    pub fn new(path: &[&str], messages: Vec<Message>) -> Self {
        Self { path: path.iter().map(|name| (*name).to_owned()).collect(), messages, subscribed: true }
    }

    /// The same without a subscription.
    #[must_use]
    pub fn unsubscribed(mut self) -> Self {
        self.subscribed = false;
        self
    }
}

/// A mailbox to be made. Parents that are not named as folders stay `\Noselect`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Corpus {
    /// Its folders.
    pub folders: Vec<Folder>,
}

impl Corpus {
    /// The corpus of everything that commonly breaks a migration.
    pub fn nasty() -> Self {
        nasty::corpus()
    }

    /// The same in small: what breaks a migration between systems that each take and keep other things.
    pub fn awkward() -> Self {
        nasty::awkward()
    }

    /// Messages of about 4 KB in INBOX, each with a subject, a date and flags of its own.
    pub fn small(count: usize) -> Self {
        let mut random = Random::new(42);
        let messages = (0..count).map(|number| plain(number, &mut random)).collect();
        Self { folders: vec![Folder::new(&["INBOX"], messages)] }
    }

    /// 3,037 messages of very different sizes, 281 MB in all, in 26 folders with names of every kind; 40 of the messages
    /// are such as careless tools lose or alter, but none is such as no server stores.
    pub fn mixed() -> Self {
        mixed::corpus()
    }

    /// Messages of about 4 KB spread over INBOX and a few plain folders.
    pub fn spread(count: usize) -> Self {
        let mut random = Random::new(43);
        let paths: [&[&str]; 4] = [&["INBOX"], &["Projects"], &["Projects", "2024"], &["Invoices"]];
        let mut folders: Vec<_> = paths.iter().map(|path| Folder::new(path, Vec::new())).collect();
        for number in 0..count {
            let folder = random.below(folders.len() as u64) as usize;
            folders[folder].messages.push(plain(number, &mut random));
        }
        Self { folders }
    }

    /// How many bytes its messages have.
    pub fn bytes(&self) -> usize {
        self.folders.iter().flat_map(|folder| &folder.messages).map(|message| message.bytes.len()).sum()
    }

    /// How many messages it holds.
    pub fn len(&self) -> usize {
        self.folders.iter().map(|folder| folder.messages.len()).sum()
    }

    /// Whether it holds no message.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes it to a user's Maildir, byte for byte.
    pub fn write(&self, server: &Dovecot, user: &str) -> Result<()> {
        let mut maildir = Maildir::new(server, user)?;
        for folder in &self.folders {
            maildir.put(&folder.path, &folder.messages)?;
            if folder.subscribed {
                maildir.subscribe(&folder.path)?;
            }
        }
        Ok(())
    }

    /// Stores it over IMAP, as far as the server takes it; what it refused is returned as folder and label.
    pub fn append(&self, imap: &mut Imap) -> Result<Vec<String>> {
        let (prefix, separator) = imap.namespace()?;
        let mut refused = Vec::new();
        for folder in &self.folders {
            let names: Vec<_> = folder.path.iter().map(|name| utf7::encode(name)).collect();
            let inbox = matches!(folder.path.as_slice(), [only] if only == "INBOX");
            let wire = if inbox { "INBOX".into() } else { format!("{prefix}{}", names.join(&separator)) };
            // A special-use folder is there already.
            if imap.status(&wire, "MESSAGES").is_err() && imap.create(&wire).is_err() {
                refused.push(wire);
                continue;
            }
            if folder.subscribed {
                imap.subscribe(&wire)?;
            }
            for message in &folder.messages {
                if imap.append(&wire, &message.flags, Some(message.received), &message.bytes).is_err() {
                    refused.push(format!("{wire}: {}", message.label));
                }
            }
        }
        Ok(refused)
    }
}

/// An ordinary message of about 4 KB.
fn plain(number: usize, random: &mut Random) -> Message {
    const WORDS: [&str; 12] = [
        "minutes", "offer", "budget", "contract", "meeting", "report", "plan", "invoice", "draft", "review",
        "visit", "survey",
    ];
    let received = moment::seconds(2023, 1, 1, 8, 0, 0) + random.below(60_000_000) as i64;
    let mut text = format!(
        "From: Sender {number} <sender{number}@old.example>\r\nTo: user@old.example\r\nSubject: {} {number}\r\n\
         Date: {}\r\nMessage-ID: <{number}.{}@old.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n",
        random.pick(&WORDS),
        moment::to_header(received),
        random.number(),
    );
    for _ in 0..40 + random.below(40) {
        for _ in 0..10 {
            text.push_str(random.pick::<&str>(&WORDS));
            text.push(' ');
        }
        text.push_str("\r\n");
    }
    let mut message = Message::new(&format!("plain {number}"), text).at(received);
    for (flag, percent) in [("\\Seen", 70), ("\\Flagged", 10), ("$Forwarded", 10)] {
        if random.chance(percent) {
            message.flags.push(flag.into());
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::Corpus;

    #[test]
    fn a_corpus_is_the_same_in_every_run() {
        assert_eq!(Corpus::small(20), Corpus::small(20));
        assert_eq!(Corpus::nasty(), Corpus::nasty());
        assert_eq!(Corpus::spread(30).len(), 30);
    }

    #[test]
    fn the_mixed_corpus_has_the_size_that_published_figures_name() {
        let corpus = Corpus::mixed();
        assert_eq!((corpus.len(), corpus.folders.len()), (3037, 26));
        assert_eq!(corpus.bytes() / 1_000_000, 281);
        let largest =
            corpus.folders.iter().flat_map(|folder| &folder.messages).map(|one| one.bytes.len()).max();
        assert!(largest.is_some_and(|bytes| bytes > 10_000_000 && bytes < 21_000_000), "{largest:?}");
        assert_eq!(corpus, Corpus::mixed());
    }

    #[test]
    fn every_nasty_message_says_what_is_special_about_it() {
        let corpus = Corpus::nasty();
        assert!(corpus.len() > 50, "{} messages", corpus.len());
        for folder in &corpus.folders {
            assert!(folder.messages.iter().all(|message| !message.label.is_empty()));
        }
    }
}
