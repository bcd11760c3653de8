//! How far the cutovers of a project's batches are.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    batch::BatchView,
    cutover::{Step, StepState},
    id::ProjectId,
    project::ProjectView,
};

use super::{
    batches::drift,
    missing::NotFound,
    project::{Part, ProjectTabs},
};
use crate::{
    api,
    components::{Empty, Icon, IconName, PageHead, crumb},
    load::load,
};

/// Between two looks.
const FRESH: Duration = Duration::from_secs(5);

/// The page.
#[component]
pub(crate) fn CutoversPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project.view_or(
        |project| view! { <Cutovers project=project/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Cutovers(project: ProjectView) -> impl IntoView {
    let id = project.row.id;
    let batches = load(move || api::cutovers(id));
    batches.keep_fresh(FRESH);
    let rows = Memo::new(move |_| batches.get());
    let any = Memo::new(move |_| rows.with(|rows| rows.as_ref().map(|rows| !rows.is_empty())));
    let body = move || {
        match any.get() {
        None => batches.view(|_| ().into_any()).into_any(),
        Some(false) => view! {
            <Empty
                icon=IconName::Projects
                title="Nothing to cut over yet"
                text="Batches are cut over: make one, put mailboxes into it, and go by its checklist when they are moved."
            >
                <a class="button" href=format!("/projects/{id}/batches")>"Batches"</a>
            </Empty>
        }
        .into_any(),
        Some(true) => view! {
            <div class="table-box" tabindex="0" role="region" aria-label="Cutovers">
                <table class="table" data-test="cutovers">
                    <thead>
                        <tr>
                            <th scope="col">"Batch"</th>
                            {Step::ALL.map(|step| view! { <th scope="col">{short(step)}</th> }).collect_view()}
                            <th scope="col">"Changes on the source"</th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().unwrap_or_default().into_iter().map(line).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any(),
    }
    };
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), format!("/projects/{id}"))];
    view! {
        <PageHead title="Cutover" crumbs=crumbs/>
        <ProjectTabs id=id here=Part::Cutover/>
        {body}
    }
}

fn line(view: BatchView) -> impl IntoView {
    let cells = view.steps.into_iter().map(|step| {
        let sign = match step.state {
            StepState::Done => {
                view! { <Icon name=IconName::Check/> <span class="unseen">"done"</span> }.into_any()
            }
            StepState::Open => view! { "to do" }.into_any(),
            StepState::Locked => view! { <span aria-label="another step comes first">"–"</span> }.into_any(),
        };
        view! { <td>{sign}</td> }
    });
    view! {
        <tr data-test="cutover-row">
            <th scope="row"><a href=format!("/batches/{}#cutover", view.row.id)><bdi>{view.row.settings.name.clone()}</bdi></a></th>
            {cells.collect_view()}
            <td>{drift(view.row.drift)}</td>
        </tr>
    }
}

const fn short(step: Step) -> &'static str {
    match step {
        Step::Ttl => "TTL",
        Step::Mx => "MX",
        Step::Freeze => "Frozen",
        Step::LastDelta => "Final pass",
        Step::Verify => "Compared",
        Step::Approve => "Approved",
        Step::Done => "Done",
    }
}
