//! Inventories: what the latest look at each mailbox found, kept when its pass ends, summed up and listed by the database.

mod records;

use std::collections::HashMap;

use engine::pass::PassOutcome;
use sea_orm::{FromQueryResult, Value};
use shared::{
    id::{BatchId, JobId, ProjectId},
    inventory::{InventoryOnly, InventoryPage, InventoryQuery, InventoryRow, InventorySort},
    job::JobFilter,
    list::{Direction, PAGE_MAX},
    pass::PassEnd,
};

use self::records::{PlaceRecord, RowRecord};
use super::{
    Lease, Store, StoreError,
    db::Tx,
    lists,
    sql::{Sql, marks},
    words::{count, whole},
};

/// Sums over the mailboxes of a project, or of a batch. Those that are left out on purpose are only counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub(crate) struct InventorySums {
    pub(crate) mailboxes: i64,
    pub(crate) seen: i64,
    #[sea_orm(skip)]
    pub(crate) looking: i64,
    pub(crate) oldest: Option<i64>,
    pub(crate) newest: Option<i64>,
    pub(crate) folders: i64,
    pub(crate) unreadable: i64,
    pub(crate) unreadable_mailboxes: i64,
    pub(crate) items: i64,
    pub(crate) bytes: i64,
    pub(crate) copy_items: i64,
    pub(crate) copy_bytes: i64,
    pub(crate) oversized: i64,
    pub(crate) oversized_bytes: i64,
    pub(crate) oversized_mailboxes: i64,
    pub(crate) renamed: i64,
    pub(crate) clashes: i64,
    pub(crate) clashing_mailboxes: i64,
    pub(crate) limitless: i64,
    pub(crate) short: i64,
    pub(crate) short_bytes: i64,
    #[sea_orm(skip)]
    pub(crate) left_out: i64,
}

#[derive(FromQueryResult)]
struct Names {
    source_user: String,
    target_user: String,
}

/// So many shared target mailboxes are named in a query; more are looked for by the query itself, which takes longer.
const MOST_NAMED: u64 = 500;

/// Target mailboxes that several mailboxes go to, as what follows IN, and what it binds.
struct Shared {
    sql: String,
    values: Vec<Value>,
}

#[derive(FromQueryResult)]
struct SharedRecord {
    place: String,
}

#[derive(Default, FromQueryResult)]
struct ShortRecord {
    short: i64,
    short_bytes: i64,
}

/// What of a mailbox `j` its inventory `v` tells.
const COLUMNS: &str = "SELECT j.id, j.source_user, j.target_user, LOWER(j.target_user) AS place, j.below, b.name AS batch,
        v.looked, v.folders, v.unreadable, v.items, v.bytes, v.copy_items, v.copy_bytes, v.oversized, v.oversized_bytes,
        v.renamed, v.clashes, v.free_bytes, v.limit_bytes, v.free_items
    FROM job j LEFT JOIN inventory v ON v.job = j.id LEFT JOIN batch b ON b.id = j.batch";

/// How many mailboxes go to a target mailbox; for [`places`].
const TOGETHER: &str = "COUNT(*) AS together";
const BY_PLACE: &str = "GROUP BY LOWER(o.target_user)";
/// Whether a target mailbox `t` is too small; what is not known is not.
const SHORT: &str = "(t.need_bytes > t.free_bytes OR t.need > t.free_items)";
/// Whether one is too small for what the inventory `v` alone says.
const SHORT_ALONE: &str = "(v.copy_bytes > v.free_bytes OR v.copy_items > v.free_items)";
/// How many bytes are lacking for what the inventories `v` alone say.
const LACKING_ALONE: &str = "CAST(COALESCE(SUM(CASE WHEN v.copy_bytes > v.free_bytes
    THEN v.copy_bytes - v.free_bytes END), 0) AS BIGINT)";
/// Target mailboxes that several mailboxes of a project go to: few, and the only ones that have to be grouped. Binds the
/// project.
const SHARED: &str = "SELECT LOWER(m.target_user) AS place FROM job m WHERE m.project = ?
    GROUP BY LOWER(m.target_user) HAVING COUNT(*) > 1";

