//! The same on PostgreSQL.

use servers::postgres::Postgres;
use shared::job::{JobAction, JobState};
use tests::app::{ADMIN_PASSWORD, OWNER, TestApp};

use super::{PASS, assert_same, ended, mailboxes, pair};

#[tokio::test]
async fn a_mailbox_moves_with_its_history_in_postgresql() {
    let postgres = Postgres::start().expect("starts");
    let (source, target) = pair(80);
    let (from, to) = mailboxes(&source, &target);
    let mut app = TestApp::start_with(&["--database", &postgres.url()]).await;
    let client = app.make_owner().await;
    let (_, job) = client.make_project("On PostgreSQL", &from, &to).await;
    client.act(job, JobAction::Start).await.expect(202);
    let done = client.live(&format!("/jobs/{job}")).await.until(PASS, ended).await;
    assert_eq!((done.row.state, done.row.counts.copied), (JobState::Complete, 80), "{}", app.log());
    assert_same(&source, &target);
    let tables =
        postgres.query("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'");
    assert!(tables.expect("counts").parse::<u32>().expect("a number") > 5);

    app.stop();
    app.resume().await;
    let client = app.client();
    client.log_in(OWNER, ADMIN_PASSWORD).await.expect(200);
    assert_eq!(client.job(job).await.row.counts.copied, 80);
    assert!(!app.data_dir().join("carbonio-migrate.db").exists(), "nothing is kept in SQLite");
}
