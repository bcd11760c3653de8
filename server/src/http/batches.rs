//! Batches: made, changed, filled, steered, cut over, removed.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path, Query},
};
use serde::Deserialize;
use shared::{
    batch::{AssignForm, BatchForm, BatchRow, BatchView},
    cutover::{Step, TickForm},
    dns::BatchDns,
    error::ApiError,
    id::{BatchId, ProjectId},
    job::{ActionForm, Applied, JobAction},
};

use super::{
    changes::Changes,
    fault::{Answer, Fault},
    jobs::noted,
    projects::Seen,
    valid,
    who::{Auditor, Operator},
};
use crate::{
    app::Parts,
    report::words::{counted, moment},
    store::{Which, named},
};

/// A project's batches, the highest priority first.
#[utoipa::path(get, path = "/api/v1/projects/{id}/batches", tag = "batches", params(("id" = i64, Path)), responses(
    (status = 200, body = [BatchRow]),
    (status = 404, body = ApiError),
))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, project: Path<ProjectId>) -> Answer {
    parts.store.project_row(*project).await?;
    Ok(HttpResponse::Ok().json(parts.store.batches(*project).await?))
}

/// Adds a batch to a project.
#[utoipa::path(post, path = "/api/v1/projects/{id}/batches", tag = "batches", params(("id" = i64, Path)), request_body = BatchForm, responses(
    (status = 201, body = BatchView),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The name is in use"),
))]
pub(super) async fn create(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    form: Json<BatchForm>,
) -> Answer {
    let form = valid::batch_form(form.into_inner())?;
    let id = parts.store.create_batch(*project, &form).await?;
    let view = parts.store.batch(id).await?;
    parts.record(&who.admin.name, "batch.create", &subject(&view)).await;
    Ok(HttpResponse::Created().json(view))
}

/// One batch with all its page shows.
#[utoipa::path(get, path = "/api/v1/batches/{id}", tag = "batches", params(("id" = i64, Path)), responses(
    (status = 200, body = BatchView),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<BatchId>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.batch(*id).await?))
}

/// Changes a batch's settings.
#[utoipa::path(put, path = "/api/v1/batches/{id}", tag = "batches", params(("id" = i64, Path), Seen), request_body = BatchForm, responses(
    (status = 200, body = BatchView),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The name is in use, or the settings were changed since"),
))]
pub(super) async fn change(
    who: Operator,
    parts: Data<Parts>,
    id: Path<BatchId>,
    seen: Query<Seen>,
    form: Json<BatchForm>,
) -> Answer {
    let form = valid::batch_form(form.into_inner())?;
    let before = parts.store.batch(*id).await?;
    parts.store.update_batch(*id, &form, seen.seen.as_deref()).await?;
    let changes = Changes::default().of("", &before.row.settings, &form);
    let name = named(&form.name, &before.project_name);
    parts.record(&who.admin.name, "batch.change", &changes.subject(&name)).await;
    Ok(HttpResponse::Ok().json(parts.store.batch(*id).await?))
}

/// Removes a batch. Its mailboxes stay in the project, as they are.
#[utoipa::path(delete, path = "/api/v1/batches/{id}", tag = "batches", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 404, body = ApiError),
))]
pub(super) async fn remove(who: Operator, parts: Data<Parts>, id: Path<BatchId>) -> Answer {
    let view = parts.store.batch(*id).await?;
    parts.store.delete_batch(*id).await?;
    parts.record(&who.admin.name, "batch.delete", &subject(&view)).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Puts mailboxes of a project into a batch, or takes them out of any.
#[utoipa::path(post, path = "/api/v1/projects/{id}/assignments", tag = "batches", params(("id" = i64, Path)), request_body = AssignForm, responses(
    (status = 200, body = Applied, description = "How many changed"),
    (status = 404, body = ApiError),
))]
pub(super) async fn assign(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    form: Json<AssignForm>,
) -> Answer {
    let row = parts.store.project_row(*project).await?;
    let applied = parts.store.assign(*project, &form).await?;
    let to = match form.batch {
        Some(batch) => parts.store.batch_row(batch).await?.settings.name,
        None => "no batch".into(),
    };
    let subject = format!("{}: {} to {to}", row.name, counted(applied, "mailbox"));
    parts.record(&who.admin.name, "batch.assign", &subject).await;
    Ok(HttpResponse::Ok().json(Applied::to(applied)))
}

