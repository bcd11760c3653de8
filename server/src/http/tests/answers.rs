//! What answers carry and what they must never carry.

use actix_web::http::{StatusCode, header};
use serde_json::{Value, json};
use shared::auth::Role;

use super::{Bench, request, send};

/// A secret nobody must ever see again.
const CANARY: &str = "canary-7f3a9c";

fn endpoint(admin: bool) -> Value {
    let login = match admin {
        true => json!({ "method": "authorization-id", "admin": "root" }),
        false => json!({ "method": "password" }),
    };
    json!({ "kind": "imap", "host": "127.0.0.1", "port": 1143, "tls": "none", "login": login })
}

fn project(name: &str) -> Value {
    json!({
        "name": name,
        "source": { "endpoint": endpoint(true), "secret": CANARY },
        "target": { "endpoint": endpoint(false) },
    })
}

fn row(user: &str) -> Value {
    json!({ "source_user": user, "target_user": user, "target_secret": CANARY })
}

#[actix_web::test]
async fn every_answer_tells_the_browser_what_it_may_do() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    for (method, path) in [
        ("GET", "/healthz"),
        ("GET", "/"),
        ("GET", "/assets/gone.js"),
        ("GET", "/api/v1/session"),
        ("GET", "/api/v1/nothing"),
        ("PUT", "/api/v1/setup"),
        ("POST", "/api/v1/session"),
    ] {
        let answer = site(request(method, path, None, None)).await;
        let value =
            |name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
        let policy = value("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{method} {path}"
        );
        assert_eq!(value("x-content-type-options").as_deref(), Some("nosniff"), "{method} {path}");
        assert_eq!(value("referrer-policy").as_deref(), Some("no-referrer"), "{method} {path}");
        assert_eq!(value("cross-origin-opener-policy").as_deref(), Some("same-origin"), "{method} {path}");
        assert_eq!(value("access-control-allow-origin"), None, "{method} {path}");
        assert_eq!(value("strict-transport-security"), None, "http on loopback has no TLS to insist on");
        let no_store = value("cache-control").as_deref() == Some("no-store");
        assert_eq!(no_store, path.starts_with("/api"), "{method} {path}");
    }
}

#[actix_web::test]
async fn behind_tls_the_browser_is_told_to_insist_on_it() {
    let flags = crate::config::SettingFlags {
        public_url: Some("https://migrate.example".into()),
        ..Default::default()
    };
    let bench = Bench::with(flags).await;
    let site = bench.site().await;
    let answer = site(request("GET", "/healthz", None, None)).await;
    assert_eq!(answer.headers().get(header::STRICT_TRANSPORT_SECURITY).expect("insists"), "max-age=31536000");
}

#[actix_web::test]
async fn an_unknown_path_under_the_api_is_never_a_page() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    for path in ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v1/jobs/abc", "/api/v2/jobs"] {
        let page = request("GET", path, None, None).insert_header(("accept", "text/html"));
        let (status, body) = send(&site, page).await;
        // A known route asks who is there first.
        let expected =
            if path == "/api/v1/jobs/abc" { StatusCode::UNAUTHORIZED } else { StatusCode::NOT_FOUND };
        assert_eq!(status, expected, "{path}");
        assert!(body["message"].is_string(), "{path}: {body}");
    }
}

#[actix_web::test]
async fn secrets_go_in_and_never_come_out() {
    let bench = Bench::new().await;
    let owner = bench.admin("anna", Role::Owner).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Option<Value>| request(method, path, Some(&owner), body);
    let mut seen = Vec::new();
    for (method, path, body, status) in [
        ("POST", "/api/v1/projects", Some(project("Move")), 201),
        ("POST", "/api/v1/projects", Some(project("Move")), 409),
        ("POST", "/api/v1/projects/1/jobs", Some(json!([row("anna"), row("bert")])), 201),
        ("POST", "/api/v1/projects/1/jobs", Some(json!([row("carl"), row("carl")])), 400),
        ("PUT", "/api/v1/jobs/1/secrets", Some(json!({ "source_secret": CANARY })), 204),
        ("PUT", "/api/v1/jobs/1/secrets", Some(json!({ "source_secret": { "x": CANARY } })), 400),
        ("PUT", "/api/v1/jobs/1/secrets", Some(json!({ "source_secret": [CANARY] })), 400),
        ("POST", "/api/v1/jobs/1/actions", Some(json!({ "action": CANARY.len() })), 400),
        ("PUT", "/api/v1/projects/1", Some(project("Moved")), 200),
        ("GET", "/api/v1/projects", None, 200),
        ("GET", "/api/v1/projects/1", None, 200),
        ("GET", "/api/v1/projects/1/jobs", None, 200),
        ("GET", "/api/v1/jobs/1", None, 200),
        ("GET", "/api/v1/activity", None, 200),
    ] {
        let (found, answer) = send(&site, ask(method, path, body)).await;
        assert_eq!(found.as_u16(), status, "{method} {path}: {answer}");
        seen.push(answer.to_string());
    }
    assert!(!seen.join("\n").contains(CANARY), "{seen:#?}");
    let (_, view) = send(&site, ask("GET", "/api/v1/projects/1", None)).await;
    assert_eq!((&view["source_has_secret"], &view["target_has_secret"]), (&json!(true), &json!(false)));
}

#[actix_web::test]
async fn endpoints_stay_while_a_mailbox_waits() {
    let bench = Bench::new().await;
    let operator = bench.admin("anna", Role::Operator).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Value| request(method, path, Some(&operator), Some(body));
    send(&site, ask("POST", "/api/v1/projects", project("Move"))).await;
    send(&site, ask("POST", "/api/v1/projects/1/jobs", json!([row("anna")]))).await;
    let (status, answer) =
        send(&site, ask("POST", "/api/v1/jobs/1/actions", json!({ "action": "start" }))).await;
    assert_eq!((status.as_u16(), &answer["state"]), (202, &json!("queued")));
    let mut moved = project("Move");
    moved["target"]["endpoint"]["port"] = json!(2143);
    assert_eq!(send(&site, ask("PUT", "/api/v1/projects/1", moved.clone())).await.0, StatusCode::CONFLICT);
    assert_eq!(send(&site, ask("PUT", "/api/v1/projects/1", project("Renamed"))).await.0, StatusCode::OK);
    let (status, answer) =
        send(&site, ask("POST", "/api/v1/projects/1/actions", json!({ "action": "cancel" }))).await;
    assert_eq!((status.as_u16(), answer), (202, json!({ "applied": 1 })));
    assert_eq!(send(&site, ask("PUT", "/api/v1/projects/1", moved)).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn an_action_that_makes_no_sense_says_so() {
    let bench = Bench::new().await;
    let operator = bench.admin("anna", Role::Operator).await;
    let site = bench.site().await;
    let ask = |path: &str, body: Value| request("POST", path, Some(&operator), Some(body));
    send(&site, ask("/api/v1/projects", project("Move"))).await;
    send(&site, ask("/api/v1/projects/1/jobs", json!([row("anna")]))).await;
    let (status, answer) = send(&site, ask("/api/v1/jobs/1/actions", json!({ "action": "pause" }))).await;
    assert_eq!((status, &answer["code"]), (StatusCode::CONFLICT, &json!("conflict")));
    let (_, answer) = send(&site, ask("/api/v1/projects/1/actions", json!({ "action": "resume" }))).await;
    assert_eq!(answer, json!({ "applied": 0 }));
}
