//! Nodes in the panel: who is there, and letting one run empty.

use std::time::Duration;

use serde_json::json;
use shared::endpoint::{Endpoint, ImapEndpoint, Login};
use tests::{
    app::{OWNER, TestApp},
    browser::Browser,
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_admin_sees_the_nodes_drains_one_and_lets_it_work_again() {
    let (app, client) = TestApp::set_up().await;
    // Never asked.
    let side = json!({ "endpoint": Endpoint::Imap(ImapEndpoint::new("mail.example", Login::Password)) });
    let form = json!({ "name": "Headquarters", "source": side, "target": side });
    let made = client.post("/projects", &form).await.expect(201).json();
    let project = format!("{}/projects/{}", app.url(), made["row"]["id"]);
    let mut browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("project").await;
    browser.go(&format!("{}/nodes", app.url())).await;
    browser
        .until("[data-test='nodes']", PATIENCE, |text| text.contains("Working") && text.contains("this one"))
        .await;
    browser.look("40-nodes").await;
    browser.click("drain-node").await;
    browser.until("[data-test='notices']", PATIENCE, |text| text.contains("takes nothing new")).await;
    browser.until("[data-test='nodes']", PATIENCE, |text| text.contains("Drained")).await;
    browser.look("41-node-drained").await;
    browser.go(&project).await;
    browser.until("[data-test='drained']", PATIENCE, |text| text.contains("Every node is drained")).await;
    browser.look("42-project-drained").await;
    browser.go(&format!("{}/nodes", app.url())).await;
    browser.until("[data-test='nodes']", PATIENCE, |text| text.contains("Drained")).await;
    browser.click("drain-node").await;
    browser.until("[data-test='nodes']", PATIENCE, |text| text.contains("Working")).await;
    browser.close().await;
}
