//! The limits of a project's systems as they are now, and logins that are held back.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use shared::{
    check::Side,
    error::ApiError,
    id::ProjectId,
    limits::{GateView, ResetForm},
};

use super::{
    fault::{Answer, Fault},
    who::{Auditor, Operator},
};
use crate::app::Parts;

/// How much of a project's source and target may be used now, and why not more.
#[utoipa::path(get, path = "/api/v1/projects/{id}/limits", tag = "projects", params(("id" = i64, Path)), responses(
    (status = 200, body = [GateView]),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<ProjectId>) -> Answer {
    let project = parts.store.project(*id).await?;
    let guests = &parts.live.running.guests;
    let mut views = [
        guests.view(Side::Source, &project.source, &project.options.source_limits),
        guests.view(Side::Target, &project.target, &project.options.target_limits),
    ];
    for (view, endpoint) in views.iter_mut().zip([&project.source, &project.target]) {
        parts.store.keep_own_logins(*id, endpoint, view).await?;
    }
    Ok(HttpResponse::Ok().json(views))
}

/// Lets a login be tried again that was refused twice.
#[utoipa::path(post, path = "/api/v1/projects/{id}/logins", tag = "projects", params(("id" = i64, Path)), request_body = ResetForm, responses(
    (status = 204),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "The login is not held back"),
))]
pub(super) async fn reset(
    who: Operator,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    form: Json<ResetForm>,
) -> Answer {
    let project = parts.store.project(*id).await?;
    let endpoint = match form.side {
        Side::Source => &project.source,
        Side::Target => &project.target,
    };
    if !parts.live.running.guests.reset(form.side, endpoint, &form.login) {
        return Err(Fault::conflict("This login is not held back (any more). Start the mailbox again."));
    }
    parts.live.running.moved();
    let subject = format!("{} on the {} of {}", form.login.name(), form.side.title(), project.row.name);
    parts.record(&who.admin.name, "login.reset", &subject).await;
    Ok(HttpResponse::NoContent().finish())
}
