//! What the ledger and the report are told of an item: that it is about to be sent, and what became of it.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
};

use super::{
    course::{Course, about},
    stop::Stop,
    transfer::Lane,
};
use crate::{
    ledger::{Entry, EntryState, FolderId},
    model::{Fingerprint, ItemMeta},
    target::StoreResult,
};

/// What becomes of an item in the ledger and the report when the target answered.
pub(super) fn stored(
    course: &mut Course,
    lane: &Lane,
    meta: &ItemMeta,
    print: Fingerprint,
    result: StoreResult,
) -> (Entry, Vec<Finding>) {
    let path = &lane.source.path;
    let mut print = Some(print);
    let (state, findings) = match result {
        StoreResult::Stored { target, repairs } => {
            count_copied(course, meta, false);
            let findings = repairs
                .into_iter()
                .map(|repair| about(path, meta, Severity::Warning, repair.cause, repair.detail));
            (EntryState::Copied { target, adopted: false }, findings.collect())
        }
        StoreResult::Refused { cause, detail, stands } => {
            // Without its fingerprint it counts as never offered.
            print = print.filter(|_| stands);
            course.leave_out(path, &meta.id);
            course.meter.add(1, meta.size);
            (EntryState::Skipped { cause, detail }, Vec::new())
        }
    };
    (entry(meta, print, state), findings)
}

/// What becomes of an item that did not come.
pub(super) async fn fail(
    course: &mut Course,
    lane: &Lane,
    meta: ItemMeta,
    cause: Cause,
    detail: String,
) -> Result<Option<(FolderId, Entry)>, Stop> {
    course.meter.add(1, meta.size);
    // What is gone from the source is not left out: there is nothing to leave out any more.
    if cause == Cause::Vanished {
        course.note(vec![about(&lane.source.path, &meta, Severity::Info, cause, detail)]).await?;
        return Ok(None);
    }
    course.leave_out(&lane.source.path, &meta.id);
    Ok(Some((lane.id, entry(&meta, None, EntryState::Skipped { cause, detail }))))
}

pub(super) fn entry(meta: &ItemMeta, fingerprint: Option<Fingerprint>, state: EntryState) -> Entry {
    let marks = Some(meta.flags.clone());
    Entry { item: meta.id.clone(), size: meta.size, fingerprint, state, marks, deaths: 0 }
}

/// An item that is about to be sent.
pub(super) fn intent(lane: &Lane, meta: &ItemMeta, fingerprint: Fingerprint) -> Entry {
    let deaths = lane.plan.deaths.get(&meta.id).copied().unwrap_or(0);
    Entry { deaths, ..entry(meta, Some(fingerprint), EntryState::Intended) }
}

pub(super) fn count_copied(course: &mut Course, meta: &ItemMeta, adopted: bool) {
    course.counts.copied += 1;
    course.counts.copied_bytes += meta.size;
    course.counts.adopted += u64::from(adopted);
    course.meter.add(1, meta.size);
}
