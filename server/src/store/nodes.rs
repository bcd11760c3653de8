//! Nodes as people see them, and how a process shows that it is there. Nothing here has authority over a lease: a row that
//! is lost comes back with the next sign of life.

use std::collections::BTreeMap;

use sea_orm::{
    FromQueryResult,
    sqlx::{self, Connection as _, PgConnection},
};
use shared::{
    disk::FullDisk,
    id::{JobId, NodeId, ProjectId},
    node::{NodeKind, NodeMailbox, NodeRow, NodeState},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    leases::{ACTIVE, clock},
    slots::SHOW_LIFE,
    sql::{Sql, driver_words},
    words::{count, from_json, from_word, json, word},
};

/// Nodes that ended or fell silent are shown this long.
const SHOWN_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// A machine that lost its power is noticed by the database after about half a minute.
const KEEP_ALIVE: &str =
    "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

/// What a process says of itself.
#[derive(Debug, Clone)]
pub(crate) struct NodeCard {
    /// The machine's name.
    pub(crate) host: String,
    /// What it is beside a node.
    pub(crate) kind: NodeKind,
    /// How many mailboxes it moves at once at most.
    pub(crate) workers: u16,
}

#[derive(FromQueryResult)]
struct DrainRecord {
    draining: bool,
}

#[derive(FromQueryResult)]
struct NodeRecord {
    id: i64,
    holder: String,
    name: String,
    kind: String,
    version: String,
    workers: i64,
    started: i64,
    seen: i64,
    ended: Option<i64>,
    draining: bool,
    full_disk: Option<String>,
    silent: bool,
    kept: i64,
}

#[derive(FromQueryResult)]
struct MailboxRecord {
    holder: String,
    id: i64,
    project: i64,
    source_user: String,
    wanted: Option<String>,
    state: String,
    since: Option<i64>,
}

impl Store {
    /// A sign of life of this process: the first one puts it on the list, and so does the next one after its row was lost.
    /// `full` is its own disk, while that is too full to move mailboxes.
    pub(crate) async fn show_life(&self, card: &NodeCard, full: Option<&FullDisk>) -> Result<(), StoreError> {
        if self.db().is_shared() {
            self.hold_session().await?;
        }
        let holder = &self.inner.node;
        let name = format!("{}-{}", card.host, &holder[holder.len().saturating_sub(6)..]);
        let clock = clock(self.db());
        let tx = self.db().begin("Showing that this node is there").await?;
        let sql = format!(
            "INSERT INTO node (holder, name, kind, version, workers, full_disk, started, seen)
             VALUES (?, ?, ?, ?, ?, ?, {clock}, {clock})
             ON CONFLICT (holder) DO UPDATE SET seen = excluded.seen, ended = NULL, full_disk = excluded.full_disk"
        );
        let values = [
            holder.as_str().into(),
            name.into(),
            word(&card.kind)?.into(),
            env!("CARGO_PKG_VERSION").into(),
            i64::from(card.workers).into(),
            full.map(|full| json("disk", full)).transpose()?.into(),
        ];
        tx.run(&sql, values).await?;
        tx.run(&format!("DELETE FROM node WHERE seen + ? < {clock}"), [SHOWN_MILLIS.into()]).await?;
        if !self.db().is_shared() {
            // Its file is one process's: whoever else is on the list is gone.
            let sql = "UPDATE node SET ended = seen WHERE ended IS NULL AND holder <> ?";
            tx.run(sql, [holder.as_str().into()]).await?;
        }
        tx.commit().await
    }

    /// Says that this process ends in good order.
    pub(crate) async fn say_goodbye(&self) -> Result<(), StoreError> {
        let tx = self.db().begin("Ending this node").await?;
        let sql = format!("UPDATE node SET ended = {} WHERE holder = ?", clock(self.db()));
        tx.run(&sql, [self.inner.node.as_str().into()]).await?;
        tx.commit().await?;
        if let Some(session) = self.inner.session.lock().await.take()
            && let Err(error) = session.close().await
        {
            tracing::debug!(%error, "the session that showed this node's life did not end well");
        }
        Ok(())
    }

    /// Holds a session of its own with the database, under a lock that is named after this process: as long as it lasts,
    /// the process is there and may have connections open, even when it does not say a word.
    async fn hold_session(&self) -> Result<(), StoreError> {
        let mut session = self.inner.session.lock().await;
        // Taken out while it is used: one that failed, or was given up half-way, is not used again.
        let mut held = match session.take() {
            Some(held) => held,
            None => self.new_session().await.map_err(|error| self.session_failed(&error))?,
        };
        let shown = sqlx::query(SHOW_LIFE).bind(&self.inner.node).execute(&mut held).await;
        shown.map_err(|error| self.session_failed(&error))?;
        *session = Some(held);
        Ok(())
    }

    async fn new_session(&self) -> Result<PgConnection, sqlx::Error> {
        let mut session = self.db().read.get_postgres_connection_pool().acquire().await?.detach();
        sqlx::raw_sql(KEEP_ALIVE).execute(&mut session).await?;
        Ok(session)
    }

    fn session_failed(&self, error: &sqlx::Error) -> StoreError {
        StoreError::Database { doing: "Showing that this node is there", detail: driver_words(error) }
    }

