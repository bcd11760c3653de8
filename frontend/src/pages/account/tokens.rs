//! One's own API tokens: made, shown once, revoked.

use leptos::prelude::*;
use shared::token::{MadeToken, NewToken, Scope, TOKEN_DAYS, TOKEN_DAYS_MAX, TokenRow};

use crate::{
    api,
    components::{
        Choice, Form, NewTokenShown, Notices, NumberField, RadioField, Submission, Submit, TextField,
        TokenTable,
    },
    load::{Loading, load},
    session::Session,
};

/// The section of the account page.
#[component]
pub(super) fn Tokens() -> impl IntoView {
    let tokens = load(api::tokens);
    let made = RwSignal::new(None::<MadeToken>);
    let done = Callback::new(move |()| made.set(None));
    let face = move || match made.get() {
        Some(token) => view! { <NewTokenShown made=token on_done=done/> }.into_any(),
        None => view! { <Make made=made tokens=tokens/> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="tokens-title">
            <h2 id="tokens-title">"API tokens"</h2>
            <p class="hint">"Programs and the command line log in with a token. It never may more than you."</p>
            {tokens.view(move |rows| list(rows, tokens))}
            {face}
        </section>
    }
}

fn list(rows: Vec<TokenRow>, tokens: Loading<Vec<TokenRow>>) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="faint">"You have no token."</p> }.into_any();
    }
    view! { <TokenTable rows=rows on_revoke=revoker(tokens)/> }.into_any()
}

/// Revokes, says so, and reads the list again.
pub(crate) fn revoker(tokens: Loading<Vec<TokenRow>>) -> Callback<TokenRow> {
    let notices = Notices::here();
    let sending = Submission::new();
    Callback::new(move |row: TokenRow| {
        sending.send_or(
            async move { api::revoke_token(row.id).await },
            move |_| {
                notices.say("The token was revoked.");
                tokens.again();
            },
            move |failure| notices.fail(&failure),
        );
    })
}

#[component]
fn Make(made: RwSignal<Option<MadeToken>>, tokens: Loading<Vec<TokenRow>>) -> impl IntoView {
    let session = Session::here();
    let (name, days) = (RwSignal::new(String::new()), RwSignal::new(TOKEN_DAYS.to_string()));
    let scope = RwSignal::new(Scope::Read);
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        // What is no number is refused by the server, beside the field.
        let days = Some(days.get_untracked().trim().parse().unwrap_or(0));
        let form = NewToken { name: name.get_untracked(), scope: scope.get_untracked(), days };
        submission.send(async move { api::create_token(&form).await }, move |token| {
            made.set(Some(token));
            tokens.again();
        });
    });
    let mine = move |scope: &Scope| untrack(move || session.may(scope.role()));
    let choices: Vec<_> = Scope::ALL
        .into_iter()
        .filter(mine)
        .map(|scope| Choice {
            value: scope,
            word: scope.word(),
            title: scope.title(),
            explained: scope.explained(),
        })
        .collect();
    view! {
        <h3>"Make a token"</h3>
        <Form submission=submission on_submit=submit test="token-form">
            <TextField name="name" label="What it is for" value=name/>
            <RadioField name="scope" legend="What it may do" value=scope choices=choices/>
            <NumberField name="days" label="Days until it ends" value=days hint=format!("1 to {TOKEN_DAYS_MAX}.")/>
            <Submit text="Make token" test="make-token"/>
        </Form>
    }
}
