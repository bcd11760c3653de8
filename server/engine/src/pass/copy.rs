//! Brings every folder's items to the target.

use shared::{cause::Cause, finding::Severity, folder::FolderPath, live::Phase};

use super::{
    adopt::{self, Adoptable},
    course::{Course, about_folder},
    meter::Amount,
    stop::Stop,
    survey::{Sides, Survey, Work, Writer},
    transfer::{self, Transfer},
};
use crate::{
    error::{ConnectorError, Reach, Retry},
    ledger::{Entry, EntryState, FolderId, FolderRecord},
    mapping::{self, MappedFolder},
    model::{ItemMeta, Watermark},
    plan::plan_folder,
    source::Source,
    target::{OpenFolder, Target},
};

/// Names that are tried when a target refuses a folder's own.
const MOST_NAMES: u32 = 3;

/// Brings every folder's items to the target, folder by folder: a folder's items arrive together and in order.
pub(super) async fn copy(course: &mut Course, sides: &mut Sides, survey: &mut Survey) -> Result<(), Stop> {
    let Writer::Open(target) = &mut sides.target else { return Ok(()) };
    let plans = || survey.works.iter().flatten().map(|work| &work.plan);
    let amount = Amount {
        folders: survey.mapped.len() as u64,
        items: plans().map(|plan| plan.copy.len() as u64).sum(),
        bytes: plans().map(|plan| plan.copy_bytes).sum(),
    };
    course.begin(Phase::Copying, amount);
    let mut reader = None;
    for index in 0..survey.mapped.len() {
        course.obey()?;
        let path = survey.mapped[index].source.path.clone();
        course.meter.folder(path.to_string());
        if let Some(work) = survey.works[index].take() {
            let mut hands = Hands { source: &mut *sides.source, target: &mut **target, reader: &mut reader };
            match copy_folder(course, &mut hands, &mut survey.mapped, index, work).await {
                // The folder is not what it was, and the other side is in the middle of its answers: all is read anew.
                Err(Stop::Side(error)) if error.reach == Reach::Folder => {
                    let error = ConnectorError { reach: Reach::Mailbox, retry: Retry::Now, ..error };
                    return Err(error.into());
                }
                other => other?,
            }
            course.copied.insert(path);
        }
        course.meter.folder_done();
    }
    Ok(())
}

/// The sides while copying; the reader is a second look at the target, opened when it is needed.
pub(super) struct Hands<'a> {
    pub source: &'a mut dyn Source,
    pub target: &'a mut dyn Target,
    pub reader: &'a mut Option<Box<dyn Source>>,
}

async fn copy_folder(
    course: &mut Course,
    hands: &mut Hands<'_>,
    mapped: &mut [MappedFolder],
    index: usize,
    work: Work,
) -> Result<(), Stop> {
    let ready = mapped[index].existing.as_ref().is_some_and(|existing| existing.selectable);
    if let (true, true, Some((_, record)), false) =
        (ready, work.plan.copy.is_empty(), &work.record, work.rebuilt)
    {
        // Nothing new: the target is not even opened.
        let record = FolderRecord { items: work.plan.items, bytes: work.plan.bytes, ..record.clone() };
        let id = course.ledger.put_folder(&record).await?;
        return skip(course, id, &mapped[index].source.path, &work).await;
    }
    let Some(open) = open(course, hands.target, mapped, index, &work).await? else { return Ok(()) };
    let folder = mapped[index].clone();
    let (id, bracket, work) = remember(course, hands, &folder, &open, work).await?;
    skip(course, id, &folder.source.path, &work).await?;
    if work.plan.copy.is_empty() {
        return Ok(());
    }
    let adoptable: Adoptable = adopt::find(course, hands, &open, &work.plan, bracket).await?;
    let job = Transfer { id, source: &folder.source, open: &open, plan: &work.plan, adoptable };
    transfer::transfer(course, hands, job).await
}

