//! First run: whether an owner is still to be made, and making it with the one-time token.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Json},
};
use shared::{
    auth::{Me, Role, SetupForm, SetupState},
    error::ApiError,
};

use super::{
    fault::{Answer, Fault},
    guard::client,
    session, who,
};
use crate::{
    app::Parts,
    auth::{hash, name_problem, password_problem},
    store::SessionAdmin,
};

/// Whether the first admin is still to be made.
#[utoipa::path(get, path = "/api/v1/setup", tag = "set-up", responses((status = 200, body = SetupState)))]
pub(super) async fn state(parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(SetupState { needed: !parts.store.has_admin().await? }))
}

/// Makes the first admin, an owner, and logs it in. The token works once.
#[utoipa::path(post, path = "/api/v1/setup", tag = "set-up", request_body = SetupForm, responses(
    (status = 201, body = Me, description = "Made and logged in"),
    (status = 403, body = ApiError, description = "The token is wrong, used or expired"),
    (status = 409, body = ApiError, description = "An admin exists already"),
))]
pub(super) async fn create(parts: Data<Parts>, request: HttpRequest, form: Json<SetupForm>) -> Answer {
    let form = form.into_inner();
    let from = client(&request, &parts);
    parts.limits.set_up(from)?;
    if parts.store.has_admin().await? {
        return Err(Fault::conflict(
            "This server is set up already. Log in, or ask an owner for an account.",
        ));
    }
    if let Some(problem) = name_problem(&form.name) {
        return Err(Fault::invalid("name", problem));
    }
    if let Some(problem) = password_problem(&form.password, &[&form.name, parts.place.name()]) {
        return Err(Fault::invalid("password", problem));
    }
    let password = parts.passwords.hash(form.password).await?;
    let now = parts.clock.now();
    let made = parts.store.create_first_owner(hash(form.token.trim()), &form.name, &password, now).await?;
    let Some(id) = made else {
        return Err(Fault::forbidden(
            "The set-up link is not valid: it was used, is older than 60 minutes or belongs to an earlier start. Restart \
             carbonio-migrate to get a new one.",
        ));
    };
    parts.remove_setup_file();
    parts.record(&form.name, "setup", "the first owner").await;
    tracing::info!(admin.id = %id, "the first owner was made");
    parts.limits.succeeded(&form.name, from);
    let cookie = session::begin(&parts, id).await?;
    parts.store.record_login(id, now).await?;
    let admin = SessionAdmin { id, name: form.name, role: Role::Owner };
    Ok(HttpResponse::Created().cookie(cookie).json(who::me(admin)))
}
