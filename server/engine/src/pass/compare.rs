//! Reads both sides afresh and compares them, groups of folders at a time.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::{
    cause::Cause,
    check::Side,
    finding::{Finding, Severity},
    live::Phase,
    pass::PassKind,
    project::VerifyDepth,
    report::ReportFolder,
};

use super::{
    course::{Course, about, about_folder},
    labels,
    meter::Amount,
    pairs::{self, Sorted},
    portion::Portion,
    read::{self, Halves, Read},
    stop::Stop,
    survey::{Record, Sides, Survey, Work},
};
use crate::{
    error::Reach,
    ledger::{Compared, Entry, FolderRecord},
    mapping::MappedFolder,
    matching::Seen,
    model::{Folder, Inventory, ItemMeta, Standing},
    source::{FetchOrder, Part, Source},
    validate::{self, FolderPair},
};

/// More findings of one folder are not kept for the next pass: it compares the folder again.
const MOST_KEPT: usize = 2000;

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
struct Subject<'a> {
    folder: &'a MappedFolder,
    counterpart: Option<&'a Folder>,
    record: Option<&'a Record>,
    /// The largest message the target takes, where it tells.
    limit: Option<u64>,
}

/// What both sides list of a folder, and what is to be read of it.
struct Listed {
    sorted: Sorted,
    source: Standing,
    target: Option<Standing>,
    validities: (u32, u32),
    /// The target's words, when it will not open the folder.
    refused: Option<String>,
    /// What the listings told besides.
    findings: Vec<Finding>,
}

async fn compare_group(
    course: &mut Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'_>],
) -> Result<(), Stop> {
    let mut listed = list(course, both, subjects).await?;
    let (here, there) = read_both(course, both, subjects, &mut listed).await?;
    let mut records = Vec::new();
    for (((subject, listed), here), there) in subjects.iter().zip(listed).zip(here).zip(there) {
        let path = &subject.folder.source.path;
        course.meter.folder(path.to_string());
        course.meter.folder_done();
        // The survey told of it already.
        let Some(listed) = listed else { continue };
        records.extend(judge(course, subject, listed, here, there).await?);
    }
    if !records.is_empty() {
        course.ledger.put_folders(&records).await?;
    }
    Ok(())
}

