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
