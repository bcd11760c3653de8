//! The batches of a project.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    auth::Role,
    batch::{BatchForm, BatchRow},
    id::ProjectId,
    pass::Drift,
    project::ProjectView,
};

use super::{
    batch_form::{BatchDraft, BatchFields},
    missing::NotFound,
    project::{Part, ProjectTabs},
};
use crate::{
    api,
    components::{Badge, Dialog, Empty, Icon, IconName, PageHead, Progress, ReadOnly, Submission, crumb},
    load::load,
    session::Session,
    view::{
        amount::{bar_of, counted, percent, under_way_in_words},
        locale::{self, count, moment},
        words::Tone,
    },
};

/// Between two looks.
const FRESH: Duration = Duration::from_secs(2);

/// The page.
#[component]
pub(crate) fn BatchesPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project.view_or(
        |project| view! { <Batches project=project/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Batches(project: ProjectView) -> impl IntoView {
    let session = Session::here();
    let id = project.row.id;
    let batches = load(move || api::batches(id));
    batches.keep_fresh(FRESH);
    let rows = Memo::new(move |_| batches.get());
    let any = Memo::new(move |_| rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let adding = RwSignal::new(false);
    let may = move || session.may(Role::Operator);
    let add = move || {
        view! {
            <button type="button" class="button primary" data-test="add-batch" on:click=move |_| adding.set(true)>
                <Icon name=IconName::Plus/>
                "Add a batch"
            </button>
        }
    };
    let body = move || {
        match any.get() {
        None => batches.view(|_| ().into_any()).into_any(),
        Some(false) => view! {
            <Empty
                icon=IconName::Projects
                title="No batches yet"
                text="A batch is a wave of mailboxes that start, pause and cut over together. Make one, then choose its mailboxes on the page of mailboxes."
            >
                {move || may().then(add)}
            </Empty>
        }
        .into_any(),
        Some(true) => view! { <Table rows=rows/> }.into_any(),
    }
    };
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), format!("/projects/{id}"))];
    view! {
        <PageHead title="Batches" crumbs=crumbs>
            {move || (may() && any.get() == Some(true)).then(add)}
        </PageHead>
        <ReadOnly/>
        <ProjectTabs id=id here=Part::Batches/>
        {body}
        <Dialog title="New batch" open=adding>
            <NewBatch id=id/>
        </Dialog>
    }
}

#[component]
fn NewBatch(id: ProjectId) -> impl IntoView {
    let submission = Submission::new();
    let navigate = use_navigate();
    let save = Callback::new(move |form: BatchForm| {
        let navigate = navigate.clone();
        submission.send(async move { api::add_batch(id, &form).await }, move |view| {
            navigate(&format!("/batches/{}", view.row.id), NavigateOptions::default());
        });
    });
    view! { <BatchFields draft=BatchDraft::new() submission=submission on_save=save save="Make the batch"/> }
}

#[component]
fn Table(rows: Memo<Option<Vec<BatchRow>>>) -> impl IntoView {
    let lines = move || rows.get().unwrap_or_default().into_iter().map(line).collect_view();
    view! {
        <div class="table-box" tabindex="0" role="region" aria-label="Batches">
            <table class="table" data-test="batches">
                <thead>
                    <tr>
                        <th scope="col">"Batch"</th>
                        <th scope="col" class="number">"Priority"</th>
                        <th scope="col">"Progress"</th>
                        <th scope="col" class="number">"Mailboxes"</th>
                        <th scope="col">"Schedule"</th>
                        <th scope="col">"Changes on the source"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

fn line(row: BatchRow) -> impl IntoView {
    let counts = row.counts;
    let complete = counts.complete_or_again();
    let part = bar_of(counts.under_way, complete, counts.jobs - counts.skipped);
    let tone = match (row.done.is_some(), counts.failed) {
        (true, _) => Tone::Good,
        (false, 0) => Tone::Busy,
        (false, _) => Tone::Warning,
    };
    let text = under_way_in_words(counts.under_way)
        .unwrap_or_else(|| format!("{} of {} complete", count(complete), count(counts.jobs)));
    let schedule = schedule(&row);
    let name = row.settings.name.clone();
    view! {
        <tr data-test="batch-row">
            <th scope="row">
                <a href=format!("/batches/{}", row.id) data-test="batch-link"><bdi>{name.clone()}</bdi></a>
                {row.done.map(|_| view! { <Badge tone=Tone::Good text="Cut over"/> })}
            </th>
            <td class="number">{row.settings.priority.to_string()}</td>
            <td class="wide">
                <div class="progress-line">
                    <Progress
                        fraction=Signal::stored(part)
                        label=Signal::stored(name)
                        text=Signal::stored(text)
                        tone=Signal::stored(tone)
                    />
                    <span class="number">{format!("{} %", percent(part))}</span>
                </div>
                <span class="small faint">{summary(&row)}</span>
            </td>
            <td class="number">{count(counts.jobs)}</td>
            <td>{schedule}</td>
            <td>{drift(row.drift)}</td>
        </tr>
    }
}

/// What needs eyes, in a line.
fn summary(row: &BatchRow) -> String {
    let counts = row.counts;
    let parts = [
        (counts.active, "waiting or running"),
        (counts.paused, "paused"),
        (counts.failed, "failed"),
        (counts.cancelled, "cancelled"),
        (counts.skipped, "left out"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    parts.into_iter().chain(under_way_in_words(counts.under_way)).collect::<Vec<_>>().join(" · ")
}

/// When it runs next, or why it does not.
pub(super) fn schedule(row: &BatchRow) -> String {
    match (row.done, row.settings.start_at.filter(|_| row.started.is_none()), row.next_run) {
        (Some(done), _, _) => format!("Cut over {}", moment(done)),
        (None, Some(at), _) if at <= locale::now() && row.counts.jobs == row.counts.skipped => {
            "Starts as soon as it has mailboxes".into()
        }
        (None, Some(at), _) => format!("Starts {}", moment(at)),
        (None, None, Some(next)) => format!("Next delta pass {}", moment(next)),
        (None, None, None) if !row.open => "Outside its hours".into(),
        (None, None, None) if row.started.is_some() => "Started".into(),
        (None, None, None) => "Not started".into(),
    }
}

/// What changed on the source, in a line, and as of when: what arrived since is in no number.
pub(super) fn drift(drift: Option<Drift>) -> String {
    let Some(drift) = drift else { return "Not counted".into() };
    let as_of = moment(drift.counted);
    if drift.is_none() {
        return format!("None as of {as_of}");
    }
    let gone = if drift.gone > 0 { format!(", {} gone", count(drift.gone)) } else { String::new() };
    let folders = counted(drift.folders, "folder", "folders");
    format!("{} new{gone}, in {folders}, as of {as_of}", count(drift.new))
}
