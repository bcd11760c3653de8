//! A box to search a list in.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

/// After the last letter, before the list is asked for again.
const TYPING: Duration = Duration::from_millis(250);

/// A box to search in; what stands in it is told when nobody types any more.
#[component]
pub(crate) fn SearchField(
    /// What is looked for, in words.
    label: &'static str,
    #[prop(into)] text: Signal<String>,
    on_search: Callback<String>,
) -> impl IntoView {
    let waiting = StoredValue::new_local(None::<TimeoutHandle>);
    let stop_waiting = move || {
        if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
    };
    on_cleanup(stop_waiting);
    let search = move |typed: String| {
        stop_waiting();
        waiting.set_value(set_timeout_with_handle(move || on_search.run(typed), TYPING).ok());
    };
    view! {
        <input
            class="input search"
            type="search"
            name="search"
            aria-label=label
            placeholder=label
            autocomplete="off"
            maxlength="200"
            prop:value=text
            on:input:target=move |event| search(event.target().value())
        />
    }
}
