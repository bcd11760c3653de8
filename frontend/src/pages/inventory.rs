//! The inventory of a project before it is moved: what its mailboxes hold, what of it cannot move as it is, whether it fits,
//! and how long it takes.

mod sums;
mod table;

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::{BatchId, ProjectId},
    inventory::{InventoryFormat, ProjectInventory},
    job::{ActionForm, JobAction, JobFilter},
    project::ProjectView,
    selection::Selection,
};

use super::{
    missing::NotFound,
    project::{Part, ProjectTabs},
};
use crate::{
    api, browser,
    components::{BatchSelect, Empty, Icon, IconName, Notices, PageHead, ReadOnly, Submission, crumb},
    load::load,
    session::Session,
    view::amount::counted,
};
use sums::Sums;
use table::InventoryTable;

/// Between two looks.
const FRESH: Duration = Duration::from_secs(5);

/// The page.
#[component]
pub(crate) fn InventoryPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project.view_or(
        |project| view! { <Inventory project=project/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Inventory(project: ProjectView) -> impl IntoView {
    let session = Session::here();
    let id = project.row.id;
    let batch = RwSignal::new(None::<BatchId>);
    let inventory = load(move || {
        let of = batch.get();
        async move { api::inventory(id, of).await.map(|sums| (of, sums)) }
    });
    inventory.keep_fresh(FRESH);
    // A look that failed takes nothing away of what is shown of the same mailboxes: the next one is seconds away.
    let seen = Memo::new(move |before: Option<&Option<(Option<BatchId>, ProjectInventory)>>| {
        let of = batch.get();
        inventory.get().or_else(|| before.cloned().flatten().filter(|(before, _)| *before == of))
    });
    let sums = Memo::new(move |_| seen.with(|seen| seen.as_ref().map(|(_, sums)| sums.clone())));
    let face = Memo::new(move |_| sums.with(|sums| sums.as_ref().map(face)));
    let look = Callback::new(move |()| inventory.again());
    let may = move || session.may(Role::Operator);
    let body = move || {
        match face.get() {
        None => inventory.view(|_| ().into_any()).into_any(),
        Some(Face::NoMailbox) => view! {
            <Empty
                icon=IconName::Inbox
                title="No mailboxes here"
                text="There is nothing to look at: no mailbox was added, or all of them are left out."
            >
                <a class="button" href=format!("/projects/{id}")>"To the mailboxes"</a>
            </Empty>
        }
        .into_any(),
        Some(Face::Nothing) => view! {
            <Empty
                icon=IconName::Info
                title="Nothing looked at yet"
                text="A look at a mailbox logs in on both sides, counts its folders and messages, and writes nothing. Its plan is kept with the mailbox, the sums of all stand here."
            >
                {move || may().then(|| view! { <LookAtAll id=id batch=batch on_done=look/> })}
            </Empty>
        }
        .into_any(),
        Some(Face::Some) => view! {
            <Sums sums=sums/>
            <InventoryTable id=id batch=batch sums=sums/>
        }
        .into_any(),
    }
    };
    let some = move || face.get() == Some(Face::Some);
    let link = move |format: InventoryFormat, label: &'static str| {
        view! {
            <a
                class="button"
                href=move || api::inventory_link(id, batch.get(), format)
                download=""
                rel="external"
                data-test=format!("inventory-{}", format.extension())
            >
                <Icon name=IconName::Download/>
                {label}
            </a>
        }
    };
    let deeds = move || {
        some().then(|| {
            view! {
                {link(InventoryFormat::Csv, "CSV")}
                {link(InventoryFormat::Json, "JSON")}
                {move || may().then(|| view! { <LookAtAll id=id batch=batch on_done=look/> })}
            }
        })
    };
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), format!("/projects/{id}"))];
    view! {
        <PageHead title="Inventory" crumbs=crumbs>{deeds}</PageHead>
        <ReadOnly/>
        <ProjectTabs id=id here=Part::Inventory/>
        <BatchChoice id=id batch=batch/>
        {body}
    }
}

/// What there is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    NoMailbox,
    Nothing,
    Some,
}

fn face(sums: &ProjectInventory) -> Face {
    match (sums.mailboxes, sums.seen + sums.looking) {
        (0, _) => Face::NoMailbox,
        (_, 0) => Face::Nothing,
        (..) => Face::Some,
    }
}

/// Begins a dry run of every mailbox, or of every one of the batch.
#[component]
fn LookAtAll(id: ProjectId, batch: RwSignal<Option<BatchId>>, on_done: Callback<()>) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let look = move |_| {
        let filter = JobFilter { batch: batch.get_untracked(), ..JobFilter::default() };
        let form = ActionForm { action: JobAction::DryRun, selection: Selection::like(filter) };
        sending.send_or(
            async move { api::act_on_project(id, &form).await },
            move |applied| {
                let mailboxes = counted(applied.applied, "mailbox", "mailboxes");
                notices.say(format!(
                    "Looking at {mailboxes}. Those that wait, run or are paused are left alone."
                ));
                on_done.run(());
            },
            move |failure| notices.fail(&failure),
        );
    };
    view! {
        <button type="button" class="button primary" data-test="look-at-all" on:click=look>
            "Look at every mailbox"
        </button>
    }
}

/// Keeps to a batch, where there are any.
#[component]
fn BatchChoice(id: ProjectId, batch: RwSignal<Option<BatchId>>) -> impl IntoView {
    let batches = load(move || api::batches(id));
    let field = browser::unique_id();
    let rows = Signal::derive(move || batches.get().unwrap_or_default());
    let any = Memo::new(move |_| rows.with(|rows| !rows.is_empty()));
    view! {
        <Show when=move || any.get()>
            <div class="assign">
                <label for=field.clone()>"Batch"</label>
                <BatchSelect batches=rows value=batch none="All mailboxes" id=field.clone()/>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::{Face, ProjectInventory, face};

    #[test]
    fn what_was_begun_is_shown_and_nothing_offers_to_begin() {
        let face = |mailboxes, seen, looking| {
            let sums = ProjectInventory { mailboxes, seen, looking, ..super::sums::tests::empty() };
            face(&sums)
        };
        assert_eq!(face(0, 0, 0), Face::NoMailbox);
        assert_eq!(face(3, 0, 0), Face::Nothing);
        assert_eq!((face(3, 0, 1), face(3, 1, 0)), (Face::Some, Face::Some));
    }
}
