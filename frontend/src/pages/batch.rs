//! One batch: how its mailboxes stand, what can be done with them, its cutover and its settings.

mod actions;
mod checklist;
mod dns;
mod settings;

use std::time::Duration;

use leptos::prelude::*;
use shared::{auth::Role, batch::BatchView, id::BatchId, pass::Drift, under_way::UnderWay};

use super::{
    batches::{drift, schedule},
    missing::NotFound,
};
use crate::{
    api,
    components::{PageHead, Progress, ReadOnly, Tile, crumb},
    load::{Loading, load},
    session::Session,
    view::{
        amount::{bar_of, percent, share, under_way_in_words},
        locale::count,
        words::Tone,
    },
};
use actions::BatchActions;
use checklist::CutoverList;
use settings::BatchSettings;

/// Between two looks.
const FRESH: Duration = Duration::from_secs(2);

/// The page.
#[component]
pub(crate) fn BatchPage(id: BatchId) -> impl IntoView {
    let batch = load(move || api::batch(id));
    batch.keep_fresh(FRESH);
    // What is shown is made once; later looks only change what stands in it.
    let here = Memo::new(move |_| batch.get().is_some());
    move || match here.get() {
        true => match untrack(|| batch.get()) {
            Some(first) => view! { <Batch batch=batch first=first/> }.into_any(),
            None => ().into_any(),
        },
        false => batch.view_or(|_| ().into_any(), || view! { <NotFound/> }.into_any()).into_any(),
    }
}

#[component]
fn Batch(batch: Loading<BatchView>, first: BatchView) -> impl IntoView {
    let session = Session::here();
    let project = first.row.project;
    let settings = first.row.settings.clone();
    let version = first.version.clone();
    let id = first.row.id;
    let project_name = first.project_name.clone();
    let view = Memo::new(move |before: Option<&BatchView>| {
        batch.get().or_else(|| before.cloned()).unwrap_or_else(|| first.clone())
    });
    let name = Signal::derive(move || view.with(|view| view.row.settings.name.clone()));
    let row = Memo::new(move |_| view.with(|view| view.row.clone()));
    let number = move |of: fn(&BatchView) -> u64| Signal::derive(move || count(view.with(of)));
    let part = Signal::derive(move || {
        row.with(|row| share(row.counts.complete_or_again(), row.counts.jobs - row.counts.skipped))
    });
    let done = Signal::derive(move || format!("{} %", percent(part.get())));
    let under_way = Memo::new(move |_| row.with(|row| row.counts.under_way));
    let bar = Signal::derive(move || {
        row.with(|row| {
            let counts = row.counts;
            bar_of(under_way.get(), counts.complete_or_again(), counts.jobs - counts.skipped)
        })
    });
    let told_of_it = move || under_way_in_words(under_way.get());
    let text = Signal::derive(move || told_of_it().unwrap_or_else(|| format!("{} complete", done.get())));
    let label = Signal::derive(move || match under_way.with(UnderWay::is_again) {
        true => "Under way".to_owned(),
        false => "Mailboxes complete".to_owned(),
    });
    let tone = Signal::derive(move || match bar.get() >= 1.0 {
        true => Tone::Good,
        false => Tone::Busy,
    });
    let new = Signal::derive(move || {
        view.with(|view| known(view).map_or_else(|| "–".to_owned(), |drift| count(drift.new)))
    });
    let changes = Signal::derive(move || drift(view.with(known)));
    let crumbs = vec![
        crumb("Projects", "/"),
        crumb(project_name, format!("/projects/{project}")),
        crumb("Batches", format!("/projects/{project}/batches")),
    ];
    let below = view! {
        <p class="hosts" data-test="schedule">{move || row.with(schedule)}</p>
        {move || row.with(|row| row.told.clone()).map(|told| view! { <p class="small faint">{told}</p> })}
    };
    let may = untrack(|| session.may(Role::Operator));
    view! {
        <PageHead title=name crumbs=crumbs below=below.into_any()>
            <a class="button" href=format!("/projects/{project}?batch={id}") data-test="batch-mailboxes">"Mailboxes"</a>
        </PageHead>
        <ReadOnly/>
        <section class="card summary" aria-label="Summary">
            <dl class="tiles">
                <Tile label="Mailboxes" value=number(|view| view.row.counts.jobs)/>
                <Tile label="Complete" value=number(|view| view.row.counts.complete_or_again()) note=done/>
                <Tile label="Waiting or running" value=number(|view| view.row.counts.active)/>
                <Tile label="Failed" value=number(|view| view.row.counts.failed)/>
                <Tile label="Day one done" value=number(|view| view.row.counts.day_one)/>
                <Tile label="New on the source" value=new note=changes/>
            </dl>
            <Progress fraction=bar label=label text=text tone=tone/>
            {move || told_of_it().map(|told| view! { <p class="small faint" data-test="under-way">{told}</p> })}
        </section>
        {may.then(|| view! { <BatchActions batch=batch row=row/> })}
        <CutoverList batch=batch view=view may=may/>
        {may.then(|| view! {
            <BatchSettings batch=batch id=id project=project settings=settings version=version name=name/>
        })}
    }
}

/// What is known to have changed. That nothing had, before the last step of the cutover was taken, says nothing of now.
fn known(view: &BatchView) -> Option<Drift> {
    let last = view.cutover.ticks.iter().map(|tick| tick.at).max();
    view.row.drift.filter(|drift| !drift.is_none() || last.is_none_or(|last| drift.counted >= last))
}
