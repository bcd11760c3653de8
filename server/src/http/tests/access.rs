//! Who may call what, from where: the table of roles, written a second time and compared with the routes.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use serde_json::json;
use shared::auth::Role::{self, Auditor, Operator, Owner};
use utoipa::OpenApi as _;

use super::{Bench, request};
use crate::http::{ROUTES, docs::Document};

/// The least role that may call a route; none: anybody.
#[rustfmt::skip]
const LEAST: &[(&str, &str, Option<Role>)] = &[
    ("GET",    "/healthz",                      None),
    ("GET",    "/readyz",                       None),
    ("GET",    "/api/v1/setup",                 None),
    ("POST",   "/api/v1/setup",                 None),
    ("POST",   "/api/v1/session",               None),
    ("GET",    "/api/v1/session",               Some(Auditor)),
    ("DELETE", "/api/v1/session",               Some(Auditor)),
    ("PUT",    "/api/v1/session/password",      Some(Auditor)),
    ("GET",    "/api/v1/admins",                Some(Auditor)),
    ("POST",   "/api/v1/admins",                Some(Owner)),
    ("PATCH",  "/api/v1/admins/{id}",           Some(Owner)),
    ("DELETE", "/api/v1/admins/{id}",           Some(Owner)),
    ("GET",    "/api/v1/tokens",                Some(Auditor)),
    ("POST",   "/api/v1/tokens",                Some(Auditor)),
    ("GET",    "/api/v1/tokens/all",            Some(Owner)),
    ("DELETE", "/api/v1/tokens/{id}",           Some(Auditor)),
    ("GET",    "/api/v1/notifications",         Some(Owner)),
    ("PUT",    "/api/v1/notifications",         Some(Owner)),
    ("GET",    "/api/v1/notifications/own",     Some(Auditor)),
    ("PUT",    "/api/v1/notifications/own",     Some(Auditor)),
    ("POST",   "/api/v1/notifications/test",    Some(Owner)),
    ("GET",    "/api/v1/nodes",                 Some(Auditor)),
    ("POST",   "/api/v1/nodes/{id}/drain",      Some(Operator)),
    ("POST",   "/api/v1/nodes/{id}/undrain",    Some(Operator)),
    ("GET",    "/api/v1/activity",              Some(Auditor)),
    ("GET",    "/api/v1/activity/proof",        Some(Auditor)),
    ("GET",    "/api/v1/activity/export",       Some(Auditor)),
    ("GET",    "/api/v1/projects",              Some(Auditor)),
    ("POST",   "/api/v1/projects",              Some(Operator)),
    ("GET",    "/api/v1/projects/{id}",         Some(Auditor)),
    ("PUT",    "/api/v1/projects/{id}",         Some(Operator)),
    ("DELETE", "/api/v1/projects/{id}",         Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/actions", Some(Operator)),
    ("GET",    "/api/v1/projects/{id}/causes",  Some(Auditor)),
    ("GET",    "/api/v1/projects/{id}/forecast", Some(Auditor)),
    ("GET",    "/api/v1/projects/{id}/inventory", Some(Auditor)),
    ("GET",    "/api/v1/projects/{id}/inventory/mailboxes", Some(Auditor)),
    ("POST",   "/api/v1/projects/{id}/assignments", Some(Operator)),
    ("GET",    "/api/v1/projects/{id}/batches", Some(Auditor)),
    ("POST",   "/api/v1/projects/{id}/batches", Some(Operator)),
    ("GET",    "/api/v1/batches/{id}",          Some(Auditor)),
    ("PUT",    "/api/v1/batches/{id}",          Some(Operator)),
    ("DELETE", "/api/v1/batches/{id}",          Some(Operator)),
    ("POST",   "/api/v1/batches/{id}/actions",  Some(Operator)),
    ("POST",   "/api/v1/batches/{id}/cutover",  Some(Operator)),
    ("GET",    "/api/v1/batches/{id}/dns",      Some(Auditor)),
    ("POST",   "/api/v1/projects/{id}/forget",  Some(Operator)),
    ("PUT",    "/api/v1/projects/{id}/secrets", Some(Operator)),
    ("GET",    "/api/v1/projects/{id}/limits",  Some(Auditor)),
    ("POST",   "/api/v1/projects/{id}/logins",  Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/discover", Some(Operator)),
    ("GET",    "/api/v1/projects/{id}/jobs",    Some(Auditor)),
    ("POST",   "/api/v1/projects/{id}/jobs",    Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/import/preview",  Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/import/ask", Some(Operator)),
    ("GET",    "/api/v1/asks/{id}",             Some(Operator)),
    ("DELETE", "/api/v1/asks/{id}",             Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/import/bad-rows", Some(Operator)),
    ("POST",   "/api/v1/projects/{id}/import/commit",   Some(Operator)),
    ("GET",    "/api/v1/jobs/{id}",             Some(Auditor)),
    ("DELETE", "/api/v1/jobs/{id}",             Some(Operator)),
    ("PUT",    "/api/v1/jobs/{id}/secrets",     Some(Operator)),
    ("POST",   "/api/v1/jobs/{id}/actions",     Some(Operator)),
    ("GET",    "/api/v1/jobs/{id}/findings",    Some(Auditor)),
    ("GET",    "/api/v1/jobs/{id}/report",      Some(Auditor)),
    ("POST",   "/api/v1/checks",                Some(Operator)),
    ("GET",    "/api/v1/checks/{id}",           Some(Operator)),
    ("GET",    "/api/v1/live/projects",         Some(Auditor)),
    ("GET",    "/api/v1/live/projects/{id}",    Some(Auditor)),
    ("GET",    "/api/v1/live/jobs/{id}",        Some(Auditor)),
    ("GET",    "/api/v1/openapi.json",          Some(Auditor)),
    ("GET",    "/api/docs/{file:.*}",           Some(Auditor)),
];

#[actix_web::test]
async fn every_route_is_in_the_table_and_in_the_description_of_the_api() {
    let routes: BTreeSet<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    let table: BTreeSet<_> =
        LEAST.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(routes, table);
    let document = serde_json::to_value(Document::openapi()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let path = path.replace("{file}", "{file:.*}");
            methods
                .as_object()
                .expect("methods")
                .keys()
                .map(move |method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    assert_eq!(routes, described);
}

#[actix_web::test]
async fn every_route_asks_for_its_role_before_it_looks_at_the_request() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    for (number, (method, path, least)) in LEAST.iter().enumerate() {
        let path = path.replace("{id}", "999").replace("{file:.*}", "index.html");
        let safe = *method == "GET";
        for role in [None, Some(Auditor), Some(Operator), Some(Owner)] {
            // A fresh admin for each call: some routes log their caller out.
            let session = match role {
                Some(role) => Some(bench.admin(&format!("{role:?}-{number}"), role).await),
                None => None,
            };
            let body = (!safe).then(|| json!("no form"));
            let answer = site(request(method, &path, session.as_deref(), body)).await;
            let status = answer.status();
            let kept_out = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            let expected = match (least, role) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(least), Some(role)) => !role.includes(*least),
            };
            assert_eq!(kept_out, expected, "{method} {path} by {role:?}: {status}");
            if kept_out {
                let right = if role.is_none() { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
                assert_eq!(status, right, "{method} {path} by {role:?}");
            }
        }
    }
}

#[actix_web::test]
async fn a_change_must_come_from_the_panel() {
    let bench = Bench::new().await;
    let session = bench.admin("anna", Owner).await;
    let site = bench.site().await;
    let forged = |name: &'static str, value: &'static str| {
        request("POST", "/api/v1/projects/1/actions", Some(&session), Some(json!({ "action": "start" })))
            .insert_header((name, value))
    };
    for (name, value, status) in [
        ("accept", "*/*", StatusCode::NOT_FOUND),
        ("origin", "http://127.0.0.1:7080", StatusCode::NOT_FOUND),
        ("origin", "http://evil.example", StatusCode::FORBIDDEN),
        ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
        ("content-type", "text/plain", StatusCode::FORBIDDEN),
        ("x-cm", "", StatusCode::FORBIDDEN),
        ("host", "evil.example", StatusCode::FORBIDDEN),
    ] {
        let answer = site(forged(name, value)).await;
        assert_eq!(answer.status(), status, "{name}: {value}");
    }
}
