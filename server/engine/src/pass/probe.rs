//! Counts what changed on the source since the last comparison, without opening a folder: where each stands now beside
//! where it stood then. Flags count where the server numbers changes.

use std::collections::BTreeMap;

use shared::{check::Side, live::Phase, pass::Drift};

use super::{course::Course, entry, meter::Amount, stop::Stop};
use crate::{
    error::ConnectorError,
    ledger::FolderRecord,
    mapping,
    model::{Folder, Standing},
    source,
};

/// Looks at every folder of the source that is moved.
pub(super) async fn probe(course: &mut Course) -> Result<Drift, Stop> {
    let _slot = entry::source_slot(course).await;
    course.meter.phase(Phase::Connecting, Amount::default());
    let mut source = source::connect(&course.order.source, Side::Source).await?;
    course.reached = true;
    let listing = source.folders().await?;
    let rules = mapping::rules::Rules::new(&course.order.options.folders, listing.preset);
    let ruled = rules.map_err(ConnectorError::from)?.apply(listing.folders);
    let mut known: BTreeMap<_, FolderRecord> = course
        .ledger
        .folders()
        .await?
        .into_iter()
        .map(|(_, record)| (record.source.clone(), record))
        .collect();
    for folder in &ruled.left_out {
        known.remove(&folder.path);
    }
    // What came to a folder that holds all came to another too, or moved there.
    for folder in ruled.folders.iter().filter(|folder| folder.holds_all) {
        known.remove(&folder.path);
    }
    let counted = ruled.folders.iter().filter(|folder| folder.selectable && !folder.holds_all);
    let folders: Vec<&Folder> = counted.collect();
    course.meter.phase(Phase::Inventory, Amount { folders: folders.len() as u64, ..Amount::default() });
    let mut standings = source.standings(&folders).await?;
    if standings.iter().any(Option::is_none) {
        // A server that numbers no changes still tells how many messages there are and which id comes next.
        let amounts = source.amounts(&folders).await?;
        for (standing, amount) in standings.iter_mut().zip(amounts) {
            *standing = standing.or(amount);
        }
    }
    course.counts.folders = folders.len() as u64;
    let mut drift = Drift { counted: course.began, new: 0, gone: 0, folders: 0 };
    for (folder, standing) in folders.iter().zip(standings) {
        let record = known.remove(&folder.path);
        if let Some(now) = standing {
            course.counts.items += u64::from(now.messages);
            add(&mut drift, changed(record.as_ref(), now));
        }
        course.meter.folder_done();
    }
    for lost in known.into_values().filter(|record| record.items > 0) {
        add(&mut drift, Some((0, lost.items)));
    }
    Ok(drift)
}

fn add(drift: &mut Drift, changed: Option<(u64, u64)>) {
    if let Some((new, gone)) = changed {
        drift.new += new;
        drift.gone += gone;
        drift.folders += 1;
    }
}

/// How many messages came and went in a folder; none when nothing shows that anything changed.
fn changed(record: Option<&FolderRecord>, now: Standing) -> Option<(u64, u64)> {
    let messages = u64::from(now.messages);
    let Some(record) = record else { return (messages > 0).then_some((messages, 0)) };
    let Some(then) = record.compared.as_ref().map(|compared| compared.source) else {
        // Never compared: the number of messages is all there is.
        let (new, gone) = (messages.saturating_sub(record.items), record.items.saturating_sub(messages));
        return (new + gone > 0).then_some((new, gone));
    };
    let told = now.modseq.is_some() && then.modseq.is_some();
    let then = if told { then } else { Standing { modseq: now.modseq, ..then } };
    if now == then {
        return None;
    }
    if now.validity != then.validity {
        return Some((messages, u64::from(then.messages)));
    }
    // What came and went again in between counts on both sides: it changed all the same.
    let new = u64::from(now.next.saturating_sub(then.next));
    let gone = (u64::from(then.messages) + new).saturating_sub(messages);
    Some((new, gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(next: u32, messages: u32, modseq: u64) -> Standing {
        Standing { validity: 7, next, messages, modseq: Some(modseq) }
    }

    fn record(items: u64) -> FolderRecord {
        FolderRecord {
            source: shared::folder::FolderPath::inbox(),
            target: shared::folder::FolderPath::inbox(),
            role: None,
            source_validity: Some(7),
            bracket: None,
            items,
            bytes: 0,
            compared: None,
        }
    }

    #[test]
    fn a_folder_nobody_knows_is_new_as_a_whole_and_an_empty_one_is_no_change() {
        assert_eq!(changed(None, standing(5, 4, 1)), Some((4, 0)));
        assert_eq!(changed(None, standing(1, 0, 1)), None);
    }

    #[test]
    fn without_a_comparison_the_number_of_messages_tells() {
        assert_eq!(changed(Some(&record(4)), standing(9, 4, 3)), None);
        assert_eq!(changed(Some(&record(4)), standing(9, 6, 3)), Some((2, 0)));
        assert_eq!(changed(Some(&record(4)), standing(9, 1, 3)), Some((0, 3)));
    }
}
