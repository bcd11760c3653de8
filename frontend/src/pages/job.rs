//! One job: a mailbox on its way, live.

mod actions;
mod causes;
mod now;
mod secrets;

use leptos::prelude::*;
use shared::{
    auth::Role,
    finding::CauseCount,
    id::JobId,
    job::{FolderRow, JobRow, JobState, JobView},
    pass::PassView,
};

use super::{batches::drift, missing::NotFound, report::Downloads};
use crate::{
    api,
    components::{
        Empty, FolderTree, Icon, IconName, PageHead, PassList, ReadOnly, StateBadge, Tile, VerdictBadge,
        crumb,
    },
    live::live,
    load::load,
    session::Session,
    view::{
        amount::{bytes, percent, share},
        locale::count,
        safe::clean,
        words::below_folder,
    },
};
use actions::{JobActions, RemoveJob};
use causes::Causes;
use now::Now;
use secrets::{Passwords, Problem};

/// The page.
#[component]
pub(crate) fn JobPage(id: JobId) -> impl IntoView {
    let job = load(move || api::job(id));
    job.view_or(|job| view! { <Job job=job/> }.into_any(), || view! { <NotFound/> }.into_any())
}

/// A part of the newest snapshot, told on only when it differs.
#[derive(Clone, Copy)]
struct Parts {
    row: Memo<JobRow>,
    folders: Memo<Vec<FolderRow>>,
    causes: Memo<Vec<CauseCount>>,
    passes: Memo<Vec<PassView>>,
    has_report: Memo<bool>,
}

impl Parts {
    fn of(first: JobView) -> Self {
        let stream = live::<JobView>(&format!("/jobs/{}", first.row.id));
        let first = StoredValue::new(first);
        fn part<T: PartialEq + Send + Sync + 'static>(
            stream: ReadSignal<Option<JobView>>,
            first: StoredValue<JobView>,
            of: fn(&JobView) -> T,
        ) -> Memo<T> {
            Memo::new(move |_| {
                stream.with(|job| job.as_ref().map(of)).unwrap_or_else(|| first.with_value(of))
            })
        }
        Self {
            row: part(stream, first, |job| job.row.clone()),
            folders: part(stream, first, |job| job.folders.clone()),
            causes: part(stream, first, |job| job.causes.clone()),
            passes: part(stream, first, |job| job.passes.clone()),
            has_report: part(stream, first, |job| job.has_report),
        }
    }
}

#[component]
fn Job(job: JobView) -> impl IntoView {
    let session = Session::here();
    let id = job.row.id;
    let crumbs = vec![
        crumb("Projects", "/"),
        crumb(clean(&job.project_name), format!("/projects/{}", job.row.project)),
    ];
    let title = clean(&job.row.source_user);
    let target = clean(&job.row.target_user);
    let place = below_folder(job.row.below.as_ref());
    let parts = Parts::of(job);
    let row = parts.row;
    let state = Signal::derive(move || row.with(|row| row.state));
    let may = move || session.may(Role::Operator);
    // Whether passwords are being entered.
    let open = RwSignal::new(false);
    let below = view! {
        <p class="hosts">
            <StateBadge state=state/>
            <Icon name=IconName::Arrow/>
            <span class="unseen">" to "</span>
            <bdi>{target}</bdi>
            {place}
        </p>
    };
    let active = Memo::new(move |_| match row.with(|row| row.state) {
        JobState::Queued | JobState::Running | JobState::Pausing | JobState::Stopping => true,
        JobState::Ready
        | JobState::Paused
        | JobState::Cancelled
        | JobState::Complete
        | JobState::Exceptions
        | JobState::Failed
        | JobState::Skipped => false,
    });
    // Before anything was copied there is nothing to show but how to begin, and the plan of a dry run.
    let copied = Memo::new(move |_| active.get() || parts.folders.with(|folders| !folders.is_empty()));
    let looked = Memo::new(move |_| copied.get() || parts.causes.with(|causes| !causes.is_empty()));
    view! {
        <PageHead title=title crumbs=crumbs below=below.into_any()>
            <Show when=may><JobActions id=id state=state/></Show>
        </PageHead>
        <ReadOnly/>
        <Problem id=id row=row open=open/>
        <Show when=move || active.get()><Now row=row/></Show>
        <Show when=move || copied.get()><Numbers row=row/></Show>
        <Show when=move || parts.has_report.get()><ReportStrip id=id row=row/></Show>
        <Show when=move || looked.get()><Causes id=id causes=parts.causes row=row/></Show>
        <Show when=move || copied.get()><Folders folders=parts.folders/></Show>
        <History passes=parts.passes/>
        <Show when=may><Passwords row=row open=open/></Show>
        <Show when=may><RemoveJob id=id row=row/></Show>
    }
}

#[component]
fn Numbers(row: Memo<JobRow>) -> impl IntoView {
    let number = move |of: fn(&JobRow) -> u64| Signal::derive(move || count(row.with(of)));
    let size = move |of: fn(&JobRow) -> u64| Signal::derive(move || bytes(row.with(of)));
    let part = Signal::derive(move || {
        let counts = row.with(|row| row.counts);
        if counts.items == 0 {
            return bytes(counts.copied_bytes);
        }
        format!("{} % · {}", percent(share(counts.copied, counts.items)), bytes(counts.copied_bytes))
    });
    let new = Signal::derive(move || {
        row.with(|row| row.drift.map_or_else(|| "–".to_owned(), |drift| count(drift.new)))
    });
    let changes = Signal::derive(move || row.with(|row| drift(row.drift)));
    view! {
        <section class="card" aria-label="Numbers">
            <dl class="tiles">
                <Tile label="Folders" value=number(|row| row.counts.folders)/>
                <Tile label="Messages on the source" value=number(|row| row.counts.items) note=size(|row| row.counts.bytes)/>
                <Tile label="On the target" value=number(|row| row.counts.copied) note=part/>
                <Tile label="Were there already" value=number(|row| row.counts.adopted)/>
                <Tile label="Left out" value=number(|row| row.counts.skipped)/>
                <Tile label="New on the source since" value=new note=changes/>
            </dl>
        </section>
    }
}

#[component]
fn ReportStrip(id: JobId, row: Memo<JobRow>) -> impl IntoView {
    let verdict = Signal::derive(move || row.with(|row| row.verdict));
    view! {
        <section class="card strip" aria-label="Report">
            <h2>"Report " <VerdictBadge verdict=verdict/></h2>
            <div class="page-actions">
                <a class="button primary" href=format!("/jobs/{id}/report") data-test="open-report">"Open report"</a>
                <Downloads id=id/>
            </div>
        </section>
    }
}

#[component]
fn Folders(folders: Memo<Vec<FolderRow>>) -> impl IntoView {
    let any = Memo::new(move |_| folders.with(|folders| !folders.is_empty()));
    view! {
        <section class="card">
            <h2>"Folders"</h2>
            <Show
                when=move || any.get()
                fallback=|| view! { <p class="faint">"The folders are being read."</p> }
            >
                <FolderTree folders=folders/>
            </Show>
        </section>
    }
}

#[component]
fn History(passes: Memo<Vec<PassView>>) -> impl IntoView {
    let any = Memo::new(move |_| passes.with(|passes| !passes.is_empty()));
    let nothing = || {
        view! {
            <Empty
                icon=IconName::Clock
                title="No pass yet"
                text="Begin with a dry run: it shows what would be copied and writes nothing. Then start."
            />
        }
    };
    view! {
        <section class="card">
            <h2>"Passes"</h2>
            <Show when=move || any.get() fallback=nothing><PassList passes=passes/></Show>
        </section>
    }
}
