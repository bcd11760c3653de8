//! Connections to mail systems over all nodes. A pass has one on each side; it is taken with the lease and given back with
//! it, in the same transaction. A number below the limit stands for each connection, so that the database itself refuses
//! one too many. On SQLite there is one process, whose own gate counts.

use sea_orm::FromQueryResult;
use shared::{check::Side, endpoint::Endpoint, id::JobId, project::Options};

use super::{StoreError, db::Tx, leases::ACTIVE, sql::Sql};

/// How long the connections of a process that stands still are kept for it at most: after so long without a word a server
/// may close a connection (RFC 3501, section 5.4).
const KEPT_MILLIS: i64 = 30 * 60 * 1000;

/// Sets the locks by which nodes show that they are there apart from every other advisory lock.
const LIFE: i64 = 7_246_953;

/// A connection that a pass needs.
#[derive(Debug)]
pub(super) struct Wanted {
    endpoint: String,
    most: i64,
}

/// The connections that a pass of this project needs.
pub(super) fn wanted(source: &Endpoint, target: &Endpoint, options: &Options) -> [Wanted; 2] {
    let of = |side, endpoint, limits: &shared::limits::Limits| Wanted {
        endpoint: name(side, endpoint),
        most: i64::from(limits.connections.get()),
    };
    [of(Side::Source, source, &options.source_limits), of(Side::Target, target, &options.target_limits)]
}

/// One side of a system, as its rows name it: what is read and what is written have budgets of their own.
fn name(side: Side, endpoint: &Endpoint) -> String {
    let Endpoint::Imap(imap) = endpoint;
    let side = match side {
        Side::Source => "source",
        Side::Target => "target",
    };
    format!("{side} {}:{}", imap.host.to_lowercase(), imap.port)
}

#[derive(FromQueryResult)]
struct Taken {
    n: i64,
    most: i64,
}

#[derive(FromQueryResult)]
struct Keeper {
    holder: String,
}

/// A number that is free for each of these connections; none when any system has no room. Claims take turns, so that it
/// stays free until [`take`].
pub(super) async fn free(tx: &Tx<'_>, wanted: &[Wanted; 2]) -> Result<Option<[i64; 2]>, StoreError> {
    let [Some(source), Some(target)] = [number(tx, &wanted[0]).await?, number(tx, &wanted[1]).await?] else {
        return Ok(None);
    };
    Ok(Some([source, target]))
}

async fn number(tx: &Tx<'_>, wanted: &Wanted) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT n, most FROM endpoint_slot WHERE endpoint = ?";
    let taken: Vec<Taken> = tx.all(sql, [wanted.endpoint.as_str().into()]).await?;
    let most = taken.iter().map(|taken| taken.most).fold(wanted.most, i64::min);
    if taken.len() as i64 >= most {
        return Ok(None);
    }
    Ok((0..most).find(|n| taken.iter().all(|taken| taken.n != *n)))
}

/// Takes the connections of a lease.
pub(super) async fn take(
    tx: &Tx<'_>,
    wanted: &[Wanted; 2],
    numbers: [i64; 2],
    job: i64,
    epoch: i64,
    holder: &str,
) -> Result<(), StoreError> {
    for (Wanted { endpoint, most }, n) in wanted.iter().zip(numbers) {
        tx.run(
            "INSERT INTO endpoint_slot (endpoint, n, job, epoch, holder, most) VALUES (?, ?, ?, ?, ?, ?)",
            [endpoint.as_str().into(), n.into(), job.into(), epoch.into(), holder.into(), (*most).into()],
        )
        .await?;
    }
    Ok(())
}

/// Gives the connections of a lease back.
pub(super) async fn give_back(tx: &Tx<'_>, job: JobId, epoch: i64) -> Result<(), StoreError> {
    tx.run("DELETE FROM endpoint_slot WHERE job = ? AND epoch = ?", [job.0.into(), epoch.into()]).await?;
    Ok(())
}

/// The same for a lease whose holder was not heard of. A process that is gone has no connection open; one that only stands
/// still has, until it finds out that its lease is over.
pub(super) async fn settle(
    tx: &Tx<'_>,
    job: JobId,
    epoch: i64,
    holder: &str,
    clock: &str,
) -> Result<(), StoreError> {
    if is_gone(tx, holder).await? {
        return give_back(tx, job, epoch).await;
    }
    let sql = format!("UPDATE endpoint_slot SET kept_until = {clock} + ? WHERE job = ? AND epoch = ?");
    tx.run(&sql, [KEPT_MILLIS.into(), job.0.into(), epoch.into()]).await?;
    Ok(())
}

/// Frees what was kept for processes that are gone by now, or that stood still for too long.
pub(super) async fn sweep(tx: &Tx<'_>, clock: &str) -> Result<(), StoreError> {
    // A node of a version without slots settles a lease and leaves them as they are.
    let sql = format!(
        "UPDATE endpoint_slot SET kept_until = {clock} + ? WHERE kept_until IS NULL AND NOT EXISTS (
            SELECT 1 FROM job j WHERE j.id = endpoint_slot.job AND j.lease_epoch = endpoint_slot.epoch
            AND j.state IN {ACTIVE})"
    );
    tx.run(&sql, [KEPT_MILLIS.into()]).await?;
    let sql = "SELECT DISTINCT holder FROM endpoint_slot WHERE kept_until IS NOT NULL";
    let keepers: Vec<Keeper> = tx.all(sql, []).await?;
    for Keeper { holder } in keepers {
        if is_gone(tx, &holder).await? {
            let sql = "DELETE FROM endpoint_slot WHERE holder = ? AND kept_until IS NOT NULL";
            tx.run(sql, [holder.into()]).await?;
        }
    }
    tx.run(&format!("DELETE FROM endpoint_slot WHERE kept_until < {clock}"), []).await?;
    Ok(())
}

/// Whether the database has no session any more that shows that the process is there. The session of a process that
/// stands still lives on, as its other connections do; that of one that ended is closed by its machine.
async fn is_gone(tx: &Tx<'_>, holder: &str) -> Result<bool, StoreError> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(?, ?))";
    Ok(tx.cell(sql, [holder.into(), LIFE.into()]).await?.unwrap_or(false))
}

/// What a node's session says to show that it is there: once, or as often as it likes.
pub(super) const SHOW_LIFE: &str = "SELECT pg_try_advisory_lock(hashtextextended($1, 7246953))";
