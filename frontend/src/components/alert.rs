//! What interrupts: an alert that is read out at once; and the sign of waiting.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// Something went wrong: what happened and what to do, with room for a way out.
#[component]
pub(crate) fn Alert(
    #[prop(into)] message: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="alert tone-bad" role="alert" tabindex="-1" data-test="alert">
            <Icon name=IconName::Warning/>
            <p>{message}</p>
            {children.map(|children| view! { <div class="alert-actions">{children()}</div> })}
        </div>
    }
}

/// Something is on its way.
#[component]
pub(crate) fn Spinner() -> impl IntoView {
    view! {
        <p class="loading" role="status">
            <span class="spinner" aria-hidden="true"></span>
            "Loading…"
        </p>
    }
}
