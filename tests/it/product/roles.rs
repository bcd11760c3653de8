//! What each role may do, and that nobody else may do anything.

use shared::{auth::Role, error::ErrorCode, job::JobAction};
use tests::{app::TestApp, client::Client};

use super::{mailboxes, pair};

/// Everything the API offers besides setting up and logging in: method, path, and the least role it takes.
const CALLS: [(&str, &str, Role); 24] = [
    ("GET", "/projects", Role::Auditor),
    ("GET", "/projects/1", Role::Auditor),
    ("GET", "/projects/1/jobs", Role::Auditor),
    ("GET", "/jobs/1", Role::Auditor),
    ("GET", "/jobs/1/findings", Role::Auditor),
    ("GET", "/jobs/1/report?format=json", Role::Auditor),
    ("GET", "/activity", Role::Auditor),
    ("GET", "/live/projects", Role::Auditor),
    ("GET", "/live/projects/1", Role::Auditor),
    ("GET", "/live/jobs/1", Role::Auditor),
    ("GET", "/openapi.json", Role::Auditor),
    ("POST", "/projects", Role::Operator),
    ("PUT", "/projects/1", Role::Operator),
    ("DELETE", "/projects/999", Role::Operator),
    ("POST", "/projects/1/actions", Role::Operator),
    ("POST", "/projects/1/jobs", Role::Operator),
    ("DELETE", "/jobs/999", Role::Operator),
    ("PUT", "/jobs/1/secrets", Role::Operator),
    ("POST", "/jobs/1/actions", Role::Operator),
    ("POST", "/checks", Role::Operator),
    ("GET", "/checks/x", Role::Operator),
    ("POST", "/admins", Role::Owner),
    ("PATCH", "/admins/999", Role::Owner),
    ("DELETE", "/admins/999", Role::Owner),
];

async fn status(client: &Client, method: &str, path: &str) -> u16 {
    if path.starts_with("/live/") {
        return client.head_of(path).await;
    }
    let path = format!("/api/v1{path}");
    let reply = client.raw(method, &path, |request| match method {
        "GET" | "DELETE" => request.header("X-CM", "1"),
        _ => request.header("X-CM", "1").json(&serde_json::json!({})),
    });
    reply.await.status
}

#[tokio::test]
async fn nobody_does_anything_without_logging_in() {
    let (app, _) = TestApp::set_up().await;
    let nobody = app.client();
    for (method, path, _) in CALLS {
        assert_eq!(status(&nobody, method, path).await, 401, "{method} {path}");
    }
    let error = nobody.get("/projects").await.error();
    assert_eq!(error.code, ErrorCode::Unauthorized);
    assert!(nobody.get("/setup").await.expect(200).json()["needed"] == false);
}

#[tokio::test]
async fn each_role_may_do_what_it_says_and_nothing_more() {
    let (app, owner) = TestApp::set_up().await;
    let (source, target) = pair(1);
    let (from, to) = mailboxes(&source, &target);
    owner.make_project("Roles", &from, &to).await;
    for role in Role::ALL {
        let client = app.make_admin(&owner, &format!("the-{}", role.title()), role).await;
        for (method, path, least) in CALLS {
            let status = status(&client, method, path).await;
            if role.includes(least) {
                // Refused for what it says perhaps, but not for who says it.
                assert!(status != 401 && status != 403, "{role:?}: {method} {path} answered {status}");
            } else {
                assert_eq!(status, 403, "{role:?}: {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_once() {
    let (app, owner) = TestApp::set_up().await;
    let (source, target) = pair(1);
    let (from, to) = mailboxes(&source, &target);
    let (_, job) = owner.make_project("Roles", &from, &to).await;
    let operator = app.make_admin(&owner, "otto", Role::Operator).await;
    let id = operator.get("/session").await.expect(200).json()["id"].clone();
    let path = format!("/admins/{id}");
    owner.patch(&path, &serde_json::json!({ "role": "auditor" })).await;
    let refused = operator.act(job, JobAction::DryRun).await;
    assert!(refused.status == 403 || refused.status == 401, "{}", refused.status);
    owner.patch(&path, &serde_json::json!({ "enabled": false })).await;
    assert_eq!(operator.get("/projects").await.status, 401);
    assert_eq!(app.client().log_in("otto", tests::app::ADMIN_PASSWORD).await.status, 401);
}

#[tokio::test]
async fn the_last_owner_stays() {
    let (_app, owner) = TestApp::set_up().await;
    let id = owner.get("/session").await.expect(200).json()["id"].clone();
    let path = format!("/admins/{id}");
    for change in [serde_json::json!({ "role": "operator" }), serde_json::json!({ "enabled": false })] {
        let reply = owner.patch(&path, &change).await;
        assert!((400..500).contains(&reply.status), "{change} answered {}", reply.status);
    }
    let reply = owner.delete(&path).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    owner.get("/admins").await.expect(200);
}
