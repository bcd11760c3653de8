//! API tokens: their scope, their end, and what they are not.

use actix_web::{
    http::{StatusCode, header},
    test::TestRequest,
};
use serde_json::{Value, json};
use shared::{auth::Role, id::AdminId, token::MadeToken};

use super::{Bench, Site, request, send};
use crate::store::AdminEdit;

/// A request as a program sends it: the token and nothing else that proves anything.
fn bearing(method: &str, path: &str, token: &str, body: Option<Value>) -> TestRequest {
    let request = TestRequest::with_uri(path)
        .method(method.parse().expect("a method"))
        .insert_header(("host", "127.0.0.1:7080"))
        .insert_header(("authorization", format!("Bearer {token}")));
    match body {
        Some(body) => request.set_json(body),
        None => request,
    }
}

async fn make(site: &Site, session: &str, scope: &str, days: u16) -> MadeToken {
    let form = json!({ "name": "a script", "scope": scope, "days": days });
    let (status, body) = send(site, request("POST", "/api/v1/tokens", Some(session), Some(form))).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    serde_json::from_value(body).expect("a token")
}

async fn status(site: &Site, request: TestRequest) -> StatusCode {
    send(site, request).await.0
}

#[actix_web::test]
async fn a_token_may_what_its_scope_says_and_never_more_than_its_maker() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let owner = bench.admin("anna", Role::Owner).await;
    let operator = bench.admin("otto", Role::Operator).await;
    for (scope, may_act, may_own) in [("read", false, false), ("operate", true, false), ("own", true, true)] {
        let token = make(&site, &owner, scope, 1).await.token;
        assert!(token.starts_with("cmt_"), "{scope}");
        assert_eq!(status(&site, bearing("GET", "/api/v1/projects", &token, None)).await, StatusCode::OK);
        let act = bearing("POST", "/api/v1/projects/1/actions", &token, Some(json!({ "action": "start" })));
        let expected = if may_act { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
        assert_eq!(status(&site, act).await, expected, "{scope}");
        let own = bearing("GET", "/api/v1/tokens/all", &token, None);
        let expected = if may_own { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(status(&site, own).await, expected, "{scope}");
    }
    let wider = json!({ "name": "x", "scope": "own" });
    let wider = request("POST", "/api/v1/tokens", Some(&operator), Some(wider));
    assert_eq!(status(&site, wider).await, StatusCode::FORBIDDEN);
    // Its maker loses rights: so does the token.
    let token = make(&site, &operator, "operate", 1).await.token;
    let edit = AdminEdit { role: Some(Role::Auditor), ..AdminEdit::default() };
    bench.parts.store.edit_admin(AdminId(2), &edit).await.expect("changed");
    let act = bearing("POST", "/api/v1/projects/1/actions", &token, Some(json!({ "action": "start" })));
    assert_eq!(status(&site, act).await, StatusCode::FORBIDDEN);
    let edit = AdminEdit { enabled: Some(false), ..AdminEdit::default() };
    bench.parts.store.edit_admin(AdminId(2), &edit).await.expect("changed");
    let look = bearing("GET", "/api/v1/projects", &token, None);
    assert_eq!(status(&site, look).await, StatusCode::UNAUTHORIZED, "its admin is disabled");
}

#[actix_web::test]
async fn a_token_ends_by_its_date_by_revoking_and_with_the_one_it_was_made_with() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let anna = bench.admin("anna", Role::Operator).await;
    let bert = bench.admin("bert", Role::Operator).await;
    let look = |token: &str| bearing("GET", "/api/v1/projects", token, None);
    let short = make(&site, &anna, "operate", 1).await;
    let long = make(&site, &anna, "operate", 2).await;
    let child = json!({ "name": "a child", "scope": "read", "days": 365 });
    let (made, child) = send(&site, bearing("POST", "/api/v1/tokens", &short.token, Some(child))).await;
    assert_eq!(made, StatusCode::CREATED, "{child}");
    let child: MadeToken = serde_json::from_value(child).expect("a token");
    assert_eq!(child.row.expires, short.row.expires, "it lives no longer than what made it");
    let revoke = |id| request("DELETE", &format!("/api/v1/tokens/{id}"), Some(&bert), None);
    assert_eq!(status(&site, revoke(long.row.id)).await, StatusCode::NOT_FOUND, "it is somebody else's");
    assert_eq!(status(&site, look(&child.token)).await, StatusCode::OK);
    let listed = send(&site, request("GET", "/api/v1/tokens", Some(&anna), None)).await.1;
    assert_eq!(listed.as_array().map(Vec::len), Some(3));
    assert!(!listed.to_string().contains(&child.token), "a token is shown once");
    assert!(listed[0]["last_used"].is_string() && listed[1]["last_used"].is_null(), "{listed}");
    let revoke = request("DELETE", &format!("/api/v1/tokens/{}", short.row.id), Some(&anna), None);
    assert_eq!(status(&site, revoke).await, StatusCode::NO_CONTENT);
    for gone in [&short.token, &child.token] {
        assert_eq!(status(&site, look(gone)).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&site, look(&long.token)).await, StatusCode::OK);
    bench.pass_minutes(2 * 24 * 60);
    assert_eq!(status(&site, look(&long.token)).await, StatusCode::UNAUTHORIZED, "it expired");
}

