//! Errors of a project grouped by cause.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use shared::{
    causes::CauseRow,
    error::ApiError,
    id::{BatchId, ProjectId},
};

use super::{fault::Answer, projects::known_batch, who::Auditor};
use crate::app::Parts;

/// Of which mailboxes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    /// Only of this batch.
    #[param(value_type = Option<i64>)]
    batch: Option<BatchId>,
}

/// What differs or failed in a project, by cause: worst first, each with what to do.
#[utoipa::path(get, path = "/api/v1/projects/{id}/causes", tag = "projects", params(("id" = i64, Path), Of), responses(
    (status = 200, body = [CauseRow]),
    (status = 404, body = ApiError),
))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, project: Path<ProjectId>, of: Query<Of>) -> Answer {
    parts.store.project_row(*project).await?;
    known_batch(&parts, *project, of.batch).await?;
    Ok(HttpResponse::Ok().json(parts.store.project_causes(*project, of.batch).await?))
}
