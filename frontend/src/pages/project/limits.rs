//! How much of both systems may be used now, why not more, and logins that are held back.

use leptos::prelude::*;
use shared::{
    auth::Role,
    check::Side,
    id::ProjectId,
    limits::{BreakerView, GateView, HoldView, LoginKey, ResetForm},
};

use crate::{
    api,
    components::{Icon, IconName, Notices, Submission},
    session::Session,
    view::{
        amount::{counted, rate},
        locale::moment,
        safe::clean_sentence,
    },
};

/// A line for each side; more where a server asked for patience or refused a login.
#[component]
pub(super) fn Limits(id: ProjectId, gates: Memo<Vec<GateView>>) -> impl IntoView {
    let rows = move || gates.get().into_iter().map(|gate| view! { <Gate id=id gate=gate/> }).collect_view();
    view! {
        <Show when=move || gates.with(|gates| !gates.is_empty())>
            <section class="card" aria-label="Limits now" data-test="limits">
                <dl class="pairs">{rows}</dl>
            </section>
        </Show>
    }
}

#[component]
fn Gate(id: ProjectId, gate: GateView) -> impl IntoView {
    let name = match gate.side {
        Side::Source => "Source",
        Side::Target => "Target",
    };
    let note = |text: String| {
        view! { <p class="note tone-warning"><Icon name=IconName::Clock/><span>{clean_sentence(&text)}</span></p> }
    };
    let held = gate.held.as_ref().map(|held| note(held_words(held)));
    let reduced =
        gate.reduced.as_ref().filter(|_| gate.held.is_none()).map(|reduced| {
            note(format!("Fewer connections until {}: {}", moment(reduced.until), reduced.why))
        });
    let side = gate.side;
    let breakers = gate.breakers.clone().into_iter();
    let breakers =
        breakers.map(|breaker| view! { <Breaker id=id side=side breaker=breaker/> }).collect_view();
    view! {
        <div data-test=format!("limits-{}", side.title())>
            <dt>{name}</dt>
            <dd>
                <p>{use_words(&gate)}</p>
                {held}
                {reduced}
                {breakers}
            </dd>
        </div>
    }
}

/// "3 of 8 connections in use, 2 mailboxes wait".
fn use_words(gate: &GateView) -> String {
    let mut words = format!("{} of {} connections in use", gate.in_use, gate.present);
    if gate.present < gate.configured {
        words.push_str(&format!(" ({} allowed by the settings)", gate.configured));
    }
    if gate.waiting > 0 {
        let verb = if gate.waiting == 1 { "waits" } else { "wait" };
        words.push_str(&format!("; {} {verb}", counted(u64::from(gate.waiting), "mailbox", "mailboxes")));
    }
    if gate.bytes_per_second > 0 || gate.messages_per_second > 0 {
        words.push_str(&format!("; {}", rate(gate.messages_per_second as f64, gate.bytes_per_second as f64)));
    }
    words
}

fn held_words(held: &HoldView) -> String {
    match held.until {
        Some(until) => format!("Held until {}: {}", moment(until), held.why),
        None => format!("Held: {}", held.why),
    }
}

/// Words as they begin a sentence.
fn as_a_sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(rest).collect()
}

/// A login that is not tried any more, with the way to try it again.
#[component]
fn Breaker(id: ProjectId, side: Side, breaker: BreakerView) -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let sending = Submission::new();
    let whose = match &breaker.login {
        LoginKey::Admin(name) => format!("The admin login {name}"),
        LoginKey::Mailbox(name) => format!("The login of {name}"),
    };
    let words = as_a_sentence(&breaker.words);
    let text = format!("{whose} is not tried any more: it was refused twice. {words}");
    let label = format!("Try the login of {} again", breaker.login.name());
    let login = breaker.login;
    let reset = move |_| {
        let form = ResetForm { side, login: login.clone() };
        sending.send_or(
            async move { api::reset_login(id, &form).await },
            move |_| notices.say("The login may be tried again: start the mailbox."),
            move |failure| notices.fail(&failure),
        );
    };
    view! {
        <div class="note tone-bad">
            <Icon name=IconName::Warning/>
            <span>{clean_sentence(&text)}</span>
        </div>
        {session.may(Role::Operator).then(|| view! {
            <button type="button" class="button" aria-label=label data-test="reset-login" on:click=reset>"Try again"</button>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::as_a_sentence;

    #[test]
    fn the_words_of_a_server_begin_a_sentence_of_their_own() {
        assert_eq!(as_a_sentence("the server answered: “no”"), "The server answered: “no”");
        assert_eq!(as_a_sentence("ändern"), "Ändern");
        assert_eq!(as_a_sentence(""), "");
    }
}
