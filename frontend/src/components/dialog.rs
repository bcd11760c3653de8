//! Dialogs on the browser's own `<dialog>`: it keeps the keyboard inside and gives it back afterwards.

use leptos::{html, prelude::*};

use super::{
    field::TextField,
    icon::{Icon, IconName},
};
use crate::browser;

/// A dialog. Its content is made anew each time it opens.
#[component]
pub(crate) fn Dialog(
    #[prop(into)] title: Signal<String>,
    open: RwSignal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    let id = browser::unique_id();
    let heading = id.clone();
    Effect::new(move |_| {
        let (Some(dialog), open) = (node.get(), open.get()) else { return };
        // One frame later the content is there, and the browser finds the first thing to focus in it.
        request_animation_frame(move || {
            if open && !dialog.open() {
                let _ = dialog.show_modal();
                // Better than the button that closes it, which comes first.
                if let Ok(Some(first)) = dialog.query_selector("form input, form button") {
                    browser::focus(&first);
                }
            } else if !open && dialog.open() {
                dialog.close();
            }
        });
    });
    let children = StoredValue::new(children);
    view! {
        <dialog node_ref=node aria-labelledby=id on:close=move |_| open.set(false)>
            <Show when=move || open.get()>
                <div class="dialog-head">
                    <h2 id=heading.clone()>{title}</h2>
                    <button type="button" class="bare" aria-label="Close" on:click=move |_| open.set(false)>
                        <Icon name=IconName::Cross/>
                    </button>
                </div>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}

/// Asks before something that cannot be undone.
#[component]
pub(crate) fn Confirm(
    #[prop(into)] title: Signal<String>,
    #[prop(into)] text: Signal<String>,
    /// What the button says: the deed, not "OK".
    #[prop(into)]
    deed: Signal<String>,
    /// What has to be typed first.
    #[prop(optional, into)]
    typed: Option<Signal<String>>,
    open: RwSignal<bool>,
    on_confirm: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog title=title open=open>
            {move || {
                let given = RwSignal::new(String::new());
                let ready = move || typed.is_none_or(|typed| typed.get() == given.get());
                let confirm = move |event: leptos::ev::SubmitEvent| {
                    event.prevent_default();
                    if ready() {
                        open.set(false);
                        on_confirm.run(());
                    }
                };
                view! {
                    <form novalidate on:submit=confirm>
                        <p class="dialog-text">{text}</p>
                        {typed.map(|typed| {
                            let label = Signal::derive(move || format!("Type “{}” to confirm", typed.get()));
                            view! { <TextField name="confirm" label=label value=given autocomplete="off"/> }
                        })}
                        <div class="dialog-actions">
                            <button type="button" class="button" on:click=move |_| open.set(false)>"Back"</button>
                            <button type="submit" class="button danger" disabled=move || !ready() data-test="confirm">
                                {deed}
                            </button>
                        </div>
                    </form>
                }
            }}
        </Dialog>
    }
}
