//! Findings of a job: kept, counted by cause, shown page by page.

use std::{cmp::Reverse, collections::BTreeMap};

use sea_orm::FromQueryResult;
use shared::{
    cause::{Cause, UnknownCause},
    finding::{CauseCount, Finding, FindingRow, Severity, SeverityCount, Subject},
    id::{JobId, PassId},
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::Sql,
    words::{clean, count, from_json, json},
};

#[derive(FromQueryResult)]
struct FindingRecord {
    id: i64,
    severity: i16,
    cause: String,
    folder: Option<String>,
    item: Option<String>,
    detail: String,
}

#[derive(FromQueryResult)]
struct CauseRecord {
    pass: i64,
    cause: String,
    severity: i16,
    count: i64,
}

/// Asks for [`Store::telling_pass`], with the job's id twice; 0 when there is none.
pub(super) const TELLING: &str = "SELECT COALESCE(
    (SELECT MAX(p.id) FROM pass p WHERE p.job = ? AND p.kind NOT IN ('dry-run', 'probe')
     AND (EXISTS (SELECT 1 FROM report r WHERE r.pass = p.id)
          OR EXISTS (SELECT 1 FROM finding f WHERE f.pass = p.id))),
    (SELECT MAX(f.pass) FROM finding f WHERE f.job = ?), 0)";

impl Store {
    /// A page of a job's present findings in the order they were found, of one cause or of all. `after` is the id of the last
    /// finding of the page before. At most `limit`.
    pub(crate) async fn findings(
        &self,
        job: JobId,
        cause: Option<Cause>,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let reading = self.db().reading("Reading the findings");
        let Some(pass) = self.telling_pass(job).await? else { return Ok(Vec::new()) };
        let columns =
            "SELECT id, severity, cause, folder, item, detail FROM finding WHERE job = ? AND pass = ?";
        let (job, pass) = (job.0.into(), pass.0.into());
        let (after, limit) = (after.unwrap_or(0).into(), i64::from(limit).into());
        let records: Vec<FindingRecord> = match cause {
            Some(cause) => {
                let sql = format!("{columns} AND cause = ? AND id > ? ORDER BY id LIMIT ?");
                reading.all(&sql, [job, pass, cause.id().into(), after, limit]).await?
            }
            None => {
                let sql = format!("{columns} AND id > ? ORDER BY id LIMIT ?");
                reading.all(&sql, [job, pass, after, limit]).await?
            }
        };
        records.into_iter().map(FindingRecord::row).collect()
    }

    /// The pass whose findings tell how the job stands: the latest that found or compared anything. Each pass looks at
    /// everything afresh, so what an earlier one found and this one did not is settled. A dry run tells only when
    /// nothing else ran.
    pub(super) async fn telling_pass(&self, job: JobId) -> Result<Option<PassId>, StoreError> {
        let pass: Option<i64> =
            self.db().reading("Reading the passes").cell(TELLING, [job.0.into(), job.0.into()]).await?;
        Ok(pass.filter(|pass| *pass > 0).map(PassId))
    }

    /// A job's findings by pass and cause.
    pub(super) async fn causes_by_pass(
        &self,
        job: JobId,
    ) -> Result<BTreeMap<PassId, Vec<CauseCount>>, StoreError> {
        let records: Vec<CauseRecord> = self
            .db()
            .reading("Counting the findings")
            .all(
                "SELECT pass, cause, severity, COUNT(*) AS count FROM finding WHERE job = ?
                 GROUP BY pass, cause, severity ORDER BY pass, cause, severity DESC",
                [job.0.into()],
            )
            .await?;
        let mut passes = BTreeMap::<PassId, Vec<CauseCount>>::new();
        for of_cause in records.chunk_by(|one, next| (one.pass, &one.cause) == (next.pass, &next.cause)) {
            let mut groups = of_cause.iter().map(|record| {
                Ok(SeverityCount { severity: severity(record.severity)?, count: count(record.count) })
            });
            let (Some(worst), Some(CauseRecord { pass, cause, .. })) =
                (groups.next().transpose()?, of_cause.first())
            else {
                continue;
            };
            let lesser = groups.collect::<Result<Vec<_>, StoreError>>()?;
            let group = CauseCount::of_id(cause, worst.severity, worst.count).with(lesser);
            passes.entry(PassId(*pass)).or_default().push(group);
        }
        passes.values_mut().for_each(|groups| worst_first(groups));
        Ok(passes)
    }
}

impl FindingRecord {
    fn row(self) -> Result<FindingRow, StoreError> {
        // Another node may be of a newer version, whose causes mean nothing here; the finding stays one.
        let (cause, detail) = match self.cause.parse() {
            Ok(cause) => (cause, self.detail),
            Err(UnknownCause) => (Cause::Unknown, format!("{}: {}", self.cause, self.detail)),
        };
        let finding = Finding {
            severity: severity(self.severity)?,
            cause,
            subject: Subject {
                folder: self.folder.map(|folder| from_json("folder", &folder)).transpose()?,
                item: self.item.map(|item| from_json("message's label", &item)).transpose()?,
            },
            detail,
        };
        Ok(FindingRow { id: self.id, finding })
    }
}

fn worst_first(groups: &mut [CauseCount]) {
    groups.sort_by_key(|group| (Reverse(group.severity), Reverse(group.count), group.cause));
}

/// Keeps findings of a pass within a transaction.
pub(super) async fn insert(
    tx: &Tx<'_>,
    job: JobId,
    pass: PassId,
    findings: &[Finding],
) -> Result<(), StoreError> {
    tx.insert_many(
        "INSERT INTO finding (job, pass, severity, cause, folder, item, detail)",
        findings,
        "",
        |finding| {
            let Subject { folder, item } = &finding.subject;
            Ok([
                job.0.into(),
                pass.0.into(),
                rank(finding.severity).into(),
                finding.cause.id().into(),
                folder.as_ref().map(|folder| json("folder", folder)).transpose()?.into(),
                item.as_ref().map(|item| json("message's label", item)).transpose()?.into(),
                clean(&finding.detail).into(),
            ])
        },
    )
    .await
}

/// Severities as numbers that grow with them, so that the database finds the worst.
pub(super) const fn rank(severity: Severity) -> i16 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Loss => 2,
    }
}

pub(super) fn severity(rank_of: i16) -> Result<Severity, StoreError> {
    [Severity::Info, Severity::Warning, Severity::Loss]
        .into_iter()
        .find(|severity| rank(*severity) == rank_of)
        .ok_or(StoreError::Corrupt { what: "severity", detail: format!("number {rank_of}") })
}
