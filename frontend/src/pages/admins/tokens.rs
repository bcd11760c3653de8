//! Everybody's API tokens, for owners.

use leptos::prelude::*;

use crate::{api, components::TokenTable, load::load, pages::account::revoker};

/// The section of the admins page.
#[component]
pub(super) fn AllTokens() -> impl IntoView {
    let tokens = load(api::all_tokens);
    let list = move |rows: Vec<shared::token::TokenRow>| {
        if rows.is_empty() {
            return view! { <p class="faint">"Nobody has a token. Each admin makes their own under their account."</p> }.into_any();
        }
        view! { <TokenTable rows=rows owners=true on_revoke=revoker(tokens)/> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="all-tokens-title">
            <h2 id="all-tokens-title">"API tokens"</h2>
            {tokens.view(list)}
        </section>
    }
}