/// Does something with the mailboxes of a batch, all or those that are selected, as far as it makes sense for them now.
/// Once it was cut over they are only verified and looked at.
#[utoipa::path(post, path = "/api/v1/batches/{id}/actions", tag = "batches", params(("id" = i64, Path)), request_body = ActionForm, responses(
    (status = 202, body = Applied),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "It was cut over, or has no mailboxes"),
))]
pub(super) async fn act(
    who: Operator,
    parts: Data<Parts>,
    id: Path<BatchId>,
    form: Json<ActionForm>,
) -> Answer {
    let view = parts.store.batch(*id).await?;
    let ActionForm { action, selection } = form.into_inner();
    possible(&view.row, action)?;
    let within = selection.clone().within(view.row.id);
    let which = Which::Project(view.row.project, &within);
    parts.store.can_log_in(view.row.project, which, action).await?;
    let applied = parts.store.apply_to_batch(&view.row, selection, action).await?;
    parts.live.running.heed(&parts.store).await;
    let subject = format!("{} ({})", subject(&view), counted(applied.applied, "mailbox"));
    parts.record(&who.admin.name, &format!("batch.{}", action.word()), &subject).await;
    let early =
        applied.applied > 0 && action == JobAction::Final && view.cutover.tick(Step::Freeze).is_none();
    let note = match early {
        true => Some(NOT_FROZEN.into()),
        false => parts.store.left_out(which, action).await?,
    };
    Ok(HttpResponse::Accepted().json(noted(applied, note)))
}

/// What is said of a final pass that cannot count for the cutover.
const NOT_FROZEN: &str = "The old system is not frozen yet: what arrives there from now on is not copied, and this pass \
    does not count for the cutover. Once the freeze is ticked off, run the final pass once more.";

/// Whether an action makes sense for a batch as it stands.
fn possible(row: &BatchRow, action: JobAction) -> Result<(), Fault> {
    // What was paused may be a pass that only reads: of those that are resumed each is looked at.
    if let Some(done) = row.done.filter(|_| action.copies_for_sure()) {
        return Err(Fault::conflict(format!(
            "This batch was cut over on {}. Take back the last tick of its checklist first.",
            moment(done)
        )));
    }
    match row.nothing_to_begin().filter(|_| action.begins()) {
        Some(why) => Err(Fault::conflict(why)),
        None => Ok(()),
    }
}

/// Whether what was told a short while ago will do.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Afresh {
    /// Ask now, although what was told is good for a while.
    #[serde(default)]
    afresh: bool,
}

/// Asks DNS where mail for the domains of a batch's mailboxes goes: MX, time to live, and to which of the two systems it
/// leads.
#[utoipa::path(get, path = "/api/v1/batches/{id}/dns", tag = "batches", params(("id" = i64, Path), Afresh), responses(
    (status = 200, body = BatchDns),
    (status = 404, body = ApiError),
))]
pub(super) async fn dns(_: Auditor, parts: Data<Parts>, id: Path<BatchId>, how: Query<Afresh>) -> Answer {
    Ok(HttpResponse::Ok().json(asked(&parts, *id, how.afresh).await?))
}

async fn asked(parts: &Parts, id: BatchId, afresh: bool) -> Result<BatchDns, Fault> {
    let domains = parts.store.batch_domains(id).await?;
    Ok(parts.dns.of_batch(id, domains, afresh, parts.clock.now()).await)
}

/// Ticks off a step of a batch's cutover, or takes the tick back. Who and when is kept with it, and what DNS says against
/// it.
#[utoipa::path(post, path = "/api/v1/batches/{id}/cutover", tag = "batches", params(("id" = i64, Path)), request_body = TickForm, responses(
    (status = 200, body = BatchView),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "Another step comes first"),
))]
pub(super) async fn tick(
    who: Operator,
    parts: Data<Parts>,
    id: Path<BatchId>,
    form: Json<TickForm>,
) -> Answer {
    valid::note(&form.note)?;
    let against = match form.done && form.step.is_about_dns() {
        true => asked(&parts, *id, false).await?.against(form.step).map(str::to_owned),
        false => None,
    };
    parts.store.tick(*id, &form, &who.admin.name, against.as_deref()).await?;
    let view = parts.store.batch(*id).await?;
    let what = if form.done { "done" } else { "taken back" };
    let note = form.note.trim();
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    let against = against.map_or_else(String::new, |told| format!(", although DNS says: {told}"));
    let subject = format!("{}: {}, {what}{note}{against}", subject(&view), form.step.title());
    parts.record(&who.admin.name, &format!("batch.{}", form.step.word()), &subject).await;
    Ok(HttpResponse::Ok().json(view))
}

/// The batch in words, for the activity log.
fn subject(view: &BatchView) -> String {
    named(&view.row.settings.name, &view.project_name)
}
