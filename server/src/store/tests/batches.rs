//! Batches: who goes first, who waits, and how one is cut over.

use std::num::NonZeroU16;

use shared::{
    batch::{AssignForm, BatchForm},
    cutover::{Step, StepState, TickForm},
    id::{BatchId, JobId, ProjectId},
    job::{JobAction, JobFilter, JobQuery, JobState},
    limits::{AllowedHours, Day, TimeOfDay, Zone},
    pass::{Drift, PassEnd, PassKind},
    report::Verdict,
    selection::Selection,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Lease, Store, StoreError, Which, words::now};

pub(super) fn batch(name: &str, priority: i32) -> BatchForm {
    BatchForm {
        name: name.into(),
        priority,
        start_at: None,
        hours: Vec::new(),
        zone: Zone::Utc,
        parallel: None,
        repeat: None,
        day_one: None,
    }
}

async fn filled(store: &Store, project: ProjectId, form: &BatchForm, jobs: &[JobId]) -> BatchId {
    let id = store.create_batch(project, form).await.expect("a batch");
    let form = AssignForm { batch: Some(id), selection: Selection::of(jobs.to_vec()) };
    assert_eq!(store.assign(project, &form).await.expect("put"), jobs.len() as u64);
    id
}

async fn start_all(store: &Store, project: ProjectId) {
    let all = Selection::default();
    store.apply_to(Which::Project(project, &all), JobAction::Start).await.expect("starts");
}

async fn next(store: &Store) -> Option<JobId> {
    store.claim().await.expect("claims").map(|lease| lease.job)
}

async fn end(store: &Store, lease: &Lease, verdict: Verdict) -> JobState {
    let pass = store.begin_pass(lease).await.expect("begins");
    let outcome = sample::ended(PassEnd::Finished, Some(verdict));
    store.finish_pass(lease, pass, &outcome).await.expect("ends")
}

async fn a_batch_is_kept_and_its_mailboxes_outlive_it(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    let id = filled(store, project, &batch("First", 5), &jobs).await;
    assert!(matches!(store.create_batch(project, &batch("First", 0)).await, Err(StoreError::Taken(_))));
    let mut form = batch("First wave", 7);
    form.parallel = NonZeroU16::new(3);
    form.hours = vec![AllowedHours { days: vec![Day::Mon], from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END }];
    form.zone = Zone::Fixed(60);
    store.update_batch(id, &form, None).await.expect("changes");
    let row = store.batches(project).await.expect("lists").remove(0);
    assert_eq!((row.id, row.settings, row.counts.jobs, row.counts.ready), (id, form, 2, 2));
    assert_eq!(store.job_row(jobs[0]).await.expect("is there").batch, Some(id));
    store.delete_batch(id).await.expect("removes");
    assert_eq!(store.job_row(jobs[0]).await.expect("is there").batch, None);
    assert!(matches!(store.batch(id).await, Err(StoreError::NotFound("batch"))));
}

async fn a_batch_of_another_project_takes_no_mailbox(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    let other = store.create_project(&sample::project("Other", 3)).await.expect("a project");
    let foreign = store.create_batch(other, &batch("Theirs", 0)).await.expect("a batch");
    let form = AssignForm { batch: Some(foreign), selection: Selection::of(jobs.clone()) };
    assert!(matches!(store.assign(project, &form).await, Err(StoreError::NotFound("batch"))));
}

async fn the_batch_with_the_highest_priority_goes_first_and_in_it_who_was_put_first(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl", "dora", "emil"]).await;
    filled(store, project, &batch("Low", -1), &jobs[..1]).await;
    filled(store, project, &batch("High", 1), &jobs[2..4]).await;
    start_all(store, project).await;
    store.apply(jobs[3], JobAction::Prioritise).await.expect("goes first");
    let mut order = Vec::new();
    while let Some(job) = next(store).await {
        order.push(job);
    }
    assert_eq!(order, [jobs[3], jobs[2], jobs[1], jobs[4], jobs[0]]);
}

