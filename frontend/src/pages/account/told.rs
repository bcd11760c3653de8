//! What one is told by mail.

use leptos::prelude::*;
use shared::notify::{NotifyChoice, Occasion};

use crate::{
    api, browser,
    components::{Form, Notices, Submission, Submit, TextField},
    load::load,
};

/// The section of the account page.
#[component]
pub(super) fn Told() -> impl IntoView {
    let choice = load(api::notify_choice);
    view! {
        <section class="card narrow" aria-labelledby="told-title">
            <h2 id="told-title">"Notifications"</h2>
            {choice.view(|choice| view! { <Choose choice=choice/> }.into_any())}
        </section>
    }
}

#[component]
fn Choose(choice: NotifyChoice) -> impl IntoView {
    let notices = Notices::here();
    let address = RwSignal::new(choice.address.unwrap_or_default());
    let occasions = RwSignal::new(choice.occasions);
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let address = Some(address.get_untracked()).filter(|address| !address.trim().is_empty());
        let form = NotifyChoice { address, occasions: occasions.get_untracked() };
        submission.send(async move { api::choose_notify(&form).await }, move |_| {
            notices.say("Kept what you are told.");
        });
    });
    let boxes = Occasion::ALL.map(|occasion| {
        let id = browser::unique_id();
        let turn = move |_| {
            occasions.update(|chosen| match chosen.iter().position(|own| *own == occasion) {
                Some(at) => {
                    chosen.remove(at);
                }
                None => chosen.push(occasion),
            });
        };
        view! {
            <div class="radio">
                <input
                    type="checkbox"
                    id=id.clone()
                    name="occasions"
                    value=occasion.word()
                    prop:checked=move || occasions.with(|chosen| chosen.contains(&occasion))
                    on:change=turn
                />
                <label for=id>{occasion.title()}</label>
            </div>
        }
    });
    view! {
        <Form submission=submission on_submit=submit test="told-form">
            <TextField
                name="address"
                label="Mail address"
                value=address
                hint="Empty: no mail. Of one cause you get one mail an hour at most."
                autocomplete="email"
            />
            <fieldset class="radios"><legend>"Tell me when"</legend>{boxes.collect_view()}</fieldset>
            <Submit text="Save" test="save-told"/>
        </Form>
    }
}
