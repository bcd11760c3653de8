//! How much of both systems the project may use: connections, rates and hours, in the project's form.

use std::fmt::Display;

use leptos::prelude::*;
use shared::{
    check::Side,
    limits::{Limits, WordError, Zone, read_hours, read_rate, write_hours, write_rate},
};

use crate::{
    api::http::{Failure, both},
    components::{NumberField, TextField},
};

/// The limits of one side, as they are typed.
#[derive(Clone, Copy)]
pub(super) struct LimitsDraft {
    side: Side,
    connections: RwSignal<String>,
    per_mailbox: RwSignal<String>,
    bandwidth: RwSignal<String>,
    messages: RwSignal<String>,
    hours: RwSignal<String>,
    zone: RwSignal<String>,
}

impl LimitsDraft {
    pub(super) fn of(side: Side, limits: &Limits) -> Self {
        Self {
            side,
            connections: RwSignal::new(limits.connections.to_string()),
            per_mailbox: RwSignal::new(limits.connections_per_mailbox.to_string()),
            bandwidth: RwSignal::new(write_rate(limits.bytes_per_second)),
            messages: RwSignal::new(
                limits.messages_per_second.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
            hours: RwSignal::new(write_hours(&limits.hours)),
            zone: RwSignal::new(limits.zone.to_string()),
        }
    }

    /// What was typed, or which fields make no sense.
    pub(super) fn limits(self) -> Result<Limits, Failure> {
        let names = names(self.side);
        let number = |value: RwSignal<String>, name| {
            value
                .get()
                .trim()
                .parse()
                .map_err(|_| Failure::invalid(name, "Enter a whole number, at least 1."))
        };
        let wrong = |name| move |error: WordError| Failure::invalid(name, &sentence(&error));
        let messages = self.messages.get();
        let messages = match messages.trim() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| {
                Failure::invalid(names.messages, "Enter a whole number, or nothing for no limit.")
            }),
        };
        let connections =
            both(number(self.connections, names.connections), number(self.per_mailbox, names.per_mailbox));
        let rates = both(read_rate(&self.bandwidth.get()).map_err(wrong(names.bandwidth)), messages);
        let hours = both(
            read_hours(&self.hours.get()).map_err(wrong(names.hours)),
            self.zone.get().parse::<Zone>().map_err(wrong(names.zone)),
        );
        let (((connections, per_mailbox), (bytes, messages)), (hours, zone)) =
            both(both(connections, rates), hours)?;
        Ok(Limits {
            connections,
            connections_per_mailbox: per_mailbox,
            bytes_per_second: bytes,
            messages_per_second: messages,
            hours,
            zone,
        })
    }
}

fn sentence(error: &impl Display) -> String {
    format!("{error}.")
}

/// The fields of both sides.
#[component]
pub(super) fn LimitsFields(source: LimitsDraft, target: LimitsDraft) -> impl IntoView {
    let side = |draft: LimitsDraft, title: &'static str| {
        let names = names(draft.side);
        view! {
            <section class="card" data-test=format!("limits-form-{}", draft.side.title())>
                <h2>{title}</h2>
                <NumberField name=names.connections label="Connections at most" value=draft.connections
                    hint="Of all mailboxes together, and of all projects: the strictest counts. Fewer when the server complains."/>
                {(draft.side == Side::Target)
                    .then(|| {
                        view! {
                            <NumberField name=names.per_mailbox label="Connections of one mailbox" value=draft.per_mailbox
                                hint="It is written over more than one while it takes more that way and no other mailbox waits. Over one where the database is PostgreSQL, or bandwidth or messages are limited."/>
                        }
                    })}
                <TextField name=names.bandwidth label="Bandwidth" value=draft.bandwidth
                    hint="Such as 10 MB/s or 8 Mbit/s; nothing: as fast as it goes."/>
                <NumberField name=names.messages label="Messages a second" value=draft.messages
                    hint="Nothing: as many as it takes."/>
                <TextField name=names.hours label="Allowed hours" value=draft.hours
                    hint="Such as Mon-Fri 20:00-06:00; Sat-Sun. Nothing: always."/>
                <TextField name=names.zone label="Time zone of the hours" value=draft.zone
                    hint="Such as Europe/Rome, +01:00 or UTC."/>
            </section>
        }
    };
    view! {
        <div class="sides">
            {side(source, "Limits of the source")}
            {side(target, "Limits of the target")}
        </div>
    }
}

/// Names of the fields: the paths by which the server speaks of them.
struct Names {
    connections: &'static str,
    per_mailbox: &'static str,
    bandwidth: &'static str,
    messages: &'static str,
    hours: &'static str,
    zone: &'static str,
}

macro_rules! names {
    ($side:literal) => {
        Names {
            connections: concat!("options.", $side, "_limits.connections"),
            per_mailbox: concat!("options.", $side, "_limits.connections_per_mailbox"),
            bandwidth: concat!("options.", $side, "_limits.bytes_per_second"),
            messages: concat!("options.", $side, "_limits.messages_per_second"),
            hours: concat!("options.", $side, "_limits.hours"),
            zone: concat!("options.", $side, "_limits.zone"),
        }
    };
}

const SOURCE: Names = names!("source");
const TARGET: Names = names!("target");

const fn names(side: Side) -> &'static Names {
    match side {
        Side::Source => &SOURCE,
        Side::Target => &TARGET,
    }
}
