//! The inventory of a project: what its mailboxes hold, what of it cannot move as it is, whether it fits, and how long it
//! takes; as sums, as a list, and as a file with every mailbox.

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    web::{Bytes, Data, Path, Query},
};
use engine::guest;
use futures_util::stream;
use serde::Deserialize;
use shared::{
    error::ApiError,
    id::{BatchId, JobId, ProjectId},
    inventory::{InventoryFormat, InventoryPage, InventoryQuery, ProjectInventory, TimeExpected},
    time::Timestamp,
};

use super::{
    fault::{Answer, Fault},
    forecast::{NO_TIME, PAST_MILLIS, samples, whole},
    projects::known_batch,
    valid,
    who::Auditor,
};
use crate::{
    app::Parts,
    forecast::{Silence, seconds_left},
    inventory,
    store::{Amounts, InventorySums, PaceRecord, Store, StoreError},
};

/// Mailboxes of a file that are read at once.
const STRETCH: u32 = 500;

/// Of which mailboxes, and in which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    /// Only of this batch.
    #[param(value_type = Option<i64>)]
    batch: Option<BatchId>,
    /// `csv` or `json`: a file with every mailbox.
    #[param(value_type = Option<String>)]
    format: Option<InventoryFormat>,
}

/// What the latest look at each mailbox found, added up; or, with a format, a file with every mailbox.
#[utoipa::path(get, path = "/api/v1/projects/{id}/inventory", tag = "projects", params(("id" = i64, Path), Of), responses(
    (status = 200, body = ProjectInventory, description = "The sums; or, with a format, a file"),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<ProjectId>, of: Query<Of>) -> Answer {
    parts.store.project_exists(*id).await?;
    known_batch(&parts, *id, of.batch).await?;
    match of.format {
        None => Ok(HttpResponse::Ok().json(sums(&parts, *id, of.batch).await?)),
        Some(format) => file(&parts, *id, of.batch, format).await,
    }
}

/// A page of the mailboxes, each with what the latest look found.
#[utoipa::path(get, path = "/api/v1/projects/{id}/inventory/mailboxes", tag = "projects", params(("id" = i64, Path), InventoryQuery), responses(
    (status = 200, body = InventoryPage),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn mailboxes(
    _: Auditor,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    query: Query<InventoryQuery>,
) -> Answer {
    valid::search(query.search.as_deref())?;
    parts.store.project_exists(*id).await?;
    known_batch(&parts, *id, query.batch).await?;
    Ok(HttpResponse::Ok().json(parts.store.inventory_page(*id, &query).await?))
}

async fn sums(parts: &Parts, id: ProjectId, batch: Option<BatchId>) -> Result<ProjectInventory, Fault> {
    let made = parts.clock.now();
    let (options, sums, amounts, records) = tokio::try_join!(
        parts.store.project_options(id),
        parts.store.inventory(id, batch),
        parts.store.amounts_of(id, batch),
        parts.store.pace(id, made.plus_millis(-PAST_MILLIS)),
    )?;
    let limits = [&options.source_limits, &options.target_limits];
    let mut time = expected(&records, amounts);
    if let Some((low, high)) = time.seconds {
        let when = |seconds: u64| guest::worked(&limits, made, seconds).ok().flatten();
        time.done = when(low).zip(when(high));
        if time.done.is_none() {
            time.why_not = Some(NO_TIME.into());
        }
    }
    Ok(told(made, sums, time))
}

/// How long what is left takes at the pace that was measured.
fn expected(records: &[PaceRecord], amounts: Amounts) -> TimeExpected {
    let work = whole(amounts);
    let left = |all: f64, done: f64| (all - done).max(0.0) as u64;
    let foretold = match amounts.seen {
        0 => Err("How long it takes is not known yet: no mailbox was looked at."),
        _ => seconds_left(&samples(records), work).map_err(|silence| match silence {
            Silence::Done => "Nothing is left to copy.",
            Silence::TooEarly => {
                "How long it takes is not known yet: too little was moved, or for too short a time, from which it could be told. \
                 Move a few mailboxes first; it is told here after a minute or two, and 2 % of the work or five minutes."
            }
            Silence::Still => {
                "How long it takes is not known: nothing was copied while it was measured. Look at the errors."
            }
        }),
    };
    let (seconds, why_not) = match foretold {
        Ok((low, high)) => (Some((low as u64, high.ceil() as u64)), None),
        Err(why) => (None, Some(why.to_owned())),
    };
    TimeExpected {
        items_left: left(work.items, work.items_done),
        bytes_left: left(work.bytes, work.bytes_done),
        seconds,
        done: None,
        why_not,
    }
}

