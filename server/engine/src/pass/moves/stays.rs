//! Flags of messages that stayed where they were on the target when they moved on the source: what the source marks is
//! carried to where they are.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::FolderPath,
};

use super::movables::{Movables, There};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId},
    pass::{
        course::{Course, about, about_folder},
        stop::Stop,
        survey::{Survey, Work},
        transfer::Lane,
    },
    plan::Stayed,
    target::{Remark, Remarked, Target},
};

/// A message that stayed, and the folder on the source it is in now.
#[derive(Debug)]
pub(in crate::pass) struct Stays {
    pub folder: FolderId,
    pub path: FolderPath,
    pub stayed: Stayed,
}

/// What stayed and is marked otherwise now, of all folders.
pub(in crate::pass) fn collect(lanes: &mut [Lane], survey: &mut Survey) -> Vec<Stays> {
    let of = |folder: FolderId, path: &FolderPath, stayed: Vec<Stayed>| {
        let path = path.clone();
        stayed.into_iter().map(move |stayed| Stays { folder, path: path.clone(), stayed })
    };
    let mut all = Vec::new();
    for lane in lanes {
        all.extend(of(lane.id, &lane.source.path, std::mem::take(&mut lane.plan.stayed)));
    }
    for work in &mut survey.works {
        if let Work::ToDo(todo) = work
            && let Some((id, record)) = &todo.record
        {
            all.extend(of(*id, &record.source, std::mem::take(&mut todo.plan.stayed)));
        }
    }
    all
}

/// Carries what the source marks now.
pub(in crate::pass) async fn carry(
    course: &mut Course,
    target: &mut dyn Target,
    stays: Vec<Stays>,
    movables: &mut Movables,
) -> Result<(), Stop> {
    let mut found: Vec<(There, Stays)> = std::mem::take(&mut movables.remarked);
    found.extend(
        stays.into_iter().filter_map(|stays| Some((movables.where_it_stayed(&stays.stayed)?, stays))),
    );
    let mut by_place: BTreeMap<usize, Vec<(There, Stays)>> = BTreeMap::new();
    for (there, stays) in found {
        by_place.entry(there.place).or_default().push((there, stays));
    }
    for (at, changed) in by_place {
        course.obey()?;
        let place = &movables.places[at];
        let remarks: Vec<Remark> = changed
            .iter()
            .map(|(there, Stays { stayed, .. })| Remark {
                target: there.uid,
                before: stayed.before.clone(),
                now: stayed.item.flags.clone(),
            })
            .collect();
        let outcomes = target.carry_marks(&place.open, &remarks).await.map_err(ConnectorError::anew)?;
        let folder = &place.open.folder.path;
        let (mut entries, mut findings) = (Vec::new(), Vec::new());
        let mut carried: BTreeMap<FolderPath, u64> = BTreeMap::new();
        for ((_, stays), outcome) in changed.into_iter().zip(outcomes) {
            let Stays { path, stayed, folder: id } = stays;
            match outcome {
                Remarked::Carried => *carried.entry(path).or_default() += 1,
                Remarked::Same => {}
                Remarked::Kept(names) => {
                    let detail = format!(
                        "{} changed on both sides; on the target it is in {folder}",
                        names.join(", ")
                    );
                    findings.push(about(&path, &stayed.item, Severity::Info, Cause::FlagsKept, detail));
                }
                // Nothing is there to be marked.
                Remarked::Gone => continue,
                // The ledger keeps what they were: the next pass tries again.
                Remarked::Refused(words) => {
                    let detail = format!("the target would not change flags of it in {folder}: “{words}”");
                    findings.push(about(&path, &stayed.item, Severity::Warning, Cause::FlagsAltered, detail));
                    continue;
                }
            }
            entries.push((id, entry(stayed)));
        }
        findings.extend(carried.into_iter().map(|(path, count)| told(&path, count, folder)));
        course.ledger.put_entries(&entries).await?;
        course.note(findings).await?;
    }
    Ok(())
}

/// It stands where it stood, marked as it is now.
fn entry(stayed: Stayed) -> Entry {
    let Stayed { item, fingerprint, detail, before: _ } = stayed;
    Entry {
        item: item.id,
        size: item.size,
        fingerprint: Some(fingerprint),
        state: EntryState::Skipped { cause: Cause::MovedAtSource, detail },
        marks: Some(item.flags),
        deaths: 0,
    }
}

fn told(path: &FolderPath, count: u64, folder: &FolderPath) -> Finding {
    let detail = format!(
        "flags of {count} messages, which changed on the source after they were copied; on the target they are in {folder}"
    );
    about_folder(path, Severity::Info, Cause::FlagsCarried, detail)
}
