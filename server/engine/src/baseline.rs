//! What one side listed of a folder when it was compared, written down in few bytes: later passes ask only for what changed
//! since (RFC 7162, section 3.1.4).
//!
//! A baseline is never believed. What a server tells beside it must come to exactly what the server counts (`news`), or
//! all is listed.

mod codec;
pub(crate) mod news;

#[cfg(test)]
mod tests;

use sha2::{Digest as _, Sha256};

use crate::model::{Folder, Inventory, ItemId, ItemMeta, Standing};
use codec::{Reader, Writer};

/// The first byte of all that is written: another layout gets another number.
const VERSION: u8 = 1;
/// Bytes of the digest behind it.
const DIGEST: usize = 16;
/// Bytes one may take; what takes more is not written down.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What one side listed of a folder at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Baseline {
    standing: Standing,
    /// As it is stored.
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Baseline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { standing, bytes } = self;
        f.debug_struct("Baseline").field("standing", standing).field("bytes", &bytes.len()).finish()
    }
}

impl Baseline {
    /// Writes an inventory down. None for one that is not exactly what the server counted when the folder was opened,
    /// or whose changes the server does not number, or that takes too many bytes: nothing could be built on it.
    pub fn of(folder: &Folder, inventory: &Inventory) -> Option<Self> {
        let standing = inventory.standing();
        let last = match inventory.items.last().map(|item| &item.id) {
            None => 0,
            Some(ItemId::Uid(uid)) => *uid,
            Some(ItemId::Opaque(_)) => return None,
        };
        let counted = u32::try_from(inventory.items.len()) == Ok(standing.messages);
        let plain = inventory.findings.is_empty() && inventory.unmarked.is_empty();
        let modseq = standing.modseq.filter(|modseq| *modseq > 0)?;
        // What came after the folder was opened is asked for again.
        if !counted || !plain || standing.validity == 0 || last >= standing.next {
            return None;
        }
        let mut writer = Writer::default();
        writer.number(standing.validity.into());
        writer.number(standing.next.into());
        writer.number(standing.messages.into());
        writer.number(modseq);
        writer.bytes(&folder.wire);
        writer.items(&inventory.items)?;
        let bytes = seal(&writer.into_bytes());
        (bytes.len() <= MOST_BYTES).then_some(Self { standing, bytes })
    }

    /// Takes over what was stored; none when that is not what was written.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let (version, sealed) = bytes.split_first()?;
        let (digest, body) = sealed.split_at_checked(DIGEST)?;
        if *version != VERSION || bytes.len() > MOST_BYTES || digest != digest_of(body) {
            return None;
        }
        let standing = Reader::new(body).standing()?;
        Some(Self { standing, bytes })
    }

    /// What is to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the folder stood.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether it is of this folder, by its name on the wire: a place in the ledger may come to mean another folder.
    pub fn is_of(&self, folder: &Folder) -> bool {
        let mut reader = Reader::new(self.body());
        reader.standing().is_some() && reader.bytes() == Some(&folder.wire)
    }

    /// Every item, by growing id; none when it is not what was written.
    pub fn items(&self) -> Option<Vec<ItemMeta>> {
        let mut reader = Reader::new(self.body());
        let standing = reader.standing()?;
        reader.bytes()?;
        reader.items(standing)
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(1 + DIGEST..).unwrap_or_default()
    }
}

/// Puts the version and a digest in front: a disk that gives back something else is found out.
fn seal(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + DIGEST + body.len());
    bytes.push(VERSION);
    bytes.extend_from_slice(&digest_of(body));
    bytes.extend_from_slice(body);
    bytes
}

fn digest_of(body: &[u8]) -> [u8; DIGEST] {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let mut cut = [0; DIGEST];
    cut.copy_from_slice(&digest[..DIGEST]);
    cut
}
