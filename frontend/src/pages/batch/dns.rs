//! Where mail for the batch's domains goes, as DNS says.

use leptos::prelude::*;
use shared::{
    dns::{BatchDns, Course, DomainDns, MailHost},
    id::BatchId,
};

use crate::{
    api,
    components::{Ago, Badge, Notices, Submission},
    view::{
        amount::counted,
        safe::{clean, clean_sentence},
        words::Tone,
    },
};

/// What DNS said, and asking it.
#[derive(Debug, Clone, Copy)]
pub(super) struct DnsLook {
    id: BatchId,
    sending: Submission,
    notices: Notices,
    told: RwSignal<Option<BatchDns>>,
}

impl DnsLook {
    /// Of a batch; nothing is asked yet.
    pub(super) fn of(id: BatchId) -> Self {
        Self { id, sending: Submission::new(), notices: Notices::here(), told: RwSignal::new(None) }
    }

    /// Asks; with `afresh` also when the answer of a moment ago is still good.
    pub(super) fn ask(self, afresh: bool) {
        self.sending.send_or(
            async move { api::batch_dns(self.id, afresh).await },
            move |told| self.told.set(Some(told)),
            move |failure| {
                // What it said before may be untrue by now.
                self.told.set(None);
                self.notices.fail(&failure);
            },
        );
    }

    /// Whether it is being asked.
    pub(super) fn is_busy(self) -> bool {
        self.sending.is_busy()
    }

    /// What it said last.
    pub(super) const fn told(self) -> RwSignal<Option<BatchDns>> {
        self.told
    }
}

/// The domains with their mail servers, and a button that asks.
#[component]
pub(super) fn DnsPart(look: DnsLook) -> impl IntoView {
    let rows = move || {
        look.told.get().map(|told| {
            let notes = told.notes();
            let facts = format!("Asked {}: ", told.servers.join(", "));
            view! {
                <p class="small faint">{facts}<Ago at=told.asked/></p>
                <ul role="list" data-test="dns">{told.domains.into_iter().map(row).collect_view()}</ul>
                {notes.into_iter().map(|note| view! { <p class="small faint">{note}</p> }).collect_view()}
            }
        })
    };
    view! {
        <div class="dns" role="region" aria-label="Where mail goes">
            <p class="hint">
                "DNS tells where mail for these mailboxes' domains goes, and how long others remember that. "
                <button
                    type="button"
                    class="button small"
                    data-test="ask-dns"
                    aria-disabled=move || look.is_busy().then_some("true")
                    on:click=move |_| look.ask(true)
                >
                    "Ask DNS"
                    {move || look.is_busy().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
                </button>
            </p>
            <div role="status">{rows}</div>
        </div>
    }
}

fn row(domain: DomainDns) -> impl IntoView {
    let ttl = domain.ttl.map(|ttl| match domain.ttl_of_zone {
        true => format!(" · TTL {ttl} s"),
        false => format!(" · TTL at least {ttl} s"),
    });
    let sentences = domain.problem.into_iter().chain(domain.advice);
    view! {
        <li data-test="dns-domain" data-status=domain.course.title()>
            <p>
                <Badge tone=tone(domain.course) text=domain.course.title()/>
                " " <strong><bdi>{clean(&domain.domain)}</bdi></strong>
                <span class="faint">" " {counted(domain.mailboxes, "mailbox", "mailboxes")} {ttl}</span>
            </p>
            {domain.hosts.into_iter().map(host).collect_view()}
            {sentences.map(|sentence| view! { <p class="small">{clean_sentence(&sentence)}</p> }).collect_view()}
        </li>
    }
}

fn host(host: MailHost) -> impl IntoView {
    let preference = host.preference.map_or_else(String::new, |preference| format!("MX {preference} "));
    let points = host.points.title();
    view! {
        <p class="small faint">
            {preference} <bdi>{clean(&host.name)}</bdi> {format!(" ({}): {points}", clean(&host.addresses.join(", ")))}
        </p>
    }
}

const fn tone(course: Course) -> Tone {
    match course {
        Course::Target => Tone::Good,
        Course::Source | Course::Mixed => Tone::Warning,
        Course::Nowhere => Tone::Bad,
        Course::Both | Course::Elsewhere | Course::Unknown => Tone::Plain,
    }
}
