//! Nodes: which processes move mailboxes, and letting one of them run empty.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use shared::{error::ApiError, id::NodeId, node::NodeRow};

use super::{
    fault::Answer,
    who::{Auditor, Operator},
};
use crate::app::Parts;

/// Every node that is there, or was within the last day, with the mailboxes that it moves.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "nodes", responses((status = 200, body = [NodeRow])))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.nodes().await?))
}

/// Lets a node take nothing new. What it moves finishes the messages in flight and goes on elsewhere.
#[utoipa::path(post, path = "/api/v1/nodes/{id}/drain", tag = "nodes", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "It has ended"),
))]
pub(super) async fn drain(who: Operator, parts: Data<Parts>, id: Path<NodeId>) -> Answer {
    set(&parts, &who.admin.name, *id, true).await
}

/// Lets a node take mailboxes again.
#[utoipa::path(post, path = "/api/v1/nodes/{id}/undrain", tag = "nodes", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "It has ended"),
))]
pub(super) async fn undrain(who: Operator, parts: Data<Parts>, id: Path<NodeId>) -> Answer {
    set(&parts, &who.admin.name, *id, false).await
}

async fn set(parts: &Parts, who: &str, id: NodeId, draining: bool) -> Answer {
    let name = parts.store.drain(id, draining).await?;
    parts.record(who, if draining { "node.drain" } else { "node.undrain" }, &name).await;
    Ok(HttpResponse::NoContent().finish())
}
