//! Who did what.

use actix_web::{
    HttpResponse,
    web::{Data, Query},
};
use serde::Deserialize;
use shared::auth::ActivityRow;

use super::{fault::Answer, who::Auditor};
use crate::app::Parts;

/// Which page.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// The last id of the page before.
    before: Option<i64>,
}

/// A page of the activity log, newest first.
#[utoipa::path(get, path = "/api/v1/activity", tag = "activity", params(Page), responses((status = 200, body = [ActivityRow])))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>, page: Query<Page>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.activity(page.before).await?))
}
