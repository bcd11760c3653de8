//! The rows, each with its verdict, and the button that adds the good ones.

use leptos::prelude::*;
use shared::{
    id::ProjectId,
    import::{ImportPreview, ImportRow, ImportShow},
};

use super::{
    ask::{AskBoth, answered},
    done::Outcome,
    draft::Draft,
    preview::Preview,
};
use crate::{
    api, browser,
    components::{Badge, Icon, IconName, Notices, Pager, Submission},
    view::{
        amount::counted,
        locale::count,
        safe::{clean, clean_sentence},
        words::Tone,
    },
};

const SHOWS: [(ImportShow, &str, &str); 4] = [
    (ImportShow::All, "All", "all"),
    (ImportShow::Good, "To add", "good"),
    (ImportShow::Bad, "With a problem", "bad"),
    (ImportShow::Excluded, "Left out", "excluded"),
];

const fn number(seen: &ImportPreview, show: ImportShow) -> u64 {
    match show {
        ImportShow::All => seen.rows,
        ImportShow::Good => seen.good,
        ImportShow::Bad => seen.bad,
        ImportShow::Excluded => seen.excluded,
    }
}

/// Counts, filter, table and buttons.
#[component]
pub(super) fn Rows(
    id: ProjectId,
    draft: Draft,
    preview: Preview,
    outcome: RwSignal<Option<Outcome>>,
) -> impl IntoView {
    let seen = preview.seen;
    let of =
        move |show| Memo::new(move |_| seen.with(|seen| seen.as_ref().map_or(0, |seen| number(seen, show))));
    let (rows, good) = (of(ImportShow::All), of(ImportShow::Good));
    let (bad, excluded) = (of(ImportShow::Bad), of(ImportShow::Excluded));
    let shown = Memo::new(move |_| {
        seen.with(|seen| seen.as_ref().map(|seen| seen.shown.clone()).unwrap_or_default())
    });
    let problems = Memo::new(move |_| {
        seen.with(|seen| seen.as_ref().map(|seen| seen.problems.clone()).unwrap_or_default())
    });
    let total = Signal::derive(move || {
        seen.with(|seen| seen.as_ref().map_or(0, |seen| usize::try_from(seen.total).unwrap_or(usize::MAX)))
    });
    let chips = SHOWS.map(|(show, title, word)| {
        let pressed = move || if draft.show.get() == show { "true" } else { "false" };
        let number = of(show);
        let choose = move |_| {
            draft.page.set(0);
            draft.show.set(show);
        };
        view! {
            <button type="button" class="chip" aria-pressed=pressed data-test=format!("show-{word}") on:click=choose>
                {title}
                <span class="chip-count">{move || count(number.get())}</span>
            </button>
        }
    });
    let kinds = move || {
        let kind = |group: shared::import::ProblemCount| {
            view! { <li><span class="number">{count(group.count)}</span> " × " {group.title}</li> }
        };
        problems.get().into_iter().map(kind).collect_view()
    };
    let summary = move || {
        format!("{} of {}", count(good.get()), counted(rows.get(), "row can be added.", "rows can be added."))
    };
    view! {
        <section class="card" aria-label="Rows">
            <div class="rows-head">
                <div>
                    <h2>"Rows"</h2>
                    <p role="status" data-test="list-summary">{summary}</p>
                </div>
                <Deeds id=id draft=draft preview=preview good=good left=Signal::derive(move || bad.get() + excluded.get()) outcome=outcome/>
            </div>
            <AskBoth id=id draft=draft preview=preview/>
            <div class="filter">
                <div class="chips" role="group" aria-label="Which rows">{chips.collect_view()}</div>
                <ul class="facts" data-test="list-problems">{kinds}</ul>
            </div>
            <div class="table-box" tabindex="0" role="region" aria-label="Preview" aria-busy=move || preview.busy.get().to_string()>
                <table class="table" data-test="preview">
                    <thead>
                        <tr>
                            <th scope="col" class="number">"Row"</th>
                            <th scope="col">"Verdict"</th>
                            <th scope="col">"Source"</th>
                            <th scope="col">"Target"</th>
                            <th scope="col">"Folder"</th>
                        </tr>
                    </thead>
                    <tbody>{move || shown.get().into_iter().map(row).collect_view()}</tbody>
                </table>
                <Show when=move || total.get() == 0>
                    <p class="nothing">"No row is like this. Choose another filter."</p>
                </Show>
            </div>
            <Pager page=draft.page size=Draft::PAGE total=total/>
        </section>
    }
}

