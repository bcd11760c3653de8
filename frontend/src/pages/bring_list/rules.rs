//! Rules for a list: names, who is left out, merges, domains, and the batch.

use leptos::prelude::*;
use shared::id::ProjectId;

use super::{draft::Draft, preview::Preview};
use crate::{
    api, browser,
    components::{BatchSelect, LinesField, TextField},
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
    let rows = Signal::derive(move || batches.get().unwrap_or_default());
    view! {
        <div class="field">
            <label for=field.clone()>"Batch"</label>
            <BatchSelect batches=rows value=draft.batch none="None" id=field described_by=hint.clone()/>
            <p class="hint" id=hint>"The batch that the mailboxes are put into. It can be chosen later."</p>
        </div>
    }
}