/// Replaces a job's inventory by what its pass found, within the transaction that ends the pass.
/// `newest`: the pass saw the newest days alone.
pub(super) async fn keep(
    tx: &Tx<'_>,
    lease: &Lease,
    outcome: &PassOutcome,
    newest: bool,
) -> Result<(), StoreError> {
    let Some(found) = &outcome.inventory else { return Ok(()) };
    // What follows its newest days was not counted.
    if newest {
        return Ok(());
    }
    // It was looked before the pass copied. What is not there after its end was left out with a cause, and is known.
    let copied = lease.kind.copies() && outcome.end == PassEnd::Finished;
    let (copy, copy_bytes) = if copied { (0, 0) } else { (found.copy, found.copy_bytes) };
    let room = |amount: Option<u64>| Value::from(amount.map(whole));
    let values = [
        lease.job.0.into(),
        found.looked.millis().into(),
        whole(found.folders).into(),
        whole(found.unreadable).into(),
        whole(found.items).into(),
        whole(found.bytes).into(),
        whole(copy).into(),
        whole(copy_bytes).into(),
        whole(found.oversized).into(),
        whole(found.oversized_bytes).into(),
        whole(found.renamed).into(),
        whole(found.clashes).into(),
        room(found.free_bytes),
        room(found.limit_bytes),
        room(found.free_items),
    ];
    let sql = format!(
        "INSERT INTO inventory (job, looked, folders, unreadable, items, bytes, copy_items, copy_bytes, oversized,
            oversized_bytes, renamed, clashes, free_bytes, limit_bytes, free_items) VALUES ({})
         ON CONFLICT (job) DO UPDATE SET looked = excluded.looked, folders = excluded.folders,
            unreadable = excluded.unreadable, items = excluded.items, bytes = excluded.bytes,
            copy_items = excluded.copy_items, copy_bytes = excluded.copy_bytes, oversized = excluded.oversized,
            oversized_bytes = excluded.oversized_bytes, renamed = excluded.renamed, clashes = excluded.clashes,
            free_bytes = excluded.free_bytes, limit_bytes = excluded.limit_bytes, free_items = excluded.free_items",
        marks(values.len())
    );
    tx.run(&sql, values).await?;
    Ok(())
}

/// Forgets the inventories of a project: it leads to other servers now.
pub(super) async fn forget(tx: &Tx<'_>, project: ProjectId) -> Result<(), StoreError> {
    let sql = "DELETE FROM inventory WHERE job IN (SELECT id FROM job WHERE project = ?)";
    tx.run(sql, [project.0.into()]).await?;
    Ok(())
}

impl Store {
    /// The sums over a project, or over one batch of it.
    pub(crate) async fn inventory(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
    ) -> Result<InventorySums, StoreError> {
        let reading = self.db().reading("Adding up an inventory");
        let of_batch =
            |job: &str| batch.map_or(String::new(), |batch| format!(" AND {job}.batch = {}", batch.0));
        let sum = |what: &str| format!("CAST(COALESCE(SUM(v.{what}), 0) AS BIGINT) AS {what}");
        let with = |what: &str, name: &str| format!("COUNT(CASE WHEN v.{what} > 0 THEN 1 END) AS {name}");
        // What the sums are made of stands in an index and in the inventories: no mailbox's own row is read.
        let sql = format!(
            "SELECT COUNT(CASE WHEN {SHORT_ALONE} THEN 1 END) AS short, {LACKING_ALONE} AS short_bytes,
                COUNT(*) AS mailboxes, COUNT(v.job) AS seen, MIN(v.looked) AS oldest, MAX(v.looked) AS newest,
                COUNT(CASE WHEN v.job IS NOT NULL AND v.free_bytes IS NULL AND v.free_items IS NULL
                    THEN 1 END) AS limitless, {}, {}, {}, {}
             FROM job j LEFT JOIN inventory v ON v.job = j.id WHERE j.project = ? AND j.state <> 'skipped'{}",
            [
                "folders",
                "unreadable",
                "items",
                "bytes",
                "copy_items",
                "copy_bytes",
                "oversized",
                "oversized_bytes",
                "renamed",
                "clashes"
            ]
            .map(sum)
            .join(", "),
            with("unreadable", "unreadable_mailboxes"),
            with("oversized", "oversized_mailboxes"),
            with("clashes", "clashing_mailboxes"),
            of_batch("j"),
        );
        let number = |condition: &str| {
            format!("SELECT COUNT(*) FROM job j WHERE j.project = ? AND {condition}{}", of_batch("j"))
        };
        let left_out = number("j.state = 'skipped'");
        let looking =
            number("j.state IN ('queued', 'running', 'pausing', 'stopping') AND j.wanted = 'dry-run'");
        // Side by side: each reads all mailboxes of the project.
        let (sums, [alone, together], left_out, looking) = tokio::try_join!(
            reading.one::<InventorySums>(&sql, [project.0.into()]),
            self.short_of_shared(project, batch),
            reading.cell::<i64>(&left_out, [project.0.into()]),
            reading.cell::<i64>(&looking, [project.0.into()]),
        )?;
        let sums = sums.unwrap_or_default();
        Ok(InventorySums {
            left_out: left_out.unwrap_or_default(),
            looking: looking.unwrap_or_default(),
            short: sums.short - alone.short + together.short,
            short_bytes: sums.short_bytes - alone.short_bytes + together.short_bytes,
            ..sums
        })
    }

