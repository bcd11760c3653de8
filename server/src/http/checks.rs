//! Connection checks: begun, then read step by step.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use secrecy::SecretString;
use shared::{
    check::{CheckForm, CheckReport, CheckStarted, Side},
    error::ApiError,
    limits::Limits,
};

use super::{
    fault::{Answer, Fault},
    valid,
    who::Operator,
};
use crate::{app::Parts, check::Order, secret::Secrets};

/// Begins a connection check.
#[utoipa::path(post, path = "/api/v1/checks", tag = "checks", request_body = CheckForm, responses(
    (status = 202, body = CheckStarted),
    (status = 400, body = ApiError),
    (status = 429, body = ApiError, description = "More than ten checks a minute"),
))]
pub(super) async fn begin(who: Operator, parts: Data<Parts>, form: Json<CheckForm>) -> Answer {
    let form = form.into_inner();
    valid::endpoint("endpoint", &form.endpoint)?;
    if let Some(user) = &form.user {
        valid::login_name("user", user)?;
    }
    if let Some(secret) = &form.secret {
        valid::secret("secret", secret)?;
    }
    parts.limits.check(who.admin.id)?;
    let (stored, limits) = stored(&parts, &form).await?;
    let side = form.of_side();
    let (guests, endpoint) = (&parts.live.running.guests, form.endpoint);
    let login = match form.user {
        Some(user) => {
            let entered = form.secret.map(SecretString::from);
            let account = Secrets::to_try(&endpoint, entered, stored).open(&endpoint, &user);
            let account = account
                .ok_or_else(|| Fault::invalid("secret", "Enter the password, or leave the mailbox empty."))?;
            Some(guests.equip(side, account))
        }
        None => None,
    };
    let order = Order {
        login,
        side,
        gate: guests.gate(side, &endpoint),
        visits: parts.store.visits(side, &endpoint, &limits),
        endpoint,
    };
    let host = order.endpoint.host().to_owned();
    let begun = parts.checks.begin(&parts.runtime, who.admin.id, order);
    let id = begun.map_err(|error| Fault::internal("Beginning the check", &error))?;
    parts.record(&who.admin.name, "check.start", &host).await;
    Ok(HttpResponse::Accepted().json(CheckStarted { id }))
}

/// The checklist so far, for the admin who began it.
#[utoipa::path(get, path = "/api/v1/checks/{id}", tag = "checks", params(("id" = String, Path)), responses(
    (status = 200, body = CheckReport),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(who: Operator, parts: Data<Parts>, id: Path<String>) -> Answer {
    let report = parts.checks.read(who.admin.id, &id);
    let report =
        report.ok_or_else(|| Fault::not_found("There is no such check any more. Begin it again."))?;
    Ok(HttpResponse::Ok().json(report))
}

/// The stored secret the form names, and the limits of its side: a secret goes only to the server it was entered for. An
/// endpoint that is not kept yet has no limits of its own: those of whoever else uses the system count.
async fn stored(parts: &Parts, form: &CheckForm) -> Result<(Option<SecretString>, Limits), Fault> {
    let Some(stored) = form.stored else { return Ok((None, Limits::unlimited())) };
    let project = parts.store.project(stored.project).await?;
    let (endpoint, limits) = match stored.side {
        Side::Source => (&project.source, project.options.source_limits),
        Side::Target => (&project.target, project.options.target_limits),
    };
    if !endpoint.same_login(&form.endpoint) {
        return Err(Fault::invalid("secret", valid::ENTER_AGAIN));
    }
    Ok((parts.store.open_secret(stored.project, stored.side).await?, limits))
}
