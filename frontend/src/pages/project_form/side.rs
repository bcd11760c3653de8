//! One side of a project: where the mail system is, how mailboxes are opened, and a check of both.

use leptos::prelude::*;
use shared::{
    check::Side,
    endpoint::{Compress, Preset, Tls},
};

use super::{
    checks::CheckPanel,
    draft::{Method, SideDraft},
};
use crate::components::{Choice, NumberField, RadioField, SecretField, SelectField, TextField};

/// The fields of a side.
#[component]
pub(super) fn SideFields(draft: SideDraft) -> impl IntoView {
    let names = draft.names();
    let (title, text) = match draft.side {
        Side::Source => ("Source", "The system that is left. It is only ever read."),
        Side::Target => ("Target", "The system that is moved to. Nothing is deleted there."),
    };
    // Another server has another certificate.
    Effect::new(move |before: Option<(String, String)>| {
        let now = (draft.host.get(), draft.port.get());
        if before.is_some_and(|before| before != now) {
            draft.pin.set(None);
        }
        now
    });
    // A port of the admin's own stays.
    let usual_port = Callback::new(move |tls: Tls| {
        let usual = [Tls::Implicit, Tls::Starttls].map(|tls| tls.default_port().to_string());
        if usual.contains(&draft.port.get()) {
            draft.port.set(tls.default_port().to_string());
        }
    });
    let method = draft.method;
    let secret_hint = match draft.stored {
        Some(_) => "One is stored. Leave this empty to keep it.",
        None => "Kept sealed on the server; it is never shown again.",
    };
    let admin = move || {
        method.get().has_admin().then(|| {
            view! {
                <TextField name=names.admin label="Admin's login name" value=draft.admin/>
                {move || {
                    (method.get() == Method::Master).then(|| view! {
                        <TextField
                            name=names.template
                            label="Login name template"
                            value=draft.template
                            hint="{user} stands for the mailbox, {admin} for the admin. Dovecot's usual form is {user}*{admin}."
                            mono=true
                        />
                    })
                }}
                <SecretField name=names.secret label="Admin's password" value=draft.secret hint=secret_hint/>
            }
        })
    };
    view! {
        <section class="card side" aria-label=title>
            <h2>{title}</h2>
            <p class="hint">{text}</p>
            <div class="pair">
                <TextField name=names.host label="IMAP host" value=draft.host/>
                <NumberField name=names.port label="Port" value=draft.port/>
            </div>
            <SelectField name=names.tls label="Security" value=draft.tls choices=protections() on_chosen=usual_port/>
            <SelectField name=names.preset label="Product" value=draft.preset choices=presets() hint="Decides which folder names it takes, how it is written to and which of its own folders stay behind. A connection check shows what it is recognised as."/>
            <SelectField name=names.compress label="Compression" value=draft.compress choices=compressions() hint="Where the server offers COMPRESS=DEFLATE, mail takes about half the bytes on the wire. It helps on a slow line and costs processor time on both sides."/>
            <RadioField name=names.method legend="How mailboxes are opened" value=draft.method choices=methods()/>
            {admin}
            <CheckPanel draft=draft/>
        </section>
    }
}

fn protections() -> Vec<Choice<Tls>> {
    let choice = |value, word, title| Choice { value, word, title, explained: "" };
    vec![
        choice(Tls::Implicit, "implicit", "TLS from the first byte (port 993)"),
        choice(Tls::Starttls, "starttls", "STARTTLS, required (port 143)"),
        choice(Tls::None, "none", "None: only for a server on this machine"),
    ]
}

fn presets() -> Vec<Choice<Option<Preset>>> {
    let choice = |value, word, title| Choice { value, word, title, explained: "" };
    let all = Preset::ALL.iter().map(|preset| choice(Some(*preset), preset.word(), preset.title()));
    std::iter::once(choice(None, "recognised", "Recognised by its own words")).chain(all).collect()
}

fn compressions() -> Vec<Choice<Compress>> {
    let choice = |compress: &Compress| Choice {
        value: *compress,
        word: compress.word(),
        title: compress.title(),
        explained: "",
    };
    Compress::ALL.iter().map(choice).collect()
}

fn methods() -> Vec<Choice<Method>> {
    let choice = |value, word, title, explained| Choice { value, word, title, explained };
    vec![
        choice(
            Method::Password,
            "password",
            "Each mailbox with its own password",
            "You enter a password for every mailbox. Works with any server.",
        ),
        choice(
            Method::AuthorizationId,
            "authorization-id",
            "An admin logs in for the mailbox",
            "SASL PLAIN with an authorization identity: Zimbra, Carbonio, Cyrus and Dovecot can allow it.",
        ),
        choice(
            Method::Master,
            "master",
            "An admin under a combined name",
            "Such as Dovecot's master users, where the login name is made of mailbox and admin.",
        ),
        choice(
            Method::Token,
            "token",
            "Each mailbox with an access token",
            "OAuth 2.0 by XOAUTH2. Tokens expire, so this suits short runs.",
        ),
    ]
}
