//! A mailbox in memory, written down in a line: `INBOX: a b b~ | Sent: c*Seen`.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
};

use bytes::Bytes;

/// A mailbox in memory. Names are as on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub folders: BTreeMap<Vec<u8>, Folder>,
    pub subscribed: BTreeSet<Vec<u8>>,
}

/// A folder of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    pub attributes: Vec<String>,
    pub validity: u32,
    pub next: u32,
    pub messages: Vec<Message>,
}

/// A message of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub uid: u32,
    pub flags: BTreeSet<String>,
    pub received: String,
    pub body: Bytes,
    /// The message, whichever label it stands under; by default the same for the same content.
    pub number: u64,
}

/// What two mailboxes have in common when nothing was lost, doubled or changed: each folder's messages, without their
/// numbers and in no order.
pub(crate) type Contents = BTreeMap<Vec<u8>, Vec<(Bytes, String, BTreeSet<String>)>>;

impl Mailbox {
    /// Reads `INBOX: a b b~ | Sent: c*Seen | Empty:`; see [`Message::written`].
    pub(crate) fn written(text: &str) -> Self {
        let mut mailbox = Self::default();
        for folder in text.split('|') {
            let (name, words) = folder.split_once(':').expect("a folder's name and a colon");
            let folder = mailbox.add(name.trim());
            for word in words.split_whitespace() {
                folder.add(Message::written(word));
            }
        }
        mailbox
    }

    /// Adds an empty folder.
    pub(crate) fn add(&mut self, name: impl AsRef<[u8]>) -> &mut Folder {
        let validity = 1000 + u32::try_from(self.folders.len()).expect("few folders");
        let folder = Folder { attributes: Vec::new(), validity, next: 1, messages: Vec::new() };
        self.folders.entry(name.as_ref().to_vec()).or_insert(folder)
    }

    /// A folder that must be there.
    pub(crate) fn folder(&mut self, name: impl AsRef<[u8]>) -> &mut Folder {
        let name = name.as_ref();
        self.folders.get_mut(name).unwrap_or_else(|| panic!("no folder {}", name.escape_ascii()))
    }

    pub(crate) fn contents(&self) -> Contents {
        let content =
            |message: &Message| (message.body.clone(), message.received.clone(), message.flags.clone());
        let folder = |folder: &Folder| {
            let mut contents: Vec<_> = folder.messages.iter().map(content).collect();
            contents.sort();
            contents
        };
        self.folders.iter().map(|(name, entry)| (name.clone(), folder(entry))).collect()
    }

    pub(crate) fn messages(&self) -> usize {
        self.folders.values().map(|folder| folder.messages.len()).sum()
    }
}

impl Folder {
    /// Adds a message under the next UID.
    pub(crate) fn add(&mut self, message: Message) -> u32 {
        let uid = self.next;
        self.next += 1;
        self.messages.push(Message { uid, ..message });
        uid
    }

    pub(crate) fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known == attribute)
    }

    /// The message with this UID.
    pub(crate) fn message(&mut self, uid: u32) -> &mut Message {
        self.messages.iter_mut().find(|message| message.uid == uid).expect("the message is there")
    }

    /// Takes a message out.
    pub(crate) fn take(&mut self, uid: u32) -> Message {
        let at = self.messages.iter().position(|message| message.uid == uid).expect("the message is there");
        self.messages.remove(at)
    }

    /// Another life of the same folder: the same messages under other numbers.
    pub(crate) fn rebuild(&mut self) {
        self.validity += 7000;
        self.messages.reverse();
        for (at, message) in self.messages.iter_mut().enumerate() {
            message.uid = u32::try_from(at).expect("few messages") + 1;
        }
        self.next = u32::try_from(self.messages.len()).expect("few messages") + 1;
    }

    /// The bodies, in order.
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.messages.iter().map(|message| message.body.clone()).collect()
    }
}

impl Message {
    /// A message as it is, received at a moment of its own.
    pub(crate) fn new(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let sum = body.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        let (day, minute, second) = (sum / 3600 % 28 + 1, sum / 60 % 60, sum % 60);
        let received = format!("{day:>2}-Feb-2020 10:{minute:02}:{second:02} +0100");
        let mut hasher = std::hash::DefaultHasher::new();
        body.hash(&mut hasher);
        let number = hasher.finish() >> 1;
        Self { uid: 0, flags: BTreeSet::new(), received, body, number }
    }

    /// A message out of a word. The same word gives the same bytes: a twin. Marks behind its name: `~` no Message-ID,
    /// `%` a NUL, `^` bare line feeds, `!` an 8-bit header, `/3000` so many bytes more, `*Seen` a system flag,
    /// `#work` a keyword.
    pub(crate) fn written(word: &str) -> Self {
        let end = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
        let (name, marks) = word.split_at(end);
        let mut body = format!("From: {name}@old.example\r\nSubject: {name}\r\n").into_bytes();
        let marked = |mark: char| marks.contains(mark);
        if !marked('~') {
            body.extend_from_slice(format!("Message-ID: <{name}@old.example>\r\n").as_bytes());
        }
        if marked('!') {
            body.extend_from_slice(b"X-Raw: Gr\xfc\xdfe\r\n");
        }
        body.extend_from_slice(format!("\r\nText of {name}.\r\n").as_bytes());
        if marked('%') {
            body.extend_from_slice(b"A \0 in it.\r\n");
        }
        let mut flags = BTreeSet::new();
        for (mark, value) in marks_of(marks) {
            match mark {
                '/' => {
                    let bytes = value.parse().expect("a number of bytes");
                    let line = b"0123456789 abcdefghijklmnopqrstuvwxyz 0123456789\r\n";
                    body.extend(line.iter().cycle().take(bytes));
                }
                '*' => _ = flags.insert(format!("\\{value}")),
                '#' => _ = flags.insert(value.to_owned()),
                _ => {}
            }
        }
        if marked('^') {
            body.retain(|byte| *byte != b'\r');
        }
        Self { flags, ..Self::new(body) }
    }
}

/// Each mark with the letters behind it.
fn marks_of(marks: &str) -> impl Iterator<Item = (char, &str)> {
    let is_value = |c: char| c.is_ascii_alphanumeric() || c == '$';
    marks.char_indices().filter(move |(_, mark)| !is_value(*mark)).map(move |(at, mark)| {
        let rest = &marks[at + mark.len_utf8()..];
        (mark, &rest[..rest.find(|c| !is_value(c)).unwrap_or(rest.len())])
    })
}
