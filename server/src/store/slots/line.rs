//! Connections of those who only look (questions about a list, checks), and the line in which they wait for one: first come,
//! first served. Passes stand in it, too, where visits would leave nothing for them: one place of each system is that of
//! whichever pass comes next.
//!
//! The rows are those of passes, with no job: a number below nothing is a place in the line and no connection. A node of a
//! version without visits takes all of them for connections of others, and so waits too long rather than not at all.

use sea_orm::FromQueryResult;

use super::{KEPT_MILLIS, Taken, Wanted, free_number, taken};
use crate::store::{StoreError, db::Tx, sql::Sql};

/// Stands for a job in the row of a visit; no job is called so.
pub(in crate::store) const VISIT: i64 = 0;
/// The same in the row of the passes that stand in line.
pub(super) const PASSES: i64 = -1;

/// A visit is over after so long, by the clock of whoever pays it.
pub(in crate::store) const VISIT_MILLIS: i64 = 2 * 60 * 1000;
/// What this process did not end itself by then is a row that it knows nothing of.
const UNKNOWN_MILLIS: i64 = 60 * 1000;
/// Who does not show in line for so long has gone away.
const LINE_MILLIS: i64 = 10 * 1000;

/// The place behind everybody who waits. Binds the system.
const LAST_PLACE: &str =
    "(SELECT COALESCE(MIN(e.n), 0) FROM endpoint_slot e WHERE e.endpoint = ? AND e.n < 0) - 1";

/// The row of a visit, or of a place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub(in crate::store) struct Row {
    pub(in crate::store) n: i64,
    /// Of a visit, when it is over at the latest; of a place in the line, when it was taken.
    pub(in crate::store) epoch: i64,
}

impl Row {
    /// Whether it is a connection.
    pub(in crate::store) const fn is_in(self) -> bool {
        self.n >= 0
    }
}

/// Takes a connection for somebody who looks, or a place in the line, or keeps the place it has. Alone among claims.
pub(in crate::store) async fn come(
    tx: &Tx<'_>,
    wanted: &Wanted,
    place: Option<Row>,
    holder: &str,
    clock: &str,
) -> Result<Row, StoreError> {
    let Wanted { endpoint, most } = wanted;
    let taken = taken(tx, endpoint, clock).await?;
    // It may have been silent for so long that its place is another's.
    let own = |row: &Row, taken: &Taken| {
        (taken.n, taken.epoch, taken.job) == (row.n, row.epoch, VISIT) && taken.holder == holder
    };
    let place = place.filter(|row| taken.iter().any(|taken| own(row, taken)));
    let number = free_number(&taken, *most, place.map(|row| row.n));
    if let Some(place) = place {
        let sql = match number {
            Some(_) => {
                format!("n = ?, epoch = {clock} + {VISIT_MILLIS}, kept_until = {clock} + {KEPT_MILLIS}")
            }
            None => format!("n = ?, kept_until = {clock} + {LINE_MILLIS}"),
        };
        let sql = format!("UPDATE endpoint_slot SET {sql} WHERE endpoint = ? AND n = ? RETURNING n, epoch");
        let values = [number.unwrap_or(place.n).into(), endpoint.as_str().into(), place.n.into()];
        return written(tx.one(&sql, values).await?);
    }
    let (epoch, kept) = match number {
        Some(_) => (VISIT_MILLIS, KEPT_MILLIS),
        None => (0, LINE_MILLIS),
    };
    let sql = format!(
        "INSERT INTO endpoint_slot (endpoint, n, job, epoch, holder, most, kept_until)
         VALUES (?, {}, {VISIT}, {clock} + {epoch}, ?, ?, {clock} + {kept}) RETURNING n, epoch",
        number.map_or_else(|| LAST_PLACE.to_owned(), |number| number.to_string()),
    );
    // Of one who waits, the last place is asked for first.
    let mut values = vec![endpoint.as_str().into()];
    if number.is_none() {
        values.push(endpoint.as_str().into());
    }
    values.extend([holder.into(), (*most).into()]);
    written(tx.one(&sql, values).await?)
}

fn written(row: Option<Row>) -> Result<Row, StoreError> {
    let nothing = || StoreError::Corrupt { what: "connection", detail: "its row was not written".into() };
    row.ok_or_else(nothing)
}

/// Gives a connection of somebody who looked back, or its place in the line.
pub(in crate::store) async fn go(
    tx: &Tx<'_>,
    endpoint: &str,
    row: Row,
    holder: &str,
) -> Result<(), StoreError> {
    let sql =
        "DELETE FROM endpoint_slot WHERE endpoint = ? AND n = ? AND epoch = ? AND holder = ? AND job = ?";
    let values = [endpoint.into(), row.n.into(), row.epoch.into(), holder.into(), VISIT.into()];
    tx.run(sql, values).await?;
    Ok(())
}

/// Stands in line on both sides for the pass that comes next, or keeps the places.
pub(in crate::store) async fn stand_for_passes(
    tx: &Tx<'_>,
    wanted: &[Wanted; 2],
    holder: &str,
    clock: &str,
) -> Result<(), StoreError> {
    for Wanted { endpoint, most } in wanted {
        let sql = format!(
            "UPDATE endpoint_slot SET kept_until = {clock} + {LINE_MILLIS}, holder = ?
             WHERE endpoint = ? AND job = {PASSES}"
        );
        if tx.run(&sql, [holder.into(), endpoint.as_str().into()]).await? > 0 {
            continue;
        }
        let sql = format!(
            "INSERT INTO endpoint_slot (endpoint, n, job, epoch, holder, most, kept_until)
             VALUES (?, {LAST_PLACE}, {PASSES}, 0, ?, ?, {clock} + {LINE_MILLIS})"
        );
        let endpoint = endpoint.as_str();
        tx.run(&sql, [endpoint.into(), endpoint.into(), holder.into(), (*most).into()]).await?;
    }
    Ok(())
}

/// A pass has its connection: the next one stands in line anew.
pub(super) async fn leave(tx: &Tx<'_>, endpoint: &str) -> Result<(), StoreError> {
    tx.run(&format!("DELETE FROM endpoint_slot WHERE endpoint = ? AND job = {PASSES}"), [endpoint.into()])
        .await?;
    Ok(())
}

/// Frees what this process has of visits that are long over: it was taken, or not given back, without a word of the
/// database.
pub(super) async fn sweep(tx: &Tx<'_>, own: &str, clock: &str) -> Result<(), StoreError> {
    let sql = format!(
        "DELETE FROM endpoint_slot WHERE holder = ? AND job = {VISIT} AND n >= 0 AND epoch + {UNKNOWN_MILLIS} < {clock}"
    );
    tx.run(&sql, [own.into()]).await?;
    Ok(())
}
