//! Reads both sides afresh and compares them, folder by folder.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    check::Side,
    finding::{Finding, Severity},
    live::Phase,
    project::VerifyDepth,
};

use super::{
    course::{Course, about, about_folder},
    meter::{Amount, Meter},
    read::{self, Read},
    stop::Stop,
    survey::{Sides, Writer},
};
use crate::{
    error::{ConnectorError, Reach},
    ledger::EntryState,
    mapping::MappedFolder,
    model::Folder,
    source::{self, Part, Source},
    validate::{self, FolderPair, Reasons},
};

/// Compares every mapped folder. The connection that wrote is not asked: a new one sees what others will see.
pub(super) async fn compare(course: &mut Course, sides: Sides, mapped: &[MappedFolder]) -> Result<(), Stop> {
    let Sides { mut source, target } = sides;
    let mut target = match target {
        Writer::Open(writer) => {
            drop(writer);
            source::connect(&course.order.target, Side::Target).await?
        }
        Writer::ReadOnly(reader) => reader,
    };
    let there = target.folders().await?.folders;
    let reasons = reasons(course).await?;
    let bytes = if course.order.options.verify == VerifyDepth::Content { course.counts.bytes * 2 } else { 0 };
    let amount = Amount { folders: mapped.len() as u64, items: course.counts.items * 2, bytes };
    course.begin(Phase::Verifying, amount);
    for folder in mapped {
        course.obey()?;
        let path = &folder.source.path;
        course.meter.folder(path.to_string());
        if !course.compared.contains_key(path) {
            let counterpart = there.iter().find(|known| known.path == folder.target && known.selectable);
            let mut both = Both { source: &mut *source, target: &mut *target };
            let known = reasons.get(path).cloned().unwrap_or_default();
            compare_folder(course, &mut both, folder, counterpart, known).await?;
        }
        course.meter.folder_done();
    }
    Ok(())
}

struct Both<'a> {
    source: &'a mut dyn Source,
    target: &'a mut dyn Source,
}

/// Why items are not on the target, as far as the ledger knows. It is never asked whether they are.
async fn reasons(course: &Course) -> Result<BTreeMap<shared::folder::FolderPath, Reasons>, Stop> {
    let mut reasons = BTreeMap::new();
    for (id, record) in course.ledger.folders().await? {
        let skipped = course.ledger.entries(id).await?.into_iter().filter_map(|entry| match entry.state {
            EntryState::Skipped { cause, detail } => Some((entry.item, (cause, detail))),
            EntryState::Intended | EntryState::Copied { .. } => None,
        });
        reasons.insert(record.source, skipped.collect());
    }
    Ok(reasons)
}

async fn compare_folder(
    course: &mut Course,
    both: &mut Both<'_>,
    folder: &MappedFolder,
    counterpart: Option<&Folder>,
    mut reasons: Reasons,
) -> Result<(), Stop> {
    let path = &folder.source.path;
    let depth = course.order.options.verify;
    let part = match depth {
        VerifyDepth::Content => Part::Whole,
        VerifyDepth::Headers => Part::Header,
    };
    // A side that cannot open its folder waits for the other: that one is in the middle of its answers.
    let source_side = folder_or_not(look(both.source, Some(&folder.source), part, &course.meter));
    let target_side = folder_or_not(look(both.target, counterpart, part, &course.meter));
    let (here, there) = tokio::try_join!(source_side, target_side)?;
    // The survey told of it already.
    let Ok(here) = here else { return Ok(()) };
    let (there, refused) = match there {
        Ok(there) => (there, course.refused.get(path).cloned()),
        Err(error) => (Read::default(), Some(error.detail)),
    };
    let mut findings: Vec<Finding> = here
        .failed
        .into_iter()
        .filter(|(_, cause, _)| *cause != Cause::Vanished)
        .map(|(meta, cause, detail)| about(path, &meta, Severity::Loss, cause, detail))
        .collect();
    let unread = there.failed.into_iter().filter(|(_, cause, _)| *cause != Cause::Vanished);
    findings.extend(unread.map(|(meta, cause, detail)| {
        let detail = format!("It is on the target, which does not deliver it: {detail}");
        about(&folder.target, &meta, Severity::Warning, cause, detail)
    }));
    if let Some(words) = refused {
        for seen in &here.seen {
            reasons.entry(seen.meta.id.clone()).or_insert((Cause::FolderRefused, words.clone()));
        }
    } else if counterpart.is_none() {
        let detail = format!("there is no folder {} on the target", folder.target);
        findings.push(about_folder(path, Severity::Warning, Cause::FolderRefused, detail));
    }
    let pair = FolderPair {
        source: path.clone(),
        target: folder.target.clone(),
        role: folder.source.role,
        depth,
        source_items: here.seen,
        target_items: there.seen,
        keeps: course.keeps.get(path).cloned().unwrap_or_default(),
    };
    let (totals, differences) = validate::compare(&pair, &reasons);
    findings.extend(differences);
    course.note(findings.clone()).await?;
    course.compared.insert(path.clone(), (totals, findings));
    Ok(())
}

/// Keeps what concerns one folder apart from what ends the pass.
async fn folder_or_not(
    look: impl Future<Output = Result<Read, ConnectorError>>,
) -> Result<Result<Read, ConnectorError>, ConnectorError> {
    match look.await {
        Err(error) if error.reach != Reach::Folder => Err(error),
        other => Ok(other),
    }
}

/// What stands in a folder now, with what recognises each item; nothing when there is no folder.
async fn look(
    side: &mut dyn Source,
    folder: Option<&Folder>,
    part: Part,
    meter: &Meter,
) -> Result<Read, ConnectorError> {
    let Some(folder) = folder.filter(|folder| folder.selectable) else { return Ok(Read::default()) };
    let inventory = side.inventory(folder).await?;
    read::read(side, folder, &inventory.items, part, |bytes| meter.add(1, bytes)).await
}
