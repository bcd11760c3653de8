//! Findings of a job, grouped by cause; the findings themselves are loaded page by page when a group is opened.

use leptos::{prelude::*, task::spawn_local};
use shared::{
    cause::Cause,
    finding::{CauseCount, FindingRow},
    id::JobId,
    job::JobRow,
};

use crate::{
    api::{self, FINDINGS_PAGE, http::Failure},
    components::{Alert, Badge, CauseGroup, FindingTable, Spinner},
    view::words::Tone,
};

/// The groups, worst first.
#[component]
pub(super) fn Causes(id: JobId, causes: Memo<Vec<CauseCount>>, row: Memo<JobRow>) -> impl IntoView {
    let order =
        Memo::new(move |_| causes.with(|causes| causes.iter().map(|group| group.cause).collect::<Vec<_>>()));
    let group = move |cause: Cause| {
        let group = Memo::new(move |before: Option<&CauseCount>| {
            let now = causes.with(|causes| causes.iter().find(|group| group.cause == cause).cloned());
            // A group that is about to be taken away keeps its last words.
            now.or_else(|| before.cloned())
                .unwrap_or_else(|| CauseCount::new(cause, shared::finding::Severity::Info, 0))
        });
        view! { <CauseGroup group=group><Pages id=id cause=cause/></CauseGroup> }
    };
    let verified = move || row.with(|row| row.verdict.is_some());
    let nothing = move || {
        if verified() {
            view! { <Badge tone=Tone::Good text="Nothing to report: no differences, no exceptions."/> }
                .into_any()
        } else {
            view! { <p class="faint">"Whatever cannot be copied as it is will be named here, with its cause and what to do."</p> }.into_any()
        }
    };
    view! {
        <section class="card">
            <h2>"Findings"</h2>
            <div class="causes" data-test="causes">
                <For each=move || order.get() key=|cause| *cause children=group/>
            </div>
            <Show when=move || order.with(Vec::is_empty)>{nothing}</Show>
        </section>
    }
}

#[component]
fn Pages(id: JobId, cause: Cause) -> impl IntoView {
    let rows = RwSignal::new(Vec::<FindingRow>::new());
    let failure = RwSignal::new(None::<Failure>);
    let (busy, ended) = (RwSignal::new(false), RwSignal::new(false));
    let more = move || {
        busy.set(true);
        failure.set(None);
        let after = rows.with_untracked(|rows| rows.last().map_or(0, |row| row.id));
        spawn_local(async move {
            let answer = api::findings(id, cause, after).await;
            // The group may be closed again by now.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(page) => {
                    ended.set(page.len() < FINDINGS_PAGE);
                    rows.update(|rows| rows.extend(page));
                }
                Err(answer) => failure.set(Some(answer)),
            }
        });
    };
    more();
    let findings = Signal::derive(move || {
        rows.with(|rows| rows.iter().map(|row| row.finding.clone()).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty())><FindingTable label=cause.title() findings=findings/></Show>
        <Show when=move || busy.get()><Spinner/></Show>
        {move || failure.get().map(|failure| view! { <Alert message=failure.message()/> })}
        <Show when=move || !busy.get() && !ended.get()>
            <button type="button" class="button" data-test="more-findings" on:click=move |_| more()>"Show more"</button>
        </Show>
    }
}
