//! Numbers of changes (RFC 7162): whatever became of a folder since it was looked at last has the next number.

use std::collections::{BTreeMap, BTreeSet};

use crate::testing::mailbox::Folder;

/// What was seen of a folder, and under which number each change was.
#[derive(Debug, Clone, Default)]
pub(super) struct Numbers {
    validity: u32,
    highest: u64,
    messages: BTreeMap<u32, (BTreeSet<String>, u64)>,
    /// Ids that are gone.
    gone: Vec<(u32, u64)>,
}

impl Numbers {
    /// Takes over what a folder is now.
    pub(super) fn look(&mut self, folder: &Folder) {
        if self.validity != folder.validity {
            *self = Self { validity: folder.validity, highest: 1, ..Self::default() };
        }
        let next = self.highest + 1;
        let now: BTreeSet<u32> = folder.messages.iter().map(|message| message.uid).collect();
        let gone: Vec<u32> = self.messages.keys().copied().filter(|uid| !now.contains(uid)).collect();
        let mut changed = !gone.is_empty();
        for uid in gone {
            self.messages.remove(&uid);
            self.gone.push((uid, next));
        }
        for message in &folder.messages {
            let known = self.messages.get(&message.uid);
            if known.is_none_or(|(flags, _)| *flags != message.flags) {
                self.messages.insert(message.uid, (message.flags.clone(), next));
                changed = true;
            }
        }
        self.highest += u64::from(changed);
    }

    /// The highest number.
    pub(super) const fn highest(&self) -> u64 {
        self.highest
    }

    /// A message's number.
    pub(super) fn of(&self, uid: u32) -> u64 {
        self.messages.get(&uid).map_or(0, |(_, number)| *number)
    }

    /// Ids that are gone since a number, by growing id.
    pub(super) fn gone_since(&self, number: u64) -> Vec<u32> {
        let gone = self.gone.iter().filter(|(_, gone)| *gone > number).map(|(uid, _)| *uid);
        let gone: BTreeSet<u32> = gone.collect();
        gone.into_iter().collect()
    }
}
