//! Deleting a project: its name is asked for.

use actix_web::http::StatusCode;
use serde_json::json;
use shared::auth::Role;

use super::{Bench, request, send};

#[actix_web::test]
async fn a_project_is_deleted_by_id_and_name_together() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("otto", Role::Operator).await;
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit", "pin": null,
            "login": { "method": "password" } } })
    };
    let form = json!({ "name": "Old office", "source": side("old.example"), "target": side("new.example") });
    let (status, made) = send(&site, request("POST", "/api/v1/projects", Some(&session), Some(form))).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let path = format!("/api/v1/projects/{}", made["row"]["id"]);
    for body in [None, Some(json!({})), Some(json!({ "name": "old office" })), Some(json!({ "name": "" }))] {
        let asked = request("DELETE", &path, Some(&session), body.clone());
        assert_eq!(send(&site, asked).await.0, StatusCode::BAD_REQUEST, "{body:?}");
    }
    let asked = || request("DELETE", &path, Some(&session), Some(json!({ "name": "Old office" })));
    assert_eq!(send(&site, asked()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(send(&site, asked()).await.0, StatusCode::NOT_FOUND);
}
