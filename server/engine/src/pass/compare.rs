//! Reads both sides afresh and compares them, groups of folders at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::{
    check::Side, finding::Finding, live::Phase, pass::PassKind, project::VerifyDepth, report::ReportFolder,
};

use super::{
    baselines,
    course::Course,
    judge, labels,
    meter::Amount,
    pairs::{self, Sorted},
    portion::Portion,
    read::{self, Halves, Read},
    stop::Stop,
    survey::{Record, Sides, Survey, Work},
};
use crate::{
    baseline::Baseline,
    error::Reach,
    ledger::{Compared, Entry, FolderId},
    mapping::MappedFolder,
    matching::Seen,
    model::{Folder, Inventory, ItemMeta, Standing},
    source::{FetchOrder, Part, Source},
};

/// Compares every mapped folder. The connection that wrote is not asked: a new one sees what others will see.
pub(super) async fn compare(course: &mut Course, sides: Sides, survey: &Survey) -> Result<(), Stop> {
    let mapped = &survey.mapped;
    for (folder, work) in mapped.iter().zip(&survey.works) {
        if let Work::Settled(compared) = work {
            settle(course, folder, compared).await?;
        }
    }
    let left = |at: &usize| !course.compared.contains_key(&mapped[*at].source.path);
    let sizes: BTreeMap<usize, (u64, u64)> = (0..mapped.len())
        .filter(left)
        .map(|at| {
            let plan = survey.works[at].to_do().map(|todo| todo.plan.items);
            (at, (plan.unwrap_or(0), survey.works[at].to_do().map_or(0, |todo| todo.plan.bytes)))
        })
        .collect();
    if sizes.is_empty() {
        return Ok(());
    }
    let Sides { mut source, mut target } = sides;
    let target = target.as_source();
    let there = target.folders().await?.folders;
    let records = course.records().await?;
    let items = sizes.values().map(|(items, _)| items * 2).sum();
    let bytes = match course.order.options.verify {
        VerifyDepth::Content => sizes.values().map(|(_, bytes)| bytes * 2).sum(),
        VerifyDepth::Headers | VerifyDepth::Listing => 0,
    };
    course.begin(Phase::Verifying, Amount { folders: sizes.len() as u64, items, bytes });
    if survey.labels {
        course.labels = labels::look(course, &mut *source, mapped, &survey.beside).await?;
    }
    let mut both = Both { source: &mut *source, target };
    for group in pairs::groups(&sizes) {
        course.obey()?;
        let folders: Vec<Subject<'_>> = group
            .into_iter()
            .map(|at| {
                let folder = &mapped[at];
                let counterpart = there.iter().find(|known| known.path == folder.target && known.selectable);
                let record = records.get(&folder.source.path);
                Subject { folder, counterpart, record, limit: survey.limit }
            })
            .collect();
        compare_group(course, &mut both, &folders).await?;
    }
    Ok(())
}

/// Takes over what the last comparison found: neither side changed since.
async fn settle(course: &mut Course, folder: &MappedFolder, compared: &Compared) -> Result<(), Stop> {
    let report = ReportFolder {
        source: folder.source.path.clone(),
        target: folder.target.clone(),
        role: folder.source.role,
        totals: compared.totals,
    };
    course.note(compared.findings.clone()).await?;
    course.compared.insert(folder.source.path.clone(), (report, compared.findings.clone()));
    Ok(())
}

struct Both<'a> {
    source: &'a mut dyn Source,
    target: &'a mut dyn Source,
}

/// A folder that is compared.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub folder: &'a MappedFolder,
    pub counterpart: Option<&'a Folder>,
    pub record: Option<&'a Record>,
    /// The largest message the target takes, where it tells.
    pub limit: Option<u64>,
}

/// What both sides list of a folder, and what is to be read of it.
pub(super) struct Listed {
    pub sorted: Sorted,
    pub source: Standing,
    pub target: Option<Standing>,
    validities: (u32, u32),
    /// The target's words, when it will not open the folder.
    pub refused: Option<String>,
    /// What the listings told besides.
    pub findings: Vec<Finding>,
    /// Part of it was listed before and taken over.
    pub based: bool,
    /// What is to be kept of the listings.
    baselines: Vec<(Side, Baseline)>,
}

/// Compares folders. What finds something new on the ground of what was listed before is listed whole first: a server that
/// numbers its changes wrongly must not make a finding.
async fn compare_group(
    course: &mut Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'_>],
) -> Result<(), Stop> {
    let doubtful = compare_folders(course, both, subjects, Trust::Baselines).await?;
    if !doubtful.is_empty() {
        compare_folders(course, both, &doubtful, Trust::Nothing).await?;
    }
    Ok(())
}

