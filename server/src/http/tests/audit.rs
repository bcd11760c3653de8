//! What the audit log keeps: who, from where, how it ended; also what was refused.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use shared::auth::Role;

use super::{Bench, Site, request, send};

async fn lines(site: &Site, session: &str, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/activity?{query}");
    let (status, body) = send(site, request("GET", &path, Some(session), None)).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body.as_array().cloned().unwrap_or_default()
}

#[actix_web::test]
async fn what_was_done_is_kept_with_the_address_it_came_from() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("anna", Role::Owner).await;
    let form = json!({ "name": "nightly", "scope": "read" });
    let made = request("POST", "/api/v1/tokens", Some(&session), Some(form))
        .peer_addr(([192, 0, 2, 7], 4711).into());
    assert_eq!(send(&site, made).await.0, StatusCode::CREATED);
    let lines = lines(&site, &session, "action=token.").await;
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    assert_eq!(
        (&line["who"], &line["address"], &line["outcome"]),
        (&json!("anna"), &json!("192.0.2.7"), &json!("done"))
    );
}

#[actix_web::test]
async fn a_change_of_settings_is_kept_with_what_it_changed_and_without_secrets() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let owner = bench.admin("anna", Role::Owner).await;
    bench.admin("otto", Role::Auditor).await;
    let ways = json!({
        "settings": { "mail": null, "webhook": "https://chat.example/hooks/canary-1", "reminder_days": 30 },
        "webhook_secret": "canary-2 canary-2 canary-2 canary-2",
    });
    let admin = json!({ "role": "operator", "password": "canary-3 horse battery staple" });
    for asked in [
        request("PUT", "/api/v1/notifications", Some(&owner), Some(ways)),
        request("PATCH", "/api/v1/admins/2", Some(&owner), Some(admin)),
    ] {
        let (status, body) = send(&site, asked).await;
        assert_eq!(status, StatusCode::OK, "{body}");
    }
    let mut subjects = Vec::new();
    for action in ["notify.change", "admin.change"] {
        let line = lines(&site, &owner, &format!("action={action}")).await.remove(0);
        subjects.push(line["subject"].as_str().unwrap_or_default().to_owned());
    }
    assert_eq!(
        subjects,
        [
            "how this installation tells: reminder days not set → 30, the webhook's address changed, \
             what webhooks are signed with replaced",
            "otto: role auditor → operator, a new password",
        ]
    );
}

#[actix_web::test]
async fn refused_attempts_and_failed_logins_are_kept_too_and_never_what_was_typed() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let owner = bench.admin("anna", Role::Owner).await;
    let auditor = bench.admin("otto", Role::Auditor).await;
    let hash = bench.parts.passwords.hash("the right password".into()).await.expect("hashed");
    let now = bench.parts.clock.now();
    bench.parts.store.create_admin("paul", &hash, Role::Operator, now).await.expect("an admin");
    let guess = |name: &str| {
        let form = json!({ "name": name, "password": "wrong horse battery" });
        request("POST", "/api/v1/session", None, Some(form))
    };
    for (asked, status) in [
        (guess("paul"), StatusCode::UNAUTHORIZED),
        (guess("my secret in the wrong field"), StatusCode::UNAUTHORIZED),
        (request("DELETE", "/api/v1/admins/1", Some(&auditor), None), StatusCode::FORBIDDEN),
        (request("GET", "/api/v1/projects", None, None), StatusCode::UNAUTHORIZED),
        (
            request("POST", "/api/v1/projects", Some(&owner), Some(json!({})))
                .insert_header(("origin", "http://evil.example")),
            StatusCode::FORBIDDEN,
        ),
        (
            request("GET", "/api/v1/projects", None, None).insert_header(("authorization", "Bearer cmt_0")),
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        assert_eq!(send(&site, asked).await.0, status);
    }
    let refused = lines(&site, &owner, "outcome=refused").await;
    let seen: Vec<_> =
        refused.iter().rev().map(|line| (line["who"].as_str(), line["subject"].as_str())).collect();
    assert_eq!(
        seen,
        [
            (Some("paul"), Some("the panel")),
            (Some("nobody"), Some("the panel")),
            (Some("otto"), Some("DELETE /api/v1/admins/{id} (403)")),
            (Some("nobody"), Some("POST /api/v1/projects (403)")),
            (Some("nobody"), Some("GET /api/v1/projects (401)")),
        ]
    );
}

#[actix_web::test]
async fn the_log_is_proved_and_exported_whole() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("otto", Role::Auditor).await;
    for number in 0..1100 {
        bench.parts.record("anna", "job.start", &format!("mailbox {number}")).await;
    }
    let (_, proof) = send(&site, request("GET", "/api/v1/activity/proof", Some(&session), None)).await;
    assert_eq!((&proof["intact"], &proof["lines"]), (&json!(true), &json!(1100)));
    let unknown = format!("/api/v1/activity/proof?hash={}", "0".repeat(64));
    let (_, proof) = send(&site, request("GET", &unknown, Some(&session), None)).await;
    assert_eq!((&proof["intact"], &proof["holds"]), (&json!(false), &json!(false)));
    let bad = request("GET", "/api/v1/activity/proof?hash=12", Some(&session), None);
    assert_eq!(send(&site, bad).await.0, StatusCode::BAD_REQUEST);
    let answer = site(request("GET", "/api/v1/activity/export", Some(&session), None)).await;
    let text = actix_web::test::read_body(answer).await;
    let text = String::from_utf8(text.to_vec()).expect("text");
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 1101, "the export itself is in it");
    assert!(rows.iter().zip(1..).all(|(row, id)| row["id"] == json!(id)));
}
