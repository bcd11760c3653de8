//! How this installation tells: a mail server, a webhook, and a test of both. For owners.

use leptos::prelude::*;
use shared::{
    endpoint::Tls,
    notify::{MailServer, NotifyForm, NotifySettings, NotifyView},
};

use crate::{
    api,
    components::{
        Choice, Form, Notices, NumberField, SecretField, SelectField, Submission, Submit, TextField,
    },
    load::load,
};

/// The section of the admins page.
#[component]
pub(super) fn NotifySection() -> impl IntoView {
    let settings = load(api::notify);
    view! {
        <section class="card narrow" aria-labelledby="notify-title">
            <h2 id="notify-title">"Notifications"</h2>
            <p class="hint">"Each admin chooses under their account what they are told by mail. The webhook gets everything."</p>
            {settings.view(|view| view! { <Settings view=view/> }.into_any())}
        </section>
    }
}

#[component]
fn Settings(view: NotifyView) -> impl IntoView {
    let notices = Notices::here();
    let mail = view.settings.mail;
    let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
    let host = text(mail.as_ref().map(|mail| mail.host.clone()));
    let port = RwSignal::new(mail.as_ref().map_or(587, |mail| mail.port).to_string());
    let tls = RwSignal::new(mail.as_ref().map_or(Tls::Starttls, |mail| mail.tls));
    let user = text(mail.as_ref().and_then(|mail| mail.user.clone()));
    let from = text(mail.map(|mail| mail.from));
    let webhook = text(view.settings.webhook);
    let days = text(view.settings.reminder_days.map(|days| days.to_string()));
    let (mail_secret, webhook_secret) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let submission = Submission::new();
    let given =
        |text: RwSignal<String>| Some(text.get_untracked().trim().to_owned()).filter(|text| !text.is_empty());
    let submit = Callback::new(move |()| {
        let mail = given(host).map(|host| MailServer {
            host,
            port: port.get_untracked().trim().parse().unwrap_or(0),
            tls: tls.get_untracked(),
            user: given(user),
            from: from.get_untracked().trim().to_owned(),
        });
        // What is no number is refused by the server, beside the field.
        let reminder_days = given(days).map(|days| days.parse().unwrap_or(0));
        let form = NotifyForm {
            settings: NotifySettings { mail, webhook: given(webhook), reminder_days },
            mail_secret: given(mail_secret),
            webhook_secret: given(webhook_secret),
        };
        submission.send(async move { api::change_notify(&form).await }, move |_| {
            mail_secret.set(String::new());
            webhook_secret.set(String::new());
            notices.say("Notifications saved.");
        });
    });
    let sending = Submission::new();
    let told = RwSignal::new(None);
    let test = move |_| {
        sending.send_or(
            api::test_notify(),
            move |result| told.set(Some(result)),
            move |failure| notices.fail(&failure),
        );
    };
    let ways = [
        (Tls::Starttls, "starttls", "STARTTLS"),
        (Tls::Implicit, "implicit", "Implicit TLS"),
        (Tls::None, "none", "Clear text, to this machine only"),
    ];
    let ways = ways.map(|(value, word, title)| Choice { value, word, title, explained: "" }).to_vec();
    let kept = |is: bool| if is { "Stored. Leave it empty to keep it." } else { "Not stored." };
    view! {
        <Form submission=submission on_submit=submit test="notify-form">
            <TextField name="settings.mail.host" label="Mail server" value=host hint="Empty: no mail is sent."/>
            <NumberField name="settings.mail.port" label="Port" value=port/>
            <SelectField name="settings.mail.tls" label="Protected by" value=tls choices=ways/>
            <TextField name="settings.mail.user" label="Login name" value=user hint="Empty: no login."/>
            <SecretField name="mail_secret" label="Password" value=mail_secret hint=kept(view.mail_has_secret)/>
            <TextField name="settings.mail.from" label="Sender's address" value=from/>
            <TextField name="settings.webhook" label="Webhook" value=webhook hint="An https:// address; empty: none."/>
            <SecretField name="webhook_secret" label="Secret that signs webhooks" value=webhook_secret hint=kept(view.webhook_has_secret)/>
            <NumberField name="settings.reminder_days" label="Days until credentials of finished projects are recalled" value=days hint="Empty: 14."/>
            <div class="dialog-actions">
                <button type="button" class="button" data-test="test-notify" on:click=test>"Send a test"</button>
                <Submit text="Save notifications" test="save-notify"/>
            </div>
        </Form>
        <div role="status" data-test="notify-told">
            {move || told.get().map(|told: shared::notify::NotifyTest| view! {
                <dl class="pairs">
                    <div><dt>"Mail"</dt><dd>{told.mail}</dd></div>
                    <div><dt>"Webhook"</dt><dd>{told.webhook}</dd></div>
                </dl>
            })}
        </div>
    }
}
