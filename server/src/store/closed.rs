//! Batches that were cut over: no pass writes to the target for their mailboxes any more, whichever way it is asked for.

use std::collections::BTreeMap;

use sea_orm::FromQueryResult;
use shared::{
    cutover::Step,
    id::{BatchId, ProjectId},
    job::JobAction,
};

use super::{
    Store, StoreError,
    batches::{BatchRecord, COLUMNS},
    db::Tx,
    selection::Which,
    sql::{Sql, marks},
    steering::{READS, reaches},
    words::count,
};
use crate::report::words::counted;

/// What is possible after a cutover.
const AFTER: &str = "After that only verifying, counting changes and dry runs are possible; for anything else take back \
    the last tick of its checklist first.";

/// A condition on `batch`: those of one project.
const OF_PROJECT: &str = "project = ?";

#[derive(FromQueryResult)]
struct Held {
    batch: i64,
    jobs: i64,
}

impl Store {
    /// The batches of a project that were cut over.
    pub(crate) async fn closed_batches(&self, project: ProjectId) -> Result<Vec<BatchId>, StoreError> {
        let reading = self.db().reading("Reading which batches were cut over");
        let closed = cut_over(&reading, OF_PROJECT, project.0, "").await?;
        Ok(closed.into_keys().map(BatchId).collect())
    }

    /// Says how many jobs an action leaves out although they are in a state for it, because their batch was cut over; none
    /// when there are none.
    pub(crate) async fn left_out(
        &self,
        which: Which<'_>,
        action: JobAction,
    ) -> Result<Option<String>, StoreError> {
        let reading = self.db().reading("Counting the mailboxes that were cut over");
        let held = held(&reading, which, action, "").await?;
        let number: u64 = held.iter().map(|(_, jobs)| jobs).sum();
        let names: Vec<String> = held.into_iter().map(|(name, _)| format!("“{name}”")).collect();
        let batches = match names.as_slice() {
            [] => return Ok(None),
            [name] => format!("the batch {name} was cut over"),
            [..] => format!("the batches {} were cut over", names.join(", ")),
        };
        Ok(Some(format!("{} left out: {batches}. {AFTER}", counted(number, "mailbox"))))
    }
}

/// Why an action on one job is refused whose batch was cut over; none: it is not.
pub(super) async fn refuses(
    tx: &Tx<'_>,
    which: Which<'_>,
    action: JobAction,
) -> Result<Option<String>, StoreError> {
    let held = held(tx, which, action, tx.sharing()).await?;
    Ok(held.first().map(|(name, _)| format!("This mailbox's batch “{name}” was cut over. {AFTER}")))
}

/// A condition on `job` that leaves out those whose batch was cut over, where the action may copy; empty: none is.
pub(super) async fn condition(
    tx: &Tx<'_>,
    which: Which<'_>,
    action: JobAction,
) -> Result<String, StoreError> {
    // Not only shared: a start is written into its batch next, and two that share would wait for each other.
    let closed = closed(tx, which, action, tx.locking()).await?;
    Ok(if closed.is_empty() { String::new() } else { format!(" AND NOT {}", of(&closed, action)) })
}

/// Jobs that an action would reach, were their batch not cut over: by batch its name and how many.
async fn held(
    sql: &impl Sql,
    which: Which<'_>,
    action: JobAction,
    lock: &str,
) -> Result<Vec<(String, u64)>, StoreError> {
    let mut closed = closed(sql, which, action, lock).await?;
    if closed.is_empty() {
        return Ok(Vec::new());
    }
    let condition = which.condition();
    let from = reaches(action);
    let query = format!(
        "SELECT job.batch AS batch, COUNT(*) AS jobs FROM job WHERE {} AND job.state IN ({}) AND {}
         GROUP BY job.batch ORDER BY job.batch",
        condition.sql,
        marks(from.len()),
        of(&closed, action)
    );
    let held: Vec<Held> = sql.all(&query, condition.values.into_iter().chain(from)).await?;
    let named = |Held { batch, jobs }| (closed.remove(&batch).unwrap_or_default(), count(jobs));
    Ok(held.into_iter().map(named).collect())
}

/// The batches that were cut over, by id with their names, as far as the action may copy. With a `lock` none is cut over
/// before the transaction is through.
async fn closed(
    sql: &impl Sql,
    which: Which<'_>,
    action: JobAction,
    lock: &str,
) -> Result<BTreeMap<i64, String>, StoreError> {
    if !action.may_copy() {
        return Ok(BTreeMap::new());
    }
    let (of, id) = match which {
        Which::Job(job) => ("id = (SELECT j.batch FROM job j WHERE j.id = ?)", job.0),
        Which::Project(project, _) => (OF_PROJECT, project.0),
    };
    cut_over(sql, of, id, lock).await
}

/// The batches like this that were cut over, by id with their names.
pub(super) async fn cut_over(
    sql: &impl Sql,
    of: &str,
    id: i64,
    lock: &str,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let mut closed = BTreeMap::new();
    let batches: Vec<BatchRecord> =
        sql.all(&format!("{COLUMNS} WHERE {of} ORDER BY id{lock}"), [id.into()]).await?;
    for batch in batches {
        if batch.checklist()?.tick(Step::Done).is_some() {
            closed.insert(batch.id, batch.settings()?.name);
        }
    }
    Ok(closed)
}

/// Jobs of these batches for which the action would begin a pass that copies.
fn of(closed: &BTreeMap<i64, String>, action: JobAction) -> String {
    let ids: Vec<String> = closed.keys().map(ToString::to_string).collect();
    let copies = match action == JobAction::Resume {
        true => format!(" AND COALESCE(job.wanted, 'initial') NOT IN {READS}"),
        false => String::new(),
    };
    format!("(COALESCE(job.batch, 0) IN ({}){copies})", ids.join(", "))
}
