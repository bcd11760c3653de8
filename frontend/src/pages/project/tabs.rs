//! The parts of a project, a link to each.

use leptos::prelude::*;
use shared::id::ProjectId;

/// A part of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Mailboxes,
    Inventory,
    Batches,
    Errors,
    Cutover,
}

impl Part {
    const ALL: [Self; 5] = [Self::Mailboxes, Self::Inventory, Self::Batches, Self::Errors, Self::Cutover];

    const fn title(self) -> &'static str {
        match self {
            Self::Mailboxes => "Mailboxes",
            Self::Inventory => "Inventory",
            Self::Batches => "Batches",
            Self::Errors => "Errors",
            Self::Cutover => "Cutover",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Mailboxes => "mailboxes",
            Self::Inventory => "inventory",
            Self::Batches => "batches",
            Self::Errors => "errors",
            Self::Cutover => "cutover",
        }
    }

    fn link(self, id: ProjectId) -> String {
        match self {
            Self::Mailboxes => format!("/projects/{id}"),
            Self::Inventory | Self::Batches | Self::Errors | Self::Cutover => {
                format!("/projects/{id}/{}", self.word())
            }
        }
    }
}

/// The links; the one that leads here is marked.
#[component]
pub(crate) fn ProjectTabs(id: ProjectId, here: Part) -> impl IntoView {
    let link = |part: Part| {
        view! {
            <a
                href=part.link(id)
                aria-current=(part == here).then_some("page")
                data-test=format!("tab-{}", part.word())
            >
                {part.title()}
            </a>
        }
    };
    view! { <nav class="tabs" aria-label="Parts of the project">{Part::ALL.map(link).collect_view()}</nav> }
}
