//! Brings every folder's items to the target: opens its folders, remembers where each stands, then moves all in one
//! stream.

use std::sync::Arc;

use shared::{cause::Cause, check::Side, finding::Severity, folder::FolderPath, live::Phase};

use super::{
    adopt,
    course::{Course, about, about_folder},
    lost, marks,
    meter::Amount,
    moves::{self, Movables},
    rebuilt,
    stop::Stop,
    survey::{Sides, Survey, ToDo, Work, Writer},
    transfer::{self, Lane},
};
use crate::{
    error::ConnectorError,
    filter,
    ledger::{Entry, EntryState, FolderId, FolderRecord},
    mapping::{self, MappedFolder},
    model::{ItemMeta, Watermark},
    plan::{FolderPlan, plan_folder},
    source::Source,
    target::{OpenFolder, Target, Wish},
};

/// Names that are tried when a target refuses a folder's own.
const MOST_NAMES: u32 = 3;

/// The sides while copying.
pub(super) struct Hands<'a> {
    pub source: &'a mut dyn Source,
    pub target: &'a mut dyn Target,
}

/// Brings every folder's items to the target.
pub(super) async fn copy(course: &mut Course, sides: &mut Sides, survey: &mut Survey) -> Result<(), Stop> {
    match copy_all(course, sides, survey).await {
        // A folder is not what it was a moment ago: all is looked at anew.
        Err(Stop::Side(error)) => Err(error.anew().into()),
        other => other,
    }
}

async fn copy_all(course: &mut Course, sides: &mut Sides, survey: &mut Survey) -> Result<(), Stop> {
    let Writer::Open(target) = &mut sides.target else { return Ok(()) };
    stop_before(course, survey).await?;
    let plans = || survey.works.iter().filter_map(|work| Some(&work.to_do()?.plan));
    let amount = Amount {
        folders: survey.mapped.len() as u64,
        items: plans().map(|plan| plan.copy.len() as u64).sum(),
        bytes: plans().map(|plan| plan.copy_bytes).sum(),
    };
    course.begin(Phase::Copying, amount);
    let mut hands = Hands { source: &mut *sides.source, target: &mut **target };
    let open = open_all(course, hands.target, survey).await?;
    let mut lanes = Vec::new();
    for (index, open) in open.into_iter().enumerate() {
        let path = survey.mapped[index].source.path.clone();
        let Work::ToDo(todo) = &mut survey.works[index] else {
            course.meter.folder_done();
            continue;
        };
        course.obey()?;
        match open {
            Opened::Ready(open) => {
                lanes.push(lane(course, &mut hands, &survey.mapped[index], *open, todo).await?)
            }
            Opened::NotNeeded => {
                nothing_new(course, todo).await?;
                course.meter.folder_done();
            }
            Opened::Refused => course.meter.folder_done(),
        }
        course.copied.insert(path);
    }
    remember(course, &mut lanes).await?;
    for lane in &mut lanes {
        course.obey()?;
        if !lane.plan.copy.is_empty() {
            lane.adoptable = adopt::find(course, &mut hands, lane).await?;
        }
    }
    let stays = moves::stays::collect(&mut lanes, survey);
    let mut movables = moves::find(course, hands.target, &lanes, survey, &stays).await?;
    transfer::transfer(course, &mut hands, &mut lanes, &mut movables).await?;
    moves::carry_out(course, hands.target, &mut lanes, &mut movables).await?;
    marks::carry(course, hands.target, &lanes).await?;
    moves::stays::carry(course, hands.target, stays, &mut movables).await?;
    let written: Vec<&OpenFolder> =
        lanes.iter().filter(|lane| !lane.plan.copy.is_empty()).map(|lane| &*lane.open).collect();
    hands.target.put_in_order(&written).await?;
    tell_orphans(course, &movables).await
}

/// Ends the pass before it writes when messages are too large and the project wants it so; each of them is named.
async fn stop_before(course: &mut Course, survey: &Survey) -> Result<(), Stop> {
    let too_big: Vec<(&FolderPath, &ItemMeta, &String)> = survey
        .mapped
        .iter()
        .zip(&survey.works)
        .filter_map(|(folder, work)| Some((&folder.source.path, &work.to_do()?.plan.skip)))
        .flat_map(|(path, skip)| skip.iter().map(move |(item, cause, detail)| (path, item, cause, detail)))
        .filter(|(_, _, cause, _)| **cause == Cause::TooBig)
        .map(|(path, item, _, detail)| (path, item, detail))
        .collect();
    let named = too_big.iter().map(|(path, item, _)| (*path, *item));
    let Some(error) = filter::stops_before(&course.order.options, named) else { return Ok(()) };
    let findings = too_big
        .iter()
        .map(|(path, item, detail)| about(path, item, Severity::Loss, Cause::TooBig, (*detail).clone()));
    let findings = findings.collect();
    course.note(findings).await?;
    Err(error.into())
}

