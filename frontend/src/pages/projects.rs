//! All projects with their live numbers.

use leptos::prelude::*;
use shared::{auth::Role, project::ProjectRow};

use crate::{
    api,
    components::{Empty, Icon, IconName, PageHead, Progress},
    live::live,
    load::load,
    session::Session,
    view::{
        amount::{bytes, counted, share},
        locale::count,
        words::Tone,
    },
};

/// The list.
#[component]
pub(crate) fn ProjectsPage() -> impl IntoView {
    let session = Session::here();
    let first = load(api::projects);
    let stream = live::<Vec<ProjectRow>>("/projects");
    let rows = Memo::new(move |_| stream.get().or_else(|| first.get()));
    let ids = Memo::new(move |_| rows.get().map(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>()));
    let may = move || session.may(Role::Operator);
    let new = || view! { <a class="button primary" href="/projects/new" data-test="new-project"><Icon name=IconName::Plus/>"New project"</a> };
    let list = move || {
        match ids.get() {
        None => first.view(|_| ().into_any()).into_any(),
        Some(ids) if ids.is_empty() => view! {
            <Empty
                icon=IconName::Projects
                title="No project yet"
                text="A project moves mailboxes from one mail system to another. It needs to know where both are and how to log in; nothing on the old system is ever changed."
            >
                {move || may().then(new)}
            </Empty>
        }
        .into_any(),
        Some(ids) => {
            let cards: Vec<_> = ids
                .into_iter()
                .map(|id| {
                    let row = Memo::new(move |_| {
                        rows.with(|rows| rows.as_ref().and_then(|rows| rows.iter().find(|row| row.id == id).cloned()))
                    });
                    view! { <Card row=row/> }
                })
                .collect();
            view! { <ul class="cards" role="list">{cards}</ul> }.into_any()
        }
    }
    };
    let any = move || ids.with(|ids| ids.as_ref().is_some_and(|ids| !ids.is_empty()));
    view! {
        <PageHead title="Projects">{move || (may() && any()).then(new)}</PageHead>
        {list}
    }
}

#[component]
fn Card(row: Memo<Option<ProjectRow>>) -> impl IntoView {
    let get = move || row.get();
    let href = move || get().map(|row| format!("/projects/{}", row.id)).unwrap_or_default();
    let name = move || get().map(|row| row.name).unwrap_or_default();
    let hosts = move || {
        get().map(|row| {
            view! {
                <bdi>{row.source_host}</bdi>
                <Icon name=IconName::Arrow/>
                <span class="unseen">" to "</span>
                <bdi>{row.target_host}</bdi>
            }
        })
    };
    let fraction = Signal::derive(move || get().map_or(0.0, |row| share(row.complete, row.jobs)));
    let text = Signal::derive(move || get().map(|row| done(&row)).unwrap_or_default());
    let tone = Signal::derive(move || get().map_or(Tone::Plain, |row| tone(&row)));
    let facts = move || get().map(|row| facts(&row));
    view! {
        <li class="card project" data-test="project">
            <div class="project-title">
                <h2><a href=href><bdi>{name}</bdi></a></h2>
                <p class="hosts">{hosts}</p>
            </div>
            <div class="project-progress">
                <Progress fraction=fraction label="Mailboxes complete" text=text tone=tone/>
                <p class="small">{text}</p>
            </div>
            <ul class="facts" role="list">{facts}</ul>
        </li>
    }
}

fn done(row: &ProjectRow) -> String {
    match row.jobs {
        0 => "No mailboxes yet".into(),
        jobs => format!("{} of {} complete", count(row.complete), counted(jobs, "mailbox", "mailboxes")),
    }
}

const fn tone(row: &ProjectRow) -> Tone {
    // A bar shows how far; what failed stands beside it.
    if row.complete < row.jobs { Tone::Busy } else { Tone::Good }
}

fn facts(row: &ProjectRow) -> impl IntoView + use<> {
    let active = (row.active > 0)
        .then(|| view! { <li><span class="badge tone-busy">{format!("{} waiting or running", count(row.active))}</span></li> });
    let failed = (row.failed > 0).then(
        || view! { <li><span class="badge tone-bad">{format!("{} failed", count(row.failed))}</span></li> },
    );
    let copied = (row.copied > 0).then(|| {
        view! { <li>{format!("{} on the target, {}", counted(row.copied, "message", "messages"), bytes(row.copied_bytes))}</li> }
    });
    view! { {active}{failed}{copied} }
}
