//! What a server is like: each habit a switch.

use std::time::Duration;

use crate::testing::mailbox::Folder;

/// The password every server knows; it must turn up nowhere but in a login.
pub(crate) const SECRET: &str = "canary-pa55word";
/// The token every server knows.
pub(crate) const TOKEN: &str = "canary-t0ken";
/// The mailbox every server has.
pub(crate) const USER: &str = "anna@mail.example";
/// The admin every server knows, with the same password.
pub(crate) const ADMIN: &str = "root";

/// What a server says first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// `* OK` with these words.
    Words(&'static str),
    /// These bytes as they are, then what a server does.
    Raw(Vec<u8>),
    /// These bytes, then it closes.
    Last(Vec<u8>),
    /// Nothing at all, for ever.
    Silence,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cover {
    Clear,
    /// From the first byte.
    Tls,
    /// After STARTTLS, which is offered.
    Starttls,
    /// The same, with an answer in clear text smuggled in behind the one to STARTTLS.
    Injected,
}

/// A message that is about to be stored.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub flags: Vec<String>,
    /// None: the server's present.
    pub received: Option<String>,
    pub body: Vec<u8>,
}

/// How a server breaks at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// It closes.
    Closes,
    /// It says nothing any more.
    Hangs,
    /// It announces fewer bytes than it sends.
    Miscounts,
    /// What it says is no IMAP.
    Babbles,
}

