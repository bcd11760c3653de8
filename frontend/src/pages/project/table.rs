//! The mailboxes of a project as a table that filters, sorts and comes page by page.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shared::{
    cause::Cause,
    id::{BatchId, JobId, ProjectId},
    job::{JobFilter, JobPage, JobQuery, JobRow, JobSort, JobState},
    selection::Selection,
};

use super::list::{self, Group, PAGE, done};
use crate::{
    api,
    components::{Ago, Order, Pager, Progress, SearchField, SortHead, StateBadge, VerdictBadge},
    load::load,
    view::{
        amount::percent,
        locale::count,
        safe::{clean, clean_sentence},
        words::{Tone, below_folder, phase_title},
    },
};

/// What the admin wants to see. The server picks, sorts and pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask {
    group: RwSignal<Group>,
    text: RwSignal<String>,
    order: RwSignal<Order<JobSort>>,
    page: RwSignal<usize>,
    batch: RwSignal<Option<BatchId>>,
    cause: RwSignal<Option<Cause>>,
    /// Mailboxes that are selected, as they were seen last.
    pub(super) picked: RwSignal<BTreeMap<JobId, Picked>>,
}

/// What decides about a mailbox that is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picked {
    pub(super) state: JobState,
    batch: Option<BatchId>,
}

impl Picked {
    fn of(job: &JobRow) -> Self {
        Self { state: job.state, batch: job.batch }
    }

    /// Whether it belongs to one of these batches.
    pub(super) fn is_of(&self, batches: &[BatchId]) -> bool {
        self.batch.is_some_and(|batch| batches.contains(&batch))
    }
}

impl Ask {
    /// What the address asks for: `?batch=7`, `?cause=mailbox.full`.
    pub(super) fn new() -> Self {
        let query = use_query_map();
        let wanted = Memo::new(move |_| {
            query.with(|query| {
                let batch = query.get("batch").and_then(|id| id.parse().ok());
                (batch, query.get("cause").and_then(|id| id.parse().ok()))
            })
        });
        let ask = Self::all();
        let follow = move |(batch, cause)| {
            ask.batch.set(batch);
            ask.cause.set(cause);
        };
        follow(wanted.get_untracked());
        Effect::new(move |before: Option<()>| {
            let wanted = wanted.get();
            if before.is_some() {
                ask.page.set(0);
                follow(wanted);
            }
        });
        ask
    }

    fn all() -> Self {
        Self {
            group: RwSignal::new(Group::All),
            text: RwSignal::default(),
            order: RwSignal::new(Order { by: JobSort::Source, falling: false }),
            page: RwSignal::new(0),
            batch: RwSignal::default(),
            cause: RwSignal::default(),
            picked: RwSignal::default(),
        }
    }

    /// Whether the list shows less than the whole project.
    pub(super) fn narrowed(self) -> bool {
        self.query().filter() != JobFilter::default()
    }

    /// Whether mailboxes in a state are on the list.
    pub(super) fn holds(self, state: JobState) -> bool {
        self.query().filter().state.holds(state)
    }

    /// Those that are selected, else those on the list, else all.
    pub(super) fn selection(self) -> Selection {
        let picked: Vec<JobId> = self.picked.with_untracked(|picked| picked.keys().copied().collect());
        if picked.is_empty() {
            return Selection::like(untrack(|| self.query()).filter());
        }
        Selection::of(picked)
    }

    /// The same in words.
    pub(super) fn whom(self, page: Memo<JobPage>) -> String {
        let picked = self.picked.with(BTreeMap::len) as u64;
        match (picked, self.narrowed()) {
            (0, false) => "All mailboxes".into(),
            (0, true) => format!("All {} of this list", count(page.with(|page| page.total))),
            (picked, _) => format!("{} selected", count(picked)),
        }
    }

    pub(super) fn query(self) -> JobQuery {
        let query =
            self.text.with(|text| list::query(self.group.get(), text, self.order.get(), self.page.get()));
        JobQuery { batch: self.batch.get(), cause: self.cause.get(), ..query }
    }
}

