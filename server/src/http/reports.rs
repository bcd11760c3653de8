//! A job's latest report as a file.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web::{self, Data, Path, Query},
};
use serde::Deserialize;
use shared::{error::ApiError, id::JobId, report::ReportFormat};

use super::{
    fault::{Answer, Fault},
    headers::REPORT_POLICY,
    who::Auditor,
};
use crate::app::Parts;

/// In which form.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    /// `html`, `csv` or `json`.
    #[param(inline)]
    format: ReportFormat,
    /// `1`: shown in the browser rather than saved.
    inline: Option<u8>,
}

/// A job's latest report.
#[utoipa::path(get, path = "/api/v1/jobs/{id}/report", tag = "jobs", params(("id" = i64, Path), Form), responses(
    (status = 200, description = "The report as a file"),
    (status = 404, body = ApiError, description = "No such job, or it was never validated"),
))]
pub(super) async fn download(_: Auditor, parts: Data<Parts>, id: Path<JobId>, form: Query<Form>) -> Answer {
    let report = parts.store.report(*id).await?;
    let report = report.ok_or_else(|| {
        Fault::not_found(
            "There is no report of this mailbox yet: run an initial, delta or verify pass first.",
        )
    })?;
    let format = form.format;
    // A report may have a hundred thousand findings: rendering it must not hold up other requests.
    let rendered = web::block(move || crate::report::render(&report, format)).await;
    let rendered = rendered.map_err(|error| Fault::internal("Writing the report", &error))?;
    let disposition = match form.inline {
        Some(1) => DispositionType::Inline,
        Some(_) | None => DispositionType::Attachment,
    };
    let parameters = vec![DispositionParam::Filename(rendered.file_name)];
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, rendered.content_type))
        .insert_header(ContentDisposition { disposition, parameters })
        .insert_header((header::CONTENT_SECURITY_POLICY, REPORT_POLICY))
        .body(rendered.bytes))
}
