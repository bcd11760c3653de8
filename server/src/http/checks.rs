//! Connection checks: begun, then read step by step.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use engine::account::Account;
use secrecy::SecretString;
use shared::{
    check::{CheckForm, CheckReport, CheckStarted, Side},
    endpoint::Grant,
    error::ApiError,
};

use super::{
    fault::{Answer, Fault},
    valid,
    who::Operator,
};
use crate::{app::Parts, check::Order};

/// Begins a connection check.
#[utoipa::path(post, path = "/api/v1/checks", tag = "checks", request_body = CheckForm, responses(
    (status = 202, body = CheckStarted),
    (status = 400, body = ApiError),
    (status = 429, body = ApiError, description = "More than ten checks a minute"),
))]
pub(super) async fn begin(who: Operator, parts: Data<Parts>, form: Json<CheckForm>) -> Answer {
    let mut form = form.into_inner();
    valid::endpoint("endpoint", &form.endpoint)?;
    if let Some(user) = &form.user {
        valid::login_name("user", user)?;
    }
    if let Some(secret) = &form.secret {
        valid::secret("secret", secret)?;
    }
    parts.limits.check(who.admin.id)?;
    let stored = stored(&parts, &form).await?;
    let refreshes = form.endpoint.token_client().is_some_and(|client| client.grant == Grant::RefreshToken);
    let (secret, client_secret) = match (form.secret.take().map(SecretString::from), stored) {
        // What is stored for the endpoint is the client's secret; the mailbox's refresh token is another one.
        (entered, stored) if refreshes => (entered, stored),
        (Some(entered), _) => (Some(entered), None),
        (None, stored) => (stored, None),
    };
    let login = match (form.user, secret) {
        (Some(user), Some(secret)) => {
            let account = Account { client_secret, ..Account::new(form.endpoint.clone(), user, secret) };
            let side = form.stored.map_or(Side::Source, |stored| stored.side);
            Some(parts.live.running.guests.equip(side, account))
        }
        (Some(_), None) => {
            return Err(Fault::invalid("secret", "Enter the password, or leave the mailbox empty."));
        }
        (None, _) => None,
    };
    let order = Order { endpoint: form.endpoint, login };
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

/// The stored secret the form names. It goes only to the server it was entered for.
async fn stored(parts: &Parts, form: &CheckForm) -> Result<Option<SecretString>, Fault> {
    let Some(stored) = form.stored else { return Ok(None) };
    let project = parts.store.project(stored.project).await?;
    let endpoint = match stored.side {
        Side::Source => &project.source,
        Side::Target => &project.target,
    };
    if !endpoint.same_login(&form.endpoint) {
        return Err(Fault::invalid("secret", valid::ENTER_AGAIN));
    }
    Ok(parts.store.open_secret(stored.project, stored.side).await?)
}