    /// Every node that is there, or was not long ago, those that work first.
    pub(crate) async fn nodes(&self) -> Result<Vec<NodeRow>, StoreError> {
        let clock = clock(self.db());
        let reading = self.db().reading("Reading the nodes");
        let sql = format!(
            "SELECT n.id, n.holder, n.name, n.kind, n.version, n.workers, n.started, n.seen, n.ended, n.draining, n.full_disk,
                n.seen + ? < {clock} AS silent,
                (SELECT COUNT(*) FROM endpoint_slot s WHERE s.holder = n.holder AND s.job > 0
                    AND s.kept_until IS NOT NULL) AS kept
             FROM node n ORDER BY CASE WHEN n.ended IS NULL THEN 0 ELSE 1 END, n.id"
        );
        let nodes: Vec<NodeRecord> = reading.all(&sql, [self.times().lease_millis().into()]).await?;
        let sql = format!(
            "SELECT j.lease_owner AS holder, j.id, j.project, j.source_user, j.wanted, j.state,
                (SELECT MAX(p.started) FROM pass p WHERE p.job = j.id AND p.ended IS NULL) AS since
             FROM job j WHERE j.state IN {ACTIVE} AND j.lease_owner IS NOT NULL ORDER BY j.id"
        );
        let mut moved: BTreeMap<String, Vec<NodeMailbox>> = BTreeMap::new();
        for record in reading.all::<MailboxRecord>(&sql, []).await? {
            moved.entry(record.holder.clone()).or_default().push(record.mailbox()?);
        }
        nodes
            .into_iter()
            .map(|node| {
                let mailboxes = moved.remove(&node.holder).unwrap_or_default();
                node.row(&self.inner.node, mailboxes)
            })
            .collect()
    }

    /// Tells a node to take nothing new and to let go of what it moves, or to take mailboxes again. Tells its name.
    pub(crate) async fn drain(&self, id: NodeId, draining: bool) -> Result<String, StoreError> {
        let tx = self.db().begin("Draining a node").await?;
        let sql = format!("SELECT name FROM node WHERE id = ?{}", tx.locking());
        let name: Option<String> = tx.cell(&sql, [id.0.into()]).await?;
        let name = name.ok_or(StoreError::NotFound("node"))?;
        let sql = "UPDATE node SET draining = ? WHERE id = ? AND ended IS NULL";
        if tx.run(sql, [draining.into(), id.0.into()]).await? == 0 {
            return Err(StoreError::Conflict(format!(
                "The node {name} has ended. Choose one that is there."
            )));
        }
        tx.commit().await?;
        self.wake();
        Ok(name)
    }

    /// Whether every node that is there was told to take nothing new.
    pub(crate) async fn is_drained(&self) -> Result<bool, StoreError> {
        let clock = clock(self.db());
        let sql = format!("SELECT draining FROM node WHERE ended IS NULL AND seen + ? >= {clock}");
        let nodes: Vec<DrainRecord> =
            self.db().reading("Reading the nodes").all(&sql, [self.times().lease_millis().into()]).await?;
        Ok(!nodes.is_empty() && nodes.iter().all(|node| node.draining))
    }

    /// Whether this process was told to take nothing new.
    pub(super) async fn is_draining(&self, sql: &impl Sql) -> Result<bool, StoreError> {
        let draining: Option<bool> =
            sql.cell("SELECT draining FROM node WHERE holder = ?", [self.inner.node.as_str().into()]).await?;
        Ok(draining.unwrap_or(false))
    }
}

impl NodeRecord {
    fn row(self, own: &str, mailboxes: Vec<NodeMailbox>) -> Result<NodeRow, StoreError> {
        let state = match (self.ended, self.silent, self.draining) {
            (Some(_), _, _) => NodeState::Ended,
            (None, true, _) => NodeState::Silent,
            (None, false, true) if mailboxes.is_empty() => NodeState::Drained,
            (None, false, true) => NodeState::Draining,
            (None, false, false) => NodeState::Working,
        };
        // What a newer version says of its disk may mean nothing here.
        let full_disk = self.full_disk.and_then(|full| from_json("disk", &full).ok());
        Ok(NodeRow {
            full_disk: full_disk.filter(|_| state.is_there()),
            id: NodeId(self.id),
            here: self.holder == own,
            name: self.name,
            kind: from_word("kind of node", &self.kind)?,
            state,
            version: self.version,
            workers: u16::try_from(self.workers).unwrap_or(u16::MAX),
            started: Timestamp::from_millis(self.started),
            seen: Timestamp::from_millis(self.seen),
            kept_connections: u32::try_from(count(self.kept)).unwrap_or(u32::MAX),
            mailboxes,
        })
    }
}

impl MailboxRecord {
    fn mailbox(self) -> Result<NodeMailbox, StoreError> {
        Ok(NodeMailbox {
            job: JobId(self.id),
            project: ProjectId(self.project),
            source_user: self.source_user,
            pass: self.wanted.map(|kind| from_word("pass kind", &kind)).transpose()?,
            state: from_word("job state", &self.state)?,
            since: self.since.map(Timestamp::from_millis),
        })
    }
}
