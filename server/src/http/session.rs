//! Logging in and out, and one's own password.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::Cookie,
    web::{Data, Json},
};
use shared::{
    auth::{LoginForm, Me, PasswordChange},
    error::ApiError,
    id::AdminId,
};

use super::{
    fault::{Answer, Fault},
    guard::{NOBODY, client},
    who::{self, Auditor},
};
use crate::{
    app::Parts,
    auth::{Token, password_problem},
    store::{AdminEdit, Proof, SessionAdmin},
};

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses(
    (status = 200, body = Me),
    (status = 401, body = ApiError),
))]
pub(super) async fn me(who: Auditor) -> Answer {
    Ok(HttpResponse::Ok().json(who::me(who.admin.clone())))
}

/// Logs in: the answer sets the session's cookie.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = LoginForm, responses(
    (status = 200, body = Me),
    (status = 401, body = ApiError, description = "Wrong name or password, or the account is disabled"),
    (status = 429, body = ApiError, description = "Too many attempts"),
))]
pub(super) async fn log_in(parts: Data<Parts>, request: HttpRequest, form: Json<LoginForm>) -> Answer {
    let form = form.into_inner();
    let from = client(&request, &parts);
    parts.limits.login(&form.name, from)?;
    let login = parts.store.admin_login(&form.name).await?;
    let password_hash = login.as_ref().map(|login| login.password_hash.clone());
    let known = login.as_ref().map(|login| login.name.clone());
    let fits = parts.passwords.verify(form.password, password_hash).await?;
    let Some(login) = login.filter(|login| fits && login.enabled) else {
        tracing::warn!(client.ip = %from, "a login was refused");
        // A name that is nobody's may be a password in the wrong field: it is not written down.
        parts.record_refused(known.as_deref().unwrap_or(NOBODY), "session.login", "the panel").await;
        return Err(Fault::unauthorized(
            "Login refused: the name or the password is wrong, or the account is disabled. Type both again. If that does \
             not help, ask an owner to set a new password or to enable the account; on the host, `carbonio-migrate admin \
             reset-password NAME` sets one.",
        ));
    };
    parts.limits.succeeded(&login.name, from);
    if let Some(earlier) = who::presented(&request, parts.secure) {
        parts.store.end_session(earlier).await?;
    }
    let cookie = begin(&parts, login.id).await?;
    parts.store.record_login(login.id, parts.clock.now()).await?;
    parts.record(&login.name, "session.login", "the panel").await;
    let admin = SessionAdmin { id: login.id, name: login.name, role: login.role };
    Ok(HttpResponse::Ok().cookie(cookie).json(who::me(admin)))
}

/// Logs out: the session is over everywhere, its live streams too.
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses(
    (status = 204),
    (status = 401, body = ApiError),
    (status = 409, body = ApiError, description = "A token has no session"),
))]
pub(super) async fn log_out(parts: Data<Parts>, who: Auditor) -> Answer {
    let Proof::Session(session) = who.proof else {
        return Err(Fault::conflict(
            "A token has no session that could end. To end the token, revoke it under /api/v1/tokens.",
        ));
    };
    parts.store.end_session(session).await?;
    parts.record(&who.admin.name, "session.logout", "the panel").await;
    Ok(HttpResponse::NoContent().cookie(who::no_cookie(&parts)).finish())
}

/// Changes one's own password: every other session of the admin ends, and this one goes on under a new token.
#[utoipa::path(put, path = "/api/v1/session/password", tag = "session", request_body = PasswordChange, responses(
    (status = 204),
    (status = 400, body = ApiError, description = "The present password is wrong, or the new one is not acceptable"),
    (status = 429, body = ApiError, description = "Too many attempts"),
))]
pub(super) async fn change_password(
    who: Auditor,
    parts: Data<Parts>,
    request: HttpRequest,
    form: Json<PasswordChange>,
) -> Answer {
    let form = form.into_inner();
    let name = &who.admin.name;
    parts.limits.login(name, client(&request, &parts))?;
    let login = parts.store.admin_login(name).await?;
    if !parts.passwords.verify(form.current, login.map(|login| login.password_hash)).await? {
        parts.record_refused(name, "session.password", "their own password").await;
        return Err(Fault::invalid("current", "The present password is wrong. Type it again."));
    }
    if let Some(problem) = password_problem(&form.new, &[name, parts.place.name()]) {
        return Err(Fault::invalid("new", problem));
    }
    let password_hash = Some(parts.passwords.hash(form.new).await?);
    parts.store.edit_admin(who.admin.id, &AdminEdit { password_hash, ..AdminEdit::default() }).await?;
    parts.record(name, "session.password", "their own password").await;
    let mut answer = HttpResponse::NoContent();
    // A program goes on with its token and must not be given a session.
    if matches!(who.proof, Proof::Session(_)) {
        answer.cookie(begin(&parts, who.admin.id).await?);
    }
    Ok(answer.finish())
}

/// Begins a session under a fresh token.
pub(super) async fn begin(parts: &Parts, admin: AdminId) -> Result<Cookie<'static>, Fault> {
    let token = Token::generate().map_err(|error| Fault::internal("Making a session", &error))?;
    parts.store.create_session(token.hash(), admin, parts.clock.now()).await?;
    Ok(who::cookie(parts, &token))
}
