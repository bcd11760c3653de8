//! Headers of every answer: what a browser may do with it.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};

use super::guard;

/// For the panel: scripts and WebAssembly of our own, no inline style, nothing from elsewhere.
const PANEL_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                            img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; \
                            frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// For the API's documentation page, whose library sets styles on its elements.
pub(super) const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                                      img-src 'self' data:; connect-src 'self'; form-action 'none'; \
                                      frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

/// For reports shown in the browser: a page without scripts and without an origin.
pub(super) const REPORT_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'";

const FIXED: [(&str, &str); 7] = [
    ("content-security-policy", PANEL_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self)"),
];

/// A year, for this host alone: its neighbours in the customer's domain are not ours to decide on.
const HSTS: &str = "max-age=31536000";

/// Adds what the handler did not decide itself.
pub(crate) async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let secure = guard::parts(request.request()).is_ok_and(|parts| parts.secure);
    let api = request.path().starts_with("/api");
    let mut answer = next.call(request).await?;
    let headers = answer.headers_mut();
    for (name, value) in FIXED {
        add(headers, HeaderName::from_static(name), value);
    }
    if secure {
        add(headers, header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    add(headers, header::CACHE_CONTROL, if api { "no-store" } else { "no-cache" });
    Ok(answer)
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
