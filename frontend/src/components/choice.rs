//! Choosing one of several: a list that drops down, or radio buttons with an explanation each.

use leptos::prelude::*;

use super::field::{Ties, framed};
use crate::browser;

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice<T> {
    pub(crate) value: T,
    /// Stable, for forms and tests.
    pub(crate) word: &'static str,
    pub(crate) title: &'static str,
    pub(crate) explained: &'static str,
}

/// A list that drops down.
#[component]
pub(crate) fn SelectField<T>(
    name: &'static str,
    #[prop(into)] label: Signal<String>,
    value: RwSignal<T>,
    choices: Vec<Choice<T>>,
    #[prop(optional, into)] hint: Option<Signal<String>>,
    #[prop(optional)] on_chosen: Option<Callback<T>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let ties = Ties::new(name, hint.is_some());
    let (described, invalid) = (ties.clone(), ties.clone());
    let options: Vec<_> = choices
        .iter()
        .map(|choice| {
            let this = choice.value;
            view! {
                <option value=choice.word prop:selected=move || value.get() == this>{choice.title}</option>
            }
        })
        .collect();
    let chosen = move |word: String| {
        if let Some(choice) = choices.iter().find(|choice| choice.word == word) {
            value.set(choice.value);
            if let Some(on_chosen) = on_chosen {
                on_chosen.run(choice.value);
            }
        }
    };
    let input = view! {
        <select
            class="input"
            id=ties.id.clone()
            name=name
            on:change:target=move |event| chosen(event.target().value())
            aria-describedby=move || described.described()
            aria-invalid=move || invalid.invalid()
        >
            {options}
        </select>
    };
    framed(ties, label, hint.unwrap_or_default(), input.into_any())
}

/// Radio buttons, each with its explanation.
#[component]
pub(crate) fn RadioField<T>(
    name: &'static str,
    #[prop(into)] legend: String,
    value: RwSignal<T>,
    choices: Vec<Choice<T>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let rows: Vec<_> = choices
        .into_iter()
        .map(|choice| {
            let id = browser::unique_id();
            let hint = format!("{id}-hint");
            let this = choice.value;
            view! {
                <div class="radio">
                    <input
                        type="radio"
                        id=id.clone()
                        name=name
                        value=choice.word
                        prop:checked=move || value.get() == this
                        on:change=move |_| value.set(this)
                        aria-describedby=hint.clone()
                    />
                    <label for=id>{choice.title}</label>
                    <p class="hint" id=hint>{choice.explained}</p>
                </div>
            }
        })
        .collect();
    view! { <fieldset class="radios"><legend>{legend}</legend>{rows}</fieldset> }
}
