//! What changed on a job's source since the last pass that copied.

use engine::pass::PassOutcome;
use shared::{pass::PassEnd, time::Timestamp};

use super::{Lease, StoreError, db::Tx, words::whole};

/// Keeps what a probe counted; a pass that copied to its end leaves nothing to count.
pub(super) async fn keep(
    tx: &Tx<'_>,
    lease: &Lease,
    outcome: &PassOutcome,
    ended: i64,
) -> Result<(), StoreError> {
    let copied = lease.kind.copies() && outcome.end == PassEnd::Finished;
    let (at, new, gone, folders) = match (&outcome.drift, copied) {
        (Some(drift), _) => (drift.counted, drift.new, drift.gone, drift.folders),
        (None, true) => (Timestamp::from_millis(ended), 0, 0, 0),
        (None, false) => return Ok(()),
    };
    tx.run(
        "UPDATE job SET drift_at = ?, drift_new = ?, drift_gone = ?, drift_folders = ? WHERE id = ?",
        [
            at.millis().into(),
            whole(new).into(),
            whole(gone).into(),
            whole(folders).into(),
            lease.job.0.into(),
        ],
    )
    .await?;
    Ok(())
}