/// What a server is like.
#[derive(Debug, Clone)]
pub(crate) struct Habits {
    pub greeting: Greeting,
    pub cover: Cover,
    /// Shows another certificate than before.
    pub other_key: bool,
    /// Told after the login. Before it: the same without what only helps with mail.
    pub capabilities: Vec<&'static str>,
    /// The answer to ID.
    pub name: &'static str,
    pub separator: Option<char>,
    /// Three namespaces: personal, other users', shared; the inside of each answer's list.
    pub namespaces: [&'static str; 3],
    /// The admin may log in as itself, too; it sees the folders that everybody sees.
    pub admin_enters: bool,
    /// A folder with its separator below which nothing can be listed: any listing that comes there fails.
    pub breaks_at: Option<&'static str>,
    /// Commands that begin so are answered so instead of done; the first that fits counts.
    pub instead: Vec<(&'static str, &'static str)>,
    /// Words that come unasked: news of flags, of new messages, of nothing.
    pub chatty: bool,
    /// Answers to several FETCH commands come side by side and end in another order.
    pub interleaves: bool,
    /// Waits so long after every so many messages it delivers.
    pub dawdles: Option<(usize, Duration)>,
    /// Works so long on each message it stores.
    pub works: Option<Duration>,
    /// Works for one connection at a time.
    pub in_turn: bool,
    /// Tells UIDNEXT, PERMANENTFLAGS.
    pub tells_next: bool,
    pub tells_permanent: bool,
    /// Keywords a folder keeps beside any (`\*`).
    pub keeps_any: bool,
    pub keeps: Vec<&'static str>,
    /// What it makes of a message it stores.
    pub rewrites: fn(&mut Draft),
    /// What it answers instead of storing a message.
    pub refuses: fn(&Draft) -> Option<&'static str>,
    /// How large a message may be at most, and the answer else.
    pub largest: Option<(usize, &'static str)>,
    /// How many bytes the mailbox may have, and the answer else.
    pub room: Option<(usize, &'static str)>,
    /// How many messages the mailbox may have, and the answer else.
    pub most: Option<(usize, &'static str)>,
    /// Tells this of its room, whatever it has.
    pub tells_room: Option<&'static str>,
    /// Takes a literal that it did not agree to for commands, whatever it says it can.
    pub hears_no_literals: bool,
    /// Answers BAD to several messages in one command, whatever it says it can.
    pub one_at_a_time: bool,
    /// Closes when it stores a message with this in it.
    pub poisoned_by: Option<&'static str>,
    /// Whoever sends a message with this in it dies before it is stored.
    pub deadly: Option<&'static str>,
    /// Closes after so many refusals in a row.
    pub patience: Option<usize>,
    /// Lists sizes like this.
    pub sizes: fn(u64) -> u64,
    /// Lists messages with this in them and does not deliver them.
    pub loses: Option<&'static str>,
    /// Closes a connection over which it said so many bytes, by the connection's number.
    pub tires_after: fn(usize) -> usize,
    /// Breaks so when it is to deliver a message with this in it.
    pub breaks: Option<(&'static str, Breaks)>,
    /// Breaks so when it is to list what is in this folder.
    pub breaks_listing: Option<(&'static str, Breaks)>,
    /// Answers so to whoever wants a message with this in it.
    pub withholds: Option<(&'static str, &'static str)>,
    /// What it makes of a message it delivers.
    pub delivers: fn(&[u8]) -> Vec<u8>,
    /// Leaves messages with this in them out of so many listings, without a word.
    pub omits: Option<(&'static str, usize)>,
    /// Answers so to whoever asks for such an item of a message with this in it: the item, the marker, the answer.
    pub balks: Option<(&'static str, &'static str, &'static str)>,
    /// Shows only so many messages of a folder, the newest; of one with `\\All` every one.
    pub shows: Option<usize>,
    /// Counts one message too many where a folder is not opened.
    pub miscounts: bool,
    /// Tells this HIGHESTMODSEQ instead of its own; 0: it keeps none.
    pub modseqs: fn(u64) -> u64,
}

impl Default for Habits {
    /// A quick and faithful server.
    fn default() -> Self {
        Self {
            greeting: Greeting::Words("ready"),
            cover: Cover::Clear,
            other_key: false,
            capabilities:
                "IMAP4rev1 LITERAL+ UIDPLUS MULTIAPPEND ID NAMESPACE QUOTA LIST-EXTENDED SPECIAL-USE \
                           AUTH=PLAIN AUTH=XOAUTH2"
                    .split_whitespace()
                    .collect(),
            name: "Dovecot",
            separator: Some('/'),
            namespaces: ["(\"\" \"/\")", "", ""],
            admin_enters: false,
            breaks_at: None,
            instead: Vec::new(),
            chatty: false,
            interleaves: false,
            dawdles: None,
            works: None,
            in_turn: false,
            tells_next: true,
            tells_permanent: true,
            keeps_any: true,
            keeps: Vec::new(),
            rewrites: |_| {},
            refuses: |_| None,
            largest: None,
            room: None,
            most: None,
            tells_room: None,
            hears_no_literals: false,
            one_at_a_time: false,
            poisoned_by: None,
            deadly: None,
            patience: None,
            sizes: |size| size,
            loses: None,
            tires_after: |_| usize::MAX,
            breaks: None,
            breaks_listing: None,
            withholds: None,
            delivers: <[u8]>::to_vec,
            omits: None,
            balks: None,
            shows: None,
            miscounts: false,
            modseqs: |modseq| modseq,
        }
    }
}

impl Habits {
    pub(crate) fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(&capability)
    }

    /// Becomes Gmail: folders are labels, of which a message may have several. A folder with the attribute `\\Hidden` is
    /// not shown over IMAP.
    pub(crate) fn be_gmail(&mut self) {
        self.name = "GImap";
        self.capabilities.push("X-GM-EXT-1");
    }

    /// Numbers its changes and tells them, the ids that are gone included.
    pub(crate) fn number_changes(&mut self) {
        self.capabilities.extend(["CONDSTORE", "QRESYNC", "ENABLE"]);
    }

    /// Takes abilities away.
    pub(crate) fn cannot(&mut self, capabilities: &[&str]) {
        self.capabilities.retain(|name| !capabilities.contains(name));
    }
}

/// How many messages of a folder are kept from the client.
pub(super) fn kept_back(habits: &Habits, folder: &Folder) -> usize {
    let shown = habits.shows.filter(|_| !folder.has("\\All")).unwrap_or(usize::MAX);
    folder.messages.len().saturating_sub(shown)
}

/// Whether one is in the other.
pub(super) fn holds(body: &[u8], marker: &str) -> bool {
    body.windows(marker.len()).any(|window| window == marker.as_bytes())
}
