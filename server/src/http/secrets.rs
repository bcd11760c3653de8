//! New passwords for many mailboxes of a project: all rows of a list, or none.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path, Payload},
};
use shared::{
    error::ApiError,
    id::ProjectId,
    secrets::{SecretsDone, SecretsForm},
};

use super::{
    fault::{Answer, Fault},
    imports::{TURN, whole},
    who::Operator,
};
use crate::{
    app::Parts,
    import::{self, Refused},
    report::words::counted,
};

/// Stores new passwords or tokens for many mailboxes of a project at once. They are write-only; the next passes use them.
/// When a row is wrong, nothing is stored, and every wrong row is named.
#[utoipa::path(put, path = "/api/v1/projects/{id}/secrets", tag = "jobs", params(("id" = i64, Path)), request_body = SecretsForm, responses(
    (status = 200, body = SecretsDone),
    (status = 400, body = ApiError, description = "The list cannot be read, or rows of it are wrong: each is named"),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "The project logs in elsewhere by now"),
    (status = 413, body = ApiError),
))]
pub(super) async fn change(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    body: Payload,
) -> Answer {
    let body = whole(body).await?;
    // Not before: whoever sends slowly must not keep others waiting.
    let _turn = TURN.acquire().await.map_err(|error| Fault::internal("Reading passwords", &error))?;
    let view = parts.store.project(*project).await?;
    let needs = [view.source.secret_per_mailbox(), view.target.secret_per_mailbox()];
    let mailboxes = parts.store.mailboxes(*project).await?;
    let read = web::block(move || {
        let form: SecretsForm = serde_json::from_slice(&body).map_err(|_| {
            Fault::invalid(
                "text",
                "The request is not the form of a list. The API is described at /api/docs.",
            )
        })?;
        import::secrets(&form, needs, &mailboxes).or_else(|refused| {
            let faults =
                refused.into_iter().map(|Refused { field, message }| Err(Fault::invalid(field, message)));
            Fault::all(faults).map(|()| Vec::new())
        })
    })
    .await;
    let secrets = read.map_err(|error| Fault::internal("Reading passwords", &error))??;
    let endpoints = [&view.source, &view.target];
    let lacking = parts.store.renew_secrets(*project, &secrets, endpoints).await?;
    let stored = secrets.len() as u64;
    let subject = format!("{} of {}", counted(stored, "mailbox"), view.row.name);
    parts.record(&who.admin.name, "job.secrets", &subject).await;
    Ok(HttpResponse::Ok().json(SecretsDone { stored, lacking }))
}
