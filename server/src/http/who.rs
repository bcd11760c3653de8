//! Who is asking: extractors that a handler's signature demands its role with.

use std::{future::Ready, ops::Deref};

use actix_web::{
    FromRequest, HttpMessage as _, HttpRequest,
    cookie::{Cookie, SameSite},
    dev::Payload,
    http::header,
};
use shared::auth::{Me, Role};

use super::Fault;
use crate::{
    app::Parts,
    auth::{Token, TokenHash, hash},
    store::{Proof, SessionAdmin},
};

/// An admin, and what says so.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) admin: SessionAdmin,
    pub(crate) proof: Proof,
}

/// What the panel is told about its admin.
pub(super) fn me(admin: SessionAdmin) -> Me {
    let SessionAdmin { id, name, role } = admin;
    Me { id, name, role, version: env!("CARGO_PKG_VERSION").into() }
}

/// The session's admin, if the guard found one and its role includes the wanted one.
fn demand(request: &HttpRequest, wanted: Role) -> Result<Who, Fault> {
    let who = request.extensions().get::<Who>().cloned();
    let who =
        who.ok_or_else(|| Fault::unauthorized("You are not logged in, or the session has ended. Log in."))?;
    if who.admin.role.includes(wanted) {
        return Ok(who);
    }
    let (wanted, own) = (wanted.title(), who.admin.role.title());
    Err(Fault::forbidden(match who.proof {
        Proof::Session(_) => format!("This needs the role {wanted}, and yours is {own}. Ask an owner."),
        Proof::Token { .. } => format!(
            "This needs the role {wanted}, and the token that was sent is good for {own}: use one with another scope, of an \
             admin with that role."
        ),
    }))
}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name(Who);

        impl Deref for $name {
            type Target = Who;
            fn deref(&self) -> &Who {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = Fault;
            type Future = Ready<Result<Self, Fault>>;
            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                std::future::ready(demand(request, Role::$name).map(Self))
            }
        }
    };
}

role!(
    /// Anybody who is logged in.
    Auditor
);
role!(
    /// Somebody who may run migrations.
    Operator
);
role!(
    /// Somebody who may manage admins.
    Owner
);

/// The cookie's name. Over TLS browsers guarantee for this prefix that no other host or path has set it.
const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-cm_session" } else { "cm_session" }
}

/// The API token a request brings (RFC 6750, section 2.1), with its hash. Whatever else stands in the header is a token
/// that is none.
pub(super) fn bearer(request: &HttpRequest) -> Option<TokenHash> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let token = value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(hash(token.map_or("", |(_, token)| token.trim())))
}

/// The hash of the session token a request brings.
pub(super) fn presented(request: &HttpRequest, secure: bool) -> Option<TokenHash> {
    Some(hash(request.cookie(cookie_name(secure))?.value()))
}

/// The cookie that begins a session in the browser.
pub(super) fn cookie(parts: &Parts, token: &Token) -> Cookie<'static> {
    bare_cookie(parts.secure, token.expose().to_owned())
}

/// The cookie that makes the browser forget the session.
pub(super) fn no_cookie(parts: &Parts) -> Cookie<'static> {
    let mut cookie = bare_cookie(parts.secure, String::new());
    cookie.make_removal();
    cookie
}

/// Ends with the browser at the latest; how long a session lives is decided here, not by the cookie.
fn bare_cookie(secure: bool, value: String) -> Cookie<'static> {
    Cookie::build(cookie_name(secure), value)
        .path("/")
        .secure(secure)
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::bare_cookie;

    #[test]
    fn the_cookie_is_as_closed_as_its_transport_allows() {
        assert_eq!(
            bare_cookie(true, "x".into()).to_string(),
            "__Host-cm_session=x; HttpOnly; SameSite=Strict; Secure; Path=/"
        );
        assert_eq!(
            bare_cookie(false, "x".into()).to_string(),
            "cm_session=x; HttpOnly; SameSite=Strict; Path=/"
        );
    }
}
