//! One project: its mailboxes, live, and what can be done with all of them.

mod actions;
mod assign;
mod forecast;
mod limits;
mod list;
mod table;
mod tabs;

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::ProjectId,
    live::ProjectLive,
    project::{ProjectRow, ProjectView},
};

use super::{missing::NotFound, passwords::PasswordsStrip};
use crate::{
    api,
    components::{
        DiskBanner, Empty, Icon, IconName, PageHead, Progress, ReadOnly, RuleSummary, Spinner, Tile, crumb,
    },
    live::live_at,
    load::load,
    session::Session,
    view::{
        amount::{bar_of, bytes, counted, percent, share, under_way_in_words},
        locale::count,
        words::Tone,
    },
};
use actions::ProjectActions;
use forecast::ForecastLine;
use limits::Limits;
use table::{Ask, JobTable};
pub(super) use tabs::{Part, ProjectTabs};

/// The page.
#[component]
pub(crate) fn ProjectPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project.view_or(
        |project| view! { <Project project=project/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Project(project: ProjectView) -> impl IntoView {
    let session = Session::here();
    let id = project.row.id;
    let ask = Ask::new();
    let path = Memo::new(move |_| format!("/projects/{id}?{}", ask.query().to_query()));
    let stream = live_at::<ProjectLive>(path.into());
    let first = project.row.clone();
    let row = Memo::new(move |_| {
        stream.with(|live| live.as_ref().map(|live| live.project.clone())).unwrap_or_else(|| first.clone())
    });
    let jobs = Memo::new(move |_| {
        stream.with(|live| live.as_ref().map(|live| live.jobs.clone())).unwrap_or_default()
    });
    let by_state = Memo::new(move |_| stream.with(|live| live.as_ref().map(|live| live.by_state.clone())));
    let gates = Memo::new(move |_| {
        stream.with(|live| live.as_ref().map(|live| live.gates.clone())).unwrap_or_default()
    });
    let disk = Memo::new(move |_| stream.with(|live| live.as_ref().and_then(|live| live.disk.clone())));
    let drained = Memo::new(move |_| stream.with(|live| live.as_ref().is_some_and(|live| live.drained)));
    let closed = Memo::new(move |_| {
        stream.with(|live| live.as_ref().map(|live| live.closed.clone())).unwrap_or_default()
    });
    let states = Signal::derive(move || by_state.get().unwrap_or_default());
    let needs = [project.source.secret_per_mailbox(), project.target.secret_per_mailbox()];
    let may = move || session.may(Role::Operator);
    let add = move || {
        view! {
            <a class="button" href=format!("/projects/{id}/add") data-test="add-mailboxes">
                <Icon name=IconName::Plus/>
                "Add one"
            </a>
            <a class="button primary" href=format!("/projects/{id}/list") data-test="bring-list">
                <Icon name=IconName::Upload/>
                "Bring a list"
            </a>
        }
    };
    let hosts = view! {
        <p class="hosts">
            <bdi>{project.source.host().to_owned()}</bdi>
            <Icon name=IconName::Arrow/>
            <span class="unseen">" to "</span>
            <bdi>{project.target.host().to_owned()}</bdi>
        </p>
    };
    let count_of_jobs = Memo::new(move |_| {
        by_state
            .with(|groups| groups.as_ref().map(|groups| groups.iter().map(|group| group.count).sum::<u64>()))
    });
    // What is shown changes with whether there are mailboxes, not with how many.
    let any = Memo::new(move |_| count_of_jobs.get().map(|count| count > 0));
    let body = move || {
        match any.get() {
        None => view! { <Spinner/> }.into_any(),
        Some(false) => view! {
            <Empty
                icon=IconName::Inbox
                title="No mailboxes yet"
                text="Add the mailboxes that are to move: one by one, or a whole list from a file or a spreadsheet. Nothing starts before you say so."
            >
                <div class="form-actions">{move || may().then(add)}</div>
            </Empty>
        }
        .into_any(),
        Some(true) => view! {
            <Summary row=row/>
            <ForecastLine id=id by_state=states/>
            <Limits id=id gates=gates/>
            <ProjectActions id=id by_state=states page=jobs ask=ask closed=closed/>
            <JobTable id=id page=jobs ask=ask/>
            <PasswordsStrip id=id needs=needs/>
        }
        .into_any(),
    }
    };
    let some = move || any.get() == Some(true);
    view! {
        <DiskBanner disk=disk/>
        <div role="status">
            {move || drained.get().then(|| view! {
                <p class="banner" data-test="drained">
                    <span>
                        "Every node is drained: what waits goes on waiting until one " <a href="/nodes">"takes mailboxes again"</a> "."
                    </span>
                </p>
            })}
        </div>
        <PageHead title=project.row.name crumbs=vec![crumb("Projects", "/")] below=hosts.into_any()>
            <a class="button" href=format!("/projects/{id}/settings") data-test="settings">
                <Icon name=IconName::Gear/>
                "Settings"
            </a>
            {move || (may() && some()).then(add)}
        </PageHead>
        <ReadOnly/>
        <ProjectTabs id=id here=Part::Mailboxes/>
        <RuleSummary options=project.options/>
        {body}
    }
}

#[component]
fn Summary(row: Memo<ProjectRow>) -> impl IntoView {
    let part = Signal::derive(move || row.with(|row| share(row.complete_or_again(), row.jobs)));
    let fraction =
        Signal::derive(move || row.with(|row| bar_of(row.under_way, row.complete_or_again(), row.jobs)));
    let told_of_it = move || row.with(|row| under_way_in_words(row.under_way));
    let text = Signal::derive(move || {
        let complete = || {
            row.with(|row| {
                let complete = count(row.complete_or_again());
                format!("{complete} of {} complete", counted(row.jobs, "mailbox", "mailboxes"))
            })
        };
        told_of_it().unwrap_or_else(complete)
    });
    let label = Signal::derive(move || match row.with(|row| row.under_way.is_again()) {
        true => "Under way".to_owned(),
        false => "Mailboxes complete".to_owned(),
    });
    let tone = Signal::derive(move || if fraction.get() < 1.0 { Tone::Busy } else { Tone::Good });
    let number = move |of: fn(&ProjectRow) -> u64| Signal::derive(move || count(row.with(of)));
    let done = Signal::derive(move || format!("{} %", percent(part.get())));
    let size = Signal::derive(move || bytes(row.with(|row| row.copied_bytes)));
    view! {
        <section class="card summary" aria-label="Summary">
            <dl class="tiles">
                <Tile label="Mailboxes" value=number(|row| row.jobs)/>
                <Tile label="Complete" value=number(ProjectRow::complete_or_again) note=done/>
                <Tile label="Waiting or running" value=number(|row| row.active)/>
                <Tile label="Failed" value=number(|row| row.failed)/>
                <Tile label="Messages on the target" value=number(|row| row.copied) note=size/>
            </dl>
            <Progress fraction=fraction label=label text=text tone=tone/>
            {move || told_of_it().map(|told| view! { <p class="small faint" data-test="under-way">{told}</p> })}
        </section>
    }
}
