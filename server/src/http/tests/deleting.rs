//! Deleting a project: its name is asked for.

use actix_web::http::StatusCode;
use serde_json::json;
use shared::auth::Role;

use super::{Bench, project_form, request, send};

#[actix_web::test]
async fn a_project_is_deleted_by_id_and_name_together() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("otto", Role::Operator).await;
    let form = project_form("Old office");
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

#[actix_web::test]
async fn credentials_are_forgotten_at_a_word_and_history_stays() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("otto", Role::Operator).await;
    let side = |host: &str, login| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit", "pin": null,
            "login": login } })
    };
    let mut source = side("old.example", json!({ "method": "authorization-id", "admin": "root" }));
    source["secret"] = json!("canary");
    let form = json!({ "name": "Move", "source": source,
        "target": side("new.example", json!({ "method": "password" })) });
    let (_, made) = send(&site, request("POST", "/api/v1/projects", Some(&session), Some(form))).await;
    let project = format!("/api/v1/projects/{}", made["row"]["id"]);
    let rows = json!([{ "source_user": "a", "target_user": "a", "target_secret": "canary" }]);
    let add = request("POST", &format!("{project}/jobs"), Some(&session), Some(rows));
    let (status, added) = send(&site, add).await;
    assert_eq!(status, StatusCode::CREATED, "{added}");
    let act = |action: &str| {
        let path = format!("/api/v1/jobs/{}/actions", added[0]["id"]);
        request("POST", &path, Some(&session), Some(json!({ "action": action })))
    };
    let forget = || request("POST", &format!("{project}/forget"), Some(&session), None);
    assert_eq!(send(&site, act("start")).await.0, StatusCode::ACCEPTED);
    assert_eq!(send(&site, forget()).await.0, StatusCode::CONFLICT, "the mailbox waits and needs them");
    assert_eq!(send(&site, act("cancel")).await.0, StatusCode::ACCEPTED);
    assert_eq!(send(&site, forget()).await, (StatusCode::OK, json!({ "secrets": 2 })));
    let (_, view) = send(&site, request("GET", &project, Some(&session), None)).await;
    assert_eq!((&view["source_has_secret"], &view["row"]["jobs"]), (&json!(false), &json!(1)));
    assert_eq!(send(&site, forget()).await.1, json!({ "secrets": 0 }));

    // What would fail for want of them is not even begun.
    let all = || {
        let path = format!("{project}/actions");
        request("POST", &path, Some(&session), Some(json!({ "action": "start" })))
    };
    for (asked, how) in [(act("start"), "one"), (all(), "all")] {
        let (status, refused) = send(&site, asked).await;
        assert_eq!(status, StatusCode::CONFLICT, "{how}: {refused}");
        assert!(refused["message"].as_str().is_some_and(|text| text.contains("No password")), "{refused}");
    }
    let (_, job) =
        send(&site, request("GET", &format!("/api/v1/jobs/{}", added[0]["id"]), Some(&session), None)).await;
    assert_eq!(job["row"]["state"], "cancelled");
}

#[actix_web::test]
async fn passwords_of_many_mailboxes_are_entered_again_all_or_none() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("otto", Role::Operator).await;
    let ask = |method: &str, path: &str, body| request(method, path, Some(&session), body);
    let (_, made) = send(&site, ask("POST", "/api/v1/projects", Some(project_form("Move")))).await;
    let project = format!("/api/v1/projects/{}", made["row"]["id"]);
    let row = |name: &str| json!({ "source_user": name, "source_secret": "old", "target_user": name, "target_secret": "old" });
    let rows = json!([row("anna"), row("bert")]);
    assert_eq!(send(&site, ask("POST", &format!("{project}/jobs"), Some(rows))).await.0, StatusCode::CREATED);
    assert_eq!(send(&site, ask("POST", &format!("{project}/forget"), None)).await.1, json!({ "secrets": 4 }));
    let store = async |list: &str| {
        send(&site, ask("PUT", &format!("{project}/secrets"), Some(json!({ "text": list })))).await
    };
    let (status, refused) = store("anna,canary,canary\ncarl,canary,canary\n,canary,").await;
    assert_eq!((status, &refused["field"]), (StatusCode::BAD_REQUEST, &json!("text")), "{refused}");
    assert!(!refused.to_string().contains("canary"), "{refused}");
    let message = refused["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("Row 2: ") && refused["also"].to_string().contains("Row 3: "), "{refused}");

    // Of the refused list nothing was stored, not even the good row.
    assert_eq!(store("bert,new").await, (StatusCode::OK, json!({ "stored": 1, "lacking": 2 })));
    assert_eq!(
        store("anna,new,new\nbert,,new").await,
        (StatusCode::OK, json!({ "stored": 2, "lacking": 0 }))
    );
    let (_, log) = send(&site, ask("GET", "/api/v1/activity", None)).await;
    assert!(log.to_string().contains("2 mailboxes of Move") && !log.to_string().contains("canary"), "{log}");
}
