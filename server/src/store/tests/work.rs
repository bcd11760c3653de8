//! Projects and jobs: kept, shown, steered.

use engine::{
    guest::{Gate, Wall},
    ledger::Ledger,
};
use secrecy::ExposeSecret;
use shared::{
    cause::Cause,
    check::Side,
    finding::Severity,
    folder::FolderPath,
    id::{JobId, ProjectId},
    job::{JobAction, JobState, NewJob},
    limits::{BreakerView, GateView, LoginKey},
    pass::{PassEnd, PassKind},
    report::Verdict,
    time::Timestamp,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Store, StoreError, words::word};

const STATES: [JobState; 11] = [
    JobState::Ready,
    JobState::Queued,
    JobState::Running,
    JobState::Pausing,
    JobState::Paused,
    JobState::Stopping,
    JobState::Cancelled,
    JobState::Complete,
    JobState::Exceptions,
    JobState::Failed,
    JobState::Skipped,
];

async fn a_project_is_kept_and_its_secret_only_opened_for_use(setting: &Setting) {
    let store = &setting.store;
    let mut changed = store.changed();
    let id = store.create_project(&sample::project("Move", 3)).await.expect("a project");
    assert!(changed.has_changed().expect("lives"), "live streams wake up");
    changed.mark_unchanged();

    let view = store.project(id).await.expect("is there");
    assert_eq!((view.row.name.as_str(), view.options.parallel), ("Move", 3));
    assert_eq!(
        (view.row.source_host.as_str(), view.row.target_host.as_str()),
        ("old.example", "new.example")
    );
    assert_eq!((view.source_has_secret, view.target_has_secret), (true, false));
    assert_eq!(view.source, sample::project("Move", 3).source.endpoint);
    let secret = |side| async move {
        let secret = store.open_secret(id, side).await.expect("opens");
        secret.map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(secret(Side::Source).await.as_deref(), Some("source-canary"));
    assert_eq!(secret(Side::Target).await, None);

    let mut form = sample::project("Moved", 5);
    form.source.secret = None;
    form.target.secret = Some("new".into());
    store.update_project(id, &form, None).await.expect("changes");
    assert_eq!(store.project(id).await.expect("is there").row.name, "Moved");
    assert_eq!(secret(Side::Source).await.as_deref(), Some("source-canary"), "absent leaves the stored one");
    assert_eq!(secret(Side::Target).await.as_deref(), Some("new"));
    form.source.secret = Some(String::new());
    store.update_project(id, &form, None).await.expect("changes");
    assert_eq!(secret(Side::Source).await, None, "empty removes the stored one");
    assert!(changed.has_changed().expect("lives"));

    assert!(matches!(store.create_project(&form).await, Err(StoreError::Taken(_))));
    let other = store.create_project(&sample::project("Other", 1)).await.expect("a project");
    assert!(matches!(store.update_project(other, &form, None).await, Err(StoreError::Taken(_))));
    assert!(matches!(
        store.update_project(ProjectId(99), &form, None).await,
        Err(StoreError::Taken(_) | StoreError::NotFound(_))
    ));
    assert!(matches!(store.project(ProjectId(99)).await, Err(StoreError::NotFound(_))));
    let names: Vec<_> = store.projects().await.expect("lists").into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["Moved", "Other"]);
}

async fn mailboxes_are_added_all_or_none(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 1, &["anna", "bert"]).await;
    let rows = [sample::mailbox("carl"), sample::mailbox("bert")];
    let error = store.create_jobs(project, &rows).await.expect_err("is refused").to_string();
    assert!(error.starts_with("Row 2:") && !error.contains("bert"), "{error}");
    // Of a list the row is named as it is numbered there: rows before it may have been left out.
    let of_list = [(3, sample::mailbox("emil")), (17, sample::mailbox("bert"))];
    let error = store.create_jobs_in(project, None, &of_list).await.expect_err("is refused").to_string();
    assert!(error.starts_with("Row 17:"), "{error}");
    let error =
        store.create_jobs(project, &[sample::mailbox("bert")]).await.expect_err("is refused").to_string();
    assert!(error.starts_with("This project moves"), "one alone has no number: {error}");
    let listed: Vec<_> = sample::listed(store, project).await;
    assert_eq!(listed, jobs);
    assert!(matches!(store.create_jobs(ProjectId(99), &rows).await, Err(StoreError::NotFound(_))));
    assert!(store.create_jobs(project, &[]).await.expect("adds nothing").is_empty());
}