async fn a_batch_waits_for_its_moment_its_hours_and_its_turn(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl", "dora"]).await;
    let later = BatchForm { start_at: Some(now().plus_millis(3_600_000)), ..batch("Later", 9) };
    filled(store, project, &later, &jobs[..1]).await;
    // The day after tomorrow: closed now, whenever this runs.
    let day = Day::of(now().seconds()).after().after();
    let hours = vec![AllowedHours { days: vec![day], from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END }];
    let night = BatchForm { hours, ..batch("Night", 8) };
    let closed = filled(store, project, &night, &jobs[1..2]).await;
    let single = BatchForm { parallel: NonZeroU16::new(1), ..batch("One by one", 7) };
    filled(store, project, &single, &jobs[2..]).await;
    start_all(store, project).await;
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(lease.job, jobs[2]);
    assert_eq!(next(store).await, None, "one at a time");
    end(store, &lease, Verdict::Perfect).await;
    assert_eq!(next(store).await, Some(jobs[3]));
    assert!(!store.batch_row(closed).await.expect("is there").open);
    store.update_batch(closed, &batch("Night", 8), None).await.expect("opens");
    assert_eq!(next(store).await, Some(jobs[1]));
    // The hours close again: who runs it hears of it, and the job is to go on by itself.
    store.update_batch(closed, &night, None).await.expect("closes");
    let wishes = store.wishes().await.expect("reads");
    assert_eq!(
        wishes.iter().map(|wish| (wish.job, wish.state)).collect::<Vec<_>>(),
        [(jobs[1], JobState::Pausing)]
    );
    assert_eq!(store.job_state(jobs[1]).await.expect("is there"), JobState::Running);
}

async fn one_process_at_a_time_has_a_duty(setting: &Setting) {
    let (store, other) = (&setting.store, setting.again().await.expect("another node"));
    assert!(store.take_duty("schedule", 60_000).await.expect("takes"));
    assert!(store.take_duty("schedule", 60_000).await.expect("keeps"));
    assert!(!other.take_duty("schedule", 60_000).await.expect("asks"));
    store.drop_duty("schedule").await.expect("gives back");
    assert!(other.take_duty("schedule", 60_000).await.expect("takes"));
    setting.meddle("UPDATE duty SET expires = 1").await;
    assert!(store.take_duty("schedule", 60_000).await.expect("takes over from the dead"));
}

async fn a_cutover_goes_by_its_list_and_an_approval_stands_in_the_report(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl"]).await;
    let id = filled(store, project, &batch("First", 0), &jobs).await;
    store.apply(jobs[2], JobAction::Skip).await.expect("left out");
    let tick = |step, done, note: &str| TickForm { step, done, note: note.into() };
    let refused = store.tick(id, &tick(Step::Approve, true, ""), "anna", None).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "nothing was compared yet: {refused:?}");
    for step in [Step::Ttl, Step::Mx, Step::Freeze] {
        store.tick(id, &tick(step, true, " seen "), "anna", None).await.expect("ticks");
    }
    let row = store.batch_row(id).await.expect("is there");
    assert_eq!(
        store.apply_to_batch(&row, Selection::default(), JobAction::Final).await.expect("runs").applied,
        2
    );
    for verdict in [Verdict::Perfect, Verdict::Investigate] {
        let lease = store.claim().await.expect("claims").expect("there is one");
        assert_eq!(lease.kind, PassKind::Final);
        end(store, &lease, verdict).await;
    }
    let view = store.batch(id).await.expect("is there");
    assert_eq!(
        (view.facts.jobs, view.facts.finished, view.facts.perfect, view.facts.unapproved),
        (2, 2, 1, 1)
    );
    let refused = store.tick(id, &tick(Step::Done, true, ""), "anna", None).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "differences were not approved: {refused:?}");
    store.tick(id, &tick(Step::Approve, true, "Told the user."), "olivia", None).await.expect("approves");
    let report = store.report(jobs[1]).await.expect("reads").expect("a report");
    let approval = report.approved.expect("approved");
    assert_eq!((approval.who.as_str(), approval.note.as_str()), ("olivia", "Told the user."));
    assert!(store.report(jobs[0]).await.expect("reads").expect("a report").approved.is_none());
    store.tick(id, &tick(Step::Done, true, ""), "anna", None).await.expect("done");
    let view = store.batch(id).await.expect("is there");
    assert!(view.row.done.is_some() && view.steps.iter().all(|step| step.state == StepState::Done));
    let mx = view.cutover.tick(Step::Mx).expect("ticked");
    assert_eq!((mx.who.as_str(), mx.note.as_str()), ("anna", "seen"));

    // What a later pass finds is not approved by what was said before.
    store.tick(id, &tick(Step::Done, false, ""), "anna", None).await.expect("taken back");
    store.apply(jobs[1], JobAction::Final).await.expect("runs");
    let lease = store.claim().await.expect("claims").expect("there is one");
    end(store, &lease, Verdict::Poor).await;
    let facts = store.batch(id).await.expect("is there").facts;
    assert_eq!((facts.finished, facts.unapproved), (2, 1), "it came to its end, whatever it found");
    assert!(store.report(jobs[1]).await.expect("reads").expect("a report").approved.is_none());
}

