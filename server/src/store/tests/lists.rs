//! Pages of jobs and projects: what they hold, in which order, and what is counted beside them.

use engine::ledger::EntryState;
use shared::{
    cause::Cause,
    finding::Severity,
    id::{JobId, ProjectId},
    job::{JobAction, JobFilter, JobPage, JobQuery, JobSort, JobState, JobStates},
    list::Direction,
    pass::PassEnd,
    project::{ProjectQuery, ProjectSort},
    report::Verdict,
    selection::Selection,
};

use super::{on_both, sample, setting::Setting};
use crate::store::{Store, Which};

async fn page(store: &Store, project: ProjectId, query: JobQuery) -> (JobPage, String) {
    let page = store.job_page(project, &query).await.expect("lists");
    let names: Vec<_> =
        page.rows.iter().map(|row| row.source_user.split('@').next().unwrap_or_default()).collect();
    let names = names.join(" ");
    (page, names)
}

async fn names(store: &Store, project: ProjectId, query: JobQuery) -> String {
    page(store, project, query).await.1
}

fn searched(text: &str) -> JobQuery {
    JobQuery { search: Some(text.into()), ..JobQuery::default() }
}

fn sorted(sort: JobSort, order: Direction) -> JobQuery {
    JobQuery { sort, order, ..JobQuery::default() }
}

async fn a_search_finds_parts_of_both_names_and_takes_no_character_for_a_wildcard(setting: &Setting) {
    let store = &setting.store;
    let (project, _) = sample::jobs(store, 1, &["Anna", "bert", "a_c", "abc", "Ärger"]).await;
    let other = store.create_project(&sample::project("Other", 1)).await.expect("a project");
    store.create_jobs(other, &[sample::mailbox("anna")]).await.expect("jobs");
    for (text, found) in [
        ("ann", "Anna"),
        (" ANNA@OLD ", "Anna"),
        ("new.example", "Anna bert a_c abc Ärger"),
        ("a_c", "a_c"),
        ("%", ""),
        ("!", ""),
        ("", "Anna bert a_c abc Ärger"),
        ("Ärg", "Ärger"),
    ] {
        assert_eq!(names(store, project, searched(text)).await, found, "{text:?}");
    }
}

