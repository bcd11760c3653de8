//! Jobs: made, read, steered, removed.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use shared::{
    error::ApiError,
    id::{JobId, ProjectId},
    job::{ActionForm, Applied, JobAction, JobPage, JobQuery, JobRow, JobSecrets, JobState, JobView, NewJob},
};

use super::{
    fault::{Answer, Fault},
    projects::known_batch,
    valid,
    who::{Auditor, Operator},
};
use crate::{
    app::Parts,
    report::words::{count, counted},
    store::{StoreError, Which},
};

/// A page of a project's jobs.
#[utoipa::path(get, path = "/api/v1/projects/{id}/jobs", tag = "jobs", params(("id" = i64, Path), JobQuery), responses(
    (status = 200, body = JobPage),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn list(
    _: Auditor,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    query: Query<JobQuery>,
) -> Answer {
    valid::search(query.search.as_deref())?;
    parts.store.project_exists(*project).await?;
    known_batch(&parts, *project, query.batch).await?;
    let mut page = parts.store.job_page(*project, &query).await?;
    page.rows.iter_mut().for_each(|row| parts.live.running.overlay(row));
    Ok(HttpResponse::Ok().json(page))
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
    let subject = format!("{} of {}", counted(made.len() as u64, "mailbox"), view.row.name);
    parts.record(&who.admin.name, "job.create", &subject).await;
    Ok(HttpResponse::Created().json(parts.store.rows_of(&made).await?))
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
    let before = parts.store.job_row(*id).await?;
    let subject = format!("{} → {}", before.source_user, before.target_user);
    parts.store.can_log_in(before.project, Which::Job(*id), form.action).await?;
    apply(&parts, *id, form.action).await?;
    parts.record(&who.admin.name, &format!("job.{}", form.action.word()), &subject).await;
    let mut row = parts.store.job_row(*id).await?;
    parts.live.running.overlay(&mut row);
    Ok(HttpResponse::Accepted().json(row))
}

/// Changes a job's state and tells a pass that runs here at once. The store wakes the queue.
pub(super) async fn apply(parts: &Parts, id: JobId, action: JobAction) -> Result<JobState, StoreError> {
    let state = parts.store.apply(id, action).await?;
    if action == JobAction::StopNow {
        parts.live.running.stop_now(id);
    }
    parts.live.running.steer_to(id, state);
    Ok(state)
}

/// Changes the state of many jobs at once and tells the passes that run here. The store wakes the queue.
pub(super) async fn apply_to(
    parts: &Parts,
    which: Which<'_>,
    action: JobAction,
) -> Result<Applied, StoreError> {
    let applied = parts.store.apply_to(which, action).await?;
    parts.live.running.heed(&parts.store).await;
    Ok(applied)
}

/// What is answered of many jobs: who gets which pass, where a start means both, and what is to be known besides.
pub(super) fn noted(applied: Applied, note: Option<String>) -> Applied {
    let Applied { applied, again, .. } = applied;
    let told = (again > 0).then(|| {
        let gets = if again == 1 { "gets" } else { "get" };
        let first = count(applied.saturating_sub(again));
        format!("{first} started for the first time, {} {gets} a delta pass.", count(again))
    });
    let notes: Vec<String> = told.into_iter().chain(note).collect();
    Applied { applied, again, note: (!notes.is_empty()).then(|| notes.join(" ")) }
}

/// The job in words, for the activity log.
async fn subject(parts: &Parts, id: JobId) -> Result<String, Fault> {
    let row = parts.store.job_row(id).await?;
    Ok(format!("{} → {}", row.source_user, row.target_user))
}

#[cfg(test)]
mod tests {
    use super::{Applied, noted};

    #[test]
    fn a_start_tells_how_many_get_which_pass() {
        let of = |applied, again, note: Option<&str>| {
            noted(Applied { applied, again, note: None }, note.map(str::to_owned)).note
        };
        let both = "12 started for the first time, 30 get a delta pass.";
        assert_eq!(of(42, 30, None).as_deref(), Some(both));
        assert_eq!(of(42, 30, Some("More.")), Some(format!("{both} More.")));
        assert_eq!(of(1, 1, None).as_deref(), Some("0 started for the first time, 1 gets a delta pass."));
        assert_eq!(of(42, 0, None), None);
    }
}
