//! Leases: which process runs a job, fenced by an epoch that every write of the pass carries.

use std::sync::PoisonError;

use engine::pass::PassOrder;
use sea_orm::FromQueryResult;
use shared::{
    check::Side,
    endpoint::Endpoint,
    id::{JobId, ProjectId},
    job::JobState,
    pass::PassKind,
    project::Options,
    time::Timestamp,
};
use tokio::time::Instant;

use super::{
    Store, StoreError,
    db::{Db, Tx},
    jobs, lanes,
    outcome::after_interruption,
    passes, projects,
    slots::{self, Room, line},
    sql::Sql,
    words::{from_json, from_word, now, word},
};
use crate::secret::{SecretError, Secrets};

/// The right to run one job. Whoever claims it later has a higher epoch and shuts this one out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    /// The job.
    pub(crate) job: JobId,
    /// Its project.
    pub(crate) project: ProjectId,
    /// The pass that is wanted.
    pub(crate) kind: PassKind,
    /// The fencing number.
    pub(crate) epoch: i64,
    /// When it was asked for, by this process's own clock: it is good for so long from then on.
    pub(crate) asked: Instant,
}

pub(super) const ACTIVE: &str = "('running', 'pausing', 'stopping')";

/// A name for this process and this start of it: never the host's, which outlives the process.
pub(super) fn new_node_name() -> Result<String, StoreError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| SecretError::NoRandomness)?;
    Ok(format!("{:012x}{}", now().millis(), hex::encode(random)))
}

/// The database's own clock in milliseconds: clocks of nodes are never compared.
pub(super) fn clock(db: &Db) -> &'static str {
    if db.is_shared() {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    } else {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    }
}

/// The fence: the first statement of every transaction that a pass writes with. It also raises the ledger's version.
pub(super) async fn fence(tx: &Tx<'_>, job: JobId, epoch: i64) -> Result<(), StoreError> {
    let sql = "UPDATE job SET ledger_version = ledger_version + 1 WHERE id = ? AND lease_epoch = ?";
    match tx.run(sql, [job.0.into(), epoch.into()]).await? {
        0 => Err(StoreError::LeaseLost),
        _ => Ok(()),
    }
}

/// The same for a write that shows that the job gets on.
pub(super) async fn fence_progress(tx: &Tx<'_>, job: JobId, epoch: i64) -> Result<(), StoreError> {
    let sql =
        "UPDATE job SET ledger_version = ledger_version + 1, stumbles = 0 WHERE id = ? AND lease_epoch = ?";
    match tx.run(sql, [job.0.into(), epoch.into()]).await? {
        0 => Err(StoreError::LeaseLost),
        _ => Ok(()),
    }
}

