//! Rows of the database, and what they say.

use sea_orm::FromQueryResult;
use shared::{
    id::JobId,
    inventory::{Fit, InventoryRow, MailboxInventory},
    time::Timestamp,
};

use crate::store::{
    StoreError,
    words::{count, from_json},
};

/// A mailbox with its inventory; without one, all its numbers are none.
#[derive(FromQueryResult)]
pub(super) struct RowRecord {
    id: i64,
    source_user: String,
    target_user: String,
    /// Names the target mailbox, however it is written.
    pub(super) place: String,
    below: Option<String>,
    batch: Option<String>,
    looked: Option<i64>,
    folders: Option<i64>,
    unreadable: Option<i64>,
    items: Option<i64>,
    bytes: Option<i64>,
    copy_items: Option<i64>,
    copy_bytes: Option<i64>,
    oversized: Option<i64>,
    oversized_bytes: Option<i64>,
    renamed: Option<i64>,
    clashes: Option<i64>,
    free_bytes: Option<i64>,
    limit_bytes: Option<i64>,
    free_items: Option<i64>,
}

/// What goes to one target mailbox.
#[derive(FromQueryResult)]
pub(super) struct PlaceRecord {
    pub(super) place: String,
    together: i64,
    seen: i64,
    need: i64,
    need_bytes: i64,
    free_bytes: Option<i64>,
    free_items: Option<i64>,
}

impl RowRecord {
    pub(super) fn row(self, place: Option<&PlaceRecord>) -> Result<InventoryRow, StoreError> {
        let found = self.found();
        let number = |of: fn(&PlaceRecord) -> i64| place.map_or(0, |place| count(of(place)));
        Ok(InventoryRow {
            id: JobId(self.id),
            source_user: self.source_user,
            target_user: self.target_user,
            below: self.below.map(|below| from_json("folder", &below)).transpose()?,
            batch: self.batch,
            found,
            together: number(|place| place.together),
            need: number(|place| place.need),
            need_bytes: number(|place| place.need_bytes),
            fit: place.map_or(Fit::Unknown, PlaceRecord::fit),
        })
    }

    fn found(&self) -> Option<MailboxInventory> {
        let number = |column: Option<i64>| count(column.unwrap_or_default());
        Some(MailboxInventory {
            looked: Timestamp::from_millis(self.looked?),
            folders: number(self.folders),
            unreadable: number(self.unreadable),
            items: number(self.items),
            bytes: number(self.bytes),
            copy: number(self.copy_items),
            copy_bytes: number(self.copy_bytes),
            oversized: number(self.oversized),
            oversized_bytes: number(self.oversized_bytes),
            renamed: number(self.renamed),
            clashes: number(self.clashes),
            free_bytes: self.free_bytes.map(count),
            limit_bytes: self.limit_bytes.map(count),
            free_items: self.free_items.map(count),
        })
    }
}

impl PlaceRecord {
    fn fit(&self) -> Fit {
        let lacks = |need: i64, free: Option<i64>| free.is_some_and(|free| need > free);
        if lacks(self.need_bytes, self.free_bytes) || lacks(self.need, self.free_items) {
            return Fit::Short;
        }
        let told = self.free_bytes.is_some() || self.free_items.is_some();
        // What was not looked at needs room, too.
        if told && self.seen == self.together { Fit::Fits } else { Fit::Unknown }
    }
}
