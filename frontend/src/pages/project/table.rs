//! The mailboxes of a project as a table that filters, sorts and comes page by page.

use std::{collections::BTreeMap, time::Duration};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use shared::{
    id::JobId,
    job::{JobPage, JobQuery, JobRow, JobSort, JobState},
};

use super::list::{self, Group, PAGE, done};
use crate::{
    components::{Ago, Order, Pager, Progress, SortHead, StateBadge, VerdictBadge},
    view::{
        amount::percent,
        locale::count,
        safe::{clean, clean_sentence},
        words::{Tone, phase_title},
    },
};

/// After the last letter, before the list is asked for again.
const TYPING: Duration = Duration::from_millis(250);

/// What the admin wants to see. The server picks, sorts and pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    group: RwSignal<Group>,
    text: RwSignal<String>,
    order: RwSignal<Order<JobSort>>,
    page: RwSignal<usize>,
}

impl Ask {
    pub(super) fn new() -> Self {
        Self {
            group: RwSignal::new(Group::All),
            text: RwSignal::default(),
            order: RwSignal::new(Order { by: JobSort::Source, falling: false }),
            page: RwSignal::new(0),
        }
    }

    pub(super) fn query(self) -> JobQuery {
        self.text.with(|text| list::query(self.group.get(), text, self.order.get(), self.page.get()))
    }
}

/// The table.
#[component]
pub(super) fn JobTable(page: Memo<JobPage>, ask: Ask) -> impl IntoView {
    let by_id = Memo::new(move |_| {
        page.with(|page| page.rows.iter().map(|job| (job.id, job.clone())).collect::<BTreeMap<_, _>>())
    });
    let shown = Memo::new(move |_| page.with(|page| page.rows.iter().map(|job| job.id).collect::<Vec<_>>()));
    let total = Signal::derive(move || page.with(|page| usize::try_from(page.total).unwrap_or(usize::MAX)));
    // What is left may be fewer pages than the one that is open.
    Effect::new(move |_| {
        let last = total.get().saturating_sub(1) / PAGE;
        if ask.page.get_untracked() > last {
            ask.page.set(last);
        }
    });
    let order = ask.order;
    view! {
        <Filter page=page ask=ask/>
        <div class="table-box" tabindex="0" role="region" aria-label="Mailboxes">
            <table class="table" data-test="jobs">
                <thead>
                    <tr>
                        <SortHead label="Mailbox" by=JobSort::Source order=order/>
                        <SortHead label="State" by=JobSort::State order=order/>
                        <SortHead label="Progress" by=JobSort::Progress order=order/>
                        <SortHead label="Messages" by=JobSort::Messages order=order numeric=true/>
                        <th scope="col">"Verdict"</th>
                        <SortHead label="Changed" by=JobSort::Updated order=order/>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || shown.get() key=|id| *id children=move |id| view! { <Row id=id jobs=by_id/> }/>
                </tbody>
            </table>
            <Show when=move || total.get() == 0>
                <p class="nothing">"No mailbox is like this. Choose another filter."</p>
            </Show>
        </div>
        <Pager page=ask.page size=PAGE total=total/>
    }
}

#[component]
fn Filter(page: Memo<JobPage>, ask: Ask) -> impl IntoView {
    let chips = Group::ALL.map(|this| {
        let number = Memo::new(move |_| page.with(|page| this.count(&page.by_state)));
        let choose = move |_| {
            ask.page.set(0);
            ask.group.set(this);
        };
        let pressed = move || if ask.group.get() == this { "true" } else { "false" };
        view! {
            <button type="button" class="chip" aria-pressed=pressed on:click=choose>
                {this.title()}
                <span class="chip-count">{move || count(number.get())}</span>
            </button>
        }
    });
    let waiting = StoredValue::new_local(None::<TimeoutHandle>);
    let stop_waiting = move || {
        if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    on_cleanup(stop_waiting);
    let search = move |typed: String| {
        stop_waiting();
        let look = move || {
            ask.page.set(0);
            ask.text.set(typed);
        };
        waiting.set_value(set_timeout_with_handle(look, TYPING).ok());
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
                maxlength="200"
                prop:value=ask.text
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
        JobState::Ready | JobState::Queued | JobState::Paused | JobState::Cancelled | JobState::Skipped => {
            Tone::Plain
        }
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