async fn pages_neither_miss_nor_repeat_a_row(setting: &Setting) {
    let store = &setting.store;
    let names: Vec<_> = (0..25).map(|number| format!("user{number:02}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (project, mut jobs) = sample::jobs(store, 1, &names).await;
    for sort in [
        JobSort::Added,
        JobSort::Source,
        JobSort::Target,
        JobSort::State,
        JobSort::Progress,
        JobSort::Messages,
        JobSort::Bytes,
        JobSort::Updated,
    ] {
        for order in [Direction::Asc, Direction::Desc] {
            let mut seen = Vec::new();
            for offset in [0, 10, 20, 30] {
                let query = JobQuery { offset, limit: 10, ..sorted(sort, order) };
                let page = store.job_page(project, &query).await.expect("lists");
                assert_eq!(page.total, 25);
                seen.extend(page.rows.into_iter().map(|row| row.id));
            }
            seen.sort();
            jobs.sort();
            assert_eq!(seen, jobs, "{sort:?} {order:?}");
        }
    }
    let query = JobQuery { limit: 100_000, ..JobQuery::default() };
    assert_eq!(store.job_page(project, &query).await.expect("lists").rows.len(), 25);
}

/// Runs a pass over each job: `anna` fails with a loss, `bert` completes, `carl` was never started.
async fn three_ends(store: &Store) -> (ProjectId, Vec<JobId>) {
    let (project, jobs) = sample::jobs(store, 4, &["anna", "bert", "carl"]).await;
    for job in &jobs[..2] {
        store.apply(*job, JobAction::Start).await.expect("starts");
    }
    for (items, copied) in [(4_u32, 1_u32), (2, 2)] {
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        let ledger = store.ledger(&lease, pass);
        let entries: Vec<_> = (1..=items)
            .map(|uid| {
                let state = if uid <= copied { sample::copied(uid) } else { EntryState::Intended };
                sample::entry(uid, state)
            })
            .collect();
        sample::filled(&ledger, "INBOX", &entries).await;
        let outcome = if lease.job == jobs[0] {
            use engine::ledger::Ledger as _;
            ledger.note(&[sample::finding(Cause::TooBig, Severity::Loss, "2")]).await.expect("keeps");
            let end = PassEnd::Aborted { cause: Cause::TimedOut, message: "No answer.".into() };
            sample::ended(end, None)
        } else {
            sample::ended(PassEnd::Finished, Some(Verdict::Perfect))
        };
        store.finish_pass(&lease, pass, &outcome).await.expect("ends");
    }
    (project, jobs)
}

async fn a_list_is_filtered_by_state_and_cause_and_sorted_by_what_the_ledger_says(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = three_ends(store).await;
    let (all, _) = page(store, project, JobQuery::default()).await;
    let by_state: Vec<_> = all.by_state.iter().map(|group| (group.state, group.count)).collect();
    assert_eq!(by_state, [(JobState::Failed, 1), (JobState::Ready, 1), (JobState::Complete, 1)]);

    let states = JobStates(vec![JobState::Failed, JobState::Ready]);
    let (some, found) = page(store, project, JobQuery { state: states, ..JobQuery::default() }).await;
    assert_eq!((some.total, found.as_str()), (2, "anna carl"));
    assert_eq!(some.by_state, all.by_state, "whichever states were asked for");

    for (cause, found) in [(Cause::TooBig, "anna"), (Cause::TimedOut, "anna"), (Cause::Missing, "")] {
        let query = JobQuery { cause: Some(cause), ..JobQuery::default() };
        assert_eq!(names(store, project, query).await, found, "{cause:?}");
    }
    for (sort, order, found) in [
        (JobSort::State, Direction::Asc, "anna carl bert"),
        (JobSort::Progress, Direction::Asc, "carl anna bert"),
        (JobSort::Progress, Direction::Desc, "bert anna carl"),
        (JobSort::Messages, Direction::Desc, "anna bert carl"),
        (JobSort::Target, Direction::Desc, "carl bert anna"),
        (JobSort::Updated, Direction::Desc, "bert anna carl"),
    ] {
        assert_eq!(names(store, project, sorted(sort, order)).await, found, "{sort:?} {order:?}");
    }

    let filter = JobFilter { cause: Some(Cause::TooBig), ..JobFilter::default() };
    let selection = Selection::like(filter);
    let which = Which::Project(project, &selection);
    assert_eq!(store.apply_to(which, JobAction::Retry).await.expect("tries again").applied, 1);
    assert_eq!(store.job_state(jobs[0]).await.expect("is there"), JobState::Queued);
}

async fn what_the_next_pass_brings_is_not_done_and_an_empty_mailbox_is(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = sample::jobs(store, 4, &["anna", "bert", "carl"]).await;
    let next_pass = || EntryState::Skipped { cause: Cause::NextPass, detail: "Comes later.".into() };
    let put_off = |uid| if uid == 1 { sample::copied(uid) } else { next_pass() };
    let anna: Vec<_> = (1..=4).map(|uid| sample::entry(uid, put_off(uid))).collect();
    let bert = vec![sample::entry(1, sample::copied(1)), sample::entry(2, EntryState::Intended)];
    for (job, entries) in jobs.iter().zip([anna, bert, Vec::new()]) {
        store.apply(*job, JobAction::Start).await.expect("starts");
        let lease = store.claim().await.expect("claims").expect("there is one");
        let pass = store.begin_pass(&lease).await.expect("begins");
        sample::filled(&store.ledger(&lease, pass), "INBOX", &entries).await;
        let outcome = if entries.is_empty() {
            sample::ended(PassEnd::Finished, Some(Verdict::Perfect))
        } else {
            sample::ended(PassEnd::Cancelled, None)
        };
        store.finish_pass(&lease, pass, &outcome).await.expect("ends");
    }
    assert_eq!(names(store, project, sorted(JobSort::Progress, Direction::Desc)).await, "carl bert anna");
}

async fn a_cause_that_a_later_pass_settled_is_no_cause_any_more(setting: &Setting) {
    let store = &setting.store;
    let (project, jobs) = three_ends(store).await;
    store.apply(jobs[0], JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let outcome = sample::ended(PassEnd::Finished, Some(Verdict::Perfect));
    store.finish_pass(&lease, pass, &outcome).await.expect("ends");
    for cause in [Cause::TooBig, Cause::TimedOut] {
        let query = JobQuery { cause: Some(cause), ..JobQuery::default() };
        assert_eq!(names(store, project, query).await, "", "{cause:?}");
    }
}

async fn projects_are_searched_and_sorted(setting: &Setting) {
    let store = &setting.store;
    three_ends(store).await;
    for name in ["Alpha", "Zeta"] {
        store.create_project(&sample::project(name, 1)).await.expect("a project");
    }
    let names = async |query: ProjectQuery| {
        let page = store.project_page(&query).await.expect("lists");
        let names: Vec<_> = page.rows.into_iter().map(|row| row.name).collect();
        (names.join(" "), page.total)
    };
    assert_eq!(names(ProjectQuery::default()).await, ("Alpha Move Zeta".into(), 3));
    let query = |search: &str| ProjectQuery { search: Some(search.into()), ..ProjectQuery::default() };
    assert_eq!(names(query("eTa")).await, ("Zeta".into(), 1));
    assert_eq!(names(query("OLD.example")).await.1, 3);
    let failed = ProjectQuery {
        sort: ProjectSort::Failed,
        order: Direction::Desc,
        limit: 1,
        ..ProjectQuery::default()
    };
    assert_eq!(names(failed).await, ("Move".into(), 3));
    let second = ProjectQuery { offset: 1, limit: 1, ..ProjectQuery::default() };
    assert_eq!(names(second).await, ("Move".into(), 3));
}

on_both! {
    a_search_finds_parts_of_both_names_and_takes_no_character_for_a_wildcard,
    pages_neither_miss_nor_repeat_a_row,
    a_list_is_filtered_by_state_and_cause_and_sorted_by_what_the_ledger_says,
    what_the_next_pass_brings_is_not_done_and_an_empty_mailbox_is,
    a_cause_that_a_later_pass_settled_is_no_cause_any_more,
    projects_are_searched_and_sorted,
}