/// Runs the final pass of all mailboxes.
async fn run_final(store: &Store, project: ProjectId, verdict: Verdict) {
    let all = Selection::default();
    store.apply_to(Which::Project(project, &all), JobAction::Final).await.expect("runs");
    while let Some(lease) = store.claim().await.expect("claims") {
        assert_eq!(lease.kind, PassKind::Final);
        end(store, &lease, verdict).await;
    }
}

async fn a_final_pass_counts_once_it_began_after_the_old_system_was_frozen(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    let id = filled(store, project, &batch("First", 0), &jobs).await;
    let tick = async |step: Step, done: bool| {
        let form = TickForm { step, done, note: String::new() };
        store.tick(id, &form, "anna", None).await
    };
    let had = async || {
        let facts = store.batch(id).await.expect("is there").facts;
        (facts.jobs, facts.finished, facts.early)
    };
    for step in [Step::Ttl, Step::Mx] {
        tick(step, true).await.expect("ticks");
    }
    run_final(store, project, Verdict::Perfect).await;
    assert_eq!(had().await, (2, 2, 2), "nothing is frozen");
    assert!(matches!(tick(Step::Approve, true).await, Err(StoreError::Conflict(_))));
    // It began a minute before the freeze.
    setting.meddle("UPDATE pass SET started = started - 60000").await;
    tick(Step::Freeze, true).await.expect("ticks");
    assert_eq!(had().await, (2, 2, 2));
    let Err(StoreError::Conflict(why)) = tick(Step::Done, true).await else { panic!("it was cut over") };
    assert!(why.contains("2 of 2 mailboxes had it, 2 of them before the old system was frozen"), "{why}");
    run_final(store, project, Verdict::Perfect).await;
    assert_eq!(had().await, (2, 2, 0));
    tick(Step::Approve, true).await.expect("approves");
    // A pass that only reads takes nothing away.
    store.apply(jobs[0], JobAction::Verify).await.expect("runs");
    assert_eq!(had().await, (2, 2, 0));
    let lease = store.claim().await.expect("claims").expect("there is one");
    end(store, &lease, Verdict::Perfect).await;
    assert_eq!(had().await, (2, 2, 0));
    store.apply(jobs[1], JobAction::Start).await.expect("waits");
    let Err(StoreError::Conflict(why)) = tick(Step::Done, true).await else { panic!("it was cut over") };
    assert!(why.contains("1 mailbox still copying or waiting for it"), "{why}");
    store.apply(jobs[1], JobAction::Cancel).await.expect("stops");
    tick(Step::Done, true).await.expect("done");
    tick(Step::Freeze, false).await.expect("taken back");
    assert_eq!(had().await, (2, 2, 2));
}

