//! The inventory of a project: nothing looked at → look at every mailbox → what does not fit → downloaded.

use std::time::Duration;

use servers::{corpus::Corpus, dovecot::Dovecot};
use tests::{
    app::{OWNER, TestApp},
    artefacts,
    browser::Browser,
    mailbox::Mailbox,
};

const STEP: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_project_is_looked_at_before_it_is_moved() {
    let source = Dovecot::builder().start().expect("starts");
    let target = Dovecot::builder().quota_kib(100).start().expect("starts");
    let pairs: Vec<_> = [("anna@old.example", 60), ("bert@old.example", 3)]
        .into_iter()
        .map(|(user, messages)| {
            Corpus::small(messages).write(&source, user).expect("writes");
            (Mailbox::on(&source, user), Mailbox::on(&target, user))
        })
        .collect();
    let (app, client) = TestApp::set_up().await;
    let (project, _) = client.make_project_of("Headquarters", &pairs).await;

    let mut browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("project").await;
    browser.go(&format!("{}/projects/{project}", app.url())).await;
    browser.click("tab-inventory").await;
    browser.test("empty").await;
    browser.look("60-nothing-looked-at").await;
    browser.click("look-at-all").await;
    let row = "[data-test='inventory'] tbody";
    // Anna's 60 messages are more than the target has room for, bert's three are not.
    browser.until(row, STEP, |text| text.contains("Does not fit") && text.contains("\tFits")).await;
    browser.until("[data-test='inventory-sums']", STEP, |text| !text.contains("being looked at")).await;
    let sums = browser.text("[data-test='inventory-sums']").await;
    assert!(sums.contains("63") && sums.contains("Not known yet"), "{sums}");
    browser.look("61-inventory").await;
    browser.click("only-short").await;
    browser.until(row, STEP, |text| text.contains("anna@") && !text.contains("bert@")).await;
    browser.click("inventory-csv").await;
    let (name, file) = browser.downloaded(".csv").await;
    assert_eq!(name, format!("inventory_{project}.csv"));
    artefacts::keep(&name, &file);
    let file = String::from_utf8(file).expect("UTF-8");
    assert!(file.contains("anna@old.example") && file.contains("bert@old.example"), "{file}");
    browser.close().await;
}
