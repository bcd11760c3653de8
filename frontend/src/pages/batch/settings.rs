//! The settings of a batch, and its removal.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    batch::{BatchForm, BatchView},
    id::{BatchId, ProjectId},
};

use crate::{
    api,
    components::{Confirm, Notices, Submission},
    load::Loading,
    pages::batch_form::{BatchDraft, BatchFields},
    view::merge::merge,
};

/// The form, folded away, and what removes the batch.
#[component]
pub(super) fn BatchSettings(
    batch: Loading<BatchView>,
    id: BatchId,
    project: ProjectId,
    settings: BatchForm,
    /// Of which version these settings are.
    version: String,
    name: Signal<String>,
) -> impl IntoView {
    let notices = Notices::here();
    let navigate = use_navigate();
    let submission = Submission::new();
    // The settings as they were read last, with their version, and what stands in the form.
    let draft = RwSignal::new(BatchDraft::of(&settings));
    let read = StoredValue::new((settings, version));
    let anew = Callback::new(move |()| match draft.get_untracked().form() {
        Ok(typed) => submission.send(async move { api::batch(id).await }, move |newest| {
            let settings = newest.row.settings;
            let merged = read.with_value(|(base, _)| merge(base, &typed, &settings));
            notices.say(merged.told());
            draft.set(BatchDraft::of(merged.form.as_ref().unwrap_or(&settings)));
            read.set_value((settings, newest.version));
        }),
        Err(failure) => submission.fail(failure),
    });
    let save = Callback::new(move |form: BatchForm| {
        let from = read.with_value(|(_, version)| version.clone());
        submission.send(async move { api::change_batch(id, &from, &form).await }, move |saved| {
            // The form stays open: the next change is made from what was saved now.
            read.set_value((saved.row.settings, saved.version));
            notices.say("Settings of the batch saved.");
            batch.again();
        });
    });
    let removing = Submission::new();
    let asking = RwSignal::new(false);
    let remove = Callback::new(move |()| {
        let navigate = navigate.clone();
        removing.send_or(
            async move { api::delete_batch(id).await },
            move |_| {
                notices.say("The batch was removed.");
                navigate(&format!("/projects/{project}/batches"), NavigateOptions::default());
            },
            move |failure| notices.fail(&failure),
        );
    });
    let title = Signal::derive(move || format!("Remove “{}”?", name.get()));
    view! {
        <details class="card settings" data-test="batch-settings">
            <summary>"Settings of the batch"</summary>
            {move || view! {
                <BatchFields draft=draft.get() submission=submission on_save=save save="Save settings" anew=anew/>
            }}
            <button type="button" class="button danger" data-test="delete-batch" on:click=move |_| asking.set(true)>
                "Remove the batch"
            </button>
        </details>
        <Confirm
            title=title
            text="Its mailboxes stay in the project as they are, in no batch. Its checklist is forgotten; what was approved stays in the reports."
            deed="Remove the batch"
            open=asking
            on_confirm=remove
        />
    }
}