    /// What does not fit of mailboxes that go to the same target mailboxes as others: each taken alone, as the sums have it,
    /// and together, as it is.
    async fn short_of_shared(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
    ) -> Result<[ShortRecord; 2], StoreError> {
        let shared = self.shared_places(project).await?;
        let reading = self.db().reading("Adding up what goes to the same mailbox");
        let of_batch = batch.map_or(String::new(), |batch| format!(" AND j.batch = {}", batch.0));
        let alone = format!(
            "SELECT COUNT(CASE WHEN {SHORT_ALONE} THEN 1 END) AS short, {LACKING_ALONE} AS short_bytes
             FROM job j JOIN inventory v ON v.job = j.id
             WHERE j.project = ? AND j.state <> 'skipped'{of_batch} AND LOWER(j.target_user) IN ({})",
            shared.sql
        );
        let together = short_together(batch, &shared.sql);
        let values = || std::iter::once(project.0.into()).chain(shared.values.iter().cloned());
        let (alone, together) =
            tokio::try_join!(reading.one(&alone, values()), reading.one(&together, values()))?;
        Ok([alone, together].map(Option::unwrap_or_default))
    }

    /// Target mailboxes that several mailboxes of a project go to.
    async fn shared_places(&self, project: ProjectId) -> Result<Shared, StoreError> {
        let reading = self.db().reading("Reading which mailboxes go to the same one");
        let sql = format!("{SHARED} LIMIT ?");
        let places = reading.all(&sql, [project.0.into(), whole(MOST_NAMED + 1).into()]).await?;
        let mut names: Vec<Value> = places.into_iter().map(|SharedRecord { place }| place.into()).collect();
        if names.len() as u64 > MOST_NAMED {
            return Ok(Shared { sql: SHARED.to_owned(), values: vec![project.0.into()] });
        }
        // No mailbox is called so, and a list of nothing is not understood everywhere.
        names.push("".into());
        Ok(Shared { sql: marks(names.len()), values: names })
    }

    /// A page of a project's mailboxes with their inventories.
    pub(crate) async fn inventory_page(
        &self,
        project: ProjectId,
        query: &InventoryQuery,
    ) -> Result<InventoryPage, StoreError> {
        let reading = self.db().reading("Reading an inventory");
        let filter = JobFilter { search: query.search.clone(), batch: query.batch, ..JobFilter::default() };
        let (mut condition, mut values) = lists::condition(project, &filter);
        condition.push_str(" AND j.state <> 'skipped'");
        narrow(query.only, project, &mut condition, &mut values);
        let sql = format!("SELECT COUNT(*) FROM job j LEFT JOIN inventory v ON v.job = j.id {condition}");
        let total: Option<i64> = reading.cell(&sql, values.clone()).await?;
        values.push(i64::from(query.limit.clamp(1, PAGE_MAX)).into());
        values.push(whole(query.offset).into());
        let sql =
            format!("{COLUMNS} {condition} ORDER BY {} LIMIT ? OFFSET ?", order(query.sort, query.order));
        let records = reading.all(&sql, values).await?;
        Ok(InventoryPage {
            rows: self.with_places(project, records).await?,
            total: count(total.unwrap_or_default()),
        })
    }

    /// Mailboxes in the order they were made, those behind `after`, at most `limit`.
    pub(crate) async fn inventory_after(
        &self,
        project: ProjectId,
        batch: Option<BatchId>,
        after: JobId,
        limit: u32,
    ) -> Result<Vec<InventoryRow>, StoreError> {
        let of_batch = batch.map_or(String::new(), |batch| format!(" AND j.batch = {}", batch.0));
        let sql = format!(
            "{COLUMNS} WHERE j.project = ? AND j.state <> 'skipped'{of_batch} AND j.id > ? ORDER BY j.id LIMIT ?"
        );
        let values = [project.0.into(), after.0.into(), i64::from(limit).into()];
        let records = self.db().reading("Reading an inventory").all(&sql, values).await?;
        self.with_places(project, records).await
    }

    /// The names of the mailbox that was looked at last: both opened then.
    pub(crate) async fn seen_mailbox(
        &self,
        project: ProjectId,
    ) -> Result<Option<(String, String)>, StoreError> {
        let sql = "SELECT j.source_user, j.target_user FROM job j JOIN inventory v ON v.job = j.id
            WHERE j.project = ? ORDER BY v.looked DESC LIMIT 1";
        let found: Option<Names> =
            self.db().reading("Looking for a mailbox that opened").one(sql, [project.0.into()]).await?;
        Ok(found.map(|Names { source_user, target_user }| (source_user, target_user)))
    }

