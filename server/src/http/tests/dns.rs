//! What DNS says of a batch: told, held against the checklist, and kept with a tick.

use actix_web::http::StatusCode;
use serde_json::json;
use servers::dns::{Data, Dns, Reply};
use shared::auth::Role;

use super::{Bench, project_form, request, send};
use crate::config::SettingFlags;

#[actix_web::test]
async fn a_step_that_dns_speaks_against_is_ticked_off_with_a_warning() {
    let server = Dns::start().expect("starts");
    server.set("old.example", Reply::Records(vec![(60, Data::Address([192, 0, 2, 1].into()))]));
    server.set("moved.example", Reply::Records(vec![(86_400, Data::mx(10, "old.example"))]));
    let flags = SettingFlags { dns_server: Some(server.address().to_string()), ..SettingFlags::default() };
    let bench = Bench::with(flags).await;
    let site = bench.site().await;
    let (auditor, operator) =
        (bench.admin("anna", Role::Auditor).await, bench.admin("otto", Role::Operator).await);
    let form = project_form("Move");
    let post = |path: &str, body| request("POST", path, Some(&operator), Some(body));
    assert_eq!(send(&site, post("/api/v1/projects", form)).await.0, StatusCode::CREATED);
    let row = |name: &str, target: &str| json!({ "source_user": name, "source_secret": "x", "target_user": target, "target_secret": "x" });
    let rows = json!([
        row("a", "a@Moved.example"),
        row("b", "b@moved.example"),
        row("c", "c@gone.example"),
        row("d", "nodomain"),
    ]);
    let added = send(&site, post("/api/v1/projects/1/jobs", rows)).await;
    assert_eq!(added.0, StatusCode::CREATED, "{added:?}");
    let batch = json!({ "name": "Pilot" });
    assert_eq!(send(&site, post("/api/v1/projects/1/batches", batch)).await.0, StatusCode::CREATED);
    let assigned = send(&site, post("/api/v1/projects/1/assignments", json!({ "batch": 1 }))).await;
    assert_eq!(assigned.0, StatusCode::OK, "{assigned:?}");

    let (status, told) = send(&site, request("GET", "/api/v1/batches/1/dns", Some(&auditor), None)).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert_eq!(told["nameless"], 1);
    let domains = told["domains"].as_array().expect("domains");
    let seen: Vec<_> =
        domains.iter().map(|domain| (&domain["domain"], &domain["mailboxes"], &domain["course"])).collect();
    assert_eq!(
        seen,
        [
            (&json!("moved.example"), &json!(2), &json!("source")),
            (&json!("gone.example"), &json!(1), &json!("unknown"))
        ]
    );
    assert!(domains[1]["problem"].as_str().is_some_and(|text| text.contains("NXDOMAIN")), "{told}");

    let tick =
        |step: &str, done: bool| post("/api/v1/batches/1/cutover", json!({ "step": step, "done": done }));
    for step in ["ttl", "mx", "freeze"] {
        let (status, view) = send(&site, tick(step, true)).await;
        assert_eq!(status, StatusCode::OK, "{view}");
    }
    let (_, view) = send(&site, request("GET", "/api/v1/batches/1", Some(&auditor), None)).await;
    let against = |number: usize| view["cutover"]["ticks"][number]["against"].as_str().map(str::to_owned);
    assert!(against(0).is_some_and(|told| told.contains("86400")), "{view}");
    assert!(against(1).is_some_and(|told| told.contains("old system")), "{view}");
    assert_eq!(against(2), None, "DNS knows nothing of it");
    let activity =
        send(&site, request("GET", "/api/v1/activity?action=batch.mx", Some(&auditor), None)).await.1;
    assert!(
        activity[0]["subject"].as_str().is_some_and(|text| text.contains("although DNS says")),
        "{activity}"
    );

    // Once it is switched, it is told so when somebody asks afresh, and the next tick has no warning.
    server.set("moved.example", Reply::Records(vec![(300, Data::mx(10, "new.example"))]));
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let afresh = request("GET", "/api/v1/batches/1/dns?afresh=true", Some(&auditor), None);
    let (_, told) = send(&site, afresh).await;
    assert_eq!((&told["domains"][0]["course"], &told["doubts"]), (&json!("target"), &json!([])), "{told}");
    send(&site, tick("mx", false)).await;
    let (_, view) = send(&site, tick("mx", true)).await;
    let ticks = view["cutover"]["ticks"].as_array().expect("ticks");
    let mx = ticks.iter().find(|tick| tick["step"] == "mx").expect("ticked");
    assert_eq!(mx.get("against"), None, "{view}");
    let missing = request("GET", "/api/v1/batches/9/dns", Some(&auditor), None);
    assert_eq!(send(&site, missing).await.0, StatusCode::NOT_FOUND);
}
