//! Batches over the API: what is refused, and what is said besides.

use actix_web::http::StatusCode;
use serde_json::json;
use shared::auth::Role;

use super::{Bench, project_form, request, send};

#[actix_web::test]
async fn a_batch_says_why_it_begins_nothing_and_that_a_final_pass_comes_too_early() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let operator = bench.admin("otto", Role::Operator).await;
    let form = project_form("Move");
    let post = |path: &str, body| request("POST", path, Some(&operator), Some(body));
    assert_eq!(send(&site, post("/api/v1/projects", form)).await.0, StatusCode::CREATED);
    let batches = "/api/v1/projects/1/batches";
    let wrong = json!({ "name": "Pilot", "start_at": "2026-01-31T12:00:00Z",
        "repeat": { "hours": 6, "until": "2026-01-31T11:00:00Z" } });
    let (status, told) = send(&site, post(batches, wrong)).await;
    assert_eq!((status, &told["field"]), (StatusCode::BAD_REQUEST, &json!("repeat.until")), "{told}");
    assert_eq!(send(&site, post(batches, json!({ "name": "Pilot" }))).await.0, StatusCode::CREATED);

    let finally = || post("/api/v1/batches/1/actions", json!({ "action": "final" }));
    let (status, told) = send(&site, finally()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    assert!(told["message"].as_str().is_some_and(|text| text.contains("no mailboxes")), "{told}");

    let rows =
        json!([{ "source_user": "a", "source_secret": "x", "target_user": "a", "target_secret": "x" }]);
    assert_eq!(send(&site, post("/api/v1/projects/1/jobs", rows)).await.0, StatusCode::CREATED);
    let assigned = send(&site, post("/api/v1/projects/1/assignments", json!({ "batch": 1 }))).await;
    assert_eq!((assigned.0, &assigned.1), (StatusCode::OK, &json!({ "applied": 1 })));
    let (status, told) = send(&site, finally()).await;
    assert_eq!((status, &told["applied"]), (StatusCode::ACCEPTED, &json!(1)), "{told}");
    assert!(told["note"].as_str().is_some_and(|text| text.contains("not frozen")), "{told}");
}

#[actix_web::test]
async fn settings_that_were_changed_since_they_were_read_are_refused_by_the_version_that_was_seen() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let operator = bench.admin("otto", Role::Operator).await;
    let ask = |method: &str, path: &str, body| request(method, path, Some(&operator), body);
    send(&site, ask("POST", "/api/v1/projects", Some(project_form("Move")))).await;
    send(&site, ask("POST", "/api/v1/projects/1/batches", Some(json!({ "name": "Pilot" })))).await;
    for (path, form) in
        [("/api/v1/projects/1", project_form("Moved")), ("/api/v1/batches/1", json!({ "name": "Wave" }))]
    {
        let (_, read) = send(&site, ask("GET", path, None)).await;
        let seen = format!("{path}?seen={}", read["version"].as_str().expect("a version"));
        assert_eq!(send(&site, ask("PUT", &seen, Some(form.clone()))).await.0, StatusCode::OK);
        let (status, told) = send(&site, ask("PUT", &seen, Some(form))).await;
        assert_eq!((status, &told["field"]), (StatusCode::CONFLICT, &json!("seen")), "{told}");
    }
}
