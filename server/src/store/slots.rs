//! Connections to mail systems over all nodes. A pass has one on each side; it is taken with the lease and given back with
//! it, in the same transaction. A number below the limit stands for each connection, so that the database itself refuses
//! one too many. Who only looks has one, too, and may stand in line for it: see [`mod@line`]. On SQLite there is one process,
//! whose own gate counts.

pub(super) mod line;

use sea_orm::FromQueryResult;
use shared::{
    check::Side,
    endpoint::Endpoint,
    id::{JobId, ProjectId},
    limits::Limits,
    project::Options,
};

use super::{StoreError, db::Tx, leases::ACTIVE, sql::Sql};

/// How long the connections of a process that stands still are kept for it at most: after so long without a word a server
/// may close a connection (RFC 3501, section 5.4).
const KEPT_MILLIS: i64 = 30 * 60 * 1000;

/// Sets the locks by which nodes show that they are there apart from every other advisory lock.
const LIFE: i64 = 7_246_953;

/// A connection that somebody needs.
#[derive(Debug)]
pub(super) struct Wanted {
    endpoint: String,
    most: i64,
}

impl Wanted {
    /// A connection to one side of a system, under somebody's limits.
    pub(super) fn new(side: Side, endpoint: &Endpoint, limits: &Limits) -> Self {
        Self { endpoint: name(side, endpoint), most: i64::from(limits.connections.get()) }
    }

    /// The side of the system, as its rows name it.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// The connections that a pass of this project needs.
pub(super) fn wanted(source: &Endpoint, target: &Endpoint, options: &Options) -> [Wanted; 2] {
    [
        Wanted::new(Side::Source, source, &options.source_limits),
        Wanted::new(Side::Target, target, &options.target_limits),
    ]
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

#[derive(Debug, FromQueryResult)]
struct Taken {
    /// Below nothing: a place in the line, the nearer to nothing the earlier.
    n: i64,
    most: i64,
    job: i64,
    epoch: i64,
    holder: String,
}

/// Whether a pass may have its connections now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// These numbers.
    Free([i64; 2]),
    /// Other passes have them, on one side at least.
    Full,
    /// It would have them, if nobody who looks had one or had come before.
    Visited,
}

/// The same of one side.
#[derive(Debug, PartialEq, Eq)]
enum SideRoom {
    Free(i64),
    Full,
    Visited,
}

#[derive(FromQueryResult)]
struct Keeper {
    holder: String,
}

/// Whether these connections are free. Claims take turns, so that they stay free until [`take`].
pub(super) async fn room(tx: &Tx<'_>, wanted: &[Wanted; 2], clock: &str) -> Result<Room, StoreError> {
    let sides = [side_room(tx, &wanted[0], clock).await?, side_room(tx, &wanted[1], clock).await?];
    Ok(match sides {
        [SideRoom::Free(source), SideRoom::Free(target)] => Room::Free([source, target]),
        [SideRoom::Full, _] | [_, SideRoom::Full] => Room::Full,
        [SideRoom::Visited, _] | [_, SideRoom::Visited] => Room::Visited,
    })
}

async fn side_room(tx: &Tx<'_>, wanted: &Wanted, clock: &str) -> Result<SideRoom, StoreError> {
    let taken = taken(tx, &wanted.endpoint, clock).await?;
    let place = taken.iter().find(|taken| taken.job == line::PASSES).map(|taken| taken.n);
    Ok(match free_number(&taken, wanted.most, place) {
        Some(number) => SideRoom::Free(number),
        None if taken.iter().any(|taken| taken.job == line::VISIT) => SideRoom::Visited,
        None => SideRoom::Full,
    })
}

/// What is taken of a system's connections, and who stands in line for one. Who did not show there lately has gone away.
async fn taken(tx: &Tx<'_>, endpoint: &str, clock: &str) -> Result<Vec<Taken>, StoreError> {
    let sql = format!(
        "SELECT n, most, job, epoch, holder FROM endpoint_slot
         WHERE endpoint = ? AND (n >= 0 OR kept_until >= {clock})"
    );
    tx.all(&sql, [endpoint.into()]).await
}

/// The lowest number that is free, as long as fewer connections are taken, or were asked for before, than the strictest
/// limit allows. `place`: where the one who asks stands in line; none: behind everybody.
fn free_number(taken: &[Taken], most: i64, place: Option<i64>) -> Option<i64> {
    let in_use = || taken.iter().filter(|taken| taken.n >= 0);
    let most = in_use().map(|taken| taken.most).fold(most, i64::min);
    let before = taken.iter().filter(|taken| taken.n < 0 && place.is_none_or(|place| taken.n > place));
    if (in_use().count() + before.count()) as i64 >= most {
        return None;
    }
    (0..most).find(|n| in_use().all(|taken| taken.n != *n))
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
        line::leave(tx, endpoint).await?;
        tx.run(
            "INSERT INTO endpoint_slot (endpoint, n, job, epoch, holder, most) VALUES (?, ?, ?, ?, ?, ?)",
            [endpoint.as_str().into(), n.into(), job.into(), epoch.into(), holder.into(), (*most).into()],
        )
        .await?;
    }
    Ok(())
}

