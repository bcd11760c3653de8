//! Judges one folder out of what both sides listed and what was read of it, and keeps what was found.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    report::ReportFolder,
};

use super::{
    compare::{Listed, Subject},
    course::{Course, about, about_folder},
    lost::{self, Lost},
    pairs::Sorted,
    read::Read,
    stop::Stop,
};
use crate::{
    ledger::{Compared, FolderRecord},
    matching::Seen,
    validate::{self, FolderPair},
};

/// More findings of one folder are not kept for the next pass: it compares the folder again.
const MOST_KEPT: usize = 2000;

/// What was found in one folder.
pub(super) struct Judged {
    totals: ReportFolder,
    findings: Vec<Finding>,
    /// To be kept for the next pass.
    record: Option<FolderRecord>,
    /// Ids on the source came to mean other items.
    other: bool,
    /// Part of what was listed was taken over from before.
    based: bool,
    /// What the target confirmed and lost.
    lost: Vec<Lost>,
}

/// Compares what was read of one folder.
pub(super) fn judge(
    course: &Course,
    subject: &Subject<'_>,
    listed: Listed,
    here: Read,
    there: Read,
) -> Judged {
    let folder = subject.folder;
    let path = &folder.source.path;
    let Listed { sorted, source, target, refused, mut findings, based, .. } = listed;
    let Sorted { source_known, target_known, settled, mut reasons, told, lost, samples, undecided, .. } =
        sorted;
    let written_anew = |seen: &Seen| {
        seen.anew && seen.stable.is_some() && there.seen.iter().any(|there| there.stable == seen.stable)
    };
    let other = samples.iter().any(|(id, print)| {
        let now = here.seen.iter().find(|seen| seen.meta.id == *id);
        now.is_some_and(|now| now.fingerprint.exact != print.exact && !written_anew(now))
    });
    let failed = here.failed.into_iter().filter(|(_, cause, _)| *cause != Cause::Vanished);
    findings.extend(failed.map(|(meta, cause, detail)| about(path, &meta, Severity::Loss, cause, detail)));
    let unread = there.failed.into_iter().filter(|(_, cause, _)| *cause != Cause::Vanished);
    findings.extend(unread.map(|(meta, cause, detail)| {
        let detail = format!("It is on the target, which does not deliver it: {detail}");
        let cause = if cause == Cause::Unreadable { Cause::Undelivered } else { cause };
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
    for (item, why) in course.undecided.get(path).into_iter().flatten() {
        reasons.entry(item.clone()).or_insert((Cause::Undelivered, why.clone()));
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
    Judged { totals, findings, record, other, based, lost }
}

impl Judged {
    /// Whether it finds something that the last comparison did not, on the ground of what was listed before. What only
    /// informs counts for nothing: the number of messages is proven, and to list all after every deletion would be as dear as
    /// without baselines. A server that tells the wrong id as gone leads to the wrong name, until a pass that looks afresh.
    pub(super) fn rests_on_baselines(&self, subject: &Subject<'_>) -> bool {
        let before = subject.record.and_then(|(_, record)| record.compared.as_ref());
        let is_new = |finding: &Finding| before.is_none_or(|before| !before.findings.contains(finding));
        let counts = |finding: &Finding| match finding.severity {
            Severity::Loss | Severity::Warning => is_new(finding),
            Severity::Info => false,
        };
        self.based && (self.other || self.findings.iter().any(counts))
    }

    /// Keeps it for the report; gives the folder's record to be kept.
    pub(super) async fn keep(
        self,
        course: &mut Course,
        subject: &Subject<'_>,
    ) -> Result<Option<FolderRecord>, Stop> {
        let Self { totals, mut findings, record, other, lost, .. } = self;
        let path = &subject.folder.source.path;
        if let (false, Some((id, record))) = (lost.is_empty(), subject.record) {
            let (entries, again) = lost::settle(course, path, *id, lost);
            course.ledger.put_entries(&entries).await?;
            if again > 0 {
                course.sends_again = true;
                course.note(vec![lost::told(path, again)]).await?;
                return Ok(Some(FolderRecord { compared: None, ..record.clone() }));
            }
        }
        course.note(findings.clone()).await?;
        if let (true, Some((id, _))) = (other, subject.record) {
            // Ids came to mean other items without a word: the next pass matches every one by content.
            course.ledger.forget_entries(*id).await?;
            let detail = "ids on the source mean other messages than before; the next pass matches every one by content";
            let finding = about_folder(path, Severity::Warning, Cause::FolderRebuilt, detail.to_owned());
            course.note(vec![finding.clone()]).await?;
            findings.push(finding);
        }
        course.compared.insert(path.clone(), (totals, findings));
        Ok(record)
    }
}
