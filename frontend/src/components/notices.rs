//! Short messages about what has just happened, shown in a corner and read out.

use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Icon, IconName};
use crate::api::http::Failure;

const SHOWN: Duration = Duration::from_secs(6);
/// Progress is read out no more often than this.
const QUIET_MILLIS: i64 = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    id: u32,
    text: String,
    bad: bool,
}

/// Where messages go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notices {
    list: RwSignal<Vec<Notice>>,
    spoken: RwSignal<String>,
    last_spoken: StoredValue<i64>,
    next: StoredValue<u32>,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            list: RwSignal::new(Vec::new()),
            spoken: RwSignal::new(String::new()),
            last_spoken: StoredValue::new(0),
            next: StoredValue::new(0),
        }
    }

    /// The panel's messages.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Something worked; the message goes away by itself.
    pub(crate) fn say(self, text: impl Into<String>) {
        let id = self.add(text.into(), false);
        set_timeout(move || self.dismiss(id), SHOWN);
    }

    /// Something did not work; the message stays until it is dismissed.
    pub(crate) fn fail(self, failure: &Failure) {
        self.add(failure.message(), true);
    }

    /// Tells screen readers how something gets on, unless they were told a moment ago.
    pub(crate) fn murmur(self, text: String) {
        let now = crate::view::locale::now().millis();
        if now - self.last_spoken.get_value() >= QUIET_MILLIS {
            self.last_spoken.set_value(now);
            self.spoken.set(text);
        }
    }

    fn add(self, text: String, bad: bool) -> u32 {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.list.update(|list| {
            // Saying the same twice helps nobody.
            list.retain(|notice| notice.text != text);
            list.push(Notice { id, text, bad });
        });
        id
    }

    fn dismiss(self, id: u32) {
        self.list.update(|list| list.retain(|notice| notice.id != id));
    }
}

/// The corner where messages appear. The regions are there from the start: one that comes with its message is not read.
#[component]
pub(crate) fn NoticeBoard() -> impl IntoView {
    let notices = Notices::here();
    let of = move |bad: bool| {
        notices.list.get().into_iter().filter(|notice| notice.bad == bad).collect::<Vec<_>>()
    };
    let board = move |bad: bool| {
        view! { <For each=move || of(bad) key=|notice| notice.id children=|notice| view! { <Line notice=notice/> }/> }
    };
    view! {
        <div class="notices">
            <div role="status" data-test="notices">{board(false)}</div>
            <div role="alert">{board(true)}</div>
        </div>
        <p class="unseen" role="status">{notices.spoken}</p>
    }
}

#[component]
fn Line(notice: Notice) -> impl IntoView {
    let (icon, tone) =
        if notice.bad { (IconName::Warning, "tone-bad") } else { (IconName::Check, "tone-good") };
    let dismiss = move |_| Notices::here().dismiss(notice.id);
    view! {
        <div class=format!("notice {tone}")>
            <Icon name=icon/>
            <p>{notice.text}</p>
            <button type="button" class="bare" aria-label="Dismiss message" on:click=dismiss>
                <Icon name=IconName::Cross/>
            </button>
        </div>
    }
}
