//! The settings of a batch, as they are typed.

use std::num::NonZeroU16;

use leptos::prelude::*;
use shared::{
    batch::{BatchForm, Repeat},
    limits::{WordError, Zone, read_hours, write_hours},
    time::Timestamp,
};

use crate::{
    api::http::{Failure, both},
    components::{Form, NumberField, Submission, Submit, TextField},
    view::when::{from_field, to_field},
};

/// What was typed.
#[derive(Clone, Copy)]
pub(super) struct BatchDraft {
    name: RwSignal<String>,
    priority: RwSignal<String>,
    start_at: RwSignal<String>,
    hours: RwSignal<String>,
    zone: RwSignal<String>,
    parallel: RwSignal<String>,
    repeat: RwSignal<String>,
    until: RwSignal<String>,
    day_one: RwSignal<String>,
}

impl BatchDraft {
    /// A batch that is not there yet.
    pub(super) fn new() -> Self {
        Self {
            name: RwSignal::default(),
            priority: RwSignal::new("0".into()),
            start_at: RwSignal::default(),
            hours: RwSignal::default(),
            zone: RwSignal::new(Zone::Utc.to_string()),
            parallel: RwSignal::default(),
            repeat: RwSignal::default(),
            until: RwSignal::default(),
            day_one: RwSignal::default(),
        }
    }

    /// A batch that is there.
    pub(super) fn of(form: &BatchForm) -> Self {
        let number = |number: Option<NonZeroU16>| number.map(|n| n.to_string()).unwrap_or_default();
        let moment = |at: Option<Timestamp>| at.map(to_field).unwrap_or_default();
        Self {
            name: RwSignal::new(form.name.clone()),
            priority: RwSignal::new(form.priority.to_string()),
            start_at: RwSignal::new(moment(form.start_at)),
            hours: RwSignal::new(write_hours(&form.hours)),
            zone: RwSignal::new(form.zone.to_string()),
            parallel: RwSignal::new(number(form.parallel)),
            repeat: RwSignal::new(number(form.repeat.map(|repeat| repeat.hours))),
            until: RwSignal::new(moment(form.repeat.and_then(|repeat| repeat.until))),
            day_one: RwSignal::new(number(form.day_one)),
        }
    }

    /// What is to be saved, or which fields make no sense.
    pub(super) fn form(self) -> Result<BatchForm, Failure> {
        let wrong = |name| move |error: WordError| Failure::invalid(name, &format!("{error}."));
        let number = |value: RwSignal<String>, name| match value.get().trim() {
            "" => Ok(None),
            typed => typed
                .parse::<NonZeroU16>()
                .map(Some)
                .map_err(|_| Failure::invalid(name, "Enter a whole number, at least 1, or nothing.")),
        };
        let moment = |value: RwSignal<String>, name| match value.get().trim() {
            "" => Ok(None),
            typed => from_field(typed)
                .map(Some)
                .ok_or_else(|| Failure::invalid(name, "Enter a day and a time, or nothing.")),
        };
        let priority = self.priority.get().trim().parse::<i32>().map_err(|_| {
            Failure::invalid("priority", "Enter a whole number such as 0 or 10; the highest goes first.")
        });
        let numbers = both(priority, number(self.parallel, "parallel"));
        let hours = both(
            read_hours(&self.hours.get()).map_err(wrong("hours")),
            self.zone.get().parse::<Zone>().map_err(wrong("zone")),
        );
        let repeat = both(number(self.repeat, "repeat.hours"), moment(self.until, "repeat.until"));
        let first = both(numbers, moment(self.start_at, "start_at"));
        let rest = both(both(hours, repeat), number(self.day_one, "day_one"));
        let (((priority, parallel), start_at), (((hours, zone), (repeat, until)), day_one)) =
            both(first, rest)?;
        Ok(BatchForm {
            name: self.name.get().trim().to_owned(),
            priority,
            start_at,
            hours,
            zone,
            parallel,
            repeat: repeat.map(|hours| Repeat { hours, until }),
            day_one,
        })
    }
}

/// The fields, and the button that saves them.
#[component]
pub(super) fn BatchFields(
    draft: BatchDraft,
    submission: Submission,
    on_save: Callback<BatchForm>,
    #[prop(into)] save: String,
    /// Loads the newest settings, where they are there already.
    #[prop(optional)]
    anew: Option<Callback<()>>,
) -> impl IntoView {
    let submit = Callback::new(move |()| match draft.form() {
        Ok(form) => on_save.run(form),
        Err(failure) => submission.fail(failure),
    });
    view! {
        <Form submission=submission on_submit=submit test="batch-form" anew=anew>
            <TextField name="name" label="Name of the batch" value=draft.name hint="Such as “Pilot” or “Wave 1: sales”."/>
            <div class="pair">
                <NumberField name="priority" label="Priority" value=draft.priority hint="The highest goes first."/>
                <NumberField name="parallel" label="Mailboxes at once" value=draft.parallel hint="Nothing: as many as the project allows."/>
            </div>
            <TextField name="start_at" label="Starts by itself at" value=draft.start_at kind="datetime-local" hint="On this browser's clock. A moment that has passed: at once. Nothing: when somebody starts it."/>
            <div class="pair">
                <TextField name="hours" label="Allowed hours" value=draft.hours hint="Such as Mon-Fri 20:00-06:00; Sat-Sun. Nothing: always."/>
                <TextField name="zone" label="Time zone of the hours" value=draft.zone hint="Such as Europe/Rome, +01:00 or UTC."/>
            </div>
            <div class="pair">
                <NumberField name="repeat.hours" label="Delta pass every … hours" value=draft.repeat hint="Nothing: none by itself."/>
                <TextField name="repeat.until" label="The last one at" value=draft.until kind="datetime-local" hint="After the start. Nothing: until the cutover is done."/>
            </div>
            <NumberField name="day_one" label="Newest days first" value=draft.day_one hint="Moves the newest so many days of every mailbox first, so that people can work; the rest follows. Nothing: as the project says."/>
            <div class="form-actions"><Submit text=save test="save-batch"/></div>
        </Form>
    }
}
