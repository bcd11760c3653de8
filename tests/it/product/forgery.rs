//! Requests that another site makes a browser send are refused.

use shared::error::ErrorCode;
use tests::app::TestApp;

#[tokio::test]
async fn a_change_that_the_panel_did_not_send_is_refused() {
    let (app, client) = TestApp::set_up().await;
    let url = app.url();
    let body = serde_json::json!({ "name": "mallory", "password": "seven red bicycles", "role": "owner" });
    let forged: [(&str, &[(&str, &str)]); 4] = [
        ("without the panel's header", &[]),
        ("from another origin", &[("X-CM", "1"), ("Origin", "https://evil.example")]),
        ("from another site", &[("X-CM", "1"), ("Sec-Fetch-Site", "cross-site")]),
        ("to another name", &[("X-CM", "1"), ("Host", "evil.example")]),
    ];
    for (what, headers) in forged {
        let reply = client.raw("POST", "/api/v1/admins", |request| {
            headers.iter().fold(request.json(&body), |request, (name, value)| request.header(*name, *value))
        });
        let reply = reply.await;
        assert_eq!(reply.status, 403, "{what}");
        assert_eq!(reply.error().code, ErrorCode::Forbidden, "{what}");
    }
    let text = client.raw("POST", "/api/v1/admins", |request| {
        request.header("X-CM", "1").header("Content-Type", "text/plain").body(body.to_string())
    });
    assert_eq!(text.await.status, 403, "a form of another page can send text");
    let own = client.raw("POST", "/api/v1/admins", |request| {
        request.header("X-CM", "1").header("Origin", &url).header("Sec-Fetch-Site", "same-origin").json(&body)
    });
    own.await.expect(201);
}

#[tokio::test]
async fn a_name_that_points_here_does_not_open_the_panel() {
    let (_app, client) = TestApp::set_up().await;
    let reply = client.raw("GET", "/api/v1/projects", |request| request.header("Host", "rebound.example"));
    assert_eq!(reply.await.status, 403);
}

#[tokio::test]
async fn every_answer_tells_browsers_to_trust_nothing_from_elsewhere() {
    let (_app, client) = TestApp::set_up().await;
    for path in ["/", "/projects/1", "/api/v1/projects", "/api/v1/no-such-thing", "/healthz"] {
        let reply = client.raw("GET", path, |request| request).await;
        let policy = reply.header("content-security-policy").unwrap_or_default();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
    }
    assert_eq!(client.get("/projects").await.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn what_is_not_there_is_told_in_the_same_form() {
    let (_app, client) = TestApp::set_up().await;
    for (path, status, code) in [
        ("/no-such-thing", 404, ErrorCode::NotFound),
        ("/projects/4711", 404, ErrorCode::NotFound),
        ("/jobs/4711", 404, ErrorCode::NotFound),
    ] {
        assert_eq!(client.get(path).await.expect(status).error().code, code, "{path}");
    }
    let error = client.post("/projects", &serde_json::json!({ "name": 7 })).await.expect(400).error();
    assert_eq!(error.code, ErrorCode::Invalid);
    let huge = "x".repeat(8 * 1024 * 1024);
    assert_eq!(client.post("/projects", &serde_json::json!({ "name": huge })).await.status, 413);
}
