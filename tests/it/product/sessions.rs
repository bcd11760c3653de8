//! Setting up once, logging in and out.

use serde_json::json;
use shared::error::ErrorCode;
use tests::app::{ADMIN_PASSWORD, OWNER, TestApp};

#[tokio::test]
async fn the_set_up_token_works_once_and_only_when_it_is_right() {
    let app = TestApp::start().await;
    let client = app.client();
    assert_eq!(client.get("/setup").await.expect(200).json()["needed"], true);
    let form = |token: &str| json!({ "token": token, "name": OWNER, "password": ADMIN_PASSWORD });
    client.post("/setup", &form("0123456789abcdef")).await.expect(403);
    let token = app.setup_token();
    let weak = json!({ "token": token, "name": OWNER, "password": "short" });
    assert_eq!(client.post("/setup", &weak).await.expect(400).error().field.as_deref(), Some("password"));
    client.post("/setup", &form(&token)).await.expect(201);
    client.post("/setup", &form(&token)).await.expect(409);
    assert!(!app.data_dir().join("setup-token").exists(), "the file is gone with the token");
    let me = client.get("/session").await.expect(200).json();
    assert_eq!((me["name"].as_str(), me["role"].as_str()), (Some(OWNER), Some("owner")));
}

#[tokio::test]
async fn the_set_up_token_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let app = TestApp::start().await;
    let mode = |name: &str| {
        let data = std::fs::metadata(app.data_dir().join(name)).expect("is there");
        data.permissions().mode() & 0o777
    };
    assert_eq!((mode("setup-token"), mode(""), mode("key/master.key")), (0o600, 0o700, 0o400));
    let shown = app.everything_logged();
    assert!(shown.contains(&format!("/setup#token={}", app.setup_token())), "the link is printed");
}

#[tokio::test]
async fn a_session_ends_with_the_logout_and_with_a_new_password() {
    let (app, one) = TestApp::set_up().await;
    let two = app.client();
    let reply = two.log_in(OWNER, ADMIN_PASSWORD).await.expect(200);
    let cookie = reply.header("set-cookie").unwrap_or_default();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let change = json!({ "current": ADMIN_PASSWORD, "new": "nine quiet tortoises" });
    two.put("/session/password", &change).await.expect(204);
    one.get("/session").await.expect(401);
    two.get("/session").await.expect(200);
    two.delete("/session").await.expect(204);
    two.get("/session").await.expect(401);
    one.log_in(OWNER, ADMIN_PASSWORD).await.expect(401);
    one.log_in(OWNER, "nine quiet tortoises").await.expect(200);
}

#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let (app, owner) = TestApp::set_up().await;
    let guesser = app.client();
    let mut refused = Vec::new();
    for number in 0..40 {
        let reply = guesser.log_in(OWNER, &format!("guess number {number}")).await;
        refused.push(reply.status);
        if reply.status == 429 {
            assert_eq!(reply.error().code, ErrorCode::TooMany);
            break;
        }
        assert_eq!(reply.error().code, ErrorCode::Unauthorized);
    }
    assert_eq!(refused.last(), Some(&429), "{refused:?}");
    owner.get("/session").await.expect(200);
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_answered_alike() {
    let (app, _) = TestApp::set_up().await;
    let client = app.client();
    let wrong_name = client.log_in("nobody", ADMIN_PASSWORD).await.expect(401).text();
    let wrong_password = client.log_in(OWNER, "wrong and long enough").await.expect(401).text();
    assert_eq!(wrong_name, wrong_password);
}

#[tokio::test]
async fn an_admin_is_helped_on_the_host() {
    let (app, owner) = TestApp::set_up().await;
    let data = app.data_dir();
    let run = |arguments: &[&str]| {
        let mut command = tests::binary::command();
        command.arg("admin").args(arguments).arg("--data-dir").arg(&data);
        command.output().expect("runs")
    };
    let listed = run(&["list"]);
    let said = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.status.success() && said.contains(OWNER),
        "{said}{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let rows = owner.get("/admins").await.expect(200).json();
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
}
