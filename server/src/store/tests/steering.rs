//! Actions on many jobs at once: what they reach, what they leave alone, and how long fifty thousand take.

use std::time::{Duration, Instant};

use shared::{
    cause::Cause,
    folder::FolderPath,
    id::{JobId, ProjectId},
    job::{JobAction, JobFilter, JobState, JobStates, NewJob},
    pass::{PassEnd, PassKind},
    report::Verdict,
    rules::FolderRules,
    selection::Selection,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Store, Which};

const MANY: i64 = 50_000;

async fn states(store: &Store, jobs: &[JobId]) -> Vec<JobState> {
    let mut states = Vec::new();
    for job in jobs {
        states.push(store.job_state(*job).await.expect("is there"));
    }
    states
}

async fn all(store: &Store, project: ProjectId, action: JobAction) -> u64 {
    store.apply_to(Which::Project(project, &Selection::default()), action).await.expect("applies").applied
}

/// Starts a job, runs its pass to an end and tells its state.
async fn ended(store: &Store, job: JobId, end: PassEnd, verdict: Option<Verdict>) -> JobState {
    store.apply(job, JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    store.finish_pass(&lease, pass, &sample::ended(end, verdict)).await.expect("ends")
}

fn failed(cause: Cause) -> PassEnd {
    PassEnd::Aborted { cause, message: "It failed.".into() }
}

async fn an_action_reaches_the_jobs_for_which_it_makes_sense_and_no_others(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl", "dora"]).await;
    ended(store, jobs[0], PassEnd::Finished, Some(Verdict::Perfect)).await;
    store.apply(jobs[1], JobAction::Skip).await.expect("skips");
    assert_eq!(all(store, project, JobAction::Start).await, 3);
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(lease.job, jobs[0]);
    assert_eq!(all(store, project, JobAction::Pause).await, 3);
    let now = states(store, &jobs).await;
    assert_eq!(now, [JobState::Pausing, JobState::Skipped, JobState::Paused, JobState::Paused]);
    assert_eq!(all(store, project, JobAction::Pause).await, 0, "twice is once");
    let ids = Selection::of(vec![jobs[2], jobs[1]]);
    let which = Which::Project(project, &ids);
    assert_eq!(store.apply_to(which, JobAction::Resume).await.expect("resumes").applied, 1);
    assert_eq!(all(store, project, JobAction::Unskip).await, 1);
    assert_eq!(store.job_state(jobs[1]).await.expect("is there"), JobState::Ready);
    let nobody = Selection::of(Vec::new());
    assert_eq!(
        store.apply_to(Which::Project(project, &nobody), JobAction::Cancel).await.expect("none").applied,
        0
    );
}

async fn what_failed_for_one_cause_is_tried_again_and_the_rest_stays(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl"]).await;
    ended(store, jobs[0], failed(Cause::LoginRefused), None).await;
    ended(store, jobs[1], failed(Cause::TargetFull), None).await;
    ended(store, jobs[2], failed(Cause::LoginRefused), None).await;
    let filter = JobFilter { cause: Some(Cause::LoginRefused), ..JobFilter::default() };
    let selection = Selection::like(filter);
    let which = Which::Project(project, &selection);
    assert_eq!(store.apply_to(which, JobAction::Retry).await.expect("tries again").applied, 2);
    assert_eq!(states(store, &jobs).await, [JobState::Queued, JobState::Failed, JobState::Queued]);
    let row = store.job_row(jobs[0]).await.expect("is there");
    assert_eq!((row.pass, row.problem), (Some(PassKind::Initial), None));
    let filter = JobFilter { state: JobStates(vec![JobState::Failed]), ..JobFilter::default() };
    let selection = Selection::like(filter);
    let which = Which::Project(project, &selection);
    assert_eq!(store.apply_to(which, JobAction::Retry).await.expect("tries again").applied, 1);
}

async fn what_was_refused_is_offered_again_by_a_retry_and_by_nothing_else(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    let offers = async |action, end: PassEnd| {
        assert_eq!(all(store, project, action).await, 1, "{action:?}");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let order = store.pass_order(&lease).await.expect("an order");
        let pass = store.begin_pass(&lease).await.expect("begins");
        let outcome = sample::ended(end, Some(Verdict::Investigate));
        store.finish_pass(&lease, pass, &outcome).await.expect("ends");
        order.retry_refused
    };
    assert!(!offers(JobAction::Start, PassEnd::Finished).await);
    assert!(offers(JobAction::Retry, failed(Cause::Disconnected)).await);
    assert!(offers(JobAction::Retry, PassEnd::Finished).await);
    assert!(!offers(JobAction::Start, PassEnd::Finished).await);
    assert!(offers(JobAction::Retry, PassEnd::Paused).await, "the server is stopping");
    let lease = store.claim().await.expect("claims").expect("it goes on at the next start");
    assert_eq!(lease.job, jobs[0]);
    assert!(store.pass_order(&lease).await.expect("an order").retry_refused, "it was not offered yet");
}

async fn a_pass_is_told_the_mailboxs_own_folder_and_the_projects_rules_as_they_are(setting: &Setting) {
    let store = &setting.store;
    let mut form = sample::project("Move", 4);
    form.options.folders.moves = vec!["Work=Old".parse().expect("a move")];
    let project = store.create_project(&form).await.expect("a project");
    let below = Some(FolderPath::new(["From carl"]));
    let rows = [NewJob { below: below.clone(), ..sample::mailbox("carl") }];
    let jobs = store.create_jobs(project, &rows).await.expect("a job");
    store.apply(jobs[0], JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let order = store.pass_order(&lease).await.expect("an order");
    assert_eq!(order.options.folders, FolderRules { below, ..form.options.folders });
}

async fn a_start_tells_how_many_get_a_delta_pass(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    setting
        .meddle(&format!(
            "INSERT INTO ledger_folder (job, source, target, source_validity, bracket_validity, bracket_next, items, bytes)
             VALUES ({}, '[\"INBOX\"]', '[\"INBOX\"]', 7, 9, 100, 1, 10)",
            jobs[0].0
        ))
        .await;
    setting
        .meddle(
            "INSERT INTO ledger_entry (folder, item, state, target, adopted, size)
             SELECT id, '1', 1, 101, FALSE, 10 FROM ledger_folder",
        )
        .await;
    let all = Selection::default();
    let which = Which::Project(project, &all);
    let applied = store.apply_to(which, JobAction::Start).await.expect("starts");
    assert_eq!((applied.applied, applied.again), (2, 1));
    assert_eq!(store.apply_to(which, JobAction::Pause).await.expect("pauses").again, 0);
}

async fn a_look_leaves_what_was_wrong_as_it_was(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    ended(store, jobs[0], failed(Cause::TargetFull), None).await;
    assert_eq!(all(store, project, JobAction::Probe).await, 1);
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(lease.kind, PassKind::Probe);
    let pass = store.begin_pass(&lease).await.expect("begins");
    let drift = shared::pass::Drift { counted: sample::NOON, new: 3, gone: 1, folders: 2 };
    let mut outcome = sample::ended(PassEnd::Finished, None);
    outcome.drift = Some(drift);
    assert_eq!(store.finish_pass(&lease, pass, &outcome).await.expect("ends"), JobState::Failed);
    let row = store.job_row(jobs[0]).await.expect("is there");
    assert_eq!(row.drift, Some(drift));
    ended(store, jobs[0], PassEnd::Finished, Some(Verdict::Perfect)).await;
    let drift = store.job_row(jobs[0]).await.expect("is there").drift.expect("counted");
    assert!(drift.is_none(), "a pass that copied leaves nothing to count: {drift:?}");
}

async fn who_runs_a_job_hears_that_it_is_to_stop_at_once(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    assert_eq!(store.wishes().await.expect("reads"), []);
    store.apply(lease.job, JobAction::Cancel).await.expect("stops");
    let wish = store.wishes().await.expect("reads")[0];
    assert_eq!((wish.job, wish.state, wish.at_once), (lease.job, JobState::Stopping, false));
    store.apply(lease.job, JobAction::StopNow).await.expect("stops");
    assert!(store.wishes().await.expect("reads")[0].at_once);
    let other = setting.again().await.expect("another node");
    assert_eq!(other.wishes().await.expect("reads"), [], "another process has nothing to stop");
}

async fn fifty_thousand_jobs_are_one_statement(setting: &Setting) {
    let store = &setting.store;
    let (project, _) = sample::jobs(store, 9, &[]).await;
    let sql = format!(
        "INSERT INTO job (project, source_user, target_user, state, settled, updated, queued, lease_epoch,
            ledger_version)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
         SELECT {project}, 'user' || i || '@old.example', 'user' || i || '@new.example', 'ready', 'ready', 0, 0, 0, 0
         FROM n"
    );
    setting.meddle(&sql).await;
    for action in [JobAction::Start, JobAction::Pause, JobAction::Resume, JobAction::Cancel] {
        let begun = Instant::now();
        assert_eq!(all(store, project, action).await, MANY as u64, "{action:?}");
        let took = begun.elapsed();
        println!("{action:?} on {MANY} jobs took {took:?}");
        // An unoptimised build on a busy machine; what is to be ruled out is one statement for each job.
        assert!(took < Duration::from_secs(20), "{action:?} took {took:?}");
    }
    all(store, project, JobAction::Start).await;
    let begun = Instant::now();
    assert!(store.claim().await.expect("claims").is_some());
    println!("claiming one of {MANY} took {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(3), "claiming took {:?}", begun.elapsed());
    all(store, project, JobAction::Cancel).await;
    let ids: Vec<JobId> = (2..=MANY).map(JobId).collect();
    let selection = Selection::of(ids);
    let which = Which::Project(project, &selection);
    assert_eq!(store.apply_to(which, JobAction::Start).await.expect("starts").applied, MANY as u64 - 1);
}

on_both! {
    an_action_reaches_the_jobs_for_which_it_makes_sense_and_no_others,
    what_failed_for_one_cause_is_tried_again_and_the_rest_stays,
    what_was_refused_is_offered_again_by_a_retry_and_by_nothing_else,
    a_pass_is_told_the_mailboxs_own_folder_and_the_projects_rules_as_they_are,
    a_start_tells_how_many_get_a_delta_pass,
    a_look_leaves_what_was_wrong_as_it_was,
    who_runs_a_job_hears_that_it_is_to_stop_at_once,
    fifty_thousand_jobs_are_one_statement,
}