async fn what_was_cut_over_is_only_read_whichever_way_it_is_asked_for(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    let id = filled(store, project, &batch("First", 0), &jobs[..1]).await;
    let tick = async |step: Step| {
        let form = TickForm { step, done: true, note: String::new() };
        store.tick(id, &form, "anna", None).await.expect("ticks");
    };
    for step in [Step::Ttl, Step::Mx, Step::Freeze] {
        tick(step).await;
    }
    run_final(store, project, Verdict::Perfect).await;
    tick(Step::Approve).await;
    tick(Step::Done).await;

    let form = AssignForm { batch: Some(id), selection: Selection::of(vec![jobs[1]]) };
    let Err(StoreError::Conflict(why)) = store.assign(project, &form).await else {
        panic!("it was put into it")
    };
    assert!(why.contains("“First” was cut over"), "{why}");
    let refused = store.apply(jobs[0], JobAction::Start).await;
    let Err(StoreError::Conflict(why)) = refused else { panic!("it was started: {refused:?}") };
    assert!(why.contains("“First” was cut over"), "{why}");
    assert_eq!(store.closed_batches(project).await.expect("reads"), [id]);
    let by_state = store.count_by_state(project, &JobFilter::default()).await.expect("counts");
    let reached = |action| by_state.iter().map(|group| group.reached_by(action)).sum::<u64>();
    assert_eq!((reached(JobAction::Start), reached(JobAction::Verify)), (1, 2), "{by_state:?}");
    let all = Selection::default();
    let which = Which::Project(project, &all);
    assert_eq!(
        store.apply_to(which, JobAction::Start).await.expect("starts").applied,
        1,
        "the one of no batch"
    );
    let note = store.left_out(which, JobAction::Start).await.expect("reads").expect("one was left out");
    assert!(note.starts_with("1 mailbox left out: the batch “First” was cut over."), "{note}");
    assert_eq!(store.left_out(which, JobAction::Verify).await.expect("reads"), None);
    assert_eq!(next(store).await, Some(jobs[1]));
    for action in
        [JobAction::Verify, JobAction::Pause, JobAction::Resume, JobAction::Cancel, JobAction::Probe]
    {
        store.apply(jobs[0], action).await.expect("only reads");
    }
    let view = store.batch(id).await.expect("is there");
    assert!(view.steps.iter().all(|step| step.state == StepState::Done), "{:?}", view.steps);
}

async fn who_changes_settings_of_a_batch_that_were_changed_since_overwrites_nothing(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    let id = filled(store, project, &batch("First", 0), &jobs).await;
    let read = store.batch(id).await.expect("is there");
    let first = batch("First", 5);
    store.update_batch(id, &first, Some(&read.version)).await.expect("the settings are those that were read");
    let subject = format!("First of {}: priority 0 → 5", read.project_name);
    store.log_activity("opa", "batch.change", &subject).await.expect("is noted");
    let error = store.update_batch(id, &batch("First", 7), Some(&read.version)).await;
    let error = error.expect_err("is refused").to_string();
    assert!(
        error.starts_with("opa changed these settings at ") && error.contains("load the settings"),
        "{error}"
    );
    let view = store.batch(id).await.expect("is there");
    assert_eq!(view.row.settings, first, "nothing was overwritten");
    store.apply_to_batch(&view.row, Selection::default(), JobAction::Start).await.expect("starts");
    store.update_batch(id, &first, Some(&view.version)).await.expect("that it was started is no setting");
    assert_eq!(store.batch(id).await.expect("is there").version, view.version, "they are the same");
}

async fn a_start_that_has_passed_comes_again_when_it_is_moved(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    let form = BatchForm { start_at: Some(now().plus_millis(-3_600_000)), ..batch("First", 0) };
    let id = filled(store, project, &form, &jobs).await;
    let row = store.batch_row(id).await.expect("is there");
    store.apply_to_batch(&row, Selection::default(), JobAction::Start).await.expect("starts");
    let started = async || store.batch_row(id).await.expect("is there").started;
    store.update_batch(id, &BatchForm { priority: 3, ..form.clone() }, None).await.expect("changes");
    assert!(started().await.is_some(), "its start was not moved");
    let later = BatchForm { start_at: Some(now().plus_millis(3_600_000)), ..form };
    store.update_batch(id, &later, None).await.expect("changes");
    assert_eq!(started().await, None);
}

