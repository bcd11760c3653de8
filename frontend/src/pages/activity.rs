//! Who did what, when, from where, and how it ended; and the proof that nobody changed it since.

use leptos::{prelude::*, task::spawn_local};
use shared::audit::{ActivityQuery, ActivityRow, AuditProof, Outcome};

use crate::{
    api,
    components::{
        Ago, Badge, Choice, Empty, Icon, IconName, Notices, PageHead, SelectField, Submission, TextField,
    },
    load::load,
    view::{amount::counted, safe::clean, words::Tone},
};

/// What the admin wants to see.
#[derive(Debug, Clone, Copy)]
struct Ask {
    who: RwSignal<String>,
    text: RwSignal<String>,
    outcome: RwSignal<Option<Outcome>>,
}

impl Ask {
    fn query(self, before: Option<i64>) -> ActivityQuery {
        let given =
            |text: RwSignal<String>| Some(text.get().trim().to_owned()).filter(|text| !text.is_empty());
        ActivityQuery {
            before,
            who: given(self.who),
            action: None,
            outcome: self.outcome.get(),
            text: given(self.text),
        }
    }

    fn is_narrow(self) -> bool {
        untrack(move || self.query(None)) != ActivityQuery::default()
    }
}

/// The newest lines, and older ones on request.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let ask = Ask { who: RwSignal::default(), text: RwSignal::default(), outcome: RwSignal::default() };
    let older = RwSignal::new(Vec::<ActivityRow>::new());
    let ended = RwSignal::new(false);
    let newest = load(move || {
        let query = ask.query(None);
        older.set(Vec::new());
        ended.set(false);
        async move { api::activity(&query).await }
    });
    let table = move |rows: Vec<ActivityRow>| {
        if rows.is_empty() && ask.is_narrow() {
            return view! { <p class="nothing">"No line is like this. Look for something else."</p> }
                .into_any();
        }
        if rows.is_empty() {
            return view! {
                <Empty
                    icon=IconName::Activity
                    title="Nothing was done yet"
                    text="Everything that admins do is written down here, for all admins to see."
                />
            }
            .into_any();
        }
        let last = rows.last().map(|row| row.id);
        let more = move |_| more(ask, older, ended, last);
        view! {
            <div class="table-box" tabindex="0" role="region" aria-label="Activity">
                <table class="table" data-test="activity">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Who"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"To what"</th>
                            <th scope="col">"From"</th>
                            <th scope="col">"Outcome"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(line).collect_view()}
                        <For each=move || older.get() key=|row| row.id children=line/>
                    </tbody>
                </table>
            </div>
            <div class="more">
                <Show when=move || !ended.get() fallback=|| view! { <p class="faint">"This is the beginning."</p> }>
                    <button type="button" class="button" data-test="older" on:click=more>"Show older"</button>
                </Show>
            </div>
        }
        .into_any()
    };
    view! {
        <PageHead title="Activity">
            <a class="button" href=api::AUDIT_LINK rel="external" download="audit.jsonl" data-test="export-audit">
                <Icon name=IconName::Download/>
                "Export"
            </a>
        </PageHead>
        <Proof/>
        <Narrow ask=ask/>
        {newest.view(table)}
    }
}

#[component]
fn Narrow(ask: Ask) -> impl IntoView {
    let any = Choice { value: None, word: "", title: "Everything", explained: "" };
    let choices = std::iter::once(any)
        .chain(Outcome::ALL.map(|outcome| Choice {
            value: Some(outcome),
            word: outcome.word(),
            title: outcome.title(),
            explained: "",
        }))
        .collect();
    view! {
        <div class="narrow-by" role="search" aria-label="Activity">
            <TextField name="who" label="Who" value=ask.who/>
            <TextField name="text" label="To what" value=ask.text/>
            <SelectField name="outcome" label="Outcome" value=ask.outcome choices=choices/>
        </div>
    }
}

/// Goes over the whole log on request.
#[component]
fn Proof() -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let proof = RwSignal::new(None::<AuditProof>);
    let prove = move |_| {
        sending.send_or(
            api::prove_activity(),
            move |found| proof.set(Some(found)),
            move |failure| notices.fail(&failure),
        );
    };
    let found = move || {
        proof.get().map(|proof| {
            let (tone, text) = match &proof.broken {
                None => (
                    Tone::Good,
                    format!(
                        "{} as written, none missing in between.",
                        counted(proof.lines, "line is", "lines are")
                    ),
                ),
                Some(line) => (Tone::Bad, line.problem.clone()),
            };
            view! {
                <p data-test="audit-proof">
                    <Badge tone=tone text=if proof.intact { "Unchanged" } else { "Changed" }/> " " {text}
                </p>
                <p class="hint">
                    "Note this hash elsewhere: it shows later whether lines were cut off at the end. "
                    <code class="token">{proof.head}</code>
                </p>
            }
        })
    };
    view! {
        <section class="card" aria-labelledby="proof-title">
            <h2 id="proof-title">"Audit log"</h2>
            <p class="hint">
                "Lines are only ever added, and each is sealed together with all before it: whoever changes the database behind the panel's back cannot hide it."
            </p>
            <p>
                <button type="button" class="button" data-test="prove-audit" on:click=prove>"Prove that nothing was changed"</button>
            </p>
            <div role="status">{found}</div>
        </section>
    }
}

fn more(ask: Ask, older: RwSignal<Vec<ActivityRow>>, ended: RwSignal<bool>, last: Option<i64>) {
    let notices = Notices::here();
    let before = older.with_untracked(|older| older.last().map(|row| row.id)).or(last);
    let query = untrack(move || ask.query(before));
    spawn_local(async move {
        match api::activity(&query).await {
            Ok(rows) if rows.is_empty() => {
                let _ = ended.try_set(true);
            }
            Ok(rows) => {
                let _ = older.try_update(|older| older.extend(rows));
            }
            Err(failure) => notices.fail(&failure),
        }
    });
}

fn line(row: ActivityRow) -> impl IntoView {
    let outcome = match row.outcome {
        Outcome::Done => view! { <span class="faint">{row.outcome.title()}</span> }.into_any(),
        Outcome::Refused => view! { <Badge tone=Tone::Bad text=row.outcome.title()/> }.into_any(),
    };
    view! {
        <tr>
            <td class="nowrap"><Ago at=row.at/></td>
            <td><bdi>{clean(&row.who)}</bdi></td>
            <td><code>{row.action}</code></td>
            <td class="words"><bdi>{clean(&row.subject)}</bdi></td>
            <td class="nowrap">{row.address.unwrap_or_else(|| "this host".into())}</td>
            <td>{outcome}</td>
        </tr>
    }
}
