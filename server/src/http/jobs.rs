//! Jobs: made, read, steered, removed.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use shared::{
    error::ApiError,
    id::{JobId, ProjectId},
    job::{ActionForm, JobAction, JobRow, JobSecrets, JobState, JobView, NewJob},
};

use super::{
    fault::{Answer, Fault},
    valid,
    who::{Auditor, Operator},
};
use crate::{app::Parts, store::StoreError};

/// A project's jobs in the order they were made.
#[utoipa::path(get, path = "/api/v1/projects/{id}/jobs", tag = "jobs", params(("id" = i64, Path)), responses(
    (status = 200, body = [JobRow]),
    (status = 404, body = ApiError),
))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, project: Path<ProjectId>) -> Answer {
    parts.store.project_row(*project).await?;
    let mut rows = parts.store.jobs(*project).await?;
    rows.iter_mut().for_each(|row| parts.live.running.overlay(row));
    Ok(HttpResponse::Ok().json(rows))
}

/// Adds jobs, all or none; a field such as `jobs[3].source_user` names the row at fault.
#[utoipa::path(post, path = "/api/v1/projects/{id}/jobs", tag = "jobs", params(("id" = i64, Path)), request_body = Vec<NewJob>, responses(
    (status = 201, body = [JobRow], description = "The jobs that were added"),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The project has a mailbox already"),
))]
pub(super) async fn create(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    rows: Json<Vec<NewJob>>,
) -> Answer {
    let view = parts.store.project(*project).await?;
    valid::job_rows(&view.source, &view.target, &rows)?;
    let made = parts.store.create_jobs(*project, &rows).await?;
    let subject =
        format!("{} mailbox{} of {}", made.len(), if made.len() == 1 { "" } else { "es" }, view.row.name);
    parts.record(&who.admin.name, "job.create", &subject).await;
    let mut rows = parts.store.jobs(*project).await?;
    rows.retain(|row| made.contains(&row.id));
    Ok(HttpResponse::Created().json(rows))
}

/// One job with all its page shows.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = i64, Path)), responses(
    (status = 200, body = JobView),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<JobId>) -> Answer {
    let mut view = parts.store.job(*id).await?;
    parts.live.running.overlay(&mut view.row);
    Ok(HttpResponse::Ok().json(view))
}

/// Removes a job with its ledger and reports. Nothing is touched on either mail system.
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 409, body = ApiError, description = "It is waiting or running"),
))]
pub(super) async fn remove(who: Operator, parts: Data<Parts>, id: Path<JobId>) -> Answer {
    let subject = subject(&parts, *id).await?;
    parts.store.delete_job(*id).await?;
    parts.record(&who.admin.name, "job.delete", &subject).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Stores new secrets for a job's mailboxes. They are write-only; the next pass uses them.
#[utoipa::path(put, path = "/api/v1/jobs/{id}/secrets", tag = "jobs", params(("id" = i64, Path)), request_body = JobSecrets, responses(
    (status = 204),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn change_secrets(
    who: Operator,
    parts: Data<Parts>,
    id: Path<JobId>,
    form: Json<JobSecrets>,
) -> Answer {
    let subject = subject(&parts, *id).await?;
    valid::job_secrets(&form)?;
    parts.store.set_job_secrets(*id, &form).await?;
    parts.record(&who.admin.name, "job.secrets", &subject).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Does something with a job. It begins at once; how it gets on is told by the live stream.
#[utoipa::path(post, path = "/api/v1/jobs/{id}/actions", tag = "jobs", params(("id" = i64, Path)), request_body = ActionForm, responses(
    (status = 202, body = JobRow),
    (status = 409, body = ApiError, description = "The action makes no sense now"),
))]
pub(super) async fn act(
    who: Operator,
    parts: Data<Parts>,
    id: Path<JobId>,
    form: Json<ActionForm>,
) -> Answer {
    let subject = subject(&parts, *id).await?;
    apply(&parts, *id, form.action).await?;
    parts.record(&who.admin.name, &format!("job.{}", action_word(form.action)), &subject).await;
    let mut row = parts.store.job_row(*id).await?;
    parts.live.running.overlay(&mut row);
    Ok(HttpResponse::Accepted().json(row))
}

/// Changes a job's state and tells a pass that runs here at once. The store wakes the queue.
pub(super) async fn apply(parts: &Parts, id: JobId, action: JobAction) -> Result<JobState, StoreError> {
    let state = parts.store.apply(id, action).await?;
    parts.live.running.steer_to(id, state);
    Ok(state)
}

/// The stable word of an action, as it stands in the activity log.
pub(super) const fn action_word(action: JobAction) -> &'static str {
    match action {
        JobAction::DryRun => "dry-run",
        JobAction::Start => "start",
        JobAction::Verify => "verify",
        JobAction::Pause => "pause",
        JobAction::Resume => "resume",
        JobAction::Cancel => "cancel",
    }
}

/// The job in words, for the activity log.
async fn subject(parts: &Parts, id: JobId) -> Result<String, Fault> {
    let row = parts.store.job_row(id).await?;
    Ok(format!("{} → {}", row.source_user, row.target_user))
}
