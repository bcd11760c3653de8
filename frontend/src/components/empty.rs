//! What a list says while it has nothing to show.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// Says what would be here, and offers the first step.
#[component]
pub(crate) fn Empty(
    icon: IconName,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" data-test="empty">
            <Icon name=icon/>
            <h2>{title}</h2>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
