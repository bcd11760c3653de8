//! Carries flags that changed on the source since they were copied.

use std::collections::BTreeMap;

use shared::{cause::Cause, finding::Severity};

use super::{
    course::{Course, about, about_folder},
    stop::Stop,
    transfer::Lane,
};
use crate::{
    error::ConnectorError,
    ledger::{Entry, EntryState, FolderId},
    target::{Remark, Remarked, Target},
};

/// Carries changed flags in every open folder.
pub(super) async fn carry(course: &mut Course, target: &mut dyn Target, lanes: &[Lane]) -> Result<(), Stop> {
    for lane in lanes.iter().filter(|lane| !lane.plan.remarked.is_empty()) {
        course.obey()?;
        let remarks: Vec<Remark> = lane
            .plan
            .remarked
            .iter()
            .map(|changed| Remark {
                target: changed.target,
                before: changed.before.clone(),
                now: changed.item.flags.clone(),
            })
            .collect();
        let outcomes = target.carry_marks(&lane.open, &remarks).await.map_err(ConnectorError::anew)?;
        let path = &lane.source.path;
        let mut findings = Vec::new();
        let mut entries: Vec<(FolderId, Entry)> = Vec::new();
        let mut carried = 0_u64;
        let mut refused: BTreeMap<String, u64> = BTreeMap::new();
        for (changed, outcome) in lane.plan.remarked.iter().zip(outcomes) {
            match outcome {
                Remarked::Carried => carried += 1,
                Remarked::Same => {}
                Remarked::Kept(names) => {
                    let detail = format!("{} changed on both sides", names.join(", "));
                    findings.push(about(path, &changed.item, Severity::Info, Cause::FlagsKept, detail));
                }
                // The comparison tells of it.
                Remarked::Gone => continue,
                // The ledger keeps what they were: the next pass tries again.
                Remarked::Refused(words) => {
                    *refused.entry(words).or_default() += 1;
                    continue;
                }
            }
            entries.push((
                lane.id,
                Entry {
                    item: changed.item.id.clone(),
                    size: changed.item.size,
                    fingerprint: changed.fingerprint,
                    state: EntryState::Copied { target: Some(changed.target), adopted: changed.adopted },
                    marks: Some(changed.item.flags.clone()),
                    deaths: 0,
                },
            ));
        }
        if carried > 0 {
            let detail =
                format!("flags of {carried} messages, which changed on the source after they were copied");
            findings.push(about_folder(path, Severity::Info, Cause::FlagsCarried, detail));
        }
        findings.extend(refused.into_iter().map(|(words, count)| {
            let detail = format!("the target would not change flags of {count} messages: “{words}”");
            about_folder(path, Severity::Warning, Cause::FlagsAltered, detail)
        }));
        course.ledger.put_entries(&entries).await?;
        course.note(findings).await?;
    }
    Ok(())
}
