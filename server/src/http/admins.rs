//! Admins, managed by owners.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use shared::{
    auth::{AdminChange, AdminRow, NewAdmin},
    error::ApiError,
    id::AdminId,
};

use super::{
    changes::Changes,
    fault::{Answer, Fault},
    who::{Auditor, Owner},
};
use crate::{
    app::Parts,
    auth::{name_problem, password_problem},
    store::AdminEdit,
};

/// Every admin.
#[utoipa::path(get, path = "/api/v1/admins", tag = "admins", responses((status = 200, body = [AdminRow])))]
pub(super) async fn list(_: Auditor, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.admins().await?))
}

/// Adds an admin.
#[utoipa::path(post, path = "/api/v1/admins", tag = "admins", request_body = NewAdmin, responses(
    (status = 201, body = AdminRow),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "The name is in use"),
))]
pub(super) async fn create(who: Owner, parts: Data<Parts>, form: Json<NewAdmin>) -> Answer {
    let form = form.into_inner();
    if let Some(problem) = name_problem(&form.name) {
        return Err(Fault::invalid("name", problem));
    }
    let password_hash = accepted(&parts, &form.name, form.password).await?;
    let id = parts.store.create_admin(&form.name, &password_hash, form.role, parts.clock.now()).await?;
    let subject = format!("{} as {}", form.name, form.role.title().to_lowercase());
    parts.record(&who.admin.name, "admin.create", &subject).await;
    Ok(HttpResponse::Created().json(parts.store.admin(id).await?))
}

/// Changes an admin's role, password or whether it may log in. Its sessions end.
#[utoipa::path(patch, path = "/api/v1/admins/{id}", tag = "admins", params(("id" = i64, Path)), request_body = AdminChange, responses(
    (status = 200, body = AdminRow),
    (status = 400, body = ApiError),
    (status = 409, body = ApiError, description = "Somebody must stay an owner"),
))]
pub(super) async fn change(
    who: Owner,
    parts: Data<Parts>,
    id: Path<AdminId>,
    form: Json<AdminChange>,
) -> Answer {
    let (id, form) = (id.into_inner(), form.into_inner());
    let before = parts.store.admin(id).await?;
    let password_hash = match form.password {
        Some(password) => Some(accepted(&parts, &before.name, password).await?),
        None => None,
    };
    let changes = Changes::default()
        .of("role", &before.role, &form.role.unwrap_or(before.role))
        .of("enabled", &before.enabled, &form.enabled.unwrap_or(before.enabled))
        .and(password_hash.is_some(), "a new password");
    parts.store.edit_admin(id, &AdminEdit { role: form.role, password_hash, enabled: form.enabled }).await?;
    parts.record(&who.admin.name, "admin.change", &changes.subject(&before.name)).await;
    Ok(HttpResponse::Ok().json(parts.store.admin(id).await?))
}

/// Removes an admin. What it did stays in the activity log.
#[utoipa::path(delete, path = "/api/v1/admins/{id}", tag = "admins", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 409, body = ApiError, description = "Somebody must stay an owner"),
))]
pub(super) async fn remove(who: Owner, parts: Data<Parts>, id: Path<AdminId>) -> Answer {
    let before = parts.store.admin(*id).await?;
    parts.store.delete_admin(*id).await?;
    parts.record(&who.admin.name, "admin.delete", &before.name).await;
    Ok(HttpResponse::NoContent().finish())
}

/// The hash of a password that may be one.
async fn accepted(parts: &Parts, name: &str, password: String) -> Result<String, Fault> {
    if let Some(problem) = password_problem(&password, &[name, parts.place.name()]) {
        return Err(Fault::invalid("password", problem));
    }
    Ok(parts.passwords.hash(password).await?)
}
