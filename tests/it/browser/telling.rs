//! Tokens, the audit log's proof and notifications in the panel.

use std::time::Duration;

use serde_json::json;
use tests::{
    app::{OWNER, TestApp},
    browser::Browser,
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_owner_makes_a_token_proves_the_log_and_chooses_what_to_be_told() {
    let (app, owner) = TestApp::set_up().await;
    owner.post("/projects", &json!({})).await.expect(400);
    app.client().log_in(OWNER, "a wrong password").await.expect(401);
    let mut browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("empty").await;

    browser.go(&format!("{}/account", app.url())).await;
    browser.test("token-form").await;
    browser.fill("name", "nightly backup").await;
    browser.choose("scope", "operate").await;
    browser.look("30-account-tokens").await;
    browser.click("make-token").await;
    let token = browser.until("[data-test='token']", PATIENCE, |text| text.starts_with("cmt_")).await;
    browser.look("31-token-shown-once").await;
    let asked =
        app.client().raw("GET", "/api/v1/projects", |request| request.bearer_auth(token.trim())).await;
    assert_eq!(asked.status, 200, "the token that was shown is good");
    browser.click("token-done").await;
    browser.until("[data-test='tokens']", PATIENCE, |text| text.contains("nightly backup")).await;

    browser.fill("address", "olivia@example.org").await;
    browser.click_css("input[name='occasions'][value='failed']").await;
    browser.click("save-told").await;
    browser.until("[data-test='notices']", PATIENCE, |text| text.contains("Kept")).await;
    let choice = owner.get("/notifications/own").await.expect(200).json();
    assert_eq!(choice, json!({ "address": "olivia@example.org", "occasions": ["failed"] }));

    browser.go(&format!("{}/admins", app.url())).await;
    browser.test("notify-form").await;
    browser.fill("settings.webhook", "https://chat.example.org/hook").await;
    browser.look("32-admins").await;
    browser.click("save-notify").await;
    browser.until("[data-test='notices']", PATIENCE, |text| text.contains("Notifications saved")).await;

    browser.go(&format!("{}/activity", app.url())).await;
    browser.until("[data-test='activity']", PATIENCE, |text| text.contains("token.create")).await;
    browser.click("prove-audit").await;
    browser.until("[data-test='audit-proof']", PATIENCE, |text| text.contains("Unchanged")).await;
    browser.look("33-activity-proved").await;
    browser.select("outcome", "refused").await;
    browser
        .until("[data-test='activity']", PATIENCE, |text| {
            text.contains("session.login") && !text.contains("token.create")
        })
        .await;

    // Gone at a click, and at once.
    browser.go(&format!("{}/account", app.url())).await;
    browser.click("revoke-token").await;
    browser.click("confirm").await;
    browser.until("[data-test='notices']", PATIENCE, |text| text.contains("revoked")).await;
    let asked =
        app.client().raw("GET", "/api/v1/projects", |request| request.bearer_auth(token.trim())).await;
    assert_eq!(asked.status, 401);
    browser.close().await;
}