/// Lists every folder on both sides; none for one the source will not open.
async fn list(
    course: &mut Course,
    both: &mut Both<'_>,
    subjects: &[Subject<'_>],
) -> Result<Vec<Option<Listed>>, Stop> {
    let mut kept = std::mem::take(&mut course.kept);
    let here: Vec<&Folder> = subjects.iter().map(|subject| &subject.folder.source).collect();
    let there: Vec<&Folder> = subjects.iter().filter_map(|subject| subject.counterpart).collect();
    let here = async { kept.inventories(both.source, &here).await.map_err(Stop::from) };
    let there = async { both.target.inventories(&there, &|_| {}).await.map_err(Stop::from) };
    let (here, there, entries) = tokio::try_join!(here, there, entries(course, subjects))?;
    course.kept = kept;
    let mut entries = entries.into_iter();
    let mut there = there.into_iter();
    let (depth, fresh) = (course.order.options.verify, afresh(course.order.kind));
    let mut listed = Vec::with_capacity(subjects.len());
    for (subject, here) in subjects.iter().zip(here) {
        let there = subject.counterpart.and_then(|_| there.next());
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
        let before = subject.record.and_then(|(_, record)| record.compared.as_ref());
        let stored_under = subject.record.and_then(|(_, record)| Some(record.bracket?.validity));
        let by_rule = |item: &ItemMeta| course.by_rule(&subject.folder.source, item);
        let sorted = pairs::sort(depth, fresh, before, entries, (here, there), stored_under, by_rule);
        listed.push(Some(Listed { sorted, source, target, validities, refused, findings }));
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
) -> Result<(Vec<Read>, Vec<Read>), Stop> {
    let part = match course.order.options.verify {
        VerifyDepth::Content | VerifyDepth::Listing => Part::Whole,
        VerifyDepth::Headers => Part::Header,
    };
    let meter = &course.meter;
    let on = |bytes: u64| meter.add(1, bytes);
    let (items, bytes) = listed
        .iter()
        .flatten()
        .map(|listed| listed.sorted.known())
        .fold((0, 0), |(items, bytes), (more_items, more_bytes)| (items + more_items, bytes + more_bytes));
    meter.add(items, bytes);
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
            read::read(both.source, &here, part, Halves::Brief, &on),
            read::read(both.target, &there, part, Halves::Brief, &on),
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
            read::read(both.source, &here, part, Halves::All, &|_| {}),
            read::read(both.target, &there, part, Halves::All, &|_| {}),
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

/// Compares what was read of one folder; gives its record to be kept.
async fn judge(
    course: &mut Course,
    subject: &Subject<'_>,
    listed: Listed,
    here: Read,
    there: Read,
) -> Result<Option<FolderRecord>, Stop> {
    let folder = subject.folder;
    let path = &folder.source.path;
    let Listed { sorted, source, target, refused, mut findings, .. } = listed;
    let Sorted { source_known, target_known, settled, mut reasons, told, samples, undecided, .. } = sorted;
    let written_anew = |seen: &Seen| {
        seen.anew && seen.stable.is_some() && there.seen.iter().any(|there| there.stable == seen.stable)
    };
    let other = samples.iter().any(|(id, print)| {
        let now = here.seen.iter().find(|seen| seen.meta.id == *id);
        now.is_some_and(|now| now.fingerprint.exact != print.exact && !written_anew(now))
    });
    let lost = here.failed.into_iter().filter(|(_, cause, _)| *cause != Cause::Vanished);
    findings.extend(lost.map(|(meta, cause, detail)| about(path, &meta, Severity::Loss, cause, detail)));
    let unread = there.failed.into_iter().filter(|(_, cause, _)| *cause != Cause::Vanished);
    findings.extend(unread.map(|(meta, cause, detail)| {
        let detail = format!("It is on the target, which does not deliver it: {detail}");
        about(&folder.target, &meta, Severity::Warning, cause, detail)
    }));
    let source_items: Vec<Seen> = source_known.into_iter().chain(here.seen).collect();
    if let Some(words) = refused {
        for seen in &source_items {
            reasons.entry(seen.meta.id.clone()).or_insert((Cause::FolderRefused, words.clone()));
        }
    } else if subject.counterpart.is_none() {
        let detail = format!("there is no folder {} on the target", folder.target);
        findings.push(about_folder(path, Severity::Warning, Cause::FolderRefused, detail));
    }
    let before = subject.record.and_then(|(_, record)| record.compared.as_ref());
    let keeps = course.keeps.get(path).cloned().or_else(|| before.map(|before| before.keeps.clone()));
    let pair = FolderPair {
        source: path.clone(),
        target: folder.target.clone(),
        role: folder.source.role,
        depth: course.order.options.verify,
        source_items,
        target_items: target_known.into_iter().chain(there.seen).collect(),
        settled,
        keeps: keeps.unwrap_or_default(),
        told,
    };
    let (totals, differences) = validate::compare(&pair, &reasons);
    findings.extend(differences);
    course.note(findings.clone()).await?;
    let record = subject.record.map(|(_, record)| {
        let compared = target.filter(|_| findings.len() <= MOST_KEPT).map(|target| Compared {
            options: course.digest.clone(),
            depth: pair.depth,
            source,
            target,
            keeps: pair.keeps,
            limit: subject.limit,
            totals: totals.totals,
            findings: findings.clone(),
        });
        FolderRecord { compared: compared.filter(|_| !other && !undecided), ..record.clone() }
    });
    if let (true, Some((id, _))) = (other, subject.record) {
        // Ids came to mean other items without a word: the next pass matches every one by content.
        course.ledger.forget_entries(*id).await?;
        let detail =
            "ids on the source mean other messages than before; the next pass matches every one by content";
        let finding = about_folder(path, Severity::Warning, Cause::FolderRebuilt, detail.to_owned());
        course.note(vec![finding.clone()]).await?;
        findings.push(finding);
    }
    course.compared.insert(path.clone(), (totals, findings));
    Ok(record)
}