/// What opening a folder on the target came to.
enum Opened {
    Ready(Box<OpenFolder>),
    /// There is nothing to be done in it.
    NotNeeded,
    /// The target will not have it.
    Refused,
}

/// Opens (and makes) every folder something is to be done in, all at once; those the target refuses once more, under
/// other names.
async fn open_all(
    course: &mut Course,
    target: &mut dyn Target,
    survey: &mut Survey,
) -> Result<Vec<Opened>, Stop> {
    let wanted = moves::sizes(survey);
    let needed = |index: usize| {
        let ready = survey.mapped[index].existing.as_ref().is_some_and(|existing| existing.selectable);
        survey.works[index].to_do().is_some_and(|todo| {
            let plan = &todo.plan;
            let moved = plan.gone.iter().any(|gone| wanted.contains(&gone.size));
            let idle = plan.copy.is_empty() && plan.remarked.is_empty() && plan.removed.is_empty() && !moved;
            !(ready && idle && todo.record.is_some() && !todo.rebuilt)
        })
    };
    let indices: Vec<usize> = (0..survey.mapped.len()).filter(|index| needed(*index)).collect();
    let wishes: Vec<Wish<'_>> = indices.iter().map(|index| wish(&survey.mapped[*index])).collect();
    let outcomes = target.open(&wishes).await?;
    let mut opened: Vec<Opened> = survey.mapped.iter().map(|_| Opened::NotNeeded).collect();
    for (index, outcome) in indices.into_iter().zip(outcomes) {
        let open = match outcome {
            Ok(open) => Some(open),
            Err(_) => reopen(course, target, survey, index).await?,
        };
        opened[index] = match open {
            None => Opened::Refused,
            Some(open) => {
                let path = &survey.mapped[index].source.path;
                course.keeps.insert(path.clone(), open.keeps.clone());
                if let Some(words) = &open.unsubscribed {
                    let detail = format!("the target answered: “{words}”");
                    let finding = about_folder(path, Severity::Info, Cause::SubscriptionLost, detail);
                    course.note(vec![finding]).await?;
                }
                Opened::Ready(Box::new(open))
            }
        };
    }
    Ok(opened)
}

fn wish(folder: &MappedFolder) -> Wish<'_> {
    Wish { path: &folder.target, existing: folder.existing.as_ref(), subscribe: folder.source.subscribed }
}

/// Tries a refused folder once more, then under other names; none: the target will not have it.
async fn reopen(
    course: &mut Course,
    target: &mut dyn Target,
    survey: &mut Survey,
    index: usize,
) -> Result<Option<OpenFolder>, Stop> {
    let Survey { mapped, works, .. } = survey;
    let mut attempt = 1;
    loop {
        let outcome = target.open(&[wish(&mapped[index])]).await?.pop();
        let refusal = match outcome {
            Some(Ok(open)) => return Ok(Some(open)),
            Some(Err(refusal)) => refusal,
            None => return Ok(None),
        };
        let MappedFolder { source, existing, .. } = &mapped[index];
        let (path, there) = (source.path.clone(), existing.is_some());
        let renamed = (attempt <= MOST_NAMES && !there)
            .then(|| mapping::rename(mapped, index, &mut attempt, &refusal.detail))
            .flatten();
        match renamed {
            Some(finding) => course.note(vec![finding]).await?,
            None => {
                let items = works[index].to_do().map_or(0, |todo| todo.plan.items);
                let severity = if items > 0 { Severity::Loss } else { Severity::Warning };
                course.refused.insert(path.clone(), refusal.detail.clone());
                let finding = about_folder(&path, severity, Cause::FolderRefused, refusal.detail);
                course.note(vec![finding]).await?;
                return Ok(None);
            }
        }
    }
}

/// Nothing is to be sent: the target's folder is not even opened.
async fn nothing_new(course: &mut Course, todo: &ToDo) -> Result<(), Stop> {
    let Some((id, record)) = &todo.record else { return Ok(()) };
    let now = FolderRecord { items: todo.plan.items, bytes: todo.plan.bytes, ..record.clone() };
    if now != *record {
        course.ledger.put_folders(&[now]).await?;
    }
    let path = record.source.clone();
    record_skips(course, &[(*id, &path, &todo.plan)]).await
}

