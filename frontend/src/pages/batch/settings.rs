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
    let seen = RwSignal::new(version);
    let save = Callback::new(move |form: BatchForm| {
        let from = seen.get_untracked();
        submission.send(async move { api::change_batch(id, &from, &form).await }, move |saved| {
            // The form stays open: the next change is made from what was saved now.
            seen.set(saved.version);
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
            <BatchFields draft=BatchDraft::of(&settings) submission=submission on_save=save save="Save settings"/>
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