/// Puts the connections that passes of a project have under its limits of now: the strictest of those in use counts.
pub(super) async fn change_limits(
    tx: &Tx<'_>,
    project: ProjectId,
    wanted: &[Wanted; 2],
) -> Result<(), StoreError> {
    for Wanted { endpoint, most } in wanted {
        let sql = "UPDATE endpoint_slot SET most = ? WHERE endpoint = ? AND job IN (SELECT id FROM job WHERE project = ?)";
        tx.run(sql, [(*most).into(), endpoint.as_str().into(), project.0.into()]).await?;
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

/// Frees what was kept for processes that are gone by now, or that stood still for too long. `own`: this process.
pub(super) async fn sweep(tx: &Tx<'_>, own: &str, clock: &str) -> Result<(), StoreError> {
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
            // Of one who only looks the session may have been lost for a moment: its time is waited for.
            let sql = format!(
                "DELETE FROM endpoint_slot WHERE holder = ? AND kept_until IS NOT NULL AND (job > 0 OR epoch < {clock})"
            );
            tx.run(&sql, [holder.into()]).await?;
        }
    }
    tx.run(&format!("DELETE FROM endpoint_slot WHERE kept_until < {clock}"), []).await?;
    line::sweep(tx, own, clock).await?;
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

#[cfg(test)]
mod tests {
    use super::{Taken, free_number, line};

    /// Numbers that are taken, and places in the line.
    fn check(numbers: &[i64], most: i64, place: Option<i64>, free: Option<i64>) {
        let taken = |n: &i64| Taken { n: *n, most: 9, job: line::VISIT, epoch: 0, holder: String::new() };
        let taken: Vec<_> = numbers.iter().map(taken).collect();
        assert_eq!(free_number(&taken, most, place), free, "{numbers:?}, {most} at most, at {place:?}");
    }

    #[test]
    fn who_came_earlier_gets_what_is_free_and_nobody_gets_one_too_many() {
        check(&[], 1, None, Some(0));
        check(&[0], 1, None, None);
        check(&[0, 2], 3, None, Some(1));
        // Somebody stands in line for the last one.
        check(&[0, -1], 2, None, None);
        check(&[0, -1], 2, Some(-1), Some(1));
        check(&[0, -1, -2], 2, Some(-2), None);
        check(&[0, -1, -2], 3, Some(-2), Some(1));
        // The limit was made stricter.
        check(&[3, 4], 2, None, None);
        check(&[3, -1], 1, Some(-1), None);
        check(&[3, -1], 2, Some(-1), Some(0));
    }

    #[test]
    fn the_strictest_limit_of_those_who_have_one_counts() {
        let taken = |n, most| Taken { n, most, job: 1, epoch: 1, holder: String::new() };
        assert_eq!(free_number(&[taken(0, 1)], 9, None), None);
        assert_eq!(free_number(&[taken(-1, 1)], 9, None), Some(0), "who only waits limits nobody");
    }
}
