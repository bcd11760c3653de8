//! Short words in a coloured shape: states, verdicts, ends of passes.

use leptos::prelude::*;
use shared::{job::JobState, report::Verdict};

use crate::view::words::{Tone, state_tone, state_word, verdict_tone};

/// A word with its tone. The dot's form differs by tone, so that colour is never alone.
#[component]
pub(crate) fn Badge(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    view! { <span class=format!("badge {}", tone.class())>{text}</span> }
}

/// Where a job stands.
#[component]
pub(crate) fn StateBadge(#[prop(into)] state: Signal<JobState>) -> impl IntoView {
    view! {
        <span
            class=move || format!("badge {}", state_tone(state.get()).class())
            data-test="job-state"
            data-state=move || state_word(state.get())
        >
            {move || state.get().title()}
        </span>
    }
}

/// The validator's judgement; a dash while there is none.
#[component]
pub(crate) fn VerdictBadge(#[prop(into)] verdict: Signal<Option<Verdict>>) -> impl IntoView {
    move || match verdict.get() {
        Some(verdict) => {
            let class = format!("badge {}", verdict_tone(verdict).class());
            view! { <span class=class data-test="verdict">{verdict.title()}</span> }.into_any()
        }
        None => view! { <span class="faint" aria-label="not verified yet">"–"</span> }.into_any(),
    }
}