async fn who_changes_settings_that_were_changed_since_overwrites_nothing(setting: &Setting) {
    let store = &setting.store;
    let id = store.create_project(&sample::project("Move", 3)).await.expect("a project");
    let read = store.project(id).await.expect("is there").version;
    let first = sample::project("Move", 5);
    store.update_project(id, &first, Some(&read)).await.expect("the settings are those that were read");
    store.log_activity("opa", "project.change", "Move: parallel 3 → 5").await.expect("is noted");
    let error = store.update_project(id, &sample::project("Move", 7), Some(&read)).await;
    let error = error.expect_err("is refused").to_string();
    assert!(
        error.starts_with("opa changed these settings at ") && error.contains("load the settings"),
        "{error}"
    );
    let view = store.project(id).await.expect("is there");
    assert_eq!(view.options.parallel, 5, "nothing was overwritten");
    store.update_project(id, &first, Some(&view.version)).await.expect("they were read anew");
    assert_eq!(store.project(id).await.expect("is there").version, view.version, "they are the same");
    store.forget_secrets(id).await.expect("forgets");
    store
        .update_project(id, &sample::project("Move", 9), Some(&view.version))
        .await
        .expect("secrets are apart");
}

async fn nobody_s_mail_goes_into_another_mailbox_unasked(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 1, &["anna", "bert"]).await;
    let to_anna = |below: Option<&str>| NewJob {
        // Names of mailboxes differ in case by accident only.
        target_user: "Anna@new.example".into(),
        below: below.map(|below| FolderPath::new([below])),
        ..sample::mailbox("carl")
    };
    let error = store.create_jobs(project, &[to_anna(None)]).await.expect_err("is refused").to_string();
    assert!(error.starts_with("A mailbox of the project goes to the same place"), "{error}");
    let emptied = NewJob { below: Some(FolderPath(Vec::new())), ..to_anna(None) };
    assert!(store.create_jobs(project, &[emptied]).await.is_err(), "that is the top, too");
    let dora = NewJob { source_user: "dora@old.example".into(), ..to_anna(Some("From carl")) };
    let error = store.create_jobs(project, &[to_anna(Some("From carl")), dora]).await;
    let error = error.expect_err("is refused").to_string();
    assert!(error.starts_with("Row 2: Row 1 goes to the same place"), "{error}");
    assert_eq!(sample::listed(store, project).await, jobs, "nothing was added");
    store.create_jobs(project, &[to_anna(Some("From carl"))]).await.expect("a folder of its own");
}

async fn of_the_logins_that_are_held_back_a_project_shows_its_own(setting: &Setting) {
    let store = &setting.store;
    let (project, _) = sample::jobs(store, 1, &["anna", "bert"]).await;
    let view = store.project(project).await.expect("is there");
    let held = |side, logins: &[LoginKey]| {
        let mut gate = Gate::unused(Wall::system()).view(side, "x");
        let breaker = |login: &LoginKey| BreakerView {
            login: login.clone(),
            since: Timestamp::from_millis(0),
            words: "no".into(),
        };
        gate.breakers = logins.iter().map(breaker).collect();
        gate
    };
    let mailbox = |name: &str| LoginKey::Mailbox(format!("{name}@new.example"));
    let (root, other) = (LoginKey::Admin("root".into()), LoginKey::Admin("other".into()));
    let logins =
        |gate: &GateView| gate.breakers.iter().map(|breaker| breaker.login.clone()).collect::<Vec<_>>();

    let mut source = held(Side::Source, &[root.clone(), other, LoginKey::Mailbox("anna@old.example".into())]);
    store.keep_own_logins(project, &view.source, &mut source).await.expect("looks");
    assert_eq!(logins(&source), std::slice::from_ref(&root), "an admin logs in for all there");
    let mut target = held(Side::Target, &[mailbox("fail1"), mailbox("bert"), root]);
    store.keep_own_logins(project, &view.target, &mut target).await.expect("looks");
    assert_eq!(logins(&target), [mailbox("bert")], "another project's is none of its own");
}

async fn every_action_in_every_state_does_what_the_rule_says(setting: &Setting) {
    let store = &setting.store;
    let (_, jobs) = sample::jobs(store, 1, &["anna"]).await;
    let job = jobs[0];
    for state in STATES {
        for action in JobAction::ALL {
            setting.meddle(&format!("UPDATE job SET state = '{}'", word(&state).expect("a word"))).await;
            let done = store.apply(job, action).await;
            match state.after(action) {
                Some(after) => {
                    assert_eq!(done.expect("is allowed"), after, "{action:?} in {state:?}");
                    assert_eq!(store.job_state(job).await.expect("is there"), after);
                }
                None => {
                    let error = done.expect_err("is refused");
                    assert!(error.to_string().contains("is not possible now"), "{error}");
                    assert_eq!(store.job_state(job).await.expect("is there"), state, "{action:?}");
                }
            }
        }
    }
    assert!(matches!(store.apply(JobId(99), JobAction::Start).await, Err(StoreError::NotFound(_))));
}

