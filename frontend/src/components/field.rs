//! Fields with a label, a hint and the problem the server found with them.

use leptos::prelude::*;

use super::form::Submission;
use crate::browser;

/// The ids that tie a field to its hint and its problem.
#[derive(Clone)]
pub(super) struct Ties {
    pub(super) id: String,
    name: &'static str,
    has_hint: bool,
    submission: Option<Submission>,
}

impl Ties {
    pub(super) fn new(name: &'static str, has_hint: bool) -> Self {
        let submission = use_context::<Submission>();
        if let Some(submission) = submission {
            submission.add_field(name);
        }
        Self { id: browser::unique_id(), name, has_hint, submission }
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.submission.and_then(|submission| submission.problem_of(self.name))
    }

    pub(super) fn invalid(&self) -> Option<&'static str> {
        self.problem().map(|_| "true")
    }

    pub(super) fn described(&self) -> Option<String> {
        let hint = self.has_hint.then(|| format!("{}-hint", self.id));
        let problem = self.problem().map(|_| format!("{}-problem", self.id));
        let ids: Vec<String> = hint.into_iter().chain(problem).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Label above, hint and problem below.
pub(super) fn framed(
    ties: Ties,
    label: Signal<String>,
    hint: Signal<String>,
    input: AnyView,
) -> impl IntoView {
    let Ties { id, .. } = ties.clone();
    let hint_id = format!("{id}-hint");
    let has_hint = ties.has_hint;
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {input}
            {has_hint.then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {move || {
                ties.problem().map(|problem| view! { <p class="problem" id=format!("{id}-problem")>{problem}</p> })
            }}
        </div>
    }
}

/// A line of text.
#[component]
pub(crate) fn TextField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(optional)] mono: bool,
) -> impl IntoView {
    let ties = Ties::new(name, hint.is_some());
    let (described, invalid) = (ties.clone(), ties.clone());
    let input = view! {
        <input
            class="input"
            class:mono=mono
            id=ties.id.clone()
            name=name
            type=kind
            autocomplete=autocomplete
            autocapitalize="none"
            spellcheck="false"
            prop:value=value
            on:input:target=move |event| value.set(event.target().value())
            aria-describedby=move || described.described()
            aria-invalid=move || invalid.invalid()
        />
    };
    framed(ties, label, hint.unwrap_or_default(), input.into_any())
}

/// A whole number; kept as typed, so that the server can say what is wrong with it.
#[component]
pub(crate) fn NumberField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(optional)] on_typed: Option<Callback<()>>,
) -> impl IntoView {
    let ties = Ties::new(name, hint.is_some());
    let (described, invalid) = (ties.clone(), ties.clone());
    let typed = move |text: String| {
        value.set(text);
        if let Some(on_typed) = on_typed {
            on_typed.run(());
        }
    };
    let input = view! {
        <input
            class="input short"
            id=ties.id.clone()
            name=name
            type="text"
            inputmode="numeric"
            autocomplete="off"
            prop:value=value
            on:input:target=move |event| typed(event.target().value())
            aria-describedby=move || described.described()
            aria-invalid=move || invalid.invalid()
        />
    };
    framed(ties, label, hint.unwrap_or_default(), input.into_any())
}

/// A password or token, hidden until the admin asks to see it.
#[component]
pub(crate) fn SecretField(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<String>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(default = "off")] autocomplete: &'static str,
) -> impl IntoView {
    let ties = Ties::new(name, hint.is_some());
    let (described, invalid) = (ties.clone(), ties.clone());
    let (shown, set_shown) = signal(false);
    let input = view! {
        <div class="secret">
            <input
                class="input"
                id=ties.id.clone()
                name=name
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
                aria-describedby=move || described.described()
                aria-invalid=move || invalid.invalid()
            />
            <button
                type="button"
                class="bare"
                aria-pressed=move || if shown.get() { "true" } else { "false" }
                aria-label=move || format!("Show {}", label.get().to_lowercase())
                on:click=move |_| set_shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { "Hide" } else { "Show" }}
            </button>
        </div>
    };
    framed(ties, label, hint.unwrap_or_default(), input.into_any())
}
