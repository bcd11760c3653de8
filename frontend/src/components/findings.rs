//! Findings: by cause with advice, and one by one.

use leptos::prelude::*;
use shared::finding::{CauseCount, Finding, ItemLabel, SeverityCount};

use super::badge::Badge;
use crate::view::{
    amount::bytes,
    locale::{count, moment},
    safe::{clean, clean_sentence},
    words::severity_tone,
};

/// All findings of one cause: what it is, how often, what to do; opened, the findings themselves.
#[component]
pub(crate) fn CauseGroup(#[prop(into)] group: Signal<CauseCount>, children: ChildrenFn) -> impl IntoView {
    let open = RwSignal::new(false);
    let children = StoredValue::new(children);
    // Each with its own severity: beside one message that is not on the target, ten notes are notes.
    let by_severity = Memo::new(move |_| group.with(|group| group.by_severity().collect::<Vec<_>>()));
    let worst = move || by_severity.with(|groups| groups.first().map_or(0, |group| group.count));
    let badges = move || {
        let badge = |(at, group): (usize, SeverityCount)| {
            let text = match at {
                0 => group.severity.title().to_owned(),
                _ => format!("and {} × {}", count(group.count), group.severity.title()),
            };
            view! { <Badge tone=severity_tone(group.severity) text=text/> }
        };
        by_severity.get().into_iter().enumerate().map(badge).collect_view()
    };
    view! {
        <details
            class="cause"
            data-test="cause"
            data-cause=move || group.with(|group| group.cause.id())
            on:toggle:target=move |event| open.set(event.target().open())
        >
            <summary>
                <span class="cause-count">{move || count(worst())}</span>
                <span class="cause-title">{move || group.with(|group| group.title.clone())}</span>
                {badges}
                <span class="cause-advice">{move || group.with(|group| group.advice.clone())}</span>
            </summary>
            <Show when=move || open.get()>{children.with_value(|children| children())}</Show>
        </details>
    }
}

/// Findings one by one.
#[component]
pub(crate) fn FindingTable(
    /// What these findings have in common.
    #[prop(into)]
    label: String,
    #[prop(into)] findings: Signal<Vec<Finding>>,
) -> impl IntoView {
    let rows = move || findings.get().into_iter().map(row).collect_view();
    view! {
        <div class="table-box" tabindex="0" role="region" aria-label=label>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Folder"</th>
                        <th scope="col">"Message"</th>
                        <th scope="col">"Particulars"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(finding: Finding) -> impl IntoView {
    let folder = match &finding.subject.folder {
        Some(folder) => clean(&folder.to_string()),
        None => "The whole mailbox".into(),
    };
    let item = match &finding.subject.item {
        Some(item) => label(item).into_any(),
        None => view! { <span class="faint">"The whole folder"</span> }.into_any(),
    };
    view! {
        <tr data-test="finding">
            <td class="named"><bdi>{folder}</bdi></td>
            <td class="item">{item}</td>
            <td class="words"><bdi>{clean_sentence(&finding.detail)}</bdi></td>
        </tr>
    }
}

fn label(item: &ItemLabel) -> impl IntoView + use<> {
    let received = item.received.map(|at| format!(", received {}", moment(at))).unwrap_or_default();
    let name = item.message_id.as_deref().map(clean);
    view! {
        <span>{format!("No. {} · {}{received}", clean(&item.id), bytes(item.size))}</span>
        {name.map(|name| view! { <br/><span class="mono faint"><bdi>{name}</bdi></span> })}
    }
}