async fn a_start_is_a_delta_pass_once_something_was_copied(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    assert_eq!(lease.kind, PassKind::Initial);
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    sample::filled(&ledger, "INBOX", &[sample::entry(1, sample::skipped())]).await;
    end(store, &lease, pass, PassEnd::Cancelled, None).await;
    assert_eq!(started(store, lease.job).await, PassKind::Initial, "nothing was copied");

    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    sample::filled(&ledger, "INBOX", &[sample::entry(2, sample::copied(7))]).await;
    end(store, &lease, pass, PassEnd::Cancelled, None).await;
    assert_eq!(started(store, lease.job).await, PassKind::Delta);
}

async fn started(store: &Store, job: JobId) -> PassKind {
    store.apply(job, JobAction::Start).await.expect("starts");
    store.job_row(job).await.expect("is there").pass.expect("a pass is wanted")
}

async fn end(
    store: &Store,
    lease: &crate::store::Lease,
    pass: shared::id::PassId,
    end: PassEnd,
    verdict: Option<Verdict>,
) -> JobState {
    store.finish_pass(lease, pass, &sample::ended(end, verdict)).await.expect("ends")
}

async fn a_job_shows_its_passes_findings_and_report(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    assert!(store.report(lease.job).await.expect("looks").is_none());
    let first = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, first);
    sample::filled(
        &ledger,
        "INBOX",
        &[sample::entry(1, sample::copied(7)), sample::entry(2, sample::skipped())],
    )
    .await;
    let loss = sample::finding(Cause::TooBig, Severity::Loss, "2");
    let notes = [
        sample::finding(Cause::DateAltered, Severity::Info, "1"),
        loss.clone(),
        sample::finding(Cause::DateAltered, Severity::Warning, "1"),
    ];
    ledger.note(&notes).await.expect("keeps");
    let failed = PassEnd::Aborted { cause: Cause::TimedOut, message: "No answer.".into() };
    assert_eq!(end(store, &lease, first, failed.clone(), None).await, JobState::Failed);
    assert_eq!(store.job_row(lease.job).await.expect("is there").problem.as_deref(), Some("No answer."));

    let page = store.findings(lease.job, None, None, 2).await.expect("reads");
    assert_eq!(page.iter().map(|row| row.finding.clone()).collect::<Vec<_>>(), notes[..2]);
    let rest = store.findings(lease.job, None, Some(page[1].id), 3).await.expect("reads");
    assert_eq!(rest.len(), 1);
    let of_cause = store.findings(lease.job, Some(Cause::DateAltered), None, 10).await.expect("reads");
    assert_eq!(of_cause.len(), 2);

    store.apply(lease.job, JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let second = store.begin_pass(&lease).await.expect("begins");
    store.ledger(&lease, second).note(std::slice::from_ref(&loss)).await.expect("keeps");
    assert_eq!(
        end(store, &lease, second, PassEnd::Finished, Some(Verdict::Good)).await,
        JobState::Exceptions
    );

    let view = store.job(lease.job).await.expect("is there");
    assert_eq!(view.project_name, "Move");
    assert_eq!((view.row.state, view.row.verdict), (JobState::Exceptions, Some(Verdict::Good)));
    assert_eq!((view.row.problem.as_deref(), view.has_report), (None, true));
    assert_eq!(view.folders.len(), 1);
    assert_eq!((view.folders[0].items, view.folders[0].copied, view.folders[0].skipped), (2, 1, 1));
    let counted = |causes: &[shared::finding::CauseCount]| {
        causes.iter().map(|group| (group.cause, group.severity, group.count)).collect::<Vec<_>>()
    };
    assert_eq!(counted(&view.causes), [(Cause::TooBig, Severity::Loss, 1)], "the dates are settled");
    let passes: Vec<_> = view.passes.iter().map(|pass| (pass.id, pass.kind)).collect();
    assert_eq!(passes, [(second, PassKind::Delta), (first, PassKind::Initial)]);
    assert_eq!(counted(&view.passes[0].causes), [(Cause::TooBig, Severity::Loss, 1)]);
    assert_eq!(view.passes[1].end, Some(failed));
    assert_eq!(store.report(lease.job).await.expect("reads"), Some(sample::report(Verdict::Good)));

    let page = store.findings(lease.job, None, None, 3).await.expect("reads");
    assert_eq!(page.iter().map(|row| row.finding.clone()).collect::<Vec<_>>(), [loss]);
    assert!(store.findings(lease.job, None, Some(page[0].id), 3).await.expect("reads").is_empty());
    let of_cause = store.findings(lease.job, Some(Cause::DateAltered), None, 10).await.expect("reads");
    assert!(of_cause.is_empty());
}

