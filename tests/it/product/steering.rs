//! Pause, resume and cancel act within five seconds, in every state.

use std::time::{Duration, Instant};

use servers::{dovecot::Dovecot, proxy::Proxy};
use shared::{
    error::ErrorCode,
    id::JobId,
    job::{JobAction, JobState, JobView},
};
use tests::{app::TestApp, client::Client, events::Events, mailbox::Mailbox};

use super::{PASS, USER, assert_same, ended, pair};

/// A line on which a window of messages takes some two seconds.
const SLOW: u64 = 300_000;
/// A line on which a window takes longer than anybody waits for a pause.
const VERY_SLOW: u64 = 60_000;

/// A job over a slow line.
struct Slow {
    source: Dovecot,
    target: Dovecot,
    line: Proxy,
    app: TestApp,
    client: Client,
    job: JobId,
    live: Events,
}

async fn slow(bytes_per_second: u64) -> Slow {
    let (source, target) = pair(600);
    let line = Proxy::start(target.plain_port()).expect("starts");
    line.limit(bytes_per_second);
    let (app, client) = TestApp::set_up().await;
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::at(line.port(), USER));
    let (_, job) = client.make_project("Slow", &from, &to).await;
    let live = client.live(&format!("/jobs/{job}")).await;
    Slow { source, target, line, app, client, job, live }
}

impl Slow {
    async fn until(&mut self, state: JobState) -> Duration {
        let begun = Instant::now();
        self.live.until(Duration::from_secs(30), |view: &JobView| view.row.state == state).await;
        begun.elapsed()
    }

    /// Waits until messages are on their way.
    async fn under_way(&mut self) {
        self.until(JobState::Running).await;
        let begun = self.line.passed();
        while self.line.passed() < begun + 50_000 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn finish(mut self) {
        self.line.limit(u64::MAX);
        let done = self.live.until(PASS, ended).await;
        let why = (&done.row.problem, &done.causes);
        assert_eq!(done.row.state, JobState::Complete, "{why:#?}\n{}", self.app.log());
        assert_same(&self.source, &self.target);
    }
}

#[tokio::test]
async fn pause_and_resume_act_within_five_seconds_and_nothing_is_lost() {
    pause_and_resume(slow(SLOW).await).await;
}

#[tokio::test]
async fn a_very_slow_line_does_not_hold_up_a_pause_and_nothing_is_there_twice() {
    pause_and_resume(slow(VERY_SLOW).await).await;
}

async fn pause_and_resume(mut slow: Slow) {
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    for _ in 0..2 {
        slow.under_way().await;
        slow.client.act(slow.job, JobAction::Pause).await.expect(202);
        let took = slow.until(JobState::Paused).await;
        assert!(took < Duration::from_secs(5), "pausing took {took:?}");
        assert!(slow.client.job(slow.job).await.row.progress.is_none(), "a paused job shows no progress");
        slow.client.act(slow.job, JobAction::Resume).await.expect(202);
        let took = slow.until(JobState::Running).await;
        assert!(took < Duration::from_secs(5), "resuming took {took:?}");
    }
    slow.finish().await;
}

#[tokio::test]
async fn cancel_acts_within_five_seconds_and_a_new_start_goes_on() {
    let mut slow = slow(SLOW).await;
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.client.act(slow.job, JobAction::Cancel).await.expect(202);
    let took = slow.until(JobState::Cancelled).await;
    assert!(took < Duration::from_secs(5), "stopping took {took:?}");
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.finish().await;
}

#[tokio::test]
async fn a_stalled_line_does_not_hold_up_a_cancel() {
    let mut slow = slow(SLOW).await;
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.line.stall(true);
    tokio::time::sleep(Duration::from_millis(300)).await;
    slow.client.act(slow.job, JobAction::Cancel).await.expect(202);
    let took = slow.until(JobState::Cancelled).await;
    assert!(took < Duration::from_secs(5), "stopping took {took:?}");
    slow.line.stall(false);
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.finish().await;
}

#[tokio::test]
async fn an_action_that_makes_no_sense_is_refused_with_a_reason() {
    let mut slow = slow(SLOW).await;
    for action in [JobAction::Pause, JobAction::Resume, JobAction::Cancel] {
        let error = slow.client.act(slow.job, action).await.expect(409).error();
        assert_eq!(error.code, ErrorCode::Conflict, "{}", error.message);
    }
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.client.act(slow.job, JobAction::Start).await.expect(409);
    let removed = slow.client.delete(&format!("/jobs/{}", slow.job)).await;
    assert_eq!(removed.expect(409).error().code, ErrorCode::Conflict);
    slow.finish().await;
}

#[tokio::test]
async fn a_lost_line_is_told_and_waited_for() {
    let mut slow = slow(SLOW).await;
    slow.client.act(slow.job, JobAction::Start).await.expect(202);
    slow.under_way().await;
    slow.target.kill9();
    slow.line.cut();
    let waits =
        |view: &JobView| view.row.progress.as_ref().is_some_and(|progress| progress.waiting.is_some());
    let view = slow.live.until(Duration::from_secs(20), waits).await;
    assert_eq!(view.row.state, JobState::Running);
    slow.target.start().expect("starts again");
    slow.finish().await;
}
