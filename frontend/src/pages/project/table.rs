//! The mailboxes of a project as a table that filters, sorts and comes page by page.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::{
    id::JobId,
    job::{JobRow, JobState},
};

use super::list::{Column, Group, done, pick};
use crate::{
    components::{Ago, Order, Pager, Progress, SortHead, StateBadge, VerdictBadge},
    view::{
        amount::percent,
        locale::count,
        safe::{clean, clean_sentence},
        words::{Tone, phase_title},
    },
};

const PAGE: usize = 50;

/// The table.
#[component]
pub(super) fn JobTable(jobs: Signal<Vec<JobRow>>) -> impl IntoView {
    let group = RwSignal::new(Group::All);
    let text = RwSignal::new(String::new());
    let order = RwSignal::new(Order { by: Column::User, falling: false });
    let page = RwSignal::new(0_usize);
    let picked = Memo::new(move |_| {
        jobs.with(|jobs| {
            text.with(|text| {
                pick(jobs, group.get(), text, order.get()).iter().map(|job| job.id).collect::<Vec<_>>()
            })
        })
    });
    let by_id =
        Memo::new(move |_| jobs.get().into_iter().map(|job| (job.id, job)).collect::<BTreeMap<_, _>>());
    let total = Signal::derive(move || picked.with(Vec::len));
    // What is left may be fewer pages than the one that was open.
    let here = move || page.get().min(total.get().saturating_sub(1) / PAGE);
    let shown =
        move || picked.with(|ids| ids.iter().skip(here() * PAGE).take(PAGE).copied().collect::<Vec<_>>());
    view! {
        <Filter jobs=jobs group=group text=text page=page/>
        <div class="table-box" tabindex="0" role="region" aria-label="Mailboxes">
            <table class="table" data-test="jobs">
                <thead>
                    <tr>
                        <SortHead label="Mailbox" by=Column::User order=order/>
                        <SortHead label="State" by=Column::State order=order/>
                        <SortHead label="Progress" by=Column::Progress order=order/>
                        <SortHead label="Messages" by=Column::Messages order=order numeric=true/>
                        <th scope="col">"Verdict"</th>
                        <SortHead label="Changed" by=Column::Updated order=order/>
                    </tr>
                </thead>
                <tbody>
                    <For each=shown key=|id| *id children=move |id| view! { <Row id=id jobs=by_id/> }/>
                </tbody>
            </table>
            <Show when=move || total.get() == 0>
                <p class="nothing">"No mailbox is like this. Choose another filter."</p>
            </Show>
        </div>
        <Pager page=page size=PAGE total=total/>
    }
}

#[component]
fn Filter(
    jobs: Signal<Vec<JobRow>>,
    group: RwSignal<Group>,
    text: RwSignal<String>,
    page: RwSignal<usize>,
) -> impl IntoView {
    let chips = Group::ALL.map(|this| {
        let number =
            Memo::new(move |_| jobs.with(|jobs| jobs.iter().filter(|job| this.holds(job.state)).count()));
        let choose = move |_| {
            group.set(this);
            page.set(0);
        };
        let pressed = move || if group.get() == this { "true" } else { "false" };
        view! {
            <button type="button" class="chip" aria-pressed=pressed on:click=choose>
                {this.title()}
                <span class="chip-count">{move || count(number.get() as u64)}</span>
            </button>
        }
    });
    let search = move |typed: String| {
        text.set(typed);
        page.set(0);
    };
    view! {
        <div class="filter">
            <div class="chips" role="group" aria-label="Which mailboxes">{chips.collect_view()}</div>
            <input
                class="input search"
                type="search"
                name="search"
                aria-label="Find a mailbox"
                placeholder="Find a mailbox"
                autocomplete="off"
                prop:value=text
                on:input:target=move |event| search(event.target().value())
            />
        </div>
    }
}

#[component]
fn Row(id: JobId, jobs: Memo<BTreeMap<JobId, JobRow>>) -> impl IntoView {
    let job = Memo::new(move |_| jobs.with(|jobs| jobs.get(&id).cloned()));
    let part = move |of: fn(&JobRow) -> String| move || job.with(|job| job.as_ref().map(of));
    let state = Signal::derive(move || job.with(|job| job.as_ref().map_or(JobState::Ready, |job| job.state)));
    let verdict = Signal::derive(move || job.with(|job| job.as_ref().and_then(|job| job.verdict)));
    let fraction = Signal::derive(move || job.with(|job| job.as_ref().map_or(0.0, done)));
    let text = Signal::derive(move || job.with(|job| job.as_ref().map(progress_text)).unwrap_or_default());
    let tone = Signal::derive(move || match state.get() {
        JobState::Complete => Tone::Good,
        JobState::Exceptions => Tone::Warning,
        JobState::Failed => Tone::Bad,
        JobState::Running | JobState::Pausing | JobState::Stopping => Tone::Busy,
        JobState::Ready | JobState::Queued | JobState::Paused | JobState::Cancelled => Tone::Plain,
    });
    let updated = Signal::derive(move || job.with(|job| job.as_ref().map(|job| job.updated)));
    let problem = move || {
        let problem = job.with(|job| job.as_ref().and_then(|job| job.problem.clone()))?;
        let problem = clean_sentence(&problem);
        Some(
            view! { <span class="problem row-problem" title=problem.clone()><bdi>{problem.clone()}</bdi></span> },
        )
    };
    view! {
        <tr data-test="job-row">
            <th scope="row">
                <a href=format!("/jobs/{id}") data-test="job-link"><bdi>{part(|job| clean(&job.source_user))}</bdi></a>
                <span class="row-target">"→ " <bdi>{part(|job| clean(&job.target_user))}</bdi></span>
                {problem}
            </th>
            <td><StateBadge state=state/></td>
            <td class="wide">
                <div class="progress-line">
                    <Progress fraction=fraction label=Signal::derive(move || part(|job| clean(&job.source_user))().unwrap_or_default()) text=text tone=tone/>
                    <span class="number">{move || format!("{} %", percent(fraction.get()))}</span>
                </div>
                <span class="small faint">{part(|job| job.progress.as_ref().map(|progress| phase_title(progress.phase).to_owned()).unwrap_or_default())}</span>
            </td>
            <td class="number">{part(|job| if job.counts.items == 0 { "–".into() } else { format!("{} / {}", count(job.counts.copied), count(job.counts.items)) })}</td>
            <td><VerdictBadge verdict=verdict/></td>
            <td class="nowrap">{move || updated.get().map(|at| view! { <Ago at=at/> })}</td>
        </tr>
    }
}

fn progress_text(job: &JobRow) -> String {
    format!("{} %, {}", percent(done(job)), job.state.title())
}