#[actix_web::test]
async fn a_token_needs_no_proof_of_a_panel_and_never_gets_a_cookie() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("anna", Role::Owner).await;
    let token = make(&site, &session, "own", 1).await.token;
    let from_afar = bearing("POST", "/api/v1/projects/1/actions", &token, Some(json!({ "action": "start" })))
        .insert_header(("origin", "http://evil.example"));
    assert_eq!(status(&site, from_afar).await, StatusCode::NOT_FOUND);
    let elsewhere = bearing("GET", "/api/v1/projects", &token, None).insert_header(("host", "evil.example"));
    assert_eq!(status(&site, elsewhere).await, StatusCode::FORBIDDEN);
    // A good cookie does not help a bad token.
    let both = bearing("GET", "/api/v1/projects", "cmt_0", None)
        .insert_header(("cookie", format!("cm_session={session}")));
    assert_eq!(status(&site, both).await, StatusCode::UNAUTHORIZED);
    for (method, path) in [("GET", "/api/v1/session"), ("DELETE", "/api/v1/session")] {
        let answer = site(bearing(method, path, &token, None)).await;
        assert!(!answer.headers().contains_key(header::SET_COOKIE), "{method} {path}");
    }
    assert_eq!(status(&site, bearing("DELETE", "/api/v1/session", &token, None)).await, StatusCode::CONFLICT);
    assert!(bench.lives(&session).await);
}

#[actix_web::test]
async fn bad_tokens_are_slowed_down_and_good_ones_are_not() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("anna", Role::Owner).await;
    let good = make(&site, &session, "read", 1).await.token;
    let mut answers = Vec::new();
    for number in 0..25 {
        let bad = bearing("GET", "/api/v1/projects", &format!("cmt_{number}"), None);
        answers.push(status(&site, bad).await);
    }
    assert_eq!(answers[..20], [StatusCode::UNAUTHORIZED; 20]);
    assert_eq!(answers[24], StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(status(&site, bearing("GET", "/api/v1/projects", &good, None)).await, StatusCode::OK);
}

#[actix_web::test]
async fn a_token_must_be_named_and_must_end() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("anna", Role::Owner).await;
    for form in [
        json!({ "name": " ", "scope": "read" }),
        json!({ "name": "x", "scope": "read", "days": 0 }),
        json!({ "name": "x", "scope": "read", "days": 366 }),
        json!({ "name": "x", "scope": "root" }),
        json!({ "name": "x", "scope": "read", "admin": 2 }),
    ] {
        let made = request("POST", "/api/v1/tokens", Some(&session), Some(form.clone()));
        assert_eq!(status(&site, made).await, StatusCode::BAD_REQUEST, "{form}");
    }
}