fn told(made: Timestamp, sums: InventorySums, time: TimeExpected) -> ProjectInventory {
    let number = |column: i64| u64::try_from(column).unwrap_or(0);
    ProjectInventory {
        made,
        mailboxes: number(sums.mailboxes),
        seen: number(sums.seen),
        unseen: number(sums.mailboxes - sums.seen),
        looking: number(sums.looking),
        left_out: number(sums.left_out),
        oldest: sums.oldest.map(Timestamp::from_millis),
        newest: sums.newest.map(Timestamp::from_millis),
        folders: number(sums.folders),
        unreadable: number(sums.unreadable),
        unreadable_mailboxes: number(sums.unreadable_mailboxes),
        items: number(sums.items),
        bytes: number(sums.bytes),
        copy: number(sums.copy_items),
        copy_bytes: number(sums.copy_bytes),
        oversized: number(sums.oversized),
        oversized_bytes: number(sums.oversized_bytes),
        oversized_mailboxes: number(sums.oversized_mailboxes),
        renamed: number(sums.renamed),
        clashes: number(sums.clashes),
        clashing_mailboxes: number(sums.clashing_mailboxes),
        short: number(sums.short),
        short_bytes: number(sums.short_bytes),
        limitless: number(sums.limitless),
        time,
    }
}

/// The file, a stretch at a time: a project may have more mailboxes than anybody wants to hold at once.
async fn file(parts: &Parts, project: ProjectId, batch: Option<BatchId>, format: InventoryFormat) -> Answer {
    let (kind, head) = match format {
        InventoryFormat::Csv => {
            ("text/csv; charset=utf-8; header=present", inventory::head().map_err(unwritten)?)
        }
        InventoryFormat::Json => {
            let sums = sums(parts, project, batch).await?;
            let sums = serde_json::to_string(&sums).map_err(unwritten)?;
            ("application/json", format!("{{\"inventory\":{sums},\"mailboxes\":[").into_bytes())
        }
    };
    let writer =
        Writer { store: parts.store.clone(), project, batch, format, next: Next::Head(head), any: false };
    let lines = stream::try_unfold(writer, Writer::stretch);
    let name = format!("inventory_{project}.{}", format.extension());
    let parameters = vec![DispositionParam::Filename(name)];
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters })
        .streaming(lines))
}

fn unwritten(error: impl std::fmt::Display) -> Fault {
    Fault::internal("Writing an inventory", &error)
}

/// Writes a file stretch by stretch.
struct Writer {
    store: Store,
    project: ProjectId,
    batch: Option<BatchId>,
    format: InventoryFormat,
    next: Next,
    /// Whether a mailbox was written already.
    any: bool,
}

/// What is written next.
enum Next {
    Head(Vec<u8>),
    After(JobId),
    Nothing,
}

impl Writer {
    async fn stretch(mut self) -> Result<Option<(Bytes, Self)>, StoreError> {
        let after = match self.next {
            Next::Head(head) => {
                self.next = Next::After(JobId(0));
                return Ok(Some((head.into(), self)));
            }
            Next::After(after) => after,
            Next::Nothing => return Ok(None),
        };
        let rows = self.store.inventory_after(self.project, self.batch, after, STRETCH).await?;
        let corrupt = |detail: String| StoreError::Corrupt { what: "inventory", detail };
        let last = rows.last().map(|row| row.id);
        let text = match (self.format, last) {
            (InventoryFormat::Csv, None) => return Ok(None),
            (InventoryFormat::Csv, Some(_)) => {
                inventory::rows(&rows).map_err(|error| corrupt(error.to_string()))?
            }
            (InventoryFormat::Json, None) => b"]}\n".to_vec(),
            (InventoryFormat::Json, Some(_)) => {
                let mut text = Vec::new();
                for row in &rows {
                    if std::mem::replace(&mut self.any, true) {
                        text.push(b',');
                    }
                    text.push(b'\n');
                    text.extend(serde_json::to_vec(row).map_err(|error| corrupt(error.to_string()))?);
                }
                text
            }
        };
        self.next = last.map_or(Next::Nothing, Next::After);
        Ok(Some((text.into(), self)))
    }
}