/// Adds the good rows; hands out the others.
#[component]
fn Deeds(
    id: ProjectId,
    draft: Draft,
    preview: Preview,
    good: Memo<u64>,
    left: Signal<u64>,
    outcome: RwSignal<Option<Outcome>>,
) -> impl IntoView {
    let notices = Notices::here();
    let (adding, saving) = (Submission::new(), Submission::new());
    let ready = move || good.get() > 0 && preview.is_settled();
    let add = move |_| {
        let Some(form) = untrack(move || draft.form()).filter(|_| untrack(ready)) else { return };
        let leaves = left.get_untracked() > 0;
        adding.send_or(
            async move {
                // Afterwards the rows that were added are in the project, and would be told as such.
                let rest = if leaves { Some(api::bad_rows(id, &form).await?) } else { None };
                let done = api::add_list(id, &form).await?;
                Ok(Outcome { done, rest })
            },
            move |it| {
                notices.say(format!("{} added.", counted(it.done.added, "mailbox was", "mailboxes were")));
                outcome.set(Some(it));
            },
            move |failure| draft.fail(&failure),
        );
    };
    let save = move |_| {
        let Some(form) = untrack(move || draft.form()) else { return };
        saving.send_or(
            async move { api::bad_rows(id, &form).await },
            |file| browser::save_text("bad-rows.csv", &file),
            move |failure| draft.fail(&failure),
        );
    };
    let label = move || match good.get() {
        0 => "Add mailboxes".into(),
        number => format!("Add {}", counted(number, "mailbox", "mailboxes")),
    };
    view! {
        <div class="form-actions">
            <Show when=move || { left.get() > 0 }>
                <button type="button" class="button" data-test="bad-rows" on:click=save>
                    <Icon name=IconName::Download/>
                    {move || format!("Download the {} left out", counted(left.get(), "row", "rows"))}
                </button>
            </Show>
            <button
                type="button"
                class="button primary"
                data-test="add-list"
                aria-disabled=move || (!ready()).then_some("true")
                on:click=add
            >
                {label}
                {move || preview.busy.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
            </button>
        </div>
    }
}

fn row(row: ImportRow) -> impl IntoView {
    let (test, verdict) = match (row.excluded, row.problems.is_empty()) {
        (true, _) => ("preview-excluded", view! { <Badge tone=Tone::Plain text="Left out"/> }.into_any()),
        (false, true) => {
            let answer = row.answer.as_ref().map(answered);
            let answer = answer.map(|answer| view! { <p class="small faint">{clean_sentence(&answer)}</p> });
            ("preview-good", view! { <Badge tone=Tone::Good text="OK"/> {answer} }.into_any())
        }
        (false, false) => {
            let problem = |problem: shared::import::ImportProblem| {
                view! {
                    <li>
                        <Badge tone=Tone::Bad text=problem.title()/>
                        <p class="problem">{clean_sentence(&problem.to_string())}</p>
                    </li>
                }
            };
            let problems = row.problems.into_iter().map(problem).collect_view();
            ("preview-bad", view! { <ul class="verdicts">{problems}</ul> }.into_any())
        }
    };
    let by_rule = |made: bool| made.then(|| view! { <span class="renamed">" by rule"</span> });
    let name = |name: &str| match clean(name) {
        name if name.is_empty() => view! { <span class="faint">"Empty"</span> }.into_any(),
        name => view! { <bdi>{name}</bdi> }.into_any(),
    };
    let below = row.below.map(|below| view! { <bdi>{clean(&below.to_string())}</bdi> {by_rule(row.merged)} });
    view! {
        <tr data-test=test>
            <td class="number">{count(row.line)}</td>
            <td>{verdict}</td>
            <td>{name(&row.source_user)}</td>
            <td>{name(&row.target_user)} {by_rule(row.renamed)}</td>
            <td>{below}</td>
        </tr>
    }
}