async fn the_newest_days_come_first_and_the_rest_by_itself(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    setting.meddle("UPDATE project SET source_secret = NULL").await;
    let first = BatchForm { day_one: NonZeroU16::new(30), ..batch("First", 0) };
    let id = filled(store, project, &first, &jobs).await;
    start_all(store, project).await;
    let narrowed = async |lease: &Lease| {
        let mut options = shared::project::Options::default();
        store.narrow(lease, &mut options).await.expect("narrows");
        options.day_one
    };
    let lease = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(narrowed(&lease).await, NonZeroU16::new(30));
    let row = store.job_row(lease.job).await.expect("is there");
    assert_eq!(row.day_one, None, "they are on their way");
    assert_eq!(end(store, &lease, Verdict::Perfect).await, JobState::Queued);
    let row = store.job_row(lease.job).await.expect("is there");
    assert!(row.day_one.is_some() && row.verdict.is_none() && row.pass == Some(PassKind::Delta));
    assert_eq!(store.report(lease.job).await.expect("reads"), None, "a part proves nothing of the whole");
    assert!(!store.job(lease.job).await.expect("is there").has_report);
    assert_eq!(store.batch_row(id).await.expect("is there").counts.day_one, 1);
    let second = store.claim().await.expect("claims").expect("there is one");
    assert_eq!(second.job, jobs[1], "others' first day comes before the rest of this one");
    assert_eq!(narrowed(&second).await, NonZeroU16::new(30));
    let rest = store.claim().await.expect("claims").expect("there is one");
    assert_eq!((rest.job, rest.kind, narrowed(&rest).await), (jobs[0], PassKind::Delta, None));
    assert_eq!(end(store, &rest, Verdict::Perfect).await, JobState::Complete);
    assert!(store.report(jobs[0]).await.expect("reads").is_some());
    let passes = store.job(jobs[0]).await.expect("is there").passes;
    let told: Vec<_> = passes.iter().map(shared::pass::PassView::title).collect();
    assert_eq!(told, ["Delta pass", "Initial pass, newest days only"]);
}

async fn who_stops_a_mailbox_on_its_first_days_finds_it_stopped(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna"]).await;
    let first = BatchForm { day_one: NonZeroU16::new(30), ..batch("First", 0) };
    filled(store, project, &first, &jobs).await;
    start_all(store, project).await;
    let lease = store.claim().await.expect("claims").expect("there is one");
    store.narrow(&lease, &mut shared::project::Options::default()).await.expect("narrows");
    store.apply(jobs[0], JobAction::Cancel).await.expect("stops");
    assert_eq!(end(store, &lease, Verdict::Perfect).await, JobState::Cancelled);
    assert_eq!(store.report(jobs[0]).await.expect("reads"), None);
    assert!(store.claim().await.expect("claims").is_none());
}

