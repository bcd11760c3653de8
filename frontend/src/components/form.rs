//! Forms: one submission at a time, its failure beside the field at fault.

use std::future::Future;

use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};

use super::alert::Alert;
use crate::{
    api::http::{Answer, Failure},
    browser,
};

/// What a form is sending and how the last try went. Fields find it as a context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Submission {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    /// The fields on the page: a failure of any other is told above them.
    fields: StoredValue<Vec<&'static str>>,
}

impl Submission {
    /// A submission for the fields of the form that is being built.
    pub(crate) fn new() -> Self {
        Self { busy: RwSignal::new(false), failure: RwSignal::new(None), fields: StoredValue::default() }
    }

    /// A field is on the page, until it is taken away.
    pub(super) fn add_field(self, name: &'static str) {
        self.fields.update_value(|fields| fields.push(name));
        on_cleanup(move || {
            let _ = self.fields.try_update_value(|fields| fields.retain(|field| *field != name));
        });
    }

    /// Sends, unless it is sending already; a failure is told beside the field at fault.
    pub(crate) fn send<T: 'static>(
        self,
        answer: impl Future<Output = Answer<T>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        self.send_or(answer, then, move |failure| self.fail(failure));
    }

    /// Sends, unless it is sending already; a failure is told elsewhere.
    pub(crate) fn send_or<T: 'static>(
        self,
        answer: impl Future<Output = Answer<T>> + 'static,
        then: impl FnOnce(T) + 'static,
        fail: impl FnOnce(Failure) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = answer.await;
            if self.busy.try_set(false).is_some() {
                // The form was left meanwhile.
                return;
            }
            match answer {
                Ok(value) => then(value),
                Err(failure) => fail(failure),
            }
        });
    }

    /// Shows a failure, and takes the keyboard to the field at fault, or to what is told above the fields.
    pub(crate) fn fail(self, failure: Failure) {
        let all_at_fields = self.elsewhere(&failure).is_none();
        self.failure.set(Some(failure));
        browser::focus_soon(if all_at_fields { "[aria-invalid=true]" } else { "form > [role=alert]" });
    }

    /// Shows a failure, or that there is none any more, and leaves the keyboard where somebody is typing.
    pub(crate) fn tell(self, failure: Option<Failure>) {
        self.failure.set(failure);
    }

    /// Whether it is sending.
    pub(crate) fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// Whether something is wrong.
    pub(crate) fn has_failed(self) -> bool {
        self.failure.with(Option::is_some)
    }

    /// Whether the settings it was made from were changed since.
    fn is_stale(self) -> bool {
        self.failure.with(|failure| failure.as_ref().is_some_and(Failure::is_stale))
    }

    /// What is wrong with no field of the form.
    pub(crate) fn general(self) -> Option<String> {
        self.failure.with(|failure| failure.as_ref().and_then(|failure| self.elsewhere(failure)))
    }

    fn elsewhere(self, failure: &Failure) -> Option<String> {
        self.fields.with_value(|fields| failure.elsewhere(fields))
    }

    /// What is wrong with a field.
    pub(crate) fn problem_of(self, name: &str) -> Option<String> {
        self.failure.with(|failure| failure.as_ref().and_then(|failure| failure.problem_of(name)))
    }
}

/// A form; its children are fields and a submit button.
#[component]
pub(crate) fn Form(
    submission: Submission,
    on_submit: Callback<()>,
    #[prop(optional)] test: &'static str,
    /// Loads the settings anew that the form is about, where somebody may change them meanwhile.
    #[prop(default = None)]
    anew: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    provide_context(submission);
    let way_out = move || {
        anew.filter(|_| submission.is_stale()).map(|anew| {
            view! {
                <button type="button" class="button" data-test="load-anew" on:click=move |_| anew.run(())>
                    "Load the newest settings"
                </button>
            }
        })
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_submit.run(());
    };
    view! {
        <form novalidate class="form" data-test=test on:submit=submit>
            {move || submission.general().map(|message| match way_out() {
                Some(button) => view! { <Alert message=message>{button}</Alert> }.into_any(),
                None => view! { <Alert message=message/> }.into_any(),
            })}
            {children()}
        </form>
    }
}

/// The button that sends the form.
#[component]
pub(crate) fn Submit(
    #[prop(into)] text: Signal<String>,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let submission = expect_context::<Submission>();
    view! {
        <button
            type="submit"
            class="button primary"
            data-test=test
            aria-disabled=move || submission.busy.get().then_some("true")
        >
            {text}
            {move || submission.busy.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
        </button>
    }
}
