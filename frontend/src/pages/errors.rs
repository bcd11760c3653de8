//! What differs or failed in a project, grouped by cause: what to do, and "fixed, retry these".

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    auth::Role,
    cause::Cause,
    causes::CauseRow,
    id::ProjectId,
    job::{ActionForm, JobAction, JobFilter},
    project::ProjectView,
    selection::Selection,
};

use super::{
    missing::NotFound,
    project::{Part, ProjectTabs},
};
use crate::{
    api,
    components::{Badge, Empty, IconName, Notices, PageHead, ReadOnly, Submission, crumb},
    load::load,
    session::Session,
    view::{
        amount::counted,
        words::{accepted, severity_tone},
    },
};

/// Between two looks.
const FRESH: Duration = Duration::from_secs(3);

/// The page.
#[component]
pub(crate) fn ErrorsPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project.view_or(
        |project| view! { <Errors project=project/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Errors(project: ProjectView) -> impl IntoView {
    let session = Session::here();
    let id = project.row.id;
    let causes = load(move || api::causes(id));
    causes.keep_fresh(FRESH);
    let rows = Memo::new(move |_| causes.get());
    let any = Memo::new(move |_| rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let may = untrack(|| session.may(Role::Operator));
    let notices = Notices::here();
    let sending = Submission::new();
    let retry = Callback::new(move |row: CauseRow| {
        let filter = JobFilter { cause: Some(row.count.cause), ..JobFilter::default() };
        let form = ActionForm { action: JobAction::Retry, selection: Selection::like(filter) };
        sending.send_or(
            async move { api::act_on_project(id, &form).await },
            move |applied| {
                notices.say(accepted(JobAction::Retry, applied));
                causes.again();
            },
            move |failure| notices.fail(&failure),
        );
    });
    let list = move || {
        rows.get().unwrap_or_default().into_iter().map(|row| card(id, row, may, retry)).collect_view()
    };
    let body = move || {
        match any.get() {
        None => causes.view(|_| ().into_any()).into_any(),
        Some(false) => view! {
            <Empty
                icon=IconName::Check
                title="Nothing differs"
                text="No mailbox failed and none differs, as far as passes have run. What goes wrong is listed here by its cause, with what to do."
            />
        }
        .into_any(),
        Some(true) => view! { <ul class="causes" role="list" data-test="causes">{list}</ul> }.into_any(),
    }
    };
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), format!("/projects/{id}"))];
    view! {
        <PageHead title="Errors by cause" crumbs=crumbs/>
        <ReadOnly/>
        <ProjectTabs id=id here=Part::Errors/>
        {body}
    }
}

fn card(id: ProjectId, row: CauseRow, may: bool, retry: Callback<CauseRow>) -> impl IntoView {
    let group = &row.count;
    let cause = group.cause.id();
    let title = group.title.clone();
    let stopped = match row.stopped {
        0 => String::new(),
        number => format!("; {} could not go on", counted(number, "mailbox", "mailboxes")),
    };
    let facts = format!(
        "{} in {}{stopped}",
        counted(group.count, "finding", "findings"),
        counted(row.jobs, "mailbox", "mailboxes")
    );
    let advice = group.advice.clone();
    let word = if row.stopped > 0 { "Failed" } else { group.severity.title() };
    let badge = view! { <Badge tone=severity_tone(group.severity) text=word/> };
    let again = row.clone();
    let known = group.cause != Cause::Unknown;
    // A mailbox that could not go on for it is tried again all the same.
    let worth_it = known && (!group.cause.is_settled() || row.stopped > 0);
    let button = (may && worth_it).then(|| {
        view! {
            <button
                type="button"
                class="button primary"
                aria-label=format!("Fixed, retry these: {title}")
                data-test="retry-cause"
                data-cause=cause
                on:click=move |_| retry.run(again.clone())
            >
                "Fixed, retry these"
            </button>
        }
    });
    view! {
        <li class="card cause-card" data-test="cause-row" data-cause=cause>
            <div>
                <h2>{badge} " " {title.clone()}</h2>
                <p>{facts}</p>
                <p class="faint">{advice}</p>
            </div>
            <div class="cause-actions">
                {known.then(|| view! {
                    <a
                        class="button"
                        aria-label=format!("Show the mailboxes: {title}")
                        href=format!("/projects/{id}?cause={cause}")
                        data-test="cause-mailboxes"
                    >
                        "Show the mailboxes"
                    </a>
                })}
                {button}
            </div>
        </li>
    }
}
