//! API tokens in a table, and a new one shown for the only time.

use leptos::prelude::*;
use shared::token::{MadeToken, TokenRow};

use super::{
    badge::Badge,
    dialog::Confirm,
    icon::{Icon, IconName},
    moment::{Ago, Clock},
};
use crate::view::{locale, safe::clean, words::Tone};

/// Tokens, each with a button that revokes it. `owners`: whose they are is told too.
#[component]
pub(crate) fn TokenTable(
    rows: Vec<TokenRow>,
    #[prop(optional)] owners: bool,
    on_revoke: Callback<TokenRow>,
) -> impl IntoView {
    let rows: Vec<_> =
        rows.into_iter().map(|row| view! { <Row row=row owners=owners on_revoke=on_revoke/> }).collect();
    view! {
        <div class="table-box" tabindex="0" role="region" aria-label="API tokens">
            <table class="table" data-test="tokens">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        {owners.then(|| view! { <th scope="col">"Admin"</th> })}
                        <th scope="col">"May"</th>
                        <th scope="col">"Ends"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(row: TokenRow, owners: bool, on_revoke: Callback<TokenRow>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let asking = RwSignal::new(false);
    let name = clean(&row.name);
    let expires = row.expires;
    let ends = move || {
        if expires <= clock.now() {
            view! { <Badge tone=Tone::Plain text="Expired"/> }.into_any()
        } else {
            view! { <time datetime=expires.to_string()>{locale::moment(expires)}</time> }.into_any()
        }
    };
    let used = match row.last_used {
        Some(at) => view! { <Ago at=at/> }.into_any(),
        None => view! { <span class="faint">"Never"</span> }.into_any(),
    };
    let title = format!("Revoke {name}?");
    let whose = owners.then(|| view! { <td><bdi>{clean(&row.admin_name)}</bdi></td> });
    let scope = row.scope;
    let stored = StoredValue::new(row);
    let revoke = Callback::new(move |()| on_revoke.run(stored.get_value()));
    view! {
        <tr data-test="token-row">
            <th scope="row"><bdi>{name.clone()}</bdi></th>
            {whose}
            <td><span title=scope.explained()>{scope.title()}</span></td>
            <td class="nowrap">{ends}</td>
            <td class="nowrap">{used}</td>
            <td>
                <div class="row-actions">
                    <button type="button" class="button small danger" data-test="revoke-token" on:click=move |_| asking.set(true)>
                        "Revoke" <span class="unseen">{format!(" {name}")}</span>
                    </button>
                </div>
                <Confirm
                    title=title
                    text="Programs that use this token are refused from now on, and so are tokens that were made with it."
                    deed="Revoke token"
                    open=asking
                    on_confirm=revoke
                />
            </td>
        </tr>
    }
}

/// A token that was just made. Nobody can show it again.
#[component]
pub(crate) fn NewTokenShown(made: MadeToken, on_done: Callback<()>) -> impl IntoView {
    view! {
        <div class="shown-once" data-test="token-made">
            <p>
                <Icon name=IconName::Check/>
                " "
                "Keep it now: it is shown this once."
            </p>
            <p><code class="token" tabindex="0" data-test="token">{made.token}</code></p>
            <p class="hint">
                "Programs send it as " <code>"Authorization: Bearer …"</code>
                "; the command line takes it from " <code>"--token-file"</code> "."
            </p>
            <button type="button" class="button" data-test="token-done" on:click=move |_| on_done.run(())>"I have kept it"</button>
        </div>
    }
}
