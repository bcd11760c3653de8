//! API tokens: made, listed, revoked.

use actix_web::{
    HttpResponse,
    web::{Data, Json, Path},
};
use shared::{
    auth::Role,
    error::ApiError,
    id::TokenId,
    token::{MadeToken, NewToken, TOKEN_DAYS, TOKEN_DAYS_MAX, TOKEN_NAME_MAX, TokenRow},
};

use super::{
    fault::{Answer, Fault},
    who::{Auditor, Owner},
};
use crate::{
    app::Parts,
    auth::Token,
    store::{Proof, TokenOrder},
};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// One's own tokens, newest first.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, body = [TokenRow])))]
pub(super) async fn own(who: Auditor, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.tokens(Some(who.admin.id)).await?))
}

/// Everybody's tokens, newest first.
#[utoipa::path(get, path = "/api/v1/tokens/all", tag = "tokens", responses((status = 200, body = [TokenRow])))]
pub(super) async fn all(_: Owner, parts: Data<Parts>) -> Answer {
    Ok(HttpResponse::Ok().json(parts.store.tokens(None).await?))
}

/// Makes a token for oneself. It is shown in this answer and never again. With a token, one can be made that may do no
/// more and lives no longer; it ends with the one it was made with.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = NewToken, responses(
    (status = 201, body = MadeToken),
    (status = 400, body = ApiError),
    (status = 403, body = ApiError, description = "The scope is wider than one's own"),
    (status = 409, body = ApiError, description = "Too many tokens"),
))]
pub(super) async fn create(who: Auditor, parts: Data<Parts>, form: Json<NewToken>) -> Answer {
    let form = form.into_inner();
    let name = form.name.trim();
    if name.is_empty() || name.chars().count() > TOKEN_NAME_MAX || name.chars().any(char::is_control) {
        let message = format!("Say what the token is for, in 1 to {TOKEN_NAME_MAX} characters.");
        return Err(Fault::invalid("name", message));
    }
    let days = form.days.unwrap_or(TOKEN_DAYS);
    if !(1..=TOKEN_DAYS_MAX).contains(&days) {
        return Err(Fault::invalid("days", format!("A token lives 1 to {TOKEN_DAYS_MAX} days.")));
    }
    if !who.admin.role.includes(form.scope.role()) {
        return Err(Fault::forbidden(format!(
            "A token never may more than who makes it: the scope {} needs the role {}.",
            form.scope.word(),
            form.scope.role().title()
        )));
    }
    let token = Token::for_programs().map_err(|error| Fault::internal("Making a token", &error))?;
    let now = parts.clock.now();
    let order = TokenOrder {
        hash: token.hash(),
        admin: who.admin.id,
        parent: match who.proof {
            Proof::Session(_) => None,
            Proof::Token { id, .. } => Some(id),
        },
        name,
        scope: form.scope,
        expires: now.plus_millis(i64::from(days) * DAY_MILLIS),
    };
    let row = parts.store.create_token(order, now).await?;
    let subject = format!("{} (may {}, until {})", row.name, row.scope.word(), row.expires);
    parts.record(&who.admin.name, "token.create", &subject).await;
    Ok(HttpResponse::Created().json(MadeToken { token: token.expose().to_owned(), row }))
}

/// Revokes a token: one's own, or as an owner anybody's. What it made ends with it.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", params(("id" = i64, Path)), responses(
    (status = 204),
    (status = 404, body = ApiError),
))]
pub(super) async fn revoke(who: Auditor, parts: Data<Parts>, id: Path<TokenId>) -> Answer {
    let row = parts.store.token(*id).await?;
    if row.admin != who.admin.id && !who.admin.role.includes(Role::Owner) {
        // Whether it exists is nobody's business.
        return Err(Fault::not_found("There is no such token. It may have been removed meanwhile."));
    }
    parts.store.revoke_token(*id).await?;
    parts.record(&who.admin.name, "token.revoke", &format!("{} of {}", row.name, row.admin_name)).await;
    Ok(HttpResponse::NoContent().finish())
}
