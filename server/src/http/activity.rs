//! The audit log: read, proved, exported.

use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
    web::{Bytes, Data, Query},
};
use futures_util::stream;
use serde::Deserialize;
use shared::{
    audit::{ActivityQuery, ActivityRow, AuditProof},
    error::ApiError,
};

use super::{
    fault::{Answer, Fault},
    who::Auditor,
};
use crate::{
    app::Parts,
    store::{Store, StoreError},
};

/// What is looked for.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Noted {
    /// The hash of a line that was noted earlier: 64 hexadecimal digits.
    hash: Option<String>,
}

/// A page of the audit log, newest first.
#[utoipa::path(get, path = "/api/v1/activity", tag = "activity", params(ActivityQuery), responses((status = 200, body = [ActivityRow])))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, query: Query<ActivityQuery>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.activity(&query).await?))
}

/// Goes over the whole log and tells whether any line was changed or left out.
#[utoipa::path(get, path = "/api/v1/activity/proof", tag = "activity", params(Noted), responses(
    (status = 200, body = AuditProof),
    (status = 400, body = ApiError),
))]
pub(super) async fn proof(_: Auditor, parts: Data<Parts>, noted: Query<Noted>) -> Answer {
    let hash = noted.hash.as_deref().map(str::trim).filter(|hash| !hash.is_empty());
    if hash.is_some_and(|hash| hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(Fault::invalid("hash", "The hash of a line has 64 hexadecimal digits."));
    }
    Ok(HttpResponse::Ok().json(parts.store.prove_activity(hash).await?))
}

/// The whole log as a file, oldest first: a line of JSON for each line.
#[utoipa::path(get, path = "/api/v1/activity/export", tag = "activity", responses(
    (status = 200, body = ActivityRow, content_type = "application/x-ndjson", description = "One JSON value a line"),
))]
pub(super) async fn export(who: Auditor, parts: Data<Parts>) -> Answer {
    parts.record(&who.admin.name, "audit.export", "the whole log").await;
    let store = parts.store.clone();
    let lines = stream::try_unfold((store, 0), |(store, after)| stretch(store, after));
    let parameters = vec![DispositionParam::Filename("audit.jsonl".into())];
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters })
        .streaming(lines))
}

async fn stretch(store: Store, after: i64) -> Result<Option<(Bytes, (Store, i64))>, StoreError> {
    let rows = store.activity_after(after).await?;
    let Some(last) = rows.last().map(|row| row.id) else { return Ok(None) };
    let mut text = Vec::new();
    for row in &rows {
        let line = serde_json::to_vec(row).map_err(|error| StoreError::Corrupt {
            what: "line of the audit log",
            detail: error.to_string(),
        })?;
        text.extend(line);
        text.push(b'\n');
    }
    Ok(Some((text.into(), (store, last))))
}