async fn drift_is_added_up_over_a_batch(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    let id = filled(store, project, &batch("First", 0), &jobs).await;
    assert_eq!(store.batch_row(id).await.expect("is there").drift, None);
    for (job, new) in [(jobs[0], 3), (jobs[1], 4)] {
        store.apply(job, JobAction::Probe).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        let mut outcome = sample::ended(PassEnd::Finished, None);
        outcome.drift = Some(Drift { counted: sample::NOON, new, gone: 1, folders: 1 });
        store.finish_pass(&lease, pass, &outcome).await.expect("ends");
    }
    let drift = store.batch_row(id).await.expect("is there").drift;
    assert_eq!(drift, Some(Drift { counted: sample::NOON, new: 7, gone: 2, folders: 2 }));
    // What arrives while a pass copies may be missing in it.
    store.apply(jobs[0], JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    end(store, &lease, Verdict::Perfect).await;
    let view = store.job(jobs[0]).await.expect("is there");
    let drift = view.row.drift.expect("counted");
    assert_eq!((drift.new, drift.counted), (0, view.passes[0].started), "as of when it began");
}

async fn errors_of_a_project_are_grouped_by_cause(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert", "carl"]).await;
    for job in &jobs[..2] {
        store.apply(*job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        let end = PassEnd::Aborted { cause: shared::cause::Cause::TargetFull, message: "Full.".into() };
        store.finish_pass(&lease, pass, &sample::ended(end, None)).await.expect("ends");
    }
    let rows = store.project_causes(project, None).await.expect("groups");
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(
        (row.count.cause, row.count.count, row.jobs, row.stopped),
        (shared::cause::Cause::TargetFull, 2, 2, 2)
    );
    let id = filled(store, project, &batch("First", 0), &jobs[..1]).await;
    assert_eq!(store.project_causes(project, Some(id)).await.expect("groups")[0].jobs, 1);
}

async fn a_note_is_no_error_where_the_same_cause_differs_elsewhere(setting: &Setting) {
    use engine::ledger::Ledger as _;
    use shared::{cause::Cause, finding::Severity};
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 9, &["anna", "bert"]).await;
    let renamed = |severity, id: &str| sample::finding(Cause::FolderRenamed, severity, id);
    let notes = [renamed(Severity::Info, "1"), renamed(Severity::Info, "2")];
    let differs = [renamed(Severity::Info, "1"), renamed(Severity::Warning, "2")];
    for (job, findings) in [(jobs[0], notes), (jobs[1], differs)] {
        store.apply(job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        store.ledger(&lease, pass).note(&findings).await.expect("keeps");
        store.finish_pass(&lease, pass, &sample::ended(PassEnd::Finished, None)).await.expect("ends");
    }
    let rows = store.project_causes(project, None).await.expect("groups");
    let told: Vec<_> = rows.iter().map(|row| (row.count.severity, row.count.count, row.jobs)).collect();
    assert_eq!(told, [(Severity::Warning, 1, 1)]);
    let query = JobQuery { cause: Some(Cause::FolderRenamed), ..JobQuery::default() };
    let page = store.job_page(project, &query).await.expect("lists");
    assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [jobs[1]]);
}

async fn how_a_project_gets_on_is_noted_while_it_does(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    store.note_pace(sample::NOON).await.expect("notes");
    sample::filled(
        &ledger,
        "INBOX",
        &[sample::entry(1, sample::copied(7)), sample::entry(2, sample::skipped())],
    )
    .await;
    store.note_pace(sample::NOON.plus_millis(60_000)).await.expect("notes");
    let paces = store.pace(lease.project, sample::NOON).await.expect("reads");
    assert_eq!(paces.iter().map(|pace| pace.items).collect::<Vec<_>>(), [0, 2]);
    let amounts = store.amounts(lease.project).await.expect("adds up");
    assert_eq!((amounts.items, amounts.items_done, amounts.seen, amounts.unseen), (2, 2, 1, 0));
}

on_both! {
    a_batch_is_kept_and_its_mailboxes_outlive_it,
    a_batch_of_another_project_takes_no_mailbox,
    the_batch_with_the_highest_priority_goes_first_and_in_it_who_was_put_first,
    a_batch_waits_for_its_moment_its_hours_and_its_turn,
    one_process_at_a_time_has_a_duty,
    a_cutover_goes_by_its_list_and_an_approval_stands_in_the_report,
    a_final_pass_counts_once_it_began_after_the_old_system_was_frozen,
    what_was_cut_over_is_only_read_whichever_way_it_is_asked_for,
    who_changes_settings_of_a_batch_that_were_changed_since_overwrites_nothing,
    a_start_that_has_passed_comes_again_when_it_is_moved,
    the_newest_days_come_first_and_the_rest_by_itself,
    who_stops_a_mailbox_on_its_first_days_finds_it_stopped,
    drift_is_added_up_over_a_batch,
    errors_of_a_project_are_grouped_by_cause,
    a_note_is_no_error_where_the_same_cause_differs_elsewhere,
    how_a_project_gets_on_is_noted_while_it_does,
}