/// What is to be done in an open folder. Where a folder was rebuilt, ids mean other items: any of them may be on the
/// target, and each is looked for by content before it is sent.
async fn lane(
    course: &mut Course,
    hands: &mut Hands<'_>,
    folder: &MappedFolder,
    open: OpenFolder,
    todo: &mut ToDo,
) -> Result<Lane, Stop> {
    let known = todo.record.as_ref().and_then(|(_, record)| record.bracket);
    let target_rebuilt = known.is_some_and(|known| known.validity != open.mark.validity);
    let rebuilt = todo.rebuilt || target_rebuilt;
    // In a folder that the target rebuilt, ours can be anywhere; in one that it put back, from where it stands.
    let bracket = match known {
        Some(_) if target_rebuilt => Watermark { next: 1, ..open.mark },
        Some(known) => Watermark { next: known.next.min(open.mark.next.max(1)), ..known },
        None => open.mark,
    };
    if target_rebuilt && !todo.rebuilt {
        plan_again(course, hands, folder, Vec::new(), todo).await?;
    }
    if !rebuilt {
        lost::look_for(course, hands, folder, &open, todo).await?;
    }
    if let (true, Some((id, _))) = (rebuilt, &todo.record) {
        let side = if target_rebuilt { Side::Target } else { Side::Source };
        rebuilt::begin_anew(course, hands, *id, &open, &mut todo.plan, side).await?;
        let detail =
            format!("its UIDVALIDITY on the {} changed; every message is matched by content", side.title());
        let finding = about_folder(&folder.source.path, Severity::Info, Cause::FolderRebuilt, detail);
        course.note(vec![finding]).await?;
    }
    let record = FolderRecord {
        source: folder.source.path.clone(),
        target: folder.target.clone(),
        role: folder.source.role,
        source_validity: Some(todo.validity.into()),
        bracket: Some(bracket),
        items: todo.plan.items,
        bytes: todo.plan.bytes,
        compared: todo.record.as_ref().and_then(|(_, record)| record.compared.clone()).filter(|_| !rebuilt),
    };
    Ok(Lane {
        id: FolderId(0),
        source: folder.source.clone(),
        validity: todo.validity,
        open: Arc::new(open),
        plan: std::mem::take(&mut todo.plan),
        record,
        bracket,
        adoptable: adopt::Adoptable::default(),
    })
}

/// Plans a folder anew, out of what its source lists now.
pub(super) async fn plan_again(
    course: &mut Course,
    hands: &mut Hands<'_>,
    folder: &MappedFolder,
    entries: Vec<Entry>,
    todo: &mut ToDo,
) -> Result<(), Stop> {
    let inventory = hands.source.inventories(&[(&folder.source, None)], &|_| {}).await?.pop();
    let inventory = inventory.map(|inventory| course.labels.own(&folder.source, inventory));
    let inventory = inventory.transpose().map_err(ConnectorError::anew)?.unwrap_or_default();
    todo.validity = inventory.validity;
    todo.plan = plan_folder(inventory, entries, todo.takes, |item| course.by_rule(&folder.source, item));
    if let Some(left_out) = course.left_out.get(&folder.source.path) {
        todo.plan.leave_out(left_out);
    }
    Ok(())
}

/// Makes every folder's bracket durable before the first item is sent, and what the plan leaves out.
async fn remember(course: &mut Course, lanes: &mut [Lane]) -> Result<(), Stop> {
    if lanes.is_empty() {
        return Ok(());
    }
    let records: Vec<FolderRecord> = lanes.iter().map(|lane| lane.record.clone()).collect();
    let ids = course.ledger.put_folders(&records).await?;
    for (lane, id) in lanes.iter_mut().zip(ids) {
        lane.id = id;
    }
    let left_out: Vec<_> = lanes.iter().map(|lane| (lane.id, &lane.source.path, &lane.plan)).collect();
    record_skips(course, &left_out).await
}

/// Records what plans leave out, and counts what stays left out.
async fn record_skips(
    course: &mut Course,
    folders: &[(FolderId, &FolderPath, &FolderPlan)],
) -> Result<(), Stop> {
    let mut entries = Vec::new();
    for (id, path, plan) in folders {
        for (item, cause, detail) in &plan.skip {
            let state = EntryState::Skipped { cause: *cause, detail: detail.clone() };
            let entry = Entry {
                item: item.id.clone(),
                size: item.size,
                fingerprint: None,
                state,
                marks: None,
                deaths: 0,
            };
            entries.push((*id, entry));
            // What the next pass brings is not left out.
            if *cause != Cause::NextPass {
                course.leave_out(path, &item.id);
            }
        }
        // The ledger has them as they are.
        plan.refused.iter().for_each(|(item, ..)| course.leave_out(path, &item.id));
    }
    if !entries.is_empty() {
        course.ledger.put_entries(&entries).await?;
    }
    Ok(())
}

/// Tells of folders that are gone from the source, and of what they left on the target.
async fn tell_orphans(course: &mut Course, movables: &Movables) -> Result<(), Stop> {
    let findings = movables.orphans().map(|(path, target, left)| {
        let detail = format!(
            "the folder is no longer on the source; {left} messages copied from it before are on the target in {target}"
        );
        about_folder(path, Severity::Info, Cause::DeletedAtSource, detail)
    });
    let findings = findings.collect();
    course.note(findings).await?;
    Ok(())
}