/// What is taken over of what was listed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// What the servers' numbers of changes prove.
    Baselines,
    /// Nothing: all is listed.
    Nothing,
}

/// Compares folders and keeps what was found; gives those that are to be listed whole before anything is said of them.
async fn compare_folders<'a>(
    course: &mut Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'a>],
    trust: Trust,
) -> Result<Vec<Subject<'a>>, Stop> {
    let mut listed = list(course, both, subjects, trust).await?;
    let (here, there) = read_both(course, both, subjects, &mut listed, trust).await?;
    let (mut records, mut kept, mut doubtful) = (Vec::new(), Vec::new(), Vec::new());
    for (((subject, listed), here), there) in subjects.iter().zip(listed).zip(here).zip(there) {
        let path = &subject.folder.source.path;
        course.meter.folder(path.to_string());
        // The survey told of it already.
        let Some(mut listed) = listed else {
            course.meter.folder_done();
            continue;
        };
        let baselines = std::mem::take(&mut listed.baselines);
        let judged = judge::judge(course, subject, listed, here, there);
        if judged.rests_on_baselines(subject) {
            tracing::debug!(folder = %path, "A comparison is made once more with all that stands in the folder");
            doubtful.push(*subject);
            continue;
        }
        course.meter.folder_done();
        records.extend(judged.keep(course, subject).await?);
        if let Some((id, _)) = subject.record {
            kept.extend(baselines.into_iter().map(|(side, baseline)| (*id, side, baseline)));
        }
    }
    if !records.is_empty() {
        course.ledger.put_folders(&records).await?;
    }
    if !kept.is_empty() {
        course.ledger.put_baselines(&kept).await?;
    }
    Ok(doubtful)
}

