//! Jobs that this process holds in the database and does not run any more, or never ran: they are given back as if an
//! admin had paused them, and count for nothing.

use std::collections::BTreeSet;

use engine::pass::PassOutcome;
use sea_orm::FromQueryResult;
use shared::{
    id::JobId,
    pass::{Counts, PassEnd, PassKind},
};

use super::{
    Store, StoreError, causes,
    leases::{ACTIVE, one_claim_at_a_time},
    outcome::after_pass,
    passes, slots,
    sql::Sql,
    words::{from_word, now, word},
};

#[derive(FromQueryResult)]
struct Unheld {
    id: i64,
    state: String,
    settled: String,
    wanted: Option<String>,
    lease_epoch: i64,
}

impl Store {
    /// Gives back every job that is this process's in the database, but for those that it does hold: by job and epoch.
    /// Their open passes end as paused, and their connections, which are closed or never were opened, are free. Tells how
    /// many.
    ///
    /// A claim whose answer was lost may have been one: no claim of this process is under way in the database when this
    /// returns.
    pub(crate) async fn give_back_all_but(&self, held: &BTreeSet<(JobId, i64)>) -> Result<u64, StoreError> {
        let tx = self.db().begin("Giving mailboxes back").await?;
        one_claim_at_a_time(&tx, self.is_shared()).await?;
        let sql = format!(
            "SELECT id, state, settled, wanted, lease_epoch FROM job WHERE lease_owner = ? AND state IN {ACTIVE}
             ORDER BY id{}",
            tx.locking()
        );
        let mut unheld: Vec<Unheld> = tx.all(&sql, [self.inner.node.as_str().into()]).await?;
        unheld.retain(|job| !held.contains(&(JobId(job.id), job.lease_epoch)));
        let outcome = PassOutcome {
            end: PassEnd::Paused,
            counts: Counts::default(),
            plan: None,
            report: None,
            drift: None,
            inventory: None,
        };
        let number = unheld.len() as u64;
        for Unheld { id, state, settled, wanted, lease_epoch } in unheld {
            let wanted: Option<PassKind> = wanted.map(|kind| from_word("pass kind", &kind)).transpose()?;
            let (state, settled) = (from_word("job state", &state)?, from_word("job state", &settled)?);
            let kind = wanted.unwrap_or(PassKind::Initial);
            let after = after_pass(kind, state, settled, &outcome, false);
            passes::end_open(&tx, JobId(id), &outcome.end, self.moment(&tx).await?).await?;
            causes::settle(&tx, JobId(id), &outcome.end).await?;
            // The epoch grows: what of the pass may still be under way is shut out from now on.
            tx.run(
                "UPDATE job SET state = ?, settled = ?, lease_owner = NULL, lease_expires = NULL,
                    lease_epoch = lease_epoch + 1, updated = ? WHERE id = ?",
                [word(&after.state)?.into(), word(&after.settled)?.into(), now().millis().into(), id.into()],
            )
            .await?;
            if self.is_shared() {
                slots::give_back(&tx, JobId(id), lease_epoch).await?;
            }
        }
        tx.commit().await?;
        if number > 0 {
            self.wake();
        }
        Ok(number)
    }
}
