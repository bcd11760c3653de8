//! One number that matters, with its name.

use leptos::prelude::*;

/// A number and what it counts.
#[component]
pub(crate) fn Tile(
    #[prop(into)] label: String,
    #[prop(into)] value: Signal<String>,
    #[prop(optional, into)] note: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="tile">
            <dt>{label}</dt>
            <dd>
                <span class="tile-value">{value}</span>
                {move || Some(note.get()).filter(|note| !note.is_empty()).map(|note| view! { <span class="tile-note">{note}</span> })}
            </dd>
        </div>
    }
}
