//! The plan of a dry run: what a pass would do, folder by folder.

use leptos::prelude::*;
use shared::{
    finding::Finding,
    plan::{PlanView, PlannedFolder},
};

use super::{badge::Badge, findings::FindingTable};
use crate::view::{
    amount::{bytes, counted},
    locale::count,
    safe::clean,
    words::Tone,
};

/// The plan.
#[component]
pub(crate) fn PlanTable(plan: PlanView) -> impl IntoView {
    let PlanView { folders, findings } = plan;
    let sum = |of: fn(&PlannedFolder) -> u64| folders.iter().map(of).sum::<u64>();
    let (copy, size, create) = (
        sum(|folder| folder.copy),
        sum(|folder| folder.copy_bytes),
        folders.iter().filter(|folder| folder.create).count() as u64,
    );
    let summary = format!(
        "Would copy {} ({}) and create {}. Nothing was written.",
        counted(copy, "message", "messages"),
        bytes(size),
        counted(create, "folder", "folders")
    );
    let rows: Vec<_> = folders.into_iter().map(row).collect();
    let (by_rule, others): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| finding.cause.is_by_rule());
    let table = |title: &'static str, findings: Vec<Finding>| {
        (!findings.is_empty()).then(|| {
            view! {
                <h3>{title}</h3>
                <FindingTable label=title findings=findings/>
            }
        })
    };
    let notes = (table("To know beforehand", others), table("Left out by the project's rules", by_rule));
    view! {
        <div class="plan" data-test="plan">
            <p>{summary}</p>
            <div class="table-box tall" tabindex="0" role="region" aria-label="Plan">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Folder"</th>
                            <th scope="col">"On the target"</th>
                            <th scope="col" class="number">"On the source"</th>
                            <th scope="col" class="number">"To copy"</th>
                            <th scope="col" class="number">"Size"</th>
                            <th scope="col" class="number">"Copied already"</th>
                            <th scope="col" class="number">"Left out"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {notes}
        </div>
    }
}

fn row(folder: PlannedFolder) -> impl IntoView {
    let target = if folder.target == folder.source {
        view! { <span class="faint">"Same name"</span> }.into_any()
    } else {
        view! { <bdi>{clean(&folder.target.to_string())}</bdi> }.into_any()
    };
    let create = folder.create.then(|| view! { " " <Badge tone=Tone::Plain text="New"/> });
    view! {
        <tr>
            <th scope="row"><bdi>{clean(&folder.source.to_string())}</bdi></th>
            <td>{target}{create}</td>
            <td class="number">{count(folder.items)}</td>
            <td class="number">{count(folder.copy)}</td>
            <td class="number">{bytes(folder.copy_bytes)}</td>
            <td class="number">{count(folder.done)}</td>
            <td class="number">{count(folder.skip)}</td>
        </tr>
    }
}
