//! Looks at both sides before anything is done: folders, their places on the target, what each holds, what to do.

use shared::{
    cause::Cause,
    check::Side,
    finding::{Finding, Severity, Subject},
    live::Phase,
    pass::PassKind,
    plan::{PlanView, PlannedFolder},
    rules::Age,
};

use super::{
    baselines,
    course::{Course, about, about_folder},
    inventory, labels, list,
    meter::Amount,
    room,
    stop::Stop,
};
use crate::{
    baseline::Baseline,
    error::{ConnectorError, Reach},
    ledger::{Compared, Entry, EntryState, FolderId, FolderRecord},
    mapping::{self, MappedFolder},
    model::{Folder, Inventory, ItemId, Standing},
    plan::{FolderPlan, Takes, plan_folder},
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

impl Writer {
    pub(super) fn as_source(&mut self) -> &mut dyn Source {
        match self {
            Self::Open(target) => target.as_source(),
            Self::ReadOnly(target) => &mut **target,
        }
    }
}

/// A folder as the ledger knows it.
pub(super) type Record = (FolderId, FolderRecord);

/// One folder: what is to be done.
#[derive(Debug)]
pub(super) enum Work {
    /// The source will not open it.
    Unreadable,
    /// Neither side changed since both were compared.
    Settled(Box<Compared>),
    /// This.
    ToDo(Box<ToDo>),
}

/// What is to be done in one folder, and what the ledger knows of it.
#[derive(Debug)]
pub(super) struct ToDo {
    pub plan: FolderPlan,
    pub validity: u32,
    pub record: Option<Record>,
    /// The source's ids mean other items than the ledger thinks.
    pub rebuilt: bool,
    pub takes: Takes,
}

impl Work {
    pub(super) fn to_do(&self) -> Option<&ToDo> {
        match self {
            Self::ToDo(todo) => Some(todo),
            Self::Unreadable | Self::Settled(_) => None,
        }
    }

    /// Items on the source and their bytes.
    pub(super) fn amount(&self) -> (u64, u64) {
        match self {
            Self::Unreadable => (0, 0),
            Self::Settled(compared) => (compared.totals.source_items, compared.totals.source_bytes),
            Self::ToDo(todo) => (todo.plan.items, todo.plan.bytes),
        }
    }
}

/// What was seen.
pub(super) struct Survey {
    pub mapped: Vec<MappedFolder>,
    /// One for each mapped folder.
    pub works: Vec<Work>,
    /// What the ledger knows of folders that the source no longer has.
    pub orphans: Vec<Record>,
    /// The source's folders that stay behind by rule.
    pub beside: Vec<Folder>,
    /// Whether one message may stand in several of the source's folders.
    pub labels: bool,
    /// The target's folders.
    pub there: Vec<Folder>,
    /// The largest message the target takes, where it tells.
    pub limit: Option<u64>,
}

pub(super) async fn connect(course: &Course) -> Result<Sides, Stop> {
    course.meter.phase(Phase::Connecting, Amount::default());
    let source = source::connect(&course.order.source, Side::Source);
    let target = async {
        match course.order.kind {
            PassKind::Initial | PassKind::Delta | PassKind::Final => {
                target::connect(&course.order.target).await.map(Writer::Open)
            }
            PassKind::DryRun | PassKind::Verify | PassKind::Probe => {
                source::connect(&course.order.target, Side::Target).await.map(Writer::ReadOnly)
            }
        }
    };
    let (source, target) = tokio::try_join!(source, target)?;
    Ok(Sides { source, target })
}

pub(super) async fn survey(course: &mut Course, sides: &mut Sides) -> Result<Survey, Stop> {
    let listing = sides.source.folders().await?;
    let mut there = sides.target.as_source().folders().await?;
    // Whatever stands in it stands in another folder too: it is no place to put anything.
    there.folders.retain(|folder| !folder.holds_all);
    let mut records = course.records().await?;
    let known = records.values().map(|(_, record)| (record.source.clone(), record.target.clone())).collect();
    let rules = mapping::rules::Rules::new(&course.order.options.folders, listing.preset);
    let mut ruled = rules.map_err(ConnectorError::from)?.apply(listing.folders);
    if !ruled.left_out.is_empty() {
        let left_out: Vec<&Folder> = ruled.left_out.iter().collect();
        let amounts = sides.source.amounts(&left_out).await?;
        ruled.count(amounts.into_iter().map(|amount| amount.map(|amount| amount.messages)));
        // What an earlier pass copied of them is no orphan: they are still there.
        for folder in &ruled.left_out {
            records.remove(&folder.path);
        }
    }
    let (mapped, renames) = mapping::map_ruled(&ruled, &there.folders, &known, &there.names);
    course.note(listing.findings).await?;
    course.note(ruled.findings).await?;
    course.note(renames.clone()).await?;
    if listing.labels {
        course.labels = labels::look(course, &mut *sides.source, &mapped, &ruled.left_out).await?;
        course.note(labels::tell(&mapped, &course.labels)).await?;
    }
    course.meter.phase(Phase::Inventory, Amount { folders: mapped.len() as u64, ..Amount::default() });
    let records_of: Vec<Option<Record>> =
        mapped.iter().map(|folder| records.remove(&folder.source.path)).collect();
    let works = look(course, sides, &mapped, records_of, there.message_limit).await?;
    match course.order.kind {
        PassKind::DryRun | PassKind::Initial | PassKind::Delta | PassKind::Final => {
            course.foretell(room::foretold(&there.room, &works)).await?;
        }
        PassKind::Verify | PassKind::Probe => {}
    }
    course.inventory = Some(inventory::count(&works, &there.room, &renames));
    course.counts.folders = mapped.len() as u64;
    course.counts.items = works.iter().map(|work| work.amount().0).sum();
    course.counts.bytes = works.iter().map(|work| work.amount().1).sum();
    let orphans = records.into_values().collect();
    let (beside, labels) = (ruled.left_out, listing.labels);
    Ok(Survey { mapped, works, orphans, beside, labels, there: there.folders, limit: there.message_limit })
}

/// What is to be done in every folder.
async fn look(
    course: &mut Course,
    sides: &mut Sides,
    mapped: &[MappedFolder],
    records: Vec<Option<Record>>,
    limit: Option<u64>,
) -> Result<Vec<Work>, Stop> {
    let (settled, told) = settled(course, sides, mapped, &records, limit).await?;
    let open: Vec<usize> = (0..mapped.len()).filter(|at| settled[*at].is_none()).collect();
    let ids: Vec<Option<FolderId>> = open.iter().map(|at| records[*at].as_ref().map(|(id, _)| *id)).collect();
    let baselines = baselines::of(course, Side::Source, &ids).await?;
    let folders: Vec<(&Folder, Option<&Baseline>)> =
        open.iter().zip(&baselines).map(|(at, baseline)| (&mapped[*at].source, baseline.as_ref())).collect();
    let meter = &course.meter;
    let on = |at: usize| {
        meter.folder(folders[at].0.path.to_string());
        meter.folder_done();
    };
    let whose = (Side::Source, &course.suspects);
    let inventories = list::inventories(&mut *sides.source, whose, &folders, &on).await?;
    let mut inventories = inventories.into_iter();
    drop(baselines);
    let mut works = Vec::with_capacity(mapped.len());
    for (((folder, record), settled), told) in mapped.iter().zip(records).zip(settled).zip(told) {
        works.push(match settled {
            Some(compared) => {
                course.meter.folder_done();
                Work::Settled(Box::new(compared))
            }
            None => match inventories.next() {
                Some(inventory) => {
                    if let Ok(inventory) = &inventory {
                        course.kept.keep(course.order.kind, &folder.source, inventory);
                    }
                    if let (Ok(inventory), Some(told)) = (&inventory, told) {
                        course
                            .note(miscounted(&folder.source, inventory, told).into_iter().collect())
                            .await?;
                    }
                    let inventory = course.labels.own(&folder.source, inventory);
                    plan(course, &folder.source, inventory, record, limit).await?
                }
                None => Work::Unreadable,
            },
        });
    }
    Ok(works)
}

/// A folder of which the server says without opening it that it holds another number of messages than it does.
fn miscounted(folder: &Folder, inventory: &Inventory, told: Standing) -> Option<Finding> {
    let opened = inventory.standing();
    // With another number for its state, something changed in between.
    let same = Standing { messages: opened.messages, ..told } == opened && opened.modseq.is_some();
    (same && told.messages != opened.messages).then(|| {
        let detail = format!(
            "Asked without opening it, the server counts {} messages, and {} when it is opened: these count.",
            told.messages, opened.messages
        );
        about_folder(&folder.path, Severity::Info, Cause::CountDiffers, detail)
    })
}

/// Folders in which neither side changed since both were compared, at least as far as is wanted now; and where the source
/// says the others stand, when it was asked.
async fn settled(
    course: &Course,
    sides: &mut Sides,
    mapped: &[MappedFolder],
    records: &[Option<Record>],
    limit: Option<u64>,
) -> Result<(Vec<Option<Compared>>, Vec<Option<Standing>>), Stop> {
    let mut settled = vec![None; mapped.len()];
    let mut told = vec![None; mapped.len()];
    match course.order.kind {
        PassKind::Initial | PassKind::Delta => {}
        // These look at everything afresh.
        PassKind::DryRun | PassKind::Final | PassKind::Verify | PassKind::Probe => {
            return Ok((settled, told));
        }
    }
    let compared = |at: usize| {
        let (_, record) = records[at].as_ref()?;
        let compared = record.compared.as_ref()?;
        // What a rule about ages leaves out today it may let through tomorrow.
        let aged = matches!(course.order.options.filter.older_than, Some(Age::Days(_)));
        let refusals_stay = !course.order.retry_refused && stays_missing(compared, limit);
        // What the source did not deliver is asked for again: it may have been mended, and nothing changes by that.
        let unread = |finding: &Finding| {
            finding.severity == Severity::Loss
                && matches!(finding.cause, Cause::Unreadable | Cause::Undelivered)
        };
        let complete = (compared.totals.missing == 0 || refusals_stay)
            && !compared.findings.iter().any(unread)
            && !(aged && compared.totals.left_out > 0);
        let by_itself = !course.labels.can_change(&mapped[at].source);
        let wanted = compared.options == course.digest && complete && by_itself;
        let existing = mapped[at].existing.as_ref().filter(|existing| existing.selectable)?;
        wanted.then_some((compared, existing))
    };
    let candidates: Vec<(usize, &Compared, &Folder)> = (0..mapped.len())
        .filter_map(|at| compared(at).map(|(compared, existing)| (at, compared, existing)))
        .collect();
    // What cannot be opened has nothing in it that could change.
    let readable = |at: &usize| mapped[*at].source.selectable;
    let here: Vec<&Folder> = candidates
        .iter()
        .map(|(at, ..)| at)
        .filter(|at| readable(at))
        .map(|at| &mapped[*at].source)
        .collect();
    let there: Vec<&Folder> = candidates.iter().map(|(.., existing)| *existing).collect();
    let (here, there) =
        tokio::try_join!(sides.source.standings(&here), sides.target.as_source().standings(&there))?;
    let mut here = here.into_iter();
    for ((at, compared, _), there) in candidates.into_iter().zip(there) {
        let here = if readable(&at) { here.next().flatten() } else { Some(compared.source) };
        let same = |now: Option<Standing>, then| now.is_some_and(|now: Standing| now.proves_unchanged(then));
        if (!readable(&at) || same(here, &compared.source)) && same(there, &compared.target) {
            settled[at] = Some(compared.clone());
        }
        told[at] = here.filter(|_| readable(&at));
    }
    Ok((settled, told))
}

/// Whether all that is missing was refused by the target, which would refuse it again.
fn stays_missing(compared: &Compared, limit: Option<u64>) -> bool {
    let lost = compared.findings.iter().filter(|finding| finding.severity == Severity::Loss);
    let stays = |finding: &Finding| {
        let same_limit = finding.cause != Cause::TooBig || compared.limit == limit;
        finding.subject.item.is_some() && finding.cause.stays() && same_limit
    };
    lost.clone().all(stays) && lost.count() as u64 == compared.totals.missing
}

/// One folder's plan, out of what stands in it and what the ledger knows.
async fn plan(
    course: &mut Course,
    folder: &Folder,
    inventory: Result<Inventory, ConnectorError>,
    record: Option<Record>,
    limit: Option<u64>,
) -> Result<Work, Stop> {
    let mut inventory = match inventory {
        Ok(inventory) => inventory,
        Err(error) if error.reach == Reach::Folder => {
            course
                .note(vec![Finding {
                    severity: Severity::Loss,
                    cause: Cause::FolderUnreadable,
                    subject: Subject { folder: Some(folder.path.clone()), item: None },
                    detail: error.detail,
                }])
                .await?;
            return Ok(Work::Unreadable);
        }
        Err(error) => return Err(error.into()),
    };
    course.note(std::mem::take(&mut inventory.findings)).await?;
    let unmarked = std::mem::take(&mut inventory.unmarked);
    let validity = inventory.validity;
    let other_validity = record
        .as_ref()
        .is_some_and(|(_, record)| record.source_validity.is_some_and(|known| known != u64::from(validity)));
    let mut entries = match &record {
        Some((id, _)) if !other_validity => course.ledger.entries(*id).await?,
        Some(_) | None => Vec::new(),
    };
    let reused = reused(&inventory, &entries);
    if reused {
        entries.clear();
    }
    let before = record.as_ref().and_then(|(_, record)| record.compared.as_ref());
    let takes = Takes {
        limit,
        limit_before: before.map_or(limit, |before| before.limit),
        retry_refused: course.order.retry_refused,
    };
    let mut plan = plan_folder(inventory, entries, takes, |item| course.by_rule(folder, item));
    plan.remarked.retain(|changed| !unmarked.contains(&changed.item.id));
    if let Some(left_out) = course.left_out.get(&folder.path) {
        plan.leave_out(left_out);
    }
    let rebuilt = other_validity || reused;
    Ok(Work::ToDo(Box::new(ToDo { plan, validity, record, rebuilt, takes })))
}

/// Whether ids mean other items although the UIDVALIDITY is the same (edge case 2): the next id is one that was given
/// out already, or most of the items that are known have other sizes.
fn reused(inventory: &Inventory, entries: &[Entry]) -> bool {
    let known = entries.iter().filter(|entry| !matches!(entry.state, EntryState::Skipped { .. }));
    // In one piece, which goes back to the system as a whole: of a large folder there are a million.
    let mut sizes: Vec<(&ItemId, u64)> = known.map(|entry| (&entry.item, entry.size)).collect();
    sizes.sort_unstable();
    let last = sizes.iter().filter_map(|(item, _)| match item {
        ItemId::Uid(uid) => Some(*uid),
        ItemId::Opaque(_) => None,
    });
    let behind = inventory.next > 0 && last.max().is_some_and(|last| inventory.next <= last);
    let size =
        |item: &ItemId| sizes.binary_search_by_key(&item, |(known, _)| known).ok().map(|at| sizes[at].1);
    let common: Vec<bool> =
        inventory.items.iter().filter_map(|item| Some(size(&item.id)? != item.size)).collect();
    behind || common.iter().filter(|other| **other).count() * 2 > common.len()
}

/// The plan as a dry run shows it.
pub(super) fn show(survey: &Survey, mut findings: Vec<Finding>) -> PlanView {
    for (mapped, work) in survey.mapped.iter().zip(&survey.works) {
        let left_out =
            work.to_do().into_iter().flat_map(|todo| todo.plan.skip.iter().chain(&todo.plan.refused));
        findings.extend(left_out.map(|(item, cause, detail)| {
            let severity = if cause.is_by_rule() { Severity::Info } else { Severity::Loss };
            about(&mapped.source.path, item, severity, *cause, detail.clone())
        }));
    }
    let folder = |(mapped, work): (&MappedFolder, &Work)| {
        let plan = &work.to_do()?.plan;
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
            skip: (plan.skip.len() + plan.refused.len()) as u64,
        })
    };
    PlanView { folders: survey.mapped.iter().zip(&survey.works).filter_map(folder).collect(), findings }
}
