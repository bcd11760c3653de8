//! The tables of a report.

use leptos::prelude::*;
use shared::{
    finding::{CauseCount, Finding},
    report::{ReportFolder, Tally, Totals},
};

use super::nothing;
use crate::{
    components::{CauseGroup, FindingTable, Tile},
    view::{
        amount::{bytes, counted},
        locale::count,
        safe::clean,
    },
};

/// How many findings of a cause are drawn: all of them are in the files.
const MOST: usize = 500;

#[component]
pub(super) fn TotalsOf(totals: Totals) -> impl IntoView {
    view! {
        <dl class="tiles">
            <Tile label="On the source" value=count(totals.source_items) note=bytes(totals.source_bytes)/>
            <Tile label="On the target" value=count(totals.target_items) note=bytes(totals.target_bytes)/>
            {Tally::ALL.map(|tally| view! {
                <Tile label=tally.title() value=count(tally.of(&totals)) note=tally.meaning()/>
            }).collect_view()}
        </dl>
    }
}

#[component]
pub(super) fn CausesOf(causes: Vec<CauseCount>, findings: Vec<Finding>) -> impl IntoView {
    if causes.is_empty() {
        return nothing("Nothing to report: no differences, no exceptions.");
    }
    let findings = StoredValue::new(findings);
    let groups: Vec<_> = causes
        .into_iter()
        .map(|group| {
            let cause = group.cause;
            let rest = group.count.saturating_sub(MOST as u64);
            let mine = move || {
                findings.with_value(|findings| {
                    findings
                        .iter()
                        .filter(|finding| finding.cause == cause)
                        .take(MOST)
                        .cloned()
                        .collect::<Vec<_>>()
                })
            };
            let more = (rest > 0)
                .then(|| format!("And {} in the downloaded report.", counted(rest, "more", "more")));
            let more = StoredValue::new(more);
            view! {
                <CauseGroup group=Signal::stored(group)>
                    <FindingTable label=cause.title() findings=mine()/>
                    {more.get_value().map(|more| view! { <p class="hint">{more}</p> })}
                </CauseGroup>
            }
        })
        .collect();
    view! { <div>{groups}</div> }.into_any()
}

#[component]
pub(super) fn FoldersOf(folders: Vec<ReportFolder>) -> impl IntoView {
    let rows: Vec<_> = folders.into_iter().map(row).collect();
    view! {
        <div class="table-box tall" tabindex="0" role="region" aria-label="Folders">
            <table class="table" data-test="report-folders">
                <thead>
                    <tr>
                        <th scope="col">"Folder"</th>
                        <th scope="col" class="number">"Source"</th>
                        <th scope="col" class="number">"Target"</th>
                        {Tally::COLUMNS.map(|tally| view! {
                            <th scope="col" class="number" title=tally.meaning()>{tally.title()}</th>
                        }).collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(folder: ReportFolder) -> impl IntoView {
    let target = (folder.target != folder.source)
        .then(|| view! { <span class="renamed">"→ " <bdi>{clean(&folder.target.to_string())}</bdi></span> });
    let totals = folder.totals;
    let number = |value: u64| view! { <td class="number">{count(value)}</td> };
    let tally = |tally: Tally| {
        let value = tally.of(&totals);
        let class = match (tally, value) {
            (Tally::Altered | Tally::Missing | Tally::Extra, 0) => "number faint",
            (Tally::Altered | Tally::Missing | Tally::Extra, _) => "number strong",
            (Tally::Matched | Tally::Identical | Tally::Differing | Tally::LeftOut, _) => "number",
        };
        view! { <td class=class>{count(value)}</td> }
    };
    view! {
        <tr>
            <th scope="row"><bdi>{clean(&folder.source.to_string())}</bdi> " " {target}</th>
            {number(totals.source_items)}
            {number(totals.target_items)}
            {Tally::COLUMNS.map(tally).collect_view()}
        </tr>
    }
}
