//! Rules for a list: names, who is left out, merges, domains, and the batch.

use leptos::prelude::*;
use shared::id::ProjectId;

use super::{draft::Draft, preview::Preview};
use crate::{
    api, browser,
    components::{LinesField, TextField},
    load::load,
};

/// The rules; the rows follow at once.
#[component]
pub(super) fn ListRules(id: ProjectId, draft: Draft, preview: Preview) -> impl IntoView {
    let domains = Memo::new(move |_| {
        preview.seen.with(|seen| seen.as_ref().map(|seen| seen.domains.join(", ")).unwrap_or_default())
    });
    let domains_hint = Signal::derive(move || match domains.get() {
        known if known.is_empty() => "Others are a problem. Empty: those that many rows have.".into(),
        known => format!("Others are a problem. Now: {known}."),
    });
    view! {
        <section class="card" aria-label="Rules">
            <h2>"Rules"</h2>
            <LinesField
                name="rename"
                label="Names on the target, where a row has none"
                hint="A rule a line, in order: @old.example -> @new.example, {first}.{last} -> {first:1}{last}, or s|PATTERN|REPLACEMENT|."
                value=draft.rename
                rows=2
            />
            <TextField
                name="merge"
                label="Several mailboxes that go to one: the folder of all but one"
                hint="From {name}, for instance, with {name} for what stands before the @, {user} for all of it. Empty: such rows need a folder of their own."
                value=draft.merge
            />
            <LinesField
                name="exclude"
                label="Left out: names on the source"
                hint="Accounts that mail systems keep for themselves. * stands for any characters."
                value=draft.exclude
                rows=2
            />
            <div class="pair">
                <TextField name="domains" label="Domains that belong here" hint=domains_hint value=draft.domains/>
                <BatchField id=id draft=draft/>
            </div>
        </section>
    }
}

#[component]
fn BatchField(id: ProjectId, draft: Draft) -> impl IntoView {
    let batches = load(move || api::batches(id));
    let field = browser::unique_id();
    let hint = format!("{field}-hint");
    let options = move || {
        let rows = batches.get().unwrap_or_default();
        let option = |row: shared::batch::BatchRow| {
            let this = row.id;
            view! {
                <option value=this.to_string() prop:selected=move || draft.batch.get() == Some(this)>
                    {row.settings.name}
                </option>
            }
        };
        rows.into_iter().map(option).collect_view()
    };
    view! {
        <div class="field">
            <label for=field.clone()>"Batch"</label>
            <select
                class="input"
                id=field
                name="batch"
                aria-describedby=hint.clone()
                on:change:target=move |event| draft.batch.set(event.target().value().parse().ok())
            >
                <option value="">"None"</option>
                {options}
            </select>
            <p class="hint" id=hint>"The wave that the mailboxes are part of. It can be chosen later."</p>
        </div>
    }
}
