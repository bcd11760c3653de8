//! Choosing a batch.

use leptos::prelude::*;
use shared::{batch::BatchRow, id::BatchId};

/// A list of batches that drops down. `none` says what choosing none of them means; `described_by` is the id of a hint.
#[component]
pub(crate) fn BatchSelect(
    #[prop(into)] batches: Signal<Vec<BatchRow>>,
    value: RwSignal<Option<BatchId>>,
    none: &'static str,
    id: String,
    #[prop(optional, into)] described_by: Option<String>,
) -> impl IntoView {
    let option = move |row: BatchRow| {
        let this = row.id;
        view! {
            <option value=this.to_string() prop:selected=move || value.get() == Some(this)>
                {row.settings.name}
            </option>
        }
    };
    view! {
        <select
            class="input"
            id=id
            name="batch"
            aria-describedby=described_by
            on:change:target=move |event| value.set(event.target().value().parse().ok())
        >
            <option value="">{none}</option>
            {move || batches.get().into_iter().map(option).collect_view()}
        </select>
    }
}
