//! The history of a job: its passes, newest first, and what each did.

use leptos::prelude::*;
use shared::{
    finding::SeverityCount,
    pass::{PassEnd, PassKind, PassView},
};

use super::{badge::Badge, moment::Ago, plan::PlanTable};
use crate::view::{
    amount::{bytes, counted},
    locale::moment,
    safe::clean_sentence,
    span::between,
    words::{end_title, end_tone, severity_tone},
};

/// Passes, each of which opens.
#[component]
pub(crate) fn PassList(#[prop(into)] passes: Signal<Vec<PassView>>) -> impl IntoView {
    let ids = Memo::new(move |_| passes.with(|passes| passes.iter().map(|pass| pass.id).collect::<Vec<_>>()));
    let row = move |id| {
        // A plan is what a dry run is for: it need not be asked for twice. Once something was done, it is history.
        let open = Memo::new(move |_| {
            passes.with(|passes| {
                passes.first().is_some_and(|pass| pass.id == id && pass.kind == PassKind::DryRun)
            })
        });
        let find = move || passes.with(|passes| passes.iter().find(|pass| pass.id == id).cloned());
        let pass = Memo::new(move |_| find());
        view! { <Pass pass=pass open=open/> }
    };
    view! {
        <div class="passes" data-test="passes">
            <For each=move || ids.get() key=|id| *id children=row/>
        </div>
    }
}

#[component]
fn Pass(pass: Memo<Option<PassView>>, open: Memo<bool>) -> impl IntoView {
    view! {
        <details class="pass" data-test="pass" prop:open=open>
            <summary>{move || pass.get().map(summary)}</summary>
            <div class="pass-body">{move || pass.get().map(body)}</div>
        </details>
    }
}

fn summary(pass: PassView) -> impl IntoView {
    let took = pass.ended.map(|ended| format!("took {}", between(pass.started, ended)));
    let did = match pass.kind {
        PassKind::DryRun | PassKind::Probe => None,
        PassKind::Initial | PassKind::Delta | PassKind::Final => {
            let copied = counted(pass.counts.copied, "message", "messages");
            Some(format!("copied {copied}, {}", bytes(pass.counts.copied_bytes)))
        }
        PassKind::Verify => Some(format!("compared {}", counted(pass.counts.items, "message", "messages"))),
    };
    // It is counted when the pass ends.
    let did = did.filter(|_| pass.ended.is_some());
    view! {
        <span class="pass-kind">{pass.title()}</span>
        <Badge tone=end_tone(pass.end.as_ref()) text=end_title(pass.end.as_ref())/>
        <span class="pass-facts">
            <Ago at=pass.started/>
            {[took, did].into_iter().flatten().map(|fact| view! { <span>{fact}</span> }).collect_view()}
        </span>
    }
}

fn body(pass: PassView) -> impl IntoView {
    let aborted = match pass.end {
        Some(PassEnd::Aborted { cause, message }) => Some(view! {
            <p class="problem"><strong>{cause.title()}</strong>" " {clean_sentence(&message)}</p>
        }),
        Some(PassEnd::Finished | PassEnd::Paused | PassEnd::Cancelled) | None => None,
    };
    let counts = pass.counts;
    let facts = [
        counted(counts.folders, "folder", "folders"),
        format!("{} on the source, {}", counted(counts.items, "message", "messages"), bytes(counts.bytes)),
        format!("{} copied", counted(counts.copied.saturating_sub(counts.adopted), "message", "messages")),
        format!("{} on the target already", counted(counts.adopted, "message", "messages")),
        format!("{} left out", counted(counts.skipped, "message", "messages")),
    ];
    let causes: Vec<_> = pass
        .causes
        .into_iter()
        .flat_map(|cause| {
            let line = |group: SeverityCount| {
                let tone = severity_tone(group.severity);
                let title = cause.title.clone();
                view! { <li>{counted(group.count, "time", "times")} ": " {title} " " <Badge tone=tone text=group.severity.title()/></li> }
            };
            cause.by_severity().map(line).collect::<Vec<_>>()
        })
        .collect();
    let is_plan = pass.plan.is_some();
    let is_counted = pass.ended.is_some() && !is_plan;
    view! {
        <p class="faint">{format!("Began {}", moment(pass.started))}{pass.ended.map(|at| format!(", ended {}", moment(at)))}</p>
        {aborted}
        {is_counted.then(|| view! { <ul class="facts">{facts.map(|fact| view! { <li>{fact}</li> }).collect_view()}</ul> })}
        {(!causes.is_empty() && !is_plan).then(|| view! { <ul>{causes}</ul> })}
        {pass.plan.map(|plan| view! { <PlanTable plan=plan/> })}
    }
}
