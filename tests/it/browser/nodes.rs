//! Nodes in the panel: who is there, and letting one run empty.

use std::time::Duration;

use tests::{
    app::{ADMIN_PASSWORD, OWNER, TestApp},
    browser::Browser,
};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_admin_sees_the_nodes_drains_one_and_lets_it_work_again() {
    let (app, _) = TestApp::set_up().await;
    let mut browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.fill("name", OWNER).await;
    browser.fill("password", ADMIN_PASSWORD).await;
    browser.click("login").await;
    browser.test("empty").await;
    browser.go(&format!("{}/nodes", app.url())).await;
    browser
        .until("[data-test='nodes']", PATIENCE, |text| text.contains("Working") && text.contains("this one"))
        .await;
    browser.look("40-nodes").await;
    browser.click("drain-node").await;
    browser.until("[data-test='notices']", PATIENCE, |text| text.contains("takes nothing new")).await;
    browser.until("[data-test='nodes']", PATIENCE, |text| text.contains("Drained")).await;
    browser.look("41-node-drained").await;
    browser.click("drain-node").await;
    browser.until("[data-test='nodes']", PATIENCE, |text| text.contains("Working")).await;
    browser.close().await;
}
