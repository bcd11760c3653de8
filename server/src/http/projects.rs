//! Projects: made, changed, removed, and actions on all their jobs.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use serde::Deserialize;
use shared::{
    error::ApiError,
    id::{BatchId, ProjectId},
    job::{ActionForm, Applied},
    project::{DeleteForm, Forgotten, ProjectForm, ProjectPage, ProjectQuery, ProjectView},
};

use super::{
    changes::Changes,
    fault::{Answer, Fault},
    jobs, valid,
    who::{Auditor, Operator},
};
use crate::{
    app::Parts,
    report::words::counted,
    store::{StoreError, Which},
};

/// A page of the projects.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", params(ProjectQuery), responses(
    (status = 200, body = ProjectPage),
    (status = 400, body = ApiError),
))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, query: Query<ProjectQuery>) -> Answer {
    valid::search(query.search.as_deref())?;
    let mut page = parts.store.project_page(&query).await?;
    page.disk = parts.live.running.disk.full();
    Ok(HttpResponse::Ok().json(page))
}

/// Adds a project. Its secrets are write-only.
#[utoipa::path(post, path = "/api/v1/projects", tag = "projects", request_body = ProjectForm, responses(
    (status = 201, body = ProjectView),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The name is in use"),
))]
pub(super) async fn create(who: Operator, parts: Data<Parts>, form: Json<ProjectForm>) -> Answer {
    let form = valid::project_form(form.into_inner(), None)?;
    let id = parts.store.create_project(&form).await?;
    parts.record(&who.admin.name, "project.create", &form.name).await;
    Ok(HttpResponse::Created().json(parts.store.project(id).await?))
}

/// One project with its settings.
#[utoipa::path(get, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = i64, Path)), responses(
    (status = 200, body = ProjectView),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<ProjectId>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.project(*id).await?))
}

/// From what a change was made.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// The `version` of the settings as they were read: when they were changed since, nothing is saved.
    pub(super) seen: Option<String>,
}

/// Changes a project. An absent secret leaves the stored one, as long as it goes to the same server.
#[utoipa::path(put, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = i64, Path), Seen), request_body = ProjectForm, responses(
    (status = 200, body = ProjectView),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The name is in use, a mailbox is waiting or running, or the settings were changed since"),
))]
pub(super) async fn change(
    who: Operator,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    seen: Query<Seen>,
    form: Json<ProjectForm>,
) -> Answer {
    let before = parts.store.project(*id).await?;
    let form = valid::project_form(form.into_inner(), Some(&before))?;
    let moved = form.source.endpoint != before.source || form.target.endpoint != before.target;
    if moved && before.row.active > 0 {
        return Err(Fault::conflict(
            "The endpoints cannot be changed while mailboxes wait or run. Pause or stop them first.",
        ));
    }
    parts.store.update_project(*id, &form, seen.seen.as_deref()).await?;
    // What was changed is kept even when it cannot be read again.
    let after = parts.store.project(*id).await;
    let changes = after.as_ref().map(|after| changes(&before, after, &form)).unwrap_or_default();
    parts.record(&who.admin.name, "project.change", &changes.subject(&form.name)).await;
    Ok(HttpResponse::Ok().json(after?))
}

fn changes(before: &ProjectView, after: &ProjectView, form: &ProjectForm) -> Changes {
    Changes::default()
        .of("name", &before.row.name, &after.row.name)
        .of("source", &before.source, &after.source)
        .of("target", &before.target, &after.target)
        .of("", &before.options, &after.options)
        .secret(
            "the source's password",
            [before.source_has_secret, after.source_has_secret],
            form.source.secret.as_deref(),
        )
        .secret(
            "the target's password",
            [before.target_has_secret, after.target_has_secret],
            form.target.secret.as_deref(),
        )
}

/// Removes a project with its jobs, ledgers, reports and secrets, when its name is given too. Nothing is touched on
/// either mail system.
#[utoipa::path(delete, path = "/api/v1/projects/{id}", tag = "projects", params(("id" = i64, Path)), request_body = DeleteForm, responses(
    (status = 204),
    (status = 400, body = ApiError, description = "The name is another"),
    (status = 409, body = ApiError, description = "A mailbox is waiting or running"),
))]
pub(super) async fn remove(
    who: Operator,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    form: Json<DeleteForm>,
) -> Answer {
    let before = parts.store.project_row(*id).await?;
    if before.name != form.name {
        let message = "This is not the project's name. Nothing was deleted; check the id and the name.";
        return Err(Fault::invalid("name", message));
    }
    parts.store.delete_project(*id).await?;
    parts.record(&who.admin.name, "project.delete", &before.name).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Does something with jobs of a project, all or those that are selected, as far as it makes sense for them now. Those of
/// batches that were cut over are only verified and looked at.
#[utoipa::path(post, path = "/api/v1/projects/{id}/actions", tag = "projects", params(("id" = i64, Path)), request_body = ActionForm, responses(
    (status = 202, body = Applied),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "Nothing is stored to log in with"),
))]
pub(super) async fn act(
    who: Operator,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    form: Json<ActionForm>,
) -> Answer {
    let project = parts.store.project_row(*id).await?;
    known_batch(&parts, *id, form.selection.filter.batch).await?;
    let which = Which::Project(*id, &form.selection);
    parts.store.can_log_in(*id, which, form.action).await?;
    let applied = jobs::apply_to(&parts, which, form.action).await?;
    let note = parts.store.left_out(which, form.action).await?;
    let subject = format!("{} ({})", project.name, counted(applied.applied, "mailbox"));
    parts.record(&who.admin.name, &format!("project.{}", form.action.word()), &subject).await;
    Ok(HttpResponse::Accepted().json(jobs::noted(applied, note)))
}

/// A batch that is named must be one of the project's: what is asked of another would reach nothing, without a word.
pub(super) async fn known_batch(
    parts: &Parts,
    project: ProjectId,
    batch: Option<BatchId>,
) -> Result<(), StoreError> {
    let Some(batch) = batch else { return Ok(()) };
    match parts.store.batch_row(batch).await?.project == project {
        true => Ok(()),
        false => Err(StoreError::NotFound("batch")),
    }
}

/// Forgets the passwords and tokens of a project and of all its mailboxes. History and reports stay.
#[utoipa::path(post, path = "/api/v1/projects/{id}/forget", tag = "projects", params(("id" = i64, Path)), responses(
    (status = 200, body = Forgotten),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "A mailbox waits, runs or is paused"),
))]
pub(super) async fn forget(who: Operator, parts: Data<Parts>, id: Path<ProjectId>) -> Answer {
    let project = parts.store.project_row(*id).await?;
    let secrets = parts.store.forget_secrets(*id).await?;
    parts.record(&who.admin.name, "project.forget", &format!("{} ({secrets} secrets)", project.name)).await;
    Ok(HttpResponse::Ok().json(Forgotten { secrets }))
}
