//! What every request passes before a handler sees it: is it addressed to us, did our own page send it, who is it.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{
    Error, HttpMessage as _, HttpRequest, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName},
    },
    middleware::Next,
    web,
};

use super::{Fault, who};
use crate::{
    app::Parts,
    audit::ADDRESS,
    auth::{Arrival, TokenHash},
    store::{Bearer, Proof},
};

/// Streams do not count as activity: an open page must not keep a session alive for ever.
const LIVE: &str = "/api/v1/live/";
/// Where logins are tried.
const LOGIN: &str = "/api/v1/session";
/// Who it was when nobody was logged in.
pub(super) const NOBODY: &str = "nobody";

/// Refuses what is not for us or not from us, and puts the session's admin into the request.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let begun = std::time::Instant::now();
    let refused = if request.path().starts_with("/api") { admit(&request).await.err() } else { None };
    let answer = match refused {
        Some(fault) => request.into_response(fault.error_response()),
        None => {
            let from = parts(request.request()).map(|parts| client(request.request(), parts));
            match from {
                Ok(from) => ADDRESS.scope(from.to_string(), next.call(request)).await?,
                Err(_) => next.call(request).await?,
            }
            .map_into_boxed_body()
        }
    };
    remember(&answer).await;
    note(&answer, begun);
    Ok(answer)
}

async fn admit(request: &ServiceRequest) -> Result<(), Fault> {
    let parts = parts(request.request())?;
    let arrival = arrival(request.headers());
    if let Some(problem) = parts.place.host_problem(arrival.host) {
        return Err(Fault::forbidden(problem));
    }
    // What another site makes a browser send carries cookies, never this header: it needs no further proof.
    if let Some(token) = who::bearer(request.request()) {
        return admit_program(request, parts, token).await;
    }
    if !request.method().is_safe()
        && let Some(problem) = parts.place.change_problem(&arrival)
    {
        return Err(Fault::forbidden(problem));
    }
    let Some(session) = who::presented(request.request(), parts.secure) else { return Ok(()) };
    let active = !request.path().starts_with(LIVE);
    if let Some(admin) = parts.store.session(session, parts.clock.now(), active).await? {
        request.extensions_mut().insert(who::Who { admin, proof: Proof::Session(session) });
    }
    Ok(())
}

/// Lets a program in whose token is good; a cookie beside it counts for nothing.
async fn admit_program(request: &ServiceRequest, parts: &Parts, token: TokenHash) -> Result<(), Fault> {
    let Some(Bearer { id, admin, .. }) = parts.store.bearer(token, parts.clock.now()).await? else {
        let from = client(request.request(), parts);
        parts.limits.bad_token(from)?;
        tracing::warn!(client.ip = %from, "a token was refused");
        return Err(Fault::unauthorized(
            "The token was refused: it is wrong, expired or revoked, or its admin is disabled. Make a new one in the \
             panel under your account.",
        ));
    };
    request.extensions_mut().insert(who::Who { admin, proof: Proof::Token { hash: token, id } });
    Ok(())
}

/// Writes down what was refused: a change that somebody may not make, a forged request, a token that is none. Logins tell
/// of theirs themselves; a session that ended is no news when only looking.
async fn remember(answer: &ServiceResponse<BoxBody>) {
    let request = answer.request();
    let bearing = who::bearer(request).is_some();
    let refused = match answer.status() {
        StatusCode::FORBIDDEN => true,
        StatusCode::UNAUTHORIZED => bearing || !request.method().is_safe(),
        _ => false,
    };
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("an unknown address");
    if !refused || (request.method() == Method::POST && route == LOGIN) {
        return;
    }
    let Ok(parts) = parts(request) else { return };
    let from = client(request, parts);
    if !parts.limits.is_news(from) {
        return;
    }
    let who = request.extensions().get::<who::Who>().map(|who| who.admin.name.clone());
    let subject = format!("{} {route} ({})", request.method(), answer.status().as_u16());
    let noting = parts.record_refused(who.as_deref().unwrap_or(NOBODY), "request", &subject);
    ADDRESS.scope(from.to_string(), noting).await;
}

/// One line for each request: what was asked, of which route, by whom, and what came of it. Never a query or a body.
fn note(answer: &ServiceResponse<BoxBody>, begun: std::time::Instant) {
    let request = answer.request();
    let admin = request.extensions().get::<who::Who>().map(|who| who.admin.id.0);
    let route = request.match_pattern();
    tracing::debug!(
        method = %request.method(),
        route = route.as_deref().unwrap_or("the panel"),
        status = answer.status().as_u16(),
        admin.id = admin,
        duration_ms = begun.elapsed().as_millis() as u64,
        "answered"
    );
}

fn arrival(headers: &HeaderMap) -> Arrival<'_> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let length = text(header::CONTENT_LENGTH);
    Arrival {
        host: text(header::HOST),
        origin: text(header::ORIGIN),
        fetch_site: text(HeaderName::from_static("sec-fetch-site")),
        content_type: text(header::CONTENT_TYPE),
        has_body: length.is_some_and(|length| length.trim() != "0")
            || headers.contains_key(header::TRANSFER_ENCODING),
        marker: text(HeaderName::from_static("x-cm")),
    }
}

/// What handlers reach.
pub(super) fn parts(request: &HttpRequest) -> Result<&web::Data<Parts>, Fault> {
    request
        .app_data::<web::Data<Parts>>()
        .ok_or_else(|| Fault::internal("Answering", &"the server's parts are missing"))
}

/// Where a request comes from.
pub(super) fn client(request: &HttpRequest, parts: &Parts) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    originator(peer, forwarded, &parts.trusted_proxies)
}

/// What proxies say is believed only of those that were named. Each adds the address it saw at the end: the last one that
/// is no proxy of ours is the client.
fn originator<'a>(peer: IpAddr, forwarded: impl Iterator<Item = &'a str>, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut known = hops.iter().rev().map_while(|hop| hop.parse().ok().map(|ip: IpAddr| ip.to_canonical()));
    known.find(|ip| !trusted.contains(ip)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::originator;

    fn check(peer: &str, forwarded: &[&str], found: &str) {
        let trusted: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().expect("an address")).into();
        let peer = peer.parse().expect("an address");
        let found: IpAddr = found.parse().expect("an address");
        assert_eq!(originator(peer, forwarded.iter().copied(), &trusted), found, "{peer} {forwarded:?}");
    }

    #[test]
    fn only_named_proxies_are_believed() {
        check("192.0.2.7", &["198.51.100.1"], "192.0.2.7");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1");
        check("10.0.0.1", &["1.2.3.4", "198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["198.51.100.1, nonsense"], "10.0.0.1");
        check("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1");
    }
}