/// One claim at a time over all nodes, so that counting what runs and adding to it are one step. On SQLite each
/// transaction that writes is alone anyway.
pub(super) async fn one_claim_at_a_time(tx: &Tx<'_>, shared: bool) -> Result<(), StoreError> {
    if shared {
        tx.cell::<String>("SELECT pg_advisory_xact_lock(7246952)::text", []).await?;
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Candidate {
    project: i64,
    source: String,
    target: String,
    options: String,
    active: i64,
    waits: Option<i64>,
}

#[derive(FromQueryResult)]
struct Claimed {
    lease_epoch: i64,
    wanted: Option<String>,
}

#[derive(FromQueryResult)]
struct Orphan {
    id: i64,
    state: String,
    settled: String,
    wanted: Option<String>,
    lease_owner: Option<String>,
    lease_epoch: i64,
    stumbles: i64,
}

#[derive(FromQueryResult)]
struct OrderRecord {
    source_user: String,
    target_user: String,
    below: Option<String>,
    job_source_secret: Option<Vec<u8>>,
    job_target_secret: Option<Vec<u8>>,
    name: String,
    source: String,
    target: String,
    source_secret: Option<Vec<u8>>,
    target_secret: Option<Vec<u8>>,
    options: String,
    retry_refused: bool,
}

impl Store {
    /// Claims the next job that waits, of a project that may run one more, and marks it running. None: nothing to do.
    ///
    /// The project with the fewest running mailboxes comes first, within it the batch with the highest priority that may
    /// run now, and in it who waits longest. No two jobs write one target mailbox at once: neither could tell its own
    /// messages from the other's. A node that drains takes nothing, and nobody takes what no connection is free for: where
    /// those who only look have them, mailboxes stand in line for theirs.
    pub(crate) async fn claim(&self) -> Result<Option<Lease>, StoreError> {
        let asked = Instant::now();
        let tx = self.db().begin("Claiming a mailbox").await?;
        one_claim_at_a_time(&tx, self.is_shared()).await?;
        if self.is_draining(&tx).await? {
            return Ok(None);
        }
        let now = self.moment(&tx).await?;
        let sql = format!(
            "SELECT p.id AS project, p.source AS source, p.target AS target, p.options AS options,
                (SELECT COUNT(*) FROM job a WHERE a.project = p.id AND a.state IN {ACTIVE}) AS active,
                (SELECT MIN(j.queued) FROM job j WHERE j.project = p.id AND j.state = 'queued') AS waits
             FROM project p"
        );
        let mut candidates: Vec<Candidate> = tx.all(&sql, []).await?;
        candidates.retain(|candidate| candidate.waits.is_some());
        candidates.sort_by_key(|candidate| (candidate.active, candidate.waits, candidate.project));
        let mut in_line = false;
        for Candidate { project, source, target, options, active, .. } in candidates {
            // What a newer version wrote into a project may mean nothing here: that one is left to others.
            let read = || -> Result<(Options, Endpoint, Endpoint), StoreError> {
                let ends = (from_json("endpoint", &source)?, from_json("endpoint", &target)?);
                Ok((from_json("project's options", &options)?, ends.0, ends.1))
            };
            let (options, source, target) = match read() {
                Ok(read) => read,
                Err(error) => {
                    self.tell_unreadable(project, &error);
                    continue;
                }
            };
            if active >= i64::from(options.parallel.max(1)) {
                continue;
            }
            let connections = match self.db().is_shared() {
                true => {
                    let wanted = slots::wanted(&source, &target, &options);
                    match slots::room(&tx, &wanted, clock(self.db())).await? {
                        Room::Free(numbers) => Some((wanted, numbers)),
                        Room::Full => continue,
                        Room::Visited => {
                            if lanes::next(&tx, project, now).await?.is_some() {
                                line::stand_for_passes(&tx, &wanted, &self.inner.node, clock(self.db()))
                                    .await?;
                                in_line = true;
                            }
                            continue;
                        }
                    }
                }
                false => None,
            };
            let Some(job) = lanes::next(&tx, project, now).await? else { continue };
            let sql = format!(
                "UPDATE job SET state = 'running', updated = ?, lease_owner = ?, lease_epoch = lease_epoch + 1,
                    lease_expires = {} + ? WHERE id = ? AND state = 'queued' RETURNING lease_epoch, wanted",
                clock(self.db())
            );
            let values = [
                now.millis().into(),
                self.inner.node.as_str().into(),
                self.times().lease_millis().into(),
                job.into(),
            ];
            // None: an admin took it out of the queue a moment ago.
            let Some(Claimed { lease_epoch, wanted }) = tx.one(&sql, values).await? else { continue };
            let kind =
                wanted.ok_or(StoreError::Corrupt { what: "job", detail: "no pass is wanted".into() })?;
            let kind = from_word("pass kind", &kind)?;
            if let Some((wanted, numbers)) = connections {
                slots::take(&tx, &wanted, numbers, job, lease_epoch, &self.inner.node).await?;
            }
            tx.commit().await?;
            self.wake();
            return Ok(Some(Lease {
                job: JobId(job),
                project: ProjectId(project),
                kind,
                epoch: lease_epoch,
                asked,
            }));
        }
        if in_line {
            tx.commit().await?;
        }
        Ok(None)
    }

    /// Warns of a project that this version cannot read, once: claims come every few seconds.
    pub(super) fn tell_unreadable(&self, project: i64, error: &StoreError) {
        const WORDS: &str = "this node cannot read the project and leaves it to others: bring this node to the version of \
            the others";
        let mut known = self.inner.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        match known.insert(project) {
            true => tracing::warn!(%error, project, "{WORDS}"),
            false => tracing::debug!(%error, project, "{WORDS}"),
        }
    }

    /// Renews a lease and tells what the job's state says now (an admin on another node may have asked to pause).
    /// [`StoreError::LeaseLost`]: drop the connections at once.
    pub(crate) async fn heartbeat(&self, lease: &Lease) -> Result<JobState, StoreError> {
        let tx = self.db().begin("Renewing a lease").await?;
        let sql = format!(
            "UPDATE job SET lease_expires = {} + ? WHERE id = ? AND lease_epoch = ? RETURNING state",
            clock(self.db())
        );
        let state: Option<String> = tx
            .cell(&sql, [self.times().lease_millis().into(), lease.job.0.into(), lease.epoch.into()])
            .await?;
        tx.commit().await?;
        from_word("job state", &state.ok_or(StoreError::LeaseLost)?)
    }

    /// Gives back the connections of a lease that is lost, once they are closed.
    pub(crate) async fn give_back_connections(&self, lease: &Lease) -> Result<(), StoreError> {
        if !self.db().is_shared() {
            return Ok(());
        }
        let tx = self.db().begin("Giving connections back").await?;
        slots::give_back(&tx, lease.job, lease.epoch).await?;
        tx.commit().await
    }

    /// Now, by the clock that all nodes share.
    pub(crate) async fn database_clock(&self) -> Result<Timestamp, StoreError> {
        self.moment(&self.db().reading("Reading the database's clock")).await
    }

    /// The same within other work.
    pub(super) async fn moment(&self, sql: &impl Sql) -> Result<Timestamp, StoreError> {
        let millis: Option<i64> = sql.cell(&format!("SELECT {}", clock(self.db())), []).await?;
        Ok(millis.map_or_else(now, Timestamp::from_millis))
    }

    /// Settles jobs whose process died: running ones wait again, pausing ones are paused, stopping ones cancelled; their
    /// open passes are ended. On SQLite every job that this process does not hold (call it once at start); on PostgreSQL
    /// those whose lease is over (call it with every heartbeat). Tells how many.
    pub(crate) async fn settle_orphans(&self) -> Result<u64, StoreError> {
        let tx = self.db().begin("Settling interrupted mailboxes").await?;
        let (over, value) = if self.db().is_shared() {
            (format!("lease_expires + ? < {}", clock(self.db())), self.times().settle_millis().into())
        } else {
            ("lease_owner <> ?".to_owned(), self.inner.node.as_str().into())
        };
        let sql = format!(
            "SELECT id, state, settled, wanted, lease_owner, lease_epoch, stumbles FROM job
             WHERE state IN {ACTIVE} AND {over} ORDER BY id{}",
            tx.locking()
        );
        let orphans: Vec<Orphan> = tx.all(&sql, [value]).await?;
        let settled_count = orphans.len();
        for Orphan { id, state, settled, wanted, lease_owner, lease_epoch, stumbles } in orphans {
            let wanted: Option<PassKind> = wanted.map(|kind| from_word("pass kind", &kind)).transpose()?;
            let kind = wanted.unwrap_or(PassKind::Initial);
            let (state, settled) = (from_word("job state", &state)?, from_word("job state", &settled)?);
            let after = after_interruption(kind, state, settled, stumbles + 1);
            // The epoch grows here already: should the process live after all, it is shut out from now on.
            tx.run(
                "UPDATE job SET state = ?, settled = ?, lease_owner = NULL, lease_expires = NULL,
                    lease_epoch = lease_epoch + 1, updated = ?, problem = COALESCE(?, problem), stumbles = ?
                 WHERE id = ?",
                [
                    word(&after.state)?.into(),
                    word(&after.settled)?.into(),
                    now().millis().into(),
                    after.problem.into(),
                    (if after.state == JobState::Queued { stumbles + 1 } else { 0 }).into(),
                    id.into(),
                ],
            )
            .await?;
            passes::end_open(&tx, JobId(id), &passes::died(), self.moment(&tx).await?).await?;
            if self.db().is_shared() {
                let holder = lease_owner.unwrap_or_default();
                slots::settle(&tx, JobId(id), lease_epoch, &holder, clock(self.db())).await?;
            }
        }
        if self.db().is_shared() {
            slots::sweep(&tx, &self.inner.node, clock(self.db())).await?;
        }
        tx.commit().await?;
        if settled_count > 0 {
            crate::metrics::leases_lost(settled_count as u64);
            self.wake();
        }
        Ok(settled_count as u64)
    }

    /// All that a pass needs, secrets opened. [`StoreError::NoSecret`] when one was never entered.
    pub(crate) async fn pass_order(&self, lease: &Lease) -> Result<PassOrder, StoreError> {
        let record: Option<OrderRecord> = self
            .db()
            .reading("Reading what a pass needs")
            .one(
                "SELECT job.source_user, job.target_user, job.below, job.source_secret AS job_source_secret,
                    job.target_secret AS job_target_secret, project.name, project.source, project.target,
                    project.source_secret, project.target_secret, project.options, job.retry_refused
                 FROM job JOIN project ON project.id = job.project WHERE job.id = ?",
                [lease.job.0.into()],
            )
            .await?;
        let record = record.ok_or(StoreError::NotFound("mailbox"))?;
        let account = |side, endpoint: &str, user: &str, own: Option<&[u8]>, of_project: Option<&[u8]>| {
            let endpoint: Endpoint = from_json("endpoint", endpoint)?;
            let secrets = Secrets {
                own: self.open_sealed(jobs::place(lease.job, side), own)?,
                of_project: self.open_sealed(projects::place(lease.project, side), of_project)?,
            };
            secrets.open(&endpoint, user).ok_or(StoreError::NoSecret(side))
        };
        let mut options: Options = from_json("project's options", &record.options)?;
        self.narrow(lease, &mut options).await?;
        options.folders.below = record.below.map(|below| from_json("folder", &below)).transpose()?;
        Ok(PassOrder {
            kind: lease.kind,
            options,
            project: record.name,
            retry_refused: record.retry_refused,
            several: !self.db().is_shared(),
            source: account(
                Side::Source,
                &record.source,
                &record.source_user,
                record.job_source_secret.as_deref(),
                record.source_secret.as_deref(),
            )?,
            target: account(
                Side::Target,
                &record.target,
                &record.target_user,
                record.job_target_secret.as_deref(),
                record.target_secret.as_deref(),
            )?,
        })
    }
}
