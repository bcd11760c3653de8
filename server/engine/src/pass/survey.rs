//! Looks at both sides before anything is done: folders, their places on the target, what each holds, what to do.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    check::Side,
    finding::{Finding, Severity, Subject},
    live::Phase,
    pass::PassKind,
    plan::{PlanView, PlannedFolder},
};

use super::{
    course::{Course, about},
    meter::Amount,
    stop::Stop,
};
use crate::{
    error::Reach,
    ledger::{FolderId, FolderRecord},
    mapping::{self, MappedFolder},
    plan::{FolderPlan, plan_folder},
    source::{self, Source},
    target::{self, Target},
};

/// Both sides, connected.
pub(super) struct Sides {
    pub source: Box<dyn Source>,
    pub target: Writer,
}

/// The target as far as the pass may go on it: a pass that only looks cannot write.
pub(super) enum Writer {
    Open(Box<dyn Target>),
    ReadOnly(Box<dyn Source>),
}

/// One folder: what is to be done, and what the ledger knows of it.
#[derive(Debug)]
pub(super) struct Work {
    pub plan: FolderPlan,
    pub validity: u32,
    pub record: Option<(FolderId, FolderRecord)>,
    /// The source's ids mean other items than the ledger thinks.
    pub rebuilt: bool,
    /// The largest message the target takes, where it tells.
    pub limit: Option<u64>,
}

/// What was seen.
pub(super) struct Survey {
    pub mapped: Vec<MappedFolder>,
    /// One for each mapped folder; none: it could not be read.
    pub works: Vec<Option<Work>>,
}

pub(super) async fn connect(course: &Course) -> Result<Sides, Stop> {
    course.meter.phase(Phase::Connecting, Amount::default());
    let source = source::connect(&course.order.source, Side::Source);
    let target = async {
        match course.order.kind {
            PassKind::Initial | PassKind::Delta => {
                target::connect(&course.order.target).await.map(Writer::Open)
            }
            PassKind::DryRun | PassKind::Verify => {
                source::connect(&course.order.target, Side::Target).await.map(Writer::ReadOnly)
            }
        }
    };
    let (source, target) = tokio::try_join!(source, target)?;
    Ok(Sides { source, target })
}

pub(super) async fn survey(course: &mut Course, sides: &mut Sides) -> Result<Survey, Stop> {
    let listing = sides.source.folders().await?;
    let there = match &mut sides.target {
        Writer::Open(target) => target.folders().await?,
        Writer::ReadOnly(target) => target.folders().await?,
    };
    let mut records: BTreeMap<_, _> = course
        .ledger
        .folders()
        .await?
        .into_iter()
        .map(|(id, record)| (record.source.clone(), (id, record)))
        .collect();
    let known = records.values().map(|(_, record)| (record.source.clone(), record.target.clone())).collect();
    let (mapped, renames) = mapping::map_folders(&listing.folders, &there.folders, &known, &there.names);
    course.note(listing.findings).await?;
    course.note(renames).await?;
    course.meter.phase(Phase::Inventory, Amount { folders: mapped.len() as u64, ..Amount::default() });
    let mut works = Vec::with_capacity(mapped.len());
    for folder in &mapped {
        course.obey()?;
        course.meter.folder(folder.source.path.to_string());
        let record = records.remove(&folder.source.path);
        works.push(look(course, sides, folder, record, there.message_limit).await?);
        course.meter.folder_done();
    }
    course.counts.folders = mapped.len() as u64;
    let plans = || works.iter().flatten().map(|work| &work.plan);
    course.counts.items = plans().map(|plan| plan.items).sum();
    course.counts.bytes = plans().map(|plan| plan.bytes).sum();
    Ok(Survey { mapped, works })
}

/// One folder's inventory and plan; none when the source will not open it.
async fn look(
    course: &mut Course,
    sides: &mut Sides,
    folder: &MappedFolder,
    record: Option<(FolderId, FolderRecord)>,
    limit: Option<u64>,
) -> Result<Option<Work>, Stop> {
    let inventory = match sides.source.inventory(&folder.source).await {
        Ok(inventory) => inventory,
        Err(error) if error.reach == Reach::Folder => {
            course
                .note(vec![Finding {
                    severity: Severity::Loss,
                    cause: Cause::FolderUnreadable,
                    subject: Subject { folder: Some(folder.source.path.clone()), item: None },
                    detail: error.detail,
                }])
                .await?;
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let validity = inventory.validity;
    let rebuilt = record
        .as_ref()
        .is_some_and(|(_, record)| record.source_validity.is_some_and(|known| known != u64::from(validity)));
    let entries = match &record {
        Some((id, _)) if !rebuilt => course.ledger.entries(*id).await?,
        Some(_) | None => Vec::new(),
    };
    let mut plan = plan_folder(inventory, entries, limit);
    if let Some(left_out) = course.left_out.get(&folder.source.path) {
        plan.leave_out(left_out);
    }
    Ok(Some(Work { plan, validity, record, rebuilt, limit }))
}

/// The plan as a dry run shows it.
pub(super) fn show(survey: &Survey, mut findings: Vec<Finding>) -> PlanView {
    for (mapped, work) in survey.mapped.iter().zip(&survey.works) {
        let left_out = work.iter().flat_map(|work| &work.plan.skip);
        findings.extend(left_out.map(|(item, cause, detail)| {
            about(&mapped.source.path, item, Severity::Loss, *cause, detail.clone())
        }));
    }
    let folder = |(mapped, work): (&MappedFolder, &Option<Work>)| {
        let plan = &work.as_ref()?.plan;
        Some(PlannedFolder {
            source: mapped.source.path.clone(),
            target: mapped.target.clone(),
            role: mapped.source.role,
            create: mapped.existing.as_ref().is_none_or(|existing| !existing.selectable),
            items: plan.items,
            bytes: plan.bytes,
            copy: plan.copy.len() as u64,
            copy_bytes: plan.copy_bytes,
            done: plan.done,
            skip: plan.skip.len() as u64,
        })
    };
    PlanView { folders: survey.mapped.iter().zip(&survey.works).filter_map(folder).collect(), findings }
}