/// Opens (and makes) the folder on the target, under another name when it must be; none: the target will not have it.
async fn open(
    course: &mut Course,
    target: &mut dyn Target,
    mapped: &mut [MappedFolder],
    index: usize,
    work: &Work,
) -> Result<Option<OpenFolder>, Stop> {
    let mut attempt = 1;
    loop {
        let MappedFolder { source, target: place, existing } = &mapped[index];
        let source = source.clone();
        let refusal = match target.ensure_folder(place, existing.as_ref(), source.subscribed).await {
            Ok(open) => {
                course.keeps.insert(source.path.clone(), open.keeps.clone());
                if let Some(words) = &open.unsubscribed {
                    let detail = format!("the target answered: “{words}”");
                    let finding = about_folder(&source.path, Severity::Info, Cause::SubscriptionLost, detail);
                    course.note(vec![finding]).await?;
                }
                return Ok(Some(open));
            }
            Err(error) if error.reach == Reach::Folder => error,
            Err(error) => return Err(error.into()),
        };
        let renamed = (attempt <= MOST_NAMES && existing.is_none())
            .then(|| mapping::rename(mapped, index, &mut attempt, &refusal.detail))
            .flatten();
        match renamed {
            Some(finding) => course.note(vec![finding]).await?,
            None => {
                let severity = if work.plan.items > 0 { Severity::Loss } else { Severity::Warning };
                course.refused.insert(source.path.clone(), refusal.detail.clone());
                let finding = about_folder(&source.path, severity, Cause::FolderRefused, refusal.detail);
                course.note(vec![finding]).await?;
                return Ok(None);
            }
        }
    }
}

/// Makes the folder's bracket durable before the first item is sent. Where a folder was rebuilt, ids mean other items:
/// any of them may be on the target, and each is looked for by content before it is sent.
async fn remember(
    course: &mut Course,
    hands: &mut Hands<'_>,
    folder: &MappedFolder,
    open: &OpenFolder,
    mut work: Work,
) -> Result<(FolderId, u32, Work), Stop> {
    let known = work.record.as_ref().and_then(|(_, record)| record.bracket);
    let target_rebuilt = known.is_some_and(|known| known.validity != open.mark.validity);
    let rebuilt = work.rebuilt || target_rebuilt;
    // In a folder that the target rebuilt, ours can be anywhere.
    let bracket = match known {
        Some(_) if target_rebuilt => Watermark { next: 1, ..open.mark },
        Some(known) => known,
        None => open.mark,
    };
    if target_rebuilt && !work.rebuilt {
        let inventory = hands.source.inventory(&folder.source).await?;
        work.validity = inventory.validity;
        work.plan = plan_folder(inventory, Vec::new(), work.limit);
    }
    if let (true, Some((id, _))) = (rebuilt, &work.record) {
        // Before the record: until that has the new validity, the next pass comes here again.
        course.ledger.forget_entries(*id).await?;
        let intended = |item: &ItemMeta| Entry {
            item: item.id.clone(),
            size: item.size,
            fingerprint: None,
            state: EntryState::Intended,
        };
        let entries: Vec<Entry> = work.plan.copy.iter().map(intended).collect();
        course.ledger.put_entries(*id, &entries).await?;
        work.plan.intended = entries.into_iter().map(|entry| (entry.item, None)).collect();
    }
    let record = FolderRecord {
        source: folder.source.path.clone(),
        target: folder.target.clone(),
        role: folder.source.role,
        source_validity: Some(work.validity.into()),
        bracket: Some(bracket),
        items: work.plan.items,
        bytes: work.plan.bytes,
    };
    let id = course.ledger.put_folder(&record).await?;
    if rebuilt {
        let side = if target_rebuilt { "target" } else { "source" };
        let detail = format!("its UIDVALIDITY on the {side} changed; every message is matched by content");
        let finding = about_folder(&folder.source.path, Severity::Info, Cause::FolderRebuilt, detail);
        course.note(vec![finding]).await?;
    }
    Ok((id, bracket.next, work))
}

/// Records what the plan leaves out.
async fn skip(course: &mut Course, id: FolderId, folder: &FolderPath, work: &Work) -> Result<(), Stop> {
    let entries: Vec<Entry> = work
        .plan
        .skip
        .iter()
        .map(|(item, cause, detail)| Entry {
            item: item.id.clone(),
            size: item.size,
            fingerprint: None,
            state: EntryState::Skipped { cause: *cause, detail: detail.clone() },
        })
        .collect();
    if !entries.is_empty() {
        course.ledger.put_entries(id, &entries).await?;
        for entry in &entries {
            course.leave_out(folder, &entry.item);
        }
    }
    Ok(())
}
