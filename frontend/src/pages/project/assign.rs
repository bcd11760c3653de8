//! Puts mailboxes into a batch.

use leptos::prelude::*;
use shared::{
    batch::AssignForm,
    id::{BatchId, ProjectId},
};

use super::table::Ask;
use crate::{
    api, browser,
    components::{BatchSelect, Notices, Submission},
    load::load,
    view::amount::counted,
};

/// A choice of the project's batches, and the button that puts the mailboxes there.
#[component]
pub(super) fn Assign(id: ProjectId, ask: Ask) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let batches = load(move || api::batches(id));
    let chosen = RwSignal::new(None::<BatchId>);
    let field = browser::unique_id();
    let rows = Signal::derive(move || batches.get().unwrap_or_default());
    let put = move |_| {
        let form = AssignForm { batch: chosen.get_untracked(), selection: ask.selection() };
        let taken_out = form.batch.is_none();
        sending.send_or(
            async move { api::assign(id, &form).await },
            move |applied| {
                let mailboxes = counted(applied.applied, "mailbox", "mailboxes");
                let what = if taken_out { "Taken out of their batch" } else { "Put into the batch" };
                notices.say(format!("{what}: {mailboxes}."));
                ask.picked.update(|picked| picked.clear());
            },
            move |failure| notices.fail(&failure),
        );
    };
    view! {
        <div class="assign">
            <label for=field.clone()>"Batch"</label>
            <BatchSelect batches=rows value=chosen none="None" id=field/>
            <button type="button" class="button" data-test="assign" on:click=put>"Put into it"</button>
        </div>
    }
}
