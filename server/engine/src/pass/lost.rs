//! What a target confirmed and lost: sent again where it provably forgot it, and otherwise when somebody wants it.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::FolderPath,
};

use super::{
    copy::{self, Hands},
    course::{Course, about_folder},
    stop::Stop,
    survey::ToDo,
};
use crate::{
    ledger::{Entry, EntryState, FolderId},
    mapping::MappedFolder,
    model::ItemId,
    target::OpenFolder,
};

/// What was confirmed and is not there.
#[derive(Debug)]
pub(super) struct Lost {
    /// As the ledger has it.
    pub entry: Entry,
    pub detail: String,
    /// The target says that it never gave the id. Nobody who removes a message makes it say so.
    pub forgot: bool,
    /// It was there when both sides were compared before. Then only the target's word speaks against its user, and some
    /// servers give the last id once more when its message is removed.
    pub was_compared: bool,
}

/// What a target says of an id that it gave and never gave.
pub(super) fn forgotten(uid: u32) -> String {
    format!(
        "The target had it under UID {uid}, and says now that it never gave that id, as after a crash or when an older state \
         was put back."
    )
}

/// Entries as they are from now on: to be sent again, or left out until somebody tries again what failed. Gives how many are
/// sent again; none of them when the target lost them too often in this pass.
pub(super) fn settle(
    course: &mut Course,
    path: &FolderPath,
    id: FolderId,
    all: Vec<Lost>,
) -> (Vec<(FolderId, Entry)>, usize) {
    let is_sent = |lost: &Lost| lost.forgot && !lost.was_compared;
    let sends = all.iter().any(is_sent) && course.sends_again(path);
    let again = if sends { all.iter().filter(|lost| is_sent(lost)).count() } else { 0 };
    let entries = all.into_iter().map(|lost| {
        let state = match sends && is_sent(&lost) {
            true => EntryState::Intended,
            false => EntryState::Skipped { cause: Cause::ConfirmedGone, detail: lost.detail },
        };
        (id, Entry { state, ..lost.entry })
    });
    (entries.collect(), again)
}

/// Says that so many are sent again.
pub(super) fn told(path: &FolderPath, count: usize) -> Finding {
    let detail = format!(
        "The target confirmed {count} messages and forgot them and their ids, as after a crash: they are sent again."
    );
    about_folder(path, Severity::Warning, Cause::ConfirmedGone, detail)
}

/// Looks whether the target gives ids once more that the ledger knows, before anything new gets one of them; plans anew what it
/// forgot.
pub(super) async fn look_for(
    course: &mut Course,
    hands: &mut Hands<'_>,
    folder: &MappedFolder,
    open: &OpenFolder,
    todo: &mut ToDo,
) -> Result<(), Stop> {
    let next = open.mark.next;
    let Some((id, record)) = todo.record.clone() else { return Ok(()) };
    if next == 0 || todo.plan.known.range(next..).next().is_none() {
        return Ok(());
    }
    let mut entries = course.ledger.entries(id).await?;
    let was_compared = |from: &ItemId, to: u32| {
        let ItemId::Uid(from) = from else { return false };
        record.compared.as_ref().is_some_and(|it| *from < it.source.next && to < it.target.next)
    };
    let lost = entries.iter().filter_map(|entry| {
        let EntryState::Copied { target: Some(to), .. } = entry.state else { return None };
        let (detail, was_compared) = (forgotten(to), was_compared(&entry.item, to));
        (to >= next).then(|| Lost { entry: entry.clone(), detail, forgot: true, was_compared })
    });
    let lost = lost.collect();
    let path = &folder.source.path;
    let (settled, again) = settle(course, path, id, lost);
    course.ledger.put_entries(&settled).await?;
    if again > 0 {
        course.note(vec![told(path, again)]).await?;
    }
    for (_, settled) in settled {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.item == settled.item) {
            *entry = settled;
        }
    }
    copy::plan_again(course, hands, folder, entries, todo).await
}