async fn what_was_foretold_of_a_full_mailbox_stands_only_while_it_may_come_true(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let foretold = [sample::finding(Cause::TargetFull, Severity::Warning, "1")];
    let first = store.begin_pass(&lease).await.expect("begins");
    store.ledger(&lease, first).note(&foretold).await.expect("keeps");
    let full = PassEnd::Aborted { cause: Cause::TargetFull, message: "Full.".into() };
    end(store, &lease, first, full, None).await;
    let causes = |view: shared::job::JobView| {
        view.causes.iter().map(|group| (group.cause, group.count)).collect::<Vec<_>>()
    };
    assert_eq!(causes(store.job(lease.job).await.expect("is there")), [(Cause::TargetFull, 1)]);

    store.apply(lease.job, JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let second = store.begin_pass(&lease).await.expect("begins");
    store.ledger(&lease, second).note(&foretold).await.expect("keeps");
    end(store, &lease, second, PassEnd::Finished, Some(Verdict::Perfect)).await;
    assert_eq!(causes(store.job(lease.job).await.expect("is there")), []);
}

async fn what_waits_or_runs_is_not_removed_and_the_rest_goes_with_all_it_has(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    sample::filled(&ledger, "INBOX", &[sample::entry(1, sample::copied(7))]).await;
    let (folder, _) = ledger.folders().await.expect("reads").remove(0);
    let listed = sample::baseline("INBOX", 3);
    ledger.put_baselines(&[(folder, Side::Source, listed)]).await.expect("keeps");
    ledger.note(&[sample::finding(Cause::TooBig, Severity::Loss, "2")]).await.expect("keeps");
    assert!(matches!(store.delete_job(lease.job).await, Err(StoreError::Conflict(_))));
    assert!(matches!(store.delete_project(lease.project).await, Err(StoreError::Conflict(_))));
    end(store, &lease, pass, PassEnd::Finished, Some(Verdict::Perfect)).await;
    store.delete_job(lease.job).await.expect("removes");
    assert!(matches!(store.job(lease.job).await, Err(StoreError::NotFound(_))));
    for table in ["job", "pass", "report", "finding", "ledger_folder", "ledger_entry", "ledger_baseline"] {
        assert_eq!(setting.number(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
    }
    store.delete_project(lease.project).await.expect("removes");
    assert!(store.projects().await.expect("lists").is_empty());
    assert!(matches!(store.delete_project(lease.project).await, Err(StoreError::NotFound(_))));
}

async fn a_finding_of_a_newer_version_is_shown_as_one_that_is_not_known(setting: &Setting) {
    let store = &setting.store;
    let lease = sample::claimed(store).await;
    let pass = store.begin_pass(&lease).await.expect("begins");
    let finding = sample::finding(Cause::TooBig, Severity::Loss, "7");
    store.ledger(&lease, pass).note(&[finding]).await.expect("notes");
    let end = PassEnd::Aborted { cause: Cause::TimedOut, message: "No answer.".into() };
    store.finish_pass(&lease, pass, &sample::ended(end, None)).await.expect("ends");
    for change in [
        "UPDATE finding SET cause = 'message.newer'",
        "UPDATE job_cause SET cause = 'message.newer' WHERE cause = 'message.too-big'",
        "UPDATE pass SET outcome = REPLACE(outcome, '\"timeout\"', '\"server.newer\"')",
    ] {
        setting.meddle(change).await;
    }
    let rows = store.findings(lease.job, None, None, 10).await.expect("lists");
    assert_eq!(
        (rows[0].finding.cause, rows[0].finding.detail.as_str()),
        (Cause::Unknown, "message.newer: The server's words.")
    );
    let view = store.job(lease.job).await.expect("is there");
    assert!(
        matches!(&view.passes[0].end, Some(PassEnd::Aborted { cause: Cause::Unknown, message }) if message == "No answer."),
        "{:?}",
        view.passes[0].end
    );
    assert!(view.passes[0].causes[0].title.contains("message.newer"), "{:?}", view.passes[0].causes);
    let groups = store.project_causes(lease.project, None).await.expect("groups");
    assert!(groups.iter().any(|group| group.count.title.contains("message.newer")), "{groups:?}");
}

on_both! {
    a_finding_of_a_newer_version_is_shown_as_one_that_is_not_known,
    a_project_is_kept_and_its_secret_only_opened_for_use,
    mailboxes_are_added_all_or_none,
    who_changes_settings_that_were_changed_since_overwrites_nothing,
    nobody_s_mail_goes_into_another_mailbox_unasked,
    of_the_logins_that_are_held_back_a_project_shows_its_own,
    every_action_in_every_state_does_what_the_rule_says,
    a_start_is_a_delta_pass_once_something_was_copied,
    a_job_shows_its_passes_findings_and_report,
    what_was_foretold_of_a_full_mailbox_stands_only_while_it_may_come_true,
    what_waits_or_runs_is_not_removed_and_the_rest_goes_with_all_it_has,
}
