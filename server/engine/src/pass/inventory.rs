//! What a look at both sides found, in numbers.

use std::time::SystemTime;

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    inventory::MailboxInventory,
};

use super::survey::Work;
use crate::model::Room;

/// Counts what was found. `renames` are the findings of folders that get another name.
pub(super) fn count(works: &[Work], room: &Room, renames: &[Finding]) -> MailboxInventory {
    let mut found = MailboxInventory {
        looked: SystemTime::now().into(),
        folders: works.len() as u64,
        unreadable: 0,
        items: 0,
        bytes: 0,
        copy: 0,
        copy_bytes: 0,
        oversized: 0,
        oversized_bytes: 0,
        renamed: renames.len() as u64,
        clashes: renames.iter().filter(|rename| rename.severity > Severity::Info).count() as u64,
        free_bytes: room.bytes.map(|room| room.free()),
        limit_bytes: room.bytes.map(|room| room.limit),
        free_items: room.messages.map(|room| room.free()),
    };
    for work in works {
        add(&mut found, work);
    }
    found
}

fn add(found: &mut MailboxInventory, work: &Work) {
    let (items, bytes) = work.amount();
    found.items += items;
    found.bytes += bytes;
    let mut too_big = |size: u64| {
        found.oversized += 1;
        found.oversized_bytes += size;
    };
    match work {
        Work::Unreadable => found.unreadable += 1,
        // What is missing of it was refused, and would be refused again: nothing is to be copied.
        Work::Settled(compared) => {
            let refused = compared.findings.iter().filter(|finding| finding.cause == Cause::TooBig);
            refused.filter_map(|finding| finding.subject.item.as_ref()).for_each(|item| too_big(item.size));
        }
        Work::ToDo(todo) => {
            let left_out = todo.plan.skip.iter().chain(&todo.plan.refused);
            left_out
                .filter(|(_, cause, _)| *cause == Cause::TooBig)
                .for_each(|(item, ..)| too_big(item.size));
            found.copy += todo.plan.copy.len() as u64;
            found.copy_bytes += todo.plan.copy_bytes;
        }
    }
}
