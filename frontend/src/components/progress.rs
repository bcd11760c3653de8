//! A bar that fills, with its text for those who do not see it.

use leptos::prelude::*;

use crate::view::{amount::percent, words::Tone};

/// How far something is, from 0 to 1.
#[component]
pub(crate) fn Progress(
    #[prop(into)] fraction: Signal<f64>,
    /// What is under way.
    #[prop(into)]
    label: Signal<String>,
    /// Where it stands, in words.
    #[prop(into)]
    text: Signal<String>,
    #[prop(into)] tone: Signal<Tone>,
) -> impl IntoView {
    let width = move || format!("{:.2}%", fraction.get().clamp(0.0, 1.0) * 100.0);
    view! {
        <div
            class=move || format!("progress {}", tone.get().class())
            role="progressbar"
            aria-label=label
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow=move || percent(fraction.get())
            aria-valuetext=text
        >
            <div class="progress-fill" style:width=width></div>
        </div>
    }
}
