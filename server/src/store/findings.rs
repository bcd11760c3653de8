//! Findings of a job: kept, counted by cause, shown page by page.

use std::{cmp::Reverse, collections::BTreeMap};

use sea_orm::FromQueryResult;
use shared::{
    cause::Cause,
    finding::{CauseCount, Finding, FindingRow, Severity, Subject},
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

impl Store {
    /// A page of a job's findings in the order they were found, of one cause or of all. `after` is the id of the last
    /// finding of the page before. At most `limit`.
    pub(crate) async fn findings(
        &self,
        job: JobId,
        cause: Option<Cause>,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let reading = self.db().reading("Reading the findings");
        let columns = "SELECT id, severity, cause, folder, item, detail FROM finding WHERE job = ?";
        let (after, limit) = (after.unwrap_or(0), i64::from(limit));
        let records: Vec<FindingRecord> = match cause {
            Some(cause) => {
                let sql = format!("{columns} AND cause = ? AND id > ? ORDER BY id LIMIT ?");
                reading.all(&sql, [job.0.into(), cause.id().into(), after.into(), limit.into()]).await?
            }
            None => {
                let sql = format!("{columns} AND id > ? ORDER BY id LIMIT ?");
                reading.all(&sql, [job.0.into(), after.into(), limit.into()]).await?
            }
        };
        records.into_iter().map(FindingRecord::row).collect()
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
                "SELECT pass, cause, MAX(severity) AS severity, COUNT(*) AS count FROM finding WHERE job = ?
                 GROUP BY pass, cause",
                [job.0.into()],
            )
            .await?;
        let mut passes = BTreeMap::<PassId, Vec<CauseCount>>::new();
        for record in records {
            let group =
                CauseCount::new(known(&record.cause)?, severity(record.severity)?, count(record.count));
            passes.entry(PassId(record.pass)).or_default().push(group);
        }
        passes.values_mut().for_each(|groups| worst_first(groups));
        Ok(passes)
    }
}

impl FindingRecord {
    fn row(self) -> Result<FindingRow, StoreError> {
        let finding = Finding {
            severity: severity(self.severity)?,
            cause: known(&self.cause)?,
            subject: Subject {
                folder: self.folder.map(|folder| from_json("folder", &folder)).transpose()?,
                item: self.item.map(|item| from_json("message's label", &item)).transpose()?,
            },
            detail: self.detail,
        };
        Ok(FindingRow { id: self.id, finding })
    }
}

/// The findings of all passes together.
pub(super) fn all_causes(passes: &BTreeMap<PassId, Vec<CauseCount>>) -> Vec<CauseCount> {
    let mut all = BTreeMap::<Cause, CauseCount>::new();
    for group in passes.values().flatten() {
        let sum = all.entry(group.cause).or_insert_with(|| CauseCount { count: 0, ..group.clone() });
        sum.severity = sum.severity.max(group.severity);
        sum.count += group.count;
    }
    let mut all: Vec<_> = all.into_values().collect();
    worst_first(&mut all);
    all
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
const fn rank(severity: Severity) -> i16 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Loss => 2,
    }
}

fn severity(rank_of: i16) -> Result<Severity, StoreError> {
    [Severity::Info, Severity::Warning, Severity::Loss]
        .into_iter()
        .find(|severity| rank(*severity) == rank_of)
        .ok_or(StoreError::Corrupt { what: "severity", detail: format!("number {rank_of}") })
}

pub(super) fn known(cause: &str) -> Result<Cause, StoreError> {
    cause.parse().map_err(|_| StoreError::Corrupt {
        what: "cause",
        detail: "one that this version does not know".into(),
    })
}