/// The table.
#[component]
pub(super) fn JobTable(id: ProjectId, page: Memo<JobPage>, ask: Ask) -> impl IntoView {
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
    let all_picked = Memo::new(move |_| {
        ask.picked
            .with(|picked| shown.with(|ids| !ids.is_empty() && ids.iter().all(|id| picked.contains_key(id))))
    });
    let pick_all = move |_| {
        let pick = !all_picked.get_untracked();
        let rows = page
            .with_untracked(|page| page.rows.iter().map(|job| (job.id, Picked::of(job))).collect::<Vec<_>>());
        ask.picked.update(|picked| {
            for (id, row) in rows {
                if pick {
                    picked.insert(id, row);
                } else {
                    picked.remove(&id);
                }
            }
        });
    };
    // What is selected is judged by the states as they are.
    Effect::new(move |_| {
        page.with(|page| {
            let changed = |job: &JobRow| {
                ask.picked
                    .with_untracked(|picked| picked.get(&job.id).is_some_and(|row| *row != Picked::of(job)))
            };
            let changed: Vec<_> =
                page.rows.iter().filter(|job| changed(job)).map(|job| (job.id, Picked::of(job))).collect();
            if !changed.is_empty() {
                ask.picked.update(|picked| picked.extend(changed));
            }
        });
    });
    view! {
        <Narrowed id=id ask=ask/>
        <Filter page=page ask=ask/>
        <div class="table-box" tabindex="0" role="region" aria-label="Mailboxes">
            <table class="table" data-test="jobs">
                <thead>
                    <tr>
                        <th scope="col" class="tick">
                            <input
                                type="checkbox"
                                aria-label="Select this page"
                                data-test="pick-all"
                                prop:checked=all_picked
                                on:change=pick_all
                            />
                        </th>
                        <SortHead label="Mailbox" by=JobSort::Source order=order/>
                        <SortHead label="State" by=JobSort::State order=order/>
                        <SortHead label="Progress" by=JobSort::Progress order=order/>
                        <SortHead label="Messages" by=JobSort::Messages order=order numeric=true/>
                        <th scope="col">"Verdict"</th>
                        <SortHead label="Changed" by=JobSort::Updated order=order/>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || shown.get() key=|id| *id children=move |id| view! { <Row id=id jobs=by_id ask=ask/> }/>
                </tbody>
            </table>
            <Show when=move || total.get() == 0>
                <p class="nothing">"No mailbox is like this. Choose another filter."</p>
            </Show>
        </div>
        <Pager page=ask.page size=PAGE total=total/>
    }
}

/// Says to what the address narrows the list, and leads back to all.
#[component]
fn Narrowed(id: ProjectId, ask: Ask) -> impl IntoView {
    let batches = load(move || api::batches(id));
    let text = move || {
        let cause = ask.cause.get().map(|cause| format!("with “{}”", cause.title()));
        let batch = ask.batch.get().map(|batch| {
            let rows = batches.get().unwrap_or_default();
            let name = rows.into_iter().find(|row| row.id == batch).map(|row| row.settings.name);
            name.map_or_else(|| "of one batch".to_owned(), |name| format!("of the batch “{name}”"))
        });
        let parts: Vec<String> = batch.into_iter().chain(cause).collect();
        (!parts.is_empty()).then(|| format!("Only mailboxes {}.", parts.join(" ")))
    };
    move || {
        text().map(|text| {
            view! {
                <p class="narrowed" data-test="narrowed">
                    {text}
                    " "
                    <a href=format!("/projects/{id}")>"Show all"</a>
                </p>
            }
        })
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
    let search = Callback::new(move |typed: String| {
        ask.page.set(0);
        ask.text.set(typed);
    });
    view! {
        <div class="filter">
            <div class="chips" role="group" aria-label="Which mailboxes">{chips.collect_view()}</div>
            <SearchField label="Find a mailbox" text=ask.text on_search=search/>
        </div>
    }
}

#[component]
fn Row(id: JobId, jobs: Memo<BTreeMap<JobId, JobRow>>, ask: Ask) -> impl IntoView {
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
    let pick = move |_| {
        ask.picked.update(|picked| {
            if picked.remove(&id).is_none()
                && let Some(row) = job.with_untracked(|job| job.as_ref().map(Picked::of))
            {
                picked.insert(id, row);
            }
        });
    };
    let marks = move || {
        job.with(|job| job.as_ref().map(|job| {
            let new = job.drift.filter(|drift| drift.new > 0);
            let new = new.map(|drift| view! { <span class="small faint">{format!("{} new on the source", count(drift.new))}</span> });
            let day_one = job.day_one.filter(|_| !job.state.is_finished());
            let day_one = day_one.map(|_| view! { <span class="small faint">"Day one done"</span> });
            let first = (job.priority > 0).then(|| view! { <span class="small faint">"Goes first"</span> });
            let slow = job.progress.as_ref().and_then(|progress| progress.slow.clone());
            let slow = slow.map(|slow| view! { <span class="small slow">{slow}</span> });
            view! { {new} " " {day_one} " " {first} {slow} }
        }))
    };
    view! {
        <tr data-test="job-row">
            <td class="tick">
                <input
                    type="checkbox"
                    aria-label=move || format!("Select {}", part(|job| clean(&job.source_user))().unwrap_or_default())
                    data-test="pick"
                    prop:checked=move || ask.picked.with(|picked| picked.contains_key(&id))
                    on:change=pick
                />
            </td>
            <th scope="row">
                <a href=format!("/jobs/{id}") data-test="job-link"><bdi>{part(|job| clean(&job.source_user))}</bdi></a>
                <span class="row-target">"→ " <bdi>{part(|job| clean(&job.target_user))}</bdi>{part(|job| below_folder(job.below.as_ref()))}</span>
                {problem}
                {marks}
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
