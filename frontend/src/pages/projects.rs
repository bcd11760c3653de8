//! All projects with their live numbers.

use leptos::prelude::*;
use shared::{
    auth::Role,
    list::Direction,
    project::{ProjectPage, ProjectQuery, ProjectRow, ProjectSort},
};

use crate::{
    api,
    components::{
        Choice, DiskBanner, Empty, Icon, IconName, PageHead, Pager, Progress, ReadOnly, SelectField,
    },
    live::live_at,
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
    let ask = Ask::new();
    let first = load(move || {
        let query = untrack(move || ask.query());
        async move { api::projects(&query).await }
    });
    let path = Memo::new(move |_| format!("/projects?{}", ask.query().to_query()));
    let stream = live_at::<ProjectPage>(path.into());
    let page = Memo::new(move |_| stream.get().or_else(|| first.get()));
    let rows = Memo::new(move |_| page.get().map(|page| page.rows));
    let disk = Memo::new(move |_| page.with(|page| page.as_ref().and_then(|page| page.disk.clone())));
    let total = Signal::derive(move || {
        page.with(|page| page.as_ref().map_or(0, |page| usize::try_from(page.total).unwrap_or(usize::MAX)))
    });
    let ids = Memo::new(move |_| rows.get().map(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>()));
    let may = move || session.may(Role::Operator);
    let new = || view! { <a class="button primary" href="/projects/new" data-test="new-project"><Icon name=IconName::Plus/>"New project"</a> };
    let list = move || {
        match ids.get() {
        None => first.view(|_| ().into_any()).into_any(),
        Some(ids) if ids.is_empty() && ask.is_narrow() => view! {
            <p class="nothing">"No project is like this. Look for something else."</p>
        }
        .into_any(),
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
    let any = move || ask.is_narrow() || ids.with(|ids| ids.as_ref().is_some_and(|ids| !ids.is_empty()));
    // A short list is seen at a glance. Once shown, the controls stay.
    let many = Memo::new(move |shown: Option<&bool>| shown == Some(&true) || total.get() > FEW);
    view! {
        <DiskBanner disk=disk/>
        <PageHead title="Projects">{move || (may() && any()).then(new)}</PageHead>
        <ReadOnly/>
        <Show when=move || many.get()><Controls ask=ask/></Show>
        {list}
        <Pager page=ask.page size=PAGE total=total/>
    }
}

/// Projects on a page.
const PAGE: usize = 50;
/// So many projects need no search box.
const FEW: usize = 6;

/// What the admin wants to see.
#[derive(Debug, Clone, Copy)]
struct Ask {
    text: RwSignal<String>,
    sort: RwSignal<ProjectSort>,
    page: RwSignal<usize>,
}

impl Ask {
    fn new() -> Self {
        Self {
            text: RwSignal::default(),
            sort: RwSignal::new(ProjectSort::default()),
            page: RwSignal::new(0),
        }
    }

    fn is_narrow(self) -> bool {
        self.text.with(|text| !text.trim().is_empty())
    }

    fn query(self) -> ProjectQuery {
        let sort = self.sort.get();
        // What needs eyes comes first; names and beginnings rise.
        let order = match sort {
            ProjectSort::Name | ProjectSort::Progress => Direction::Asc,
            ProjectSort::Created | ProjectSort::Mailboxes | ProjectSort::Active | ProjectSort::Failed => {
                Direction::Desc
            }
        };
        ProjectQuery {
            search: self.is_narrow().then(|| self.text.get().trim().to_owned()),
            sort,
            order,
            offset: (self.page.get() * PAGE) as u64,
            limit: PAGE as u32,
        }
    }
}

#[component]
fn Controls(ask: Ask) -> impl IntoView {
    let choice = |value: ProjectSort, title| Choice { value, word: value.word(), title, explained: "" };
    let choices = vec![
        choice(ProjectSort::Name, "Name"),
        choice(ProjectSort::Created, "Newest first"),
        choice(ProjectSort::Mailboxes, "Most mailboxes first"),
        choice(ProjectSort::Active, "Most running first"),
        choice(ProjectSort::Failed, "Most failed first"),
        choice(ProjectSort::Progress, "Least complete first"),
    ];
    let search = move |typed: String| {
        ask.page.set(0);
        ask.text.set(typed);
    };
    view! {
        <div class="filter">
            <SelectField name="sort" label="Sorted by" value=ask.sort choices=choices/>
            <input
                class="input search"
                type="search"
                name="search"
                aria-label="Find a project"
                placeholder="Find a project"
                autocomplete="off"
                maxlength="200"
                prop:value=ask.text
                on:input:target=move |event| search(event.target().value())
            />
        </div>
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
    let fraction = Signal::derive(move || get().map_or(0.0, |row| share(row.complete_or_again(), row.jobs)));
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
        jobs => format!(
            "{} of {} complete",
            count(row.complete_or_again()),
            counted(jobs, "mailbox", "mailboxes")
        ),
    }
}

const fn tone(row: &ProjectRow) -> Tone {
    // A bar shows how far; what failed stands beside it.
    if row.complete_or_again() < row.jobs { Tone::Busy } else { Tone::Good }
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
