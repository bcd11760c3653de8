//! A field of several lines, one thing in each.

use leptos::prelude::*;

use super::field::{Ties, framed};

/// Several lines of text.
#[component]
pub(crate) fn LinesField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    /// How many lines are seen at once.
    #[prop(default = 3)]
    rows: u8,
) -> impl IntoView {
    let ties = Ties::new(name, hint.is_some());
    let (described, invalid) = (ties.clone(), ties.clone());
    let input = view! {
        <textarea
            class="input mono"
            id=ties.id.clone()
            name=name
            rows=rows
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            prop:value=value
            on:input:target=move |event| value.set(event.target().value())
            aria-describedby=move || described.described()
            aria-invalid=move || invalid.invalid()
        ></textarea>
    };
    framed(ties, label, hint.unwrap_or_default(), input.into_any())
}
