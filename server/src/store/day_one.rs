//! Work on day one: the newest days of a mailbox come first, everything else in a pass that follows by itself.

use std::num::NonZeroU16;

use engine::pass::PassOutcome;
use sea_orm::FromQueryResult;
use shared::{
    pass::{PassEnd, PassKind},
    project::Options,
};

use super::{Lease, Store, StoreError, db::Tx, sql::Sql};

#[derive(FromQueryResult)]
struct Standing {
    /// Of the job: none before its first pass, 0 while its newest days are on their way, then when they had arrived.
    day_one: Option<i64>,
    /// Of its batch.
    days: Option<i64>,
}

impl Store {
    /// Narrows a pass to the newest days while they come first, and remembers that it does.
    pub(super) async fn narrow(&self, lease: &Lease, options: &mut Options) -> Result<(), StoreError> {
        let of_project = options.day_one.take();
        match lease.kind {
            PassKind::Initial | PassKind::Delta => {}
            PassKind::DryRun | PassKind::Final | PassKind::Verify | PassKind::Probe => return Ok(()),
        }
        let tx = self.db().begin("Looking whether the newest days come first").await?;
        let standing: Option<Standing> = tx
            .one(
                "SELECT job.day_one, batch.day_one AS days FROM job LEFT JOIN batch ON batch.id = job.batch
                 WHERE job.id = ?",
                [lease.job.0.into()],
            )
            .await?;
        let Standing { day_one, days } = standing.ok_or(StoreError::NotFound("mailbox"))?;
        let days = days.and_then(|days| u16::try_from(days).ok()).and_then(NonZeroU16::new).or(of_project);
        let first = day_one == Some(0) || (day_one.is_none() && lease.kind == PassKind::Initial);
        options.day_one = days.filter(|_| first);
        let stands = options.day_one.map(|_| 0_i64);
        if first && stands != day_one {
            tx.run(
                "UPDATE job SET day_one = ? WHERE id = ? AND lease_epoch = ?",
                [stands.into(), lease.job.0.into(), lease.epoch.into()],
            )
            .await?;
        }
        tx.commit().await
    }
}

/// Whether the newest days of a pass's mailbox are on their way, and the pass copies.
pub(super) async fn newest(tx: &Tx<'_>, lease: &Lease) -> Result<bool, StoreError> {
    if !lease.kind.copies() {
        return Ok(false);
    }
    let day_one: Option<Option<i64>> =
        tx.cell("SELECT day_one FROM job WHERE id = ?", [lease.job.0.into()]).await?;
    Ok(day_one.flatten() == Some(0))
}

/// Whether a pass over the newest days came to its end and was one of these alone: it proves nothing of the mailbox.
pub(super) fn alone(lease: &Lease, outcome: &PassOutcome, newest: bool) -> bool {
    newest && outcome.end == PassEnd::Finished && lease.kind != PassKind::Final
}

/// Whether a pass in a mailbox's history was of the newest days alone: it ended no later than these had arrived, or they are
/// still on their way. `day_one` as it stands with the job.
pub(super) fn was_of_newest(kind: PassKind, ended: Option<i64>, day_one: Option<i64>) -> bool {
    match kind {
        PassKind::Initial | PassKind::Delta => match day_one {
            None => false,
            Some(0) => true,
            Some(arrived) => ended.is_some_and(|ended| ended <= arrived),
        },
        PassKind::DryRun | PassKind::Final | PassKind::Verify | PassKind::Probe => false,
    }
}

/// After a pass that brought the newest days alone the rest follows in a delta pass, which this makes the next one. Others
/// that wait for their first day go before it. False when it does not follow.
pub(super) async fn arrived(tx: &Tx<'_>, lease: &Lease, ended: i64) -> Result<bool, StoreError> {
    let changed = tx
        .run(
            "UPDATE job SET day_one = ?, wanted = 'delta', queued = ? WHERE id = ? AND day_one = 0",
            [ended.into(), ended.into(), lease.job.0.into()],
        )
        .await?;
    Ok(changed > 0)
}
