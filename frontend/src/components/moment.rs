//! Moments told from now, kept up to date by one clock for the whole panel.

use std::time::Duration;

use leptos::prelude::*;
use shared::time::Timestamp;

use crate::view::locale;

/// The moment it is, to half a minute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock(RwSignal<Timestamp>);

impl Clock {
    /// Starts the panel's clock.
    pub(crate) fn start() -> Self {
        let clock = Self(RwSignal::new(locale::now()));
        set_interval(move || clock.0.set(locale::now()), Duration::from_secs(30));
        clock
    }

    /// The moment, read again by whoever shows it when it moves on.
    pub(crate) fn now(self) -> Timestamp {
        self.0.get()
    }
}

/// How long ago, with the exact moment on hovering and for machines.
#[component]
pub(crate) fn Ago(#[prop(into)] at: Signal<Timestamp>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    // The clock may lag behind a moment that has just come.
    let text = move || locale::ago(at.get(), clock.0.get().max(at.get()));
    view! {
        <time datetime=move || at.get().to_string() title=move || locale::moment(at.get())>
            {text}
        </time>
    }
}
