//! What changed on a job's source since the last pass that copied.

use engine::pass::PassOutcome;
use shared::{pass::PassEnd, time::Timestamp};

use super::{Lease, StoreError, db::Tx, words::whole};

/// Keeps what a probe counted; a pass that copied to its end leaves nothing to count, as of when it began.
pub(super) async fn keep(tx: &Tx<'_>, lease: &Lease, outcome: &PassOutcome) -> Result<(), StoreError> {
    let copied = lease.kind.copies() && outcome.end == PassEnd::Finished;
    let (at, new, gone, folders) = match (&outcome.drift, copied) {
        (Some(drift), _) => (Some(drift.counted), drift.new, drift.gone, drift.folders),
        (None, true) => (None, 0, 0, 0),
        (None, false) => return Ok(()),
    };
    tx.run(
        "UPDATE job SET drift_at = COALESCE(?, (SELECT MAX(p.started) FROM pass p WHERE p.job = job.id)),
            drift_new = ?, drift_gone = ?, drift_folders = ? WHERE id = ?",
        [
            at.map(Timestamp::millis).into(),
            whole(new).into(),
            whole(gone).into(),
            whole(folders).into(),
            lease.job.0.into(),
        ],
    )
    .await?;
    Ok(())
}
