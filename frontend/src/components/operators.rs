//! What only operators and owners may do: others are told at once, not when they send it.

use leptos::prelude::*;
use shared::auth::Role;

use super::{Empty, IconName};
use crate::session::Session;

/// What is said to who may change nothing.
const READS_ONLY: &str = "You may read everything here, and change nothing.";

/// One quiet line where a page is worth reading without its buttons: why there are none, and whom to ask.
#[component]
pub(crate) fn ReadOnly() -> impl IntoView {
    let session = Session::here();
    let reads_only = Memo::new(move |_| !session.may(Role::Operator));
    view! {
        <Show when=move || reads_only.get()>
            <p class="hint" data-test="read-only">
                {READS_ONLY} " Ask an operator or an owner for what is to be done, or to give you another role."
            </p>
        </Show>
    }
}

/// Shows its children to whoever may change things; tells everybody else why not, and whom to ask. `doing` is what they do
/// here ("add mailboxes"), `asked` what to ask for ("add the mailbox"). What was typed stays when anything else of the
/// session changes.
#[component]
pub(crate) fn Operators(doing: &'static str, asked: &'static str, children: ChildrenFn) -> impl IntoView {
    let session = Session::here();
    let may = Memo::new(move |_| session.may(Role::Operator));
    move || match may.get() {
        true => children().into_any(),
        false => {
            let title = format!("Only operators and owners {doing}");
            let text =
                format!("{READS_ONLY} Ask an operator or an owner to {asked}, or to give you another role.");
            view! { <Empty icon=IconName::Info title=title text=text/> }.into_any()
        }
    }
}