    /// Puts beside each mailbox what else goes to the same target mailbox.
    async fn with_places(
        &self,
        project: ProjectId,
        records: Vec<RowRecord>,
    ) -> Result<Vec<InventoryRow>, StoreError> {
        let mut wanted: Vec<&str> = records.iter().map(|record| record.place.as_str()).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found = HashMap::with_capacity(wanted.len());
        if !wanted.is_empty() {
            let (places, among) = (places(TOGETHER), marks(wanted.len()));
            let sql = format!("{places} AND LOWER(o.target_user) IN ({among}) {BY_PLACE}");
            let values = std::iter::once(project.0.into()).chain(wanted.into_iter().map(Value::from));
            let told: Vec<PlaceRecord> =
                self.db().reading("Reading what goes to the same mailbox").all(&sql, values).await?;
            found.extend(told.into_iter().map(|place| (place.place.clone(), place)));
        }
        records
            .into_iter()
            .map(|record| {
                let place = found.get(&record.place);
                record.row(place)
            })
            .collect()
    }
}

/// What goes to the target mailboxes of a project, before it is grouped by them: several mailboxes may go to one. The room
/// of one is the least that was found. `first` counts mailboxes, and names the number. Binds the project.
fn places(first: &str) -> String {
    format!(
        "SELECT LOWER(o.target_user) AS place, {first}, COUNT(w.job) AS seen,
            CAST(COALESCE(SUM(w.copy_items), 0) AS BIGINT) AS need,
            CAST(COALESCE(SUM(w.copy_bytes), 0) AS BIGINT) AS need_bytes,
            MIN(w.free_bytes) AS free_bytes, MIN(w.free_items) AS free_items
         FROM job o LEFT JOIN inventory w ON w.job = o.id WHERE o.project = ? AND o.state <> 'skipped'"
    )
}

/// How many mailboxes do not fit into a target mailbox that they go to with others, and what they lack: it counts with all
/// that goes there, whichever batch it is of.
fn short_together(batch: Option<BatchId>, shared: &str) -> String {
    let here = batch
        .map_or("COUNT(*)".to_owned(), |batch| format!("COUNT(CASE WHEN o.batch = {} THEN 1 END)", batch.0));
    let places = places(&format!("{here} AS here"));
    format!(
        "SELECT CAST(COALESCE(SUM(t.here), 0) AS BIGINT) AS short, CAST(COALESCE(SUM(
            CASE WHEN t.need_bytes > t.free_bytes THEN t.need_bytes - t.free_bytes ELSE 0 END), 0) AS BIGINT)
            AS short_bytes
         FROM ({places} AND LOWER(o.target_user) IN ({shared}) {BY_PLACE}) t WHERE t.here > 0 AND {SHORT}"
    )
}

/// Keeps to those that are asked for.
fn narrow(only: InventoryOnly, project: ProjectId, condition: &mut String, values: &mut Vec<Value>) {
    match only {
        InventoryOnly::All => {}
        InventoryOnly::Seen => condition.push_str(" AND v.job IS NOT NULL"),
        InventoryOnly::Unseen => condition.push_str(" AND v.job IS NULL"),
        InventoryOnly::Oversized => condition.push_str(" AND v.oversized > 0"),
        InventoryOnly::Clashing => condition.push_str(" AND v.clashes > 0"),
        InventoryOnly::Unreadable => condition.push_str(" AND v.unreadable > 0"),
        InventoryOnly::Short => {
            condition.push_str(&format!(
                " AND ({SHORT_ALONE} OR LOWER(j.target_user) IN (SELECT t.place FROM
                    ({} AND LOWER(o.target_user) IN ({SHARED}) {BY_PLACE}) t WHERE {SHORT}))",
                places(TOGETHER)
            ));
            values.extend([project.0.into(), project.0.into()]);
        }
    }
}

/// Rows that are equal stay in the order they were made, so that pages neither miss nor repeat one. What was not looked at
/// has less than nothing.
fn order(sort: InventorySort, direction: Direction) -> String {
    let way = match direction {
        Direction::Asc => "ASC",
        Direction::Desc => "DESC",
    };
    let by = |column: &str| format!("COALESCE(v.{column}, -1) {way}, j.id");
    match sort {
        InventorySort::Added => format!("j.id {way}"),
        InventorySort::Source => format!("LOWER(j.source_user) {way}, j.id {way}"),
        InventorySort::Target => format!("LOWER(j.target_user) {way}, j.id {way}"),
        InventorySort::Folders => by("folders"),
        InventorySort::Messages => by("items"),
        InventorySort::Bytes => by("bytes"),
        InventorySort::Copy => by("copy_bytes"),
        InventorySort::Oversized => by("oversized"),
        InventorySort::Renamed => by("renamed"),
        InventorySort::Room => by("free_bytes"),
        InventorySort::Looked => by("looked"),
    }
}
