//! The server from outside: set-up, projects, passes, reports, accounts that are found, roles, forgery, crashes, databases, bad starts.

mod crash;
mod database;
mod discovery;
mod forgery;
mod guest;
mod main_path;
mod metrics;
mod roles;
mod secrets;
mod sessions;
mod start;
mod steering;
mod verbs;
mod waves;

use std::time::Duration;

use servers::{corpus::Corpus, dovecot::Dovecot, verify::Snapshot};
use shared::job::{JobState, JobView};
use tests::mailbox::Mailbox;

const USER: &str = "anna@old.example";

/// How long a pass over a test's mailbox may take, on a busy machine in a debug build.
const PASS: Duration = Duration::from_secs(60);

/// An old server with a mailbox of so many messages, and an empty new one.
fn pair(messages: usize) -> (Dovecot, Dovecot) {
    let source = Dovecot::builder().separator('.').start().expect("starts");
    let target = Dovecot::builder().start().expect("starts");
    Corpus::spread(messages).write(&source, USER).expect("writes");
    (source, target)
}

fn mailboxes(source: &Dovecot, target: &Dovecot) -> (Mailbox, Mailbox) {
    (Mailbox::on(source, USER), Mailbox::on(target, USER))
}

fn read(server: &Dovecot) -> Snapshot {
    Snapshot::read(&mut server.open(USER).expect("opens")).expect("reads")
}

/// Fails the test unless both mailboxes are the same.
#[track_caller]
fn assert_same(source: &Dovecot, target: &Dovecot) {
    assert_eq!(read(source).differences(&read(target), <[String]>::to_vec), []);
}

/// Whether a pass is over, whatever its end.
fn ended(view: &JobView) -> bool {
    match view.row.state {
        JobState::Ready
        | JobState::Paused
        | JobState::Cancelled
        | JobState::Complete
        | JobState::Exceptions
        | JobState::Failed
        | JobState::Skipped => true,
        JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping => false,
    }
}
