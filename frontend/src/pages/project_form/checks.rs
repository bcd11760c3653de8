//! Checking a side's connection, live, step by step.

use std::time::Duration;

use leptos::{ev::KeyboardEvent, prelude::*, task::spawn_local};
use shared::check::{CheckForm, CheckReport, Side};

use super::draft::SideDraft;
use crate::{
    api::{self, http::Failure},
    browser,
    components::{Alert, Badge, Certificate, Checklist, SecretField, TextField},
    view::words::Tone,
};

const POLL: Duration = Duration::from_millis(300);

/// The check of one side: what came of it, and of which settings.
#[derive(Clone, Copy)]
struct Check {
    draft: SideDraft,
    report: RwSignal<Option<CheckReport>>,
    failure: RwSignal<Option<Failure>>,
    checked: RwSignal<Option<CheckForm>>,
    /// A newer check makes an older one stop asking.
    turn: StoredValue<u32>,
}

impl Check {
    fn new(draft: SideDraft) -> Self {
        Self {
            draft,
            report: RwSignal::new(None),
            failure: RwSignal::new(None),
            checked: RwSignal::new(None),
            turn: StoredValue::new(0),
        }
    }

    fn run(self) {
        self.turn.update_value(|turn| *turn += 1);
        let turn = self.turn.get_value();
        let form = match untrack(move || self.draft.check()) {
            Ok(form) => form,
            Err(failure) => return self.failure.set(Some(failure)),
        };
        self.failure.set(None);
        self.report.set(Some(CheckReport::waiting()));
        self.checked.set(Some(form.clone()));
        spawn_local(async move {
            if let Err(failure) = self.follow(turn, &form).await
                && self.turn.try_get_value() == Some(turn)
            {
                self.report.set(None);
                self.failure.set(Some(failure));
            }
        });
    }

    async fn follow(self, turn: u32, form: &CheckForm) -> Result<(), Failure> {
        let started = api::start_check(form).await?;
        loop {
            let report = api::check(&started.id).await?;
            let done = report.done;
            if self.turn.try_get_value() != Some(turn) {
                return Ok(());
            }
            self.report.set(Some(report));
            if done {
                return Ok(());
            }
            browser::sleep(POLL).await;
        }
    }

    /// Whether what was checked is no longer what stands in the fields.
    fn is_stale(self) -> bool {
        self.checked.with(|checked| {
            checked.as_ref().is_some_and(|checked| self.draft.check().as_ref() != Ok(checked))
        })
    }

    fn is_running(self) -> bool {
        self.report.with(|report| report.as_ref().is_some_and(|report| !report.done))
    }

    fn trust(self, sha256: String) {
        self.draft.pin.set(Some(sha256));
        self.run();
    }
}

/// The test mailbox, the button, the checklist and the certificate.
#[component]
pub(super) fn CheckPanel(draft: SideDraft) -> impl IntoView {
    let check = Check::new(draft);
    let names = draft.names();
    let (button, list) = match draft.side {
        Side::Source => ("check-source", "checklist-source"),
        Side::Target => ("check-target", "checklist-target"),
    };
    // Enter in these fields means this check, not the whole form.
    let enter = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            check.run();
        }
    };
    let own_secret = move || !draft.method.get().has_admin();
    let trust = Callback::new(move |sha256| check.trust(sha256));
    let unpin = move |_| draft.pin.set(None);
    let label = move || if check.is_running() { "Checking…" } else { "Check connection" };
    let report = Signal::derive(move || check.report.get().unwrap_or_else(CheckReport::waiting));
    view! {
        <div class="check" role="group" aria-label=format!("Connection check of the {}", draft.side.title())>
            <div class="pair even" on:keydown=enter>
                <TextField name=names.test_user label="Test mailbox" value=draft.test_user hint="For the check only; it is not stored. Without it, the check ends before the login."/>
                <Show when=own_secret>
                    <SecretField name=names.test_secret label="Its password" value=draft.test_secret/>
                </Show>
            </div>
            <div class="check-actions">
                <button type="button" class="button" data-test=button on:click=move |_| check.run()>{label}</button>
                {move || draft.pin.get().map(|_| view! {
                    <span class="pinned" data-test="pinned">
                        <Badge tone=Tone::Good text="Certificate pinned"/>
                        <button type="button" class="link" on:click=unpin>"Trust authorities again"</button>
                    </span>
                })}
            </div>
            {move || check.failure.get().and_then(|failure| failure.elsewhere(&[])).map(|message| view! { <Alert message=message/> })}
            <Show when=move || check.report.with(Option::is_some)>
                <div data-test=list>
                    <Outcome check=check/>
                    <Checklist report=report/>
                    {move || report.get().certificate.map(|card| view! { <Certificate label=format!("Certificate of the {}", draft.side.title()) card=card on_trust=trust/> })}
                </div>
            </Show>
        </div>
    }
}

#[component]
fn Outcome(check: Check) -> impl IntoView {
    let words = move || {
        let report = check.report.get()?;
        if !report.done {
            return None;
        }
        let per_mailbox = check.checked.with(|checked| checked.as_ref().map(|form| form.user.is_some()));
        Some(match (check.is_stale(), report.passed(), per_mailbox) {
            (true, _, _) => (Tone::Plain, "The settings were changed after this check."),
            (false, true, Some(true)) => (Tone::Good, "Everything is as it should be."),
            (false, true, _) => {
                (Tone::Good, "The server answers. Name a test mailbox to check the login too.")
            }
            (false, false, _) => (Tone::Bad, "The check did not pass."),
        })
    };
    let recognised = move || {
        let (told, chosen) = (check.report.get()?.recognised?, check.draft.preset.get());
        let told = told.title();
        Some(match chosen {
            Some(chosen) if chosen.title() != told => {
                format!("Recognised as {told}, treated as {} because you chose so.", chosen.title())
            }
            Some(_) | None => format!("Recognised as {told}."),
        })
    };
    view! {
        <p class="outcome" role="status" data-test="check-outcome">
            {move || words().map(|(tone, text)| view! { <Badge tone=tone text=text/> })}
            {move || recognised().map(|text| view! { <span class="recognised" data-test="recognised">{text}</span> })}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::endpoint::{Endpoint, ImapEndpoint, Login};

    #[test]
    fn a_check_is_of_the_endpoint_that_would_be_saved() {
        let owner = Owner::new();
        owner.with(|| {
            let draft = super::super::draft::ProjectDraft::new().source;
            draft.host.set(" old.example ".into());
            let form = draft.check().expect("host and port are given");
            let endpoint = ImapEndpoint::new("old.example", Login::Password);
            assert_eq!(
                form,
                CheckForm {
                    endpoint: Endpoint::Imap(endpoint),
                    user: None,
                    secret: None,
                    stored: None,
                    side: Some(Side::Source),
                }
            );
            draft.port.set("99300".into());
            let failure = draft.check().expect_err("no such port");
            assert_eq!(failure.field(), Some("source.endpoint.port"));
        });
    }
}
