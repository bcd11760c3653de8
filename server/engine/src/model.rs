//! The engine's own words: what one side holds.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::{FolderPath, Role},
    time::Timestamp,
};

/// A folder on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// As the user reads it.
    pub path: FolderPath,
    /// As the server spells it: modified UTF-7 or raw bytes, with its own prefix and separator.
    pub wire: Vec<u8>,
    /// What it is for.
    pub role: Option<Role>,
    /// Whether it can hold messages (not `\Noselect`).
    pub selectable: bool,
    /// Whether the user subscribed to it.
    pub subscribed: bool,
    /// Whether it holds what is in the other folders once more (Gmail's All Mail): only the rest of it is its own.
    pub holds_all: bool,
}

/// A server's id of an item within a folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemId {
    /// An IMAP UID (RFC 3501, section 2.3.1.1).
    Uid(u32),
    /// An id without meaning to us.
    Opaque(Box<str>),
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => uid.fmt(f),
            Self::Opaque(id) => write!(f, "#{id}"),
        }
    }
}

impl FromStr for ItemId {
    type Err = std::num::ParseIntError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix('#') {
            Some(opaque) => Ok(Self::Opaque(opaque.into())),
            None => text.parse().map(Self::Uid),
        }
    }
}

/// The UIDVALIDITY of a folder and the UID its next message will get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    /// UIDVALIDITY (RFC 3501, section 2.3.1.1).
    pub validity: u32,
    /// UIDNEXT.
    pub next: u32,
}

/// Where a folder stands: two equal ones, with a MODSEQ, say that nothing in it changed in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// UIDVALIDITY.
    pub validity: u32,
    /// UIDNEXT.
    pub next: u32,
    /// Messages in it.
    pub messages: u32,
    /// HIGHESTMODSEQ (RFC 7162, section 3.1.2.1); none where the server keeps none: then flags may have changed.
    pub modseq: Option<u64>,
}

impl Standing {
    /// Whether a folder that stands so now is as it was then. Without a MODSEQ nobody can tell.
    pub fn proves_unchanged(&self, then: &Self) -> bool {
        self.modseq.is_some() && self == then
    }
}

/// When a server received a message (INTERNALDATE), with the zone it was told in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Received {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub zone_minutes: i16,
}

impl From<Received> for Timestamp {
    fn from(received: Received) -> Self {
        Self::from_millis(received.seconds * 1000)
    }
}

/// A set of system flags (RFC 3501, section 2.3.2), without `\Recent`, which is the server's own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SystemFlags(u8);

impl SystemFlags {
    /// Names and bits.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("\\Answered", Self(1)),
        ("\\Flagged", Self(2)),
        ("\\Deleted", Self(4)),
        ("\\Seen", Self(8)),
        ("\\Draft", Self(16)),
    ];

    /// Adds a flag by its name; false when it is no system flag.
    pub fn insert(&mut self, name: &str) -> bool {
        let known = Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some((_, flag)) = known {
            self.0 |= flag.0;
        }
        known.is_some()
    }

    /// Whether a flag of this name is in the set.
    pub fn has(self, name: &str) -> bool {
        self.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// One bit for each, by their order in [`Self::NAMES`].
    pub(crate) const fn bits(self) -> u8 {
        self.0
    }

    /// Reads what [`Self::bits`] gave; none when there are others.
    pub(crate) fn from_bits(bits: u8) -> Option<Self> {
        let all = Self::NAMES.iter().fold(0, |all, (_, flag)| all | flag.0);
        (bits & !all == 0).then_some(Self(bits))
    }

    /// The names of the flags in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(_, flag)| self.0 & flag.0 != 0).map(|(name, _)| name)
    }
}

/// What a message is marked with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// System flags.
    pub system: SystemFlags,
    /// Keywords, sorted, each once.
    pub keywords: Vec<Arc<str>>,
}

/// One item as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemMeta {
    /// Its id.
    pub id: ItemId,
    /// Bytes, as the server says (RFC822.SIZE).
    pub size: u64,
    /// When the server received it.
    pub received: Option<Received>,
    /// What it is marked with.
    pub flags: Flags,
}

/// Which message an item is, where one message stands in several folders at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The item.
    pub item: ItemId,
    /// The message, the same in every folder (X-GM-MSGID); none: the server did not tell.
    pub message: Option<u64>,
    /// Whether its labels name one of the user's folders. Told of a folder that holds all only.
    pub labelled: bool,
}

/// What one side holds in one folder at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// UIDVALIDITY: ids are only good under it.
    pub validity: u32,
    /// UIDNEXT.
    pub next: u32,
    /// HIGHESTMODSEQ, where the server keeps one.
    pub modseq: Option<u64>,
    /// Messages the server counts in it.
    pub messages: u32,
    /// Every item, by growing id.
    pub items: Vec<ItemMeta>,
    /// What a person should know of the listing.
    pub findings: Vec<Finding>,
    /// Items whose flags the server would not tell: nobody knows whether they changed.
    pub unmarked: BTreeSet<ItemId>,
    /// Only what changed since a [`Baseline`](crate::baseline::Baseline) was listed; the rest stands there.
    pub based: bool,
}

impl Inventory {
    /// Where the folder stood when it was listed.
    pub fn standing(&self) -> Standing {
        let Self { validity, next, modseq, messages, .. } = *self;
        Standing { validity, next, messages, modseq }
    }

    /// Whether every item that the server counts is listed: what is not, is not there.
    pub fn lists_all(&self) -> bool {
        let tells =
            |finding: &Finding| finding.severity == Severity::Loss || finding.cause == Cause::CountDiffers;
        !self.findings.iter().any(tells)
    }
}

/// What of something is used and allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Used now.
    pub used: u64,
    /// Allowed at most.
    pub limit: u64,
}

impl Allowance {
    /// What is left.
    pub const fn free(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// How much a mailbox may hold, as far as its server limits it and tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub bytes: Option<Allowance>,
    /// Messages.
    pub messages: Option<Allowance>,
}

impl Room {
    /// In words; none when nothing is limited.
    pub fn in_words(&self) -> Option<String> {
        let of = |allowance: Option<Allowance>, unit: &str| {
            allowance.map(|Allowance { used, limit }| format!("{used} of {limit} {unit}"))
        };
        let parts = [of(self.bytes, "bytes"), of(self.messages, "messages")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{} used", parts.join(" and ")))
    }
}

/// An item with its content in its standard form (RFC 5322 for mail).
#[derive(Debug, Clone)]
pub struct Item {
    /// What a listing shows of it.
    pub meta: ItemMeta,
    /// The whole message, or its header block where only that was asked for.
    pub body: Bytes,
}

/// Recognises an item by its content on both sides, whatever ids the servers gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// SHA-256, cut to 128 bits, of the content with every line end as CRLF.
    pub exact: [u8; 16],
    /// The same of the content without what servers are known to rewrite: line ends, NUL, 8-bit bytes. None where it was
    /// not asked for: it costs more than the other, and is only needed for content that was rewritten.
    pub loose: Option<[u8; 16]>,
}

impl Fingerprint {
    /// The halves that are there, in a row, for storage.
    pub fn to_bytes(self) -> Vec<u8> {
        self.exact.into_iter().chain(self.loose.into_iter().flatten()).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; none when the length is another.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (exact, loose) = bytes.split_at_checked(16)?;
        let loose = if loose.is_empty() { None } else { Some(loose.try_into().ok()?) };
        Some(Self { exact: exact.try_into().ok()?, loose })
    }
}
