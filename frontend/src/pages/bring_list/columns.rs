//! What each column says: guessed, and changed where the guess is wrong.

use leptos::prelude::*;
use shared::import::{ImportColumn, ImportField};

use super::{draft::Draft, preview::Preview};
use crate::{
    browser,
    components::{Icon, IconName},
    view::{safe::clean, words::Tone},
};

const FIELDS: [ImportField; 5] = [
    ImportField::SourceUser,
    ImportField::SourceSecret,
    ImportField::TargetUser,
    ImportField::TargetSecret,
    ImportField::Below,
];

const fn title(field: ImportField) -> &'static str {
    match field {
        ImportField::SourceUser => "Name on the source",
        ImportField::SourceSecret => "Password on the source",
        ImportField::TargetUser => "Name on the target",
        ImportField::TargetSecret => "Password on the target",
        ImportField::Below => "Folder to go below",
    }
}

const fn word(field: ImportField) -> &'static str {
    match field {
        ImportField::SourceUser => "source-user",
        ImportField::SourceSecret => "source-secret",
        ImportField::TargetUser => "target-user",
        ImportField::TargetSecret => "target-secret",
        ImportField::Below => "below",
    }
}

/// The columns, each with a list to choose from.
#[component]
pub(super) fn Columns(draft: Draft, preview: Preview) -> impl IntoView {
    let seen = preview.seen;
    let columns = Memo::new(move |_| {
        seen.with(|seen| seen.as_ref().map(|seen| seen.columns.clone()).unwrap_or_default())
    });
    let header = Memo::new(move |_| seen.with(|seen| seen.as_ref().is_some_and(|seen| seen.header)));
    let kind =
        Memo::new(move |_| seen.with(|seen| seen.as_ref().map(|seen| clean(&seen.kind)).unwrap_or_default()));
    let id = browser::unique_id();
    let note = move |fields: fn(&shared::import::ImportPreview) -> &[ImportField], end: &'static str| {
        let notes = seen.with(|seen| seen.as_ref().map(|seen| fields(seen).to_vec()).unwrap_or_default());
        let note = move |field| {
            view! {
                <p class=format!("note {}", Tone::Warning.class())>
                    <Icon name=IconName::Warning/>
                    <span>{format!("{} {end}", title(field))}</span>
                </p>
            }
        };
        notes.into_iter().map(note).collect_view()
    };
    view! {
        <section class="card" aria-label="Columns">
            <div>
                <h2>"Columns"</h2>
                <p class="hint" data-test="list-kind"><bdi>{kind}</bdi></p>
            </div>
            <div class="radio">
                <input
                    type="checkbox"
                    id=id.clone()
                    name="header"
                    prop:checked=header
                    on:change=move |_| draft.header.set(Some(!header.get_untracked()))
                />
                <label for=id>"The first row names the columns"</label>
            </div>
            {move || note(|seen| &seen.lacking, "is needed: choose its column.")}
            {move || note(|seen| &seen.needless, "is not needed and not kept: an admin logs in for all.")}
            <div class="columns" data-test="columns">
                <For
                    each=move || 0..columns.with(Vec::len)
                    key=|at| *at
                    children=move |at| view! { <Column at=at columns=columns draft=draft/> }
                />
            </div>
        </section>
    }
}

#[component]
fn Column(at: usize, columns: Memo<Vec<ImportColumn>>, draft: Draft) -> impl IntoView {
    let id = browser::unique_id();
    let hint = format!("{id}-hint");
    let field = Memo::new(move |_| columns.with(|columns| columns.get(at).and_then(|column| column.field)));
    let part = move |of: fn(&ImportColumn) -> &str| {
        move || columns.with(|columns| columns.get(at).map(|column| clean(of(column))).unwrap_or_default())
    };
    let sample = part(|column| &column.sample);
    let choose = move |chosen: String| {
        let chosen = FIELDS.into_iter().find(|field| word(*field) == chosen);
        let seen = || columns.with_untracked(|columns| columns.iter().map(|column| column.field).collect());
        // What was chosen a moment ago counts, though no preview of it came yet.
        draft.say_column(draft.columns.get_untracked().unwrap_or_else(seen), at, chosen);
    };
    let options = FIELDS.map(|this| {
        view! { <option value=word(this) prop:selected=move || field.get() == Some(this)>{title(this)}</option> }
    });
    view! {
        <div class="field">
            <label for=id.clone()><bdi>{part(|column| &column.title)}</bdi></label>
            <select
                class="input"
                id=id
                name=format!("column-{at}")
                aria-describedby=hint.clone()
                on:change:target=move |event| choose(event.target().value())
            >
                <option value="" prop:selected=move || field.get().is_none()>"Nothing of use"</option>
                {options.collect_view()}
            </select>
            <p class="hint sample" id=hint>
                {move || match (field.get(), sample()) {
                    (Some(ImportField::SourceSecret | ImportField::TargetSecret) | None, _) => "Not shown".into_any(),
                    (Some(ImportField::SourceUser | ImportField::TargetUser | ImportField::Below), sample) => {
                        view! { <bdi>{if sample.is_empty() { "Empty in the first row".into() } else { sample }}</bdi> }.into_any()
                    }
                }}
            </p>
        </div>
    }
}
