//! Whether the server lives and whether it can work, for whoever watches over it.

use actix_web::{HttpResponse, web::Data};

use super::fault::{Answer, Fault};
use crate::app::Parts;

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "The process answers")))]
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

/// The database answers and the server is not stopping.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Ready to work"),
    (status = 503, body = shared::error::ApiError, description = "Starting, stopping or without its database"),
))]
pub(super) async fn ready(parts: Data<Parts>) -> Answer {
    if *parts.live.closing.borrow() {
        return Err(Fault::unavailable("The server is stopping. Try again when it is back."));
    }
    if let Err(error) = parts.store.ping().await {
        tracing::error!(%error, "the database does not answer");
        return Err(Fault::unavailable(
            "The database does not answer. Check that it runs and that its disk has room.",
        ));
    }
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
}
