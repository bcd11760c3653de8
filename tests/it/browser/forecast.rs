//! What the project's page says of when it will be done.

use std::time::Duration;

use servers::{corpus::Corpus, dovecot::Dovecot};
use shared::job::JobAction;
use tests::{
    app::{OWNER, TestApp},
    browser::Browser,
    mailbox::Mailbox,
};

const PASS: Duration = Duration::from_secs(90);
/// Sooner than the page asks by itself, which is every 20 seconds.
const AT_ONCE: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_project_of_small_mailboxes_says_at_once_that_nothing_is_left() {
    let (source, target) =
        (Dovecot::builder().start().expect("starts"), Dovecot::builder().start().expect("starts"));
    let user = "anna@old.example";
    Corpus::small(3).write(&source, user).expect("writes");
    let (app, owner) = TestApp::set_up().await;
    let (project, job) =
        owner.make_project("Small", &Mailbox::on(&source, user), &Mailbox::on(&target, user)).await;
    let browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("project").await;
    browser.go(&format!("{}/projects/{project}", app.url())).await;
    browser.until("[data-test='forecast']", PASS, |text| text.contains("no mailbox was looked at yet")).await;
    owner.act(job, JobAction::Start).await.expect(202);
    browser.until("[data-test='jobs']", PASS, |text| text.contains("Perfect")).await;
    browser.until("[data-test='forecast']", AT_ONCE, |text| text == "Nothing is left to do.").await;
    browser.close().await;
}
