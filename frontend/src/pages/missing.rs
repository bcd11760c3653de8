//! Addresses that lead nowhere.

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::components::{Empty, IconName, PageHead};

/// There is no such page, project or mailbox.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <PageHead title="Not found"/>
        <Empty
            icon=IconName::Info
            title="There is nothing at this address"
            text="It may have been deleted, or the address has a slip of the pen."
        >
            <a class="button primary" href="/">"Go to the projects"</a>
        </Empty>
    }
}

/// A page for the id in the address, made anew when the id changes.
pub(crate) fn with_id<I>(page: impl Fn(I) -> AnyView + Send + 'static) -> AnyView
where
    I: FromStr + Copy + PartialEq + Send + Sync + 'static,
{
    let parameters = use_params_map();
    let id = Memo::new(move |_| parameters.with(|parameters| parameters.get("id")?.parse::<I>().ok()));
    (move || match id.get() {
        Some(id) => page(id),
        None => view! { <NotFound/> }.into_any(),
    })
    .into_any()
}
