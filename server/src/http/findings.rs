//! Findings of a job, page by page.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use shared::{cause::Cause, error::ApiError, finding::FindingRow, id::JobId};

use super::{
    fault::{Answer, Fault},
    who::Auditor,
};
use crate::app::Parts;

/// Findings on one page, unless the request says otherwise.
const PAGE: u32 = 100;
/// Findings on one page at most.
const PAGE_MAX: u32 = 1000;

/// Which findings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Only those of this cause, such as `message.too-big`.
    cause: Option<String>,
    /// The last id of the page before.
    after: Option<i64>,
    /// How many at most: 100 when absent, never more than 1000.
    limit: Option<u32>,
}

/// A page of a job's findings in the order they were found.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/findings", tag = "jobs", params(("id" = i64, Path), Page), responses(
    (status = 200, body = [FindingRow]),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, id: Path<JobId>, page: Query<Page>) -> Answer {
    let cause = match &page.cause {
        Some(cause) => Some(cause.parse::<Cause>().map_err(|_| {
            Fault::invalid("cause", "There is no such cause. A cause is an id such as message.too-big.")
        })?),
        None => None,
    };
    parts.store.job_state(*id).await?;
    let limit = page.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    Ok(HttpResponse::Ok().json(parts.store.findings(*id, cause, page.after, limit).await?))
}