/// Lists every folder on both sides; none for one the source will not open.
async fn list(
    course: &mut Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'_>],
    trust: Trust,
) -> Result<Vec<Option<Listed>>, Stop> {
    let mut kept = std::mem::take(&mut course.kept);
    let id = |subject: &Subject<'_>| subject.record.filter(|_| trust == Trust::Baselines).map(|(id, _)| *id);
    let ids: Vec<Option<FolderId>> = subjects.iter().map(id).collect();
    let before_here = baselines::of(course, Side::Source, &ids).await?;
    let before_there = baselines::of(course, Side::Target, &ids).await?;
    let here: Vec<(&Folder, Option<&Baseline>)> = subjects
        .iter()
        .zip(&before_here)
        .map(|(subject, baseline)| (&subject.folder.source, baseline.as_ref()))
        .collect();
    let there: Vec<(&Folder, Option<&Baseline>)> = subjects
        .iter()
        .zip(&before_there)
        .filter_map(|(subject, baseline)| Some((subject.counterpart?, baseline.as_ref())))
        .collect();
    let suspects = &course.suspects;
    let here = async { kept.inventories(both.source, suspects, &here).await.map_err(Stop::from) };
    let there = async {
        let whose = (Side::Target, suspects);
        super::list::inventories(both.target, whose, &there, &|_| {}).await.map_err(Stop::from)
    };
    let (here, there, entries) = tokio::try_join!(here, there, entries(course, subjects))?;
    course.kept = kept;
    let mut entries = entries.into_iter();
    let mut there = there.into_iter();
    let (depth, fresh) = (course.order.options.verify, afresh(course.order.kind));
    let mut listed = Vec::with_capacity(subjects.len());
    for ((subject, here), before) in subjects.iter().zip(here).zip(before_here.iter().zip(&before_there)) {
        let there = subject.counterpart.and_then(|_| there.next());
        let mut baselines = Vec::new();
        if let Ok(here) = &here {
            let kept = baselines::worth_keeping(&subject.folder.source, here, before.0.as_ref());
            baselines.extend(kept.map(|kept| (Side::Source, kept)));
        }
        if let (Some(folder), Some(Ok(there))) = (subject.counterpart, &there) {
            let kept = baselines::worth_keeping(folder, there, before.1.as_ref());
            baselines.extend(kept.map(|kept| (Side::Target, kept)));
        }
        let entries = entries.next().unwrap_or_default();
        let path = &subject.folder.source.path;
        let mut refused = course.refused.get(path).cloned();
        let mut here = match course.labels.own(&subject.folder.source, here) {
            Ok(here) => here,
            Err(error) if error.reach == Reach::Folder => {
                listed.push(None);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let there = match there {
            Some(Ok(there)) => Some(there),
            None => None,
            Some(Err(error)) if error.reach == Reach::Folder => {
                refused = Some(error.detail);
                None
            }
            Some(Err(error)) => return Err(error.into()),
        };
        let (source, target) = (here.standing(), there.as_ref().map(Inventory::standing));
        let mut there = there.unwrap_or_default();
        let mut findings = std::mem::take(&mut here.findings);
        findings.append(&mut there.findings);
        let validities = (here.validity, there.validity);
        let based = here.based || there.based;
        let before = subject.record.and_then(|(_, record)| record.compared.as_ref());
        let stored_under = subject.record.and_then(|(_, record)| Some(record.bracket?.validity));
        let by_rule = |item: &ItemMeta| course.by_rule(&subject.folder.source, item);
        let sorted = pairs::sort(depth, fresh, before, entries, (here, there), stored_under, by_rule);
        listed.push(Some(Listed { sorted, source, target, validities, refused, findings, based, baselines }));
    }
    Ok(listed)
}

/// Whether nothing that an earlier comparison found is taken over.
const fn afresh(kind: PassKind) -> bool {
    match kind {
        PassKind::Verify | PassKind::Final => true,
        PassKind::DryRun | PassKind::Initial | PassKind::Delta | PassKind::Probe => false,
    }
}

/// What the ledger knows of each folder.
async fn entries(course: &Course, subjects: &[Subject<'_>]) -> Result<Vec<Vec<Entry>>, Stop> {
    let mut entries = Vec::with_capacity(subjects.len());
    for subject in subjects {
        entries.push(match subject.record {
            Some((id, _)) => course.ledger.entries(*id).await?,
            None => Vec::new(),
        });
    }
    Ok(entries)
}

/// Reads what has to be read on both sides at once, a portion after the other: what proves the same in everything is only
/// counted, so that few items of a large folder are held.
async fn read_both(
    course: &Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'_>],
    listed: &mut [Option<Listed>],
    trust: Trust,
) -> Result<(Vec<Read>, Vec<Read>), Stop> {
    let part = match course.order.options.verify {
        VerifyDepth::Content | VerifyDepth::Listing => Part::Whole,
        VerifyDepth::Headers => Part::Header,
    };
    let meter = &course.meter;
    // What is compared once more was counted the first time.
    let counts = trust == Trust::Baselines;
    let add = |items, bytes| {
        if counts {
            meter.add(items, bytes)
        }
    };
    let on = |bytes: u64| add(1, bytes);
    let (items, bytes) = listed
        .iter()
        .flatten()
        .map(|listed| listed.sorted.known())
        .fold((0, 0), |(items, bytes), (more_items, more_bytes)| (items + more_items, bytes + more_bytes));
    add(items, bytes);
    let (mut read_here, mut read_there) = (empty(subjects), empty(subjects));
    loop {
        let portions: Vec<Portion> = listed
            .iter_mut()
            .map(|listed| listed.as_mut().map(|listed| listed.sorted.portion()).unwrap_or_default())
            .collect();
        if portions.iter().all(Portion::is_empty) {
            break;
        }
        let items = |side: fn(&Portion) -> &Vec<ItemMeta>| -> Vec<&[ItemMeta]> {
            portions.iter().map(|portion| side(portion).as_slice()).collect()
        };
        let here = orders(subjects, listed, Side::Source, &items(|portion| &portion.source));
        let there = orders(subjects, listed, Side::Target, &items(|portion| &portion.target));
        let (here, there) = tokio::try_join!(
            read::read(both.source, &here, course.reading(Side::Source, part, Halves::Brief), &on),
            read::read(both.target, &there, course.reading(Side::Target, part, Halves::Brief), &on),
        )?;
        for (at, (mut here, mut there)) in here.into_iter().zip(there).enumerate() {
            if let Some(Listed { sorted, .. }) = &mut listed[at] {
                // It was another at an earlier reading: ids never change their meaning, so its server writes it anew.
                for seen in here.seen.iter_mut().filter(|_| part == Part::Whole) {
                    let first = sorted.link(&seen.meta.id).map(|link| link.fingerprint.exact);
                    seen.anew = first.is_some_and(|first| first != seen.fingerprint.exact);
                }
                sorted.settle(&mut here, &mut there);
            }
            read_here[at].extend(here);
            read_there[at].extend(there);
        }
    }
    // What found no partner byte for byte is read once more, for what servers are known to rewrite.
    let left: Vec<(Vec<ItemMeta>, Vec<ItemMeta>)> = listed
        .iter()
        .zip(read_here.iter().zip(&read_there))
        .map(|(listed, (here, there))| listed.as_ref().map(|listed| unmatched(&listed.sorted, here, there)))
        .map(Option::unwrap_or_default)
        .collect();
    if left.iter().any(|(here, _)| !here.is_empty()) {
        let here: Vec<&[ItemMeta]> = left.iter().map(|(here, _)| here.as_slice()).collect();
        let there: Vec<&[ItemMeta]> = left.iter().map(|(_, there)| there.as_slice()).collect();
        let here = orders(subjects, listed, Side::Source, &here);
        let there = orders(subjects, listed, Side::Target, &there);
        let (here, there) = tokio::try_join!(
            read::read(both.source, &here, course.reading(Side::Source, part, Halves::All), &|_| {}),
            read::read(both.target, &there, course.reading(Side::Target, part, Halves::All), &|_| {}),
        )?;
        replace(&mut read_here, here);
        replace(&mut read_there, there);
    }
    Ok((read_here, read_there))
}

fn empty(subjects: &[Subject<'_>]) -> Vec<Read> {
    subjects.iter().map(|_| Read::default()).collect()
}

/// Orders for items of each folder on one side.
fn orders<'a>(
    subjects: &[Subject<'a>],
    listed: &[Option<Listed>],
    side: Side,
    items: &[&'a [ItemMeta]],
) -> Vec<FetchOrder<'a>> {
    let order = |((subject, listed), items): ((&Subject<'a>, &Option<Listed>), &&'a [ItemMeta])| {
        let validities = listed.as_ref().map(|listed| listed.validities).unwrap_or_default();
        let (folder, validity) = match (side, subject.counterpart) {
            (Side::Target, Some(counterpart)) => (counterpart, validities.1),
            (Side::Target, None) => (&subject.folder.source, validities.1),
            (Side::Source, _) => (&subject.folder.source, validities.0),
        };
        FetchOrder { folder, validity, items }
    };
    subjects.iter().zip(listed).zip(items).map(order).collect()
}

/// What found no partner byte for byte, where the other side has something left of a like size.
fn unmatched(sorted: &Sorted, here: &Read, there: &Read) -> (Vec<ItemMeta>, Vec<ItemMeta>) {
    let mut counts: HashMap<[u8; 16], i64> = HashMap::new();
    let all_here = || sorted.source_known.iter().chain(&here.seen);
    let all_there = || sorted.target_known.iter().chain(&there.seen);
    for seen in all_here() {
        *counts.entry(seen.fingerprint.exact).or_default() += 1;
    }
    for seen in all_there() {
        *counts.entry(seen.fingerprint.exact).or_default() -= 1;
    }
    let left = |read: &Read, sign: i64| -> Vec<ItemMeta> {
        let left = read
            .seen
            .iter()
            .filter(|seen| counts.get(&seen.fingerprint.exact).is_some_and(|count| count * sign > 0));
        left.map(|seen| seen.meta.clone()).collect()
    };
    let (mut left_here, mut left_there) = (left(here, 1), left(there, -1));
    let sizes = |items: &[ItemMeta]| -> BTreeSet<u64> { items.iter().map(|item| item.size).collect() };
    let (first, second) = (sizes(&left_here), sizes(&left_there));
    left_here.retain(|item| has_alike(&second, item.size));
    left_there.retain(|item| has_alike(&first, item.size));
    left_here.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    left_there.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    (left_here, left_there)
}

/// Whether a size among these can have become the other: what servers add, drop and replace is little.
fn has_alike(sizes: &BTreeSet<u64>, size: u64) -> bool {
    let little = 2048 + size / 4;
    sizes.range(size.saturating_sub(little)..=size.saturating_add(little)).next().is_some()
}

/// Puts in what was read once more.
fn replace(reads: &mut [Read], again: Vec<Read>) {
    for (read, again) in reads.iter_mut().zip(again) {
        let better: HashMap<_, _> = again.seen.into_iter().map(|seen| (seen.meta.id.clone(), seen)).collect();
        for seen in &mut read.seen {
            if let Some(better) = better.get(&seen.meta.id) {
                let anew = seen.anew || better.fingerprint.exact != seen.fingerprint.exact;
                *seen = Seen { anew, ..better.clone() };
            }
        }
    }
}
