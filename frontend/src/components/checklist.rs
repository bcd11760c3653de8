//! The connection checklist: step by step, what was tried and how it went.

use leptos::prelude::*;
use shared::check::{CheckReport, Step, StepName, StepStatus};

use super::icon::{Icon, IconName};
use crate::view::safe::clean_sentence;

/// The steps so far. Read out as they change, because nobody watches a list while typing.
#[component]
pub(crate) fn Checklist(#[prop(into)] report: Signal<CheckReport>) -> impl IntoView {
    let rows = move || report.get().steps.into_iter().map(row).collect_view();
    view! { <ol class="checklist" role="list" aria-live="polite">{rows}</ol> }
}

fn row(step: Step) -> impl IntoView {
    let (word, said) = match &step.status {
        StepStatus::Waiting => ("waiting", "not begun"),
        StepStatus::Running => ("running", "under way"),
        StepStatus::Passed { .. } => ("passed", "passed"),
        StepStatus::Skipped { .. } => ("skipped", "not needed"),
        StepStatus::Failed { .. } => ("failed", "failed"),
    };
    let sign = match &step.status {
        StepStatus::Waiting => view! { <span class="dot"></span> }.into_any(),
        StepStatus::Running => view! { <span class="spinner"></span> }.into_any(),
        StepStatus::Passed { .. } => view! { <Icon name=IconName::Check/> }.into_any(),
        StepStatus::Skipped { .. } => view! { <Icon name=IconName::Info/> }.into_any(),
        StepStatus::Failed { .. } => view! { <Icon name=IconName::Cross/> }.into_any(),
    };
    let words = match step.status {
        StepStatus::Waiting | StepStatus::Running => ().into_any(),
        StepStatus::Passed { detail } | StepStatus::Skipped { detail } => {
            view! { <p class="step-detail"><bdi>{clean_sentence(&detail)}</bdi></p> }.into_any()
        }
        StepStatus::Failed { cause, detail, advice } => view! {
            <p class="step-cause">{cause.title()}</p>
            <p class="step-detail"><bdi>{clean_sentence(&detail)}</bdi></p>
            <p class="step-advice">{advice}</p>
        }
        .into_any(),
    };
    view! {
        <li class=format!("step step-{word}") data-test=test_name(step.name) data-status=word>
            <span class="step-sign" aria-hidden="true">{sign}</span>
            <div>
                <p class="step-title">{step.name.title()}<span class="unseen">{format!(": {said}")}</span></p>
                {words}
            </div>
        </li>
    }
}

const fn test_name(name: StepName) -> &'static str {
    match name {
        StepName::Dns => "step-dns",
        StepName::Tcp => "step-tcp",
        StepName::Tls => "step-tls",
        StepName::Greeting => "step-greeting",
        StepName::Login => "step-login",
        StepName::Capabilities => "step-capabilities",
        StepName::Namespace => "step-namespace",
        StepName::Quota => "step-quota",
    }
}
