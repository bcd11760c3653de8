//! What a server tells beside a baseline: the messages that came or changed since, and the ids that are gone.

use std::collections::BTreeMap;

use super::Baseline;
use crate::model::{ItemId, ItemMeta, Standing};

/// What a server told since.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Whole rows, by UID; of two about one message the last one counts.
    rows: BTreeMap<u32, ItemMeta>,
    /// Ranges of UIDs that are gone, ends included.
    vanished: Vec<(u32, u32)>,
    /// Why it cannot be used.
    odd: Option<&'static str>,
}

impl News {
    /// A message that came or changed.
    pub(crate) fn row(&mut self, uid: u32, item: ItemMeta) {
        self.rows.insert(uid, item);
    }

    /// Ids that are gone (RFC 7162, section 3.2.10): `41,43:116`.
    pub(crate) fn vanished(&mut self, set: &str) {
        for part in set.split(',') {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            match (first.parse::<u32>(), last.parse::<u32>()) {
                (Ok(first), Ok(last)) => self.vanished.push((first.min(last), first.max(last))),
                (Err(_), _) | (_, Err(_)) => self.doubt("ids that are gone and cannot be read"),
            }
        }
    }

    /// It cannot be used, for this reason.
    pub(crate) fn doubt(&mut self, why: &'static str) {
        self.odd.get_or_insert(why);
    }

    /// What stands in the folder now, by growing id. `now` is where it stood when it was opened. An error says why it
    /// cannot be told without listing all: what came, changed and went must come to exactly what the server counts.
    pub(crate) fn since(self, baseline: &Baseline, now: Standing) -> Result<Vec<ItemMeta>, &'static str> {
        if let Some(why) = self.odd {
            return Err(why);
        }
        let then = baseline.standing();
        let (Some(changes), Some(changes_then)) = (now.modseq, then.modseq) else {
            return Err("changes that are not numbered");
        };
        if now.validity != then.validity {
            return Err("another UIDVALIDITY");
        }
        if now.next < then.next || changes < changes_then {
            return Err("numbers that went back");
        }
        let mut items = baseline.items().ok_or("a baseline that cannot be read")?;
        let mut changed = now.next != then.next;
        let mut new = Vec::new();
        for (uid, row) in self.rows {
            if uid >= now.next {
                return Err("an id that was not given yet");
            }
            if uid >= then.next {
                new.push(row);
                continue;
            }
            let known = items.binary_search_by(|item| item.id.cmp(&ItemId::Uid(uid))).ok();
            let known = known.and_then(|at| items.get_mut(at)).ok_or("an old id that nobody knew")?;
            // Messages never change under their ids (RFC 3501, section 2.3.1.1).
            if (known.size, known.received) != (row.size, row.received) {
                return Err("another message under a known id");
            }
            changed |= known.flags != row.flags;
            known.flags = row.flags;
        }
        changed |= !new.is_empty();
        if changed && changes == changes_then {
            return Err("a change without a number");
        }
        let gone = disjoint(self.vanished);
        let is_gone = |item: &ItemMeta| match item.id {
            ItemId::Uid(uid) => {
                let at = gone.partition_point(|(first, _)| *first <= uid);
                at.checked_sub(1).is_some_and(|at| uid <= gone[at].1)
            }
            ItemId::Opaque(_) => false,
        };
        if new.iter().any(is_gone) {
            return Err("a message that is listed and gone");
        }
        items.retain(|item| !is_gone(item));
        items.extend(new);
        if u32::try_from(items.len()) != Ok(now.messages) {
            return Err("another number of messages");
        }
        Ok(items)
    }
}

/// Ranges by growing beginning, none of which meets another.
fn disjoint(mut ranges: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    ranges.sort_unstable();
    let mut apart: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match apart.last_mut().filter(|before| first <= before.1) {
            Some(before) => before.1 = before.1.max(last),
            None => apart.push((first, last)),
        }
    }
    apart
}
