//! Lists that sort by a column and come page by page.

use leptos::prelude::*;

use super::icon::{Icon, IconName};
use crate::view::{amount::counted, locale::count};

/// By which column a list is sorted, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order<K> {
    pub(crate) by: K,
    pub(crate) falling: bool,
}

/// A column's head that sorts by it.
#[component]
pub(crate) fn SortHead<K>(
    #[prop(into)] label: String,
    by: K,
    order: RwSignal<Order<K>>,
    #[prop(optional)] numeric: bool,
) -> impl IntoView
where
    K: Copy + PartialEq + Send + Sync + 'static,
{
    let direction = move || match order.get() {
        Order { by: now, falling } if now == by => {
            if falling {
                "descending"
            } else {
                "ascending"
            }
        }
        _ => "none",
    };
    let turn = move |_| {
        order.update(|order| {
            *order = Order { by, falling: if order.by == by { !order.falling } else { numeric } }
        });
    };
    view! {
        <th scope="col" class:number=numeric aria-sort=direction>
            <button type="button" class="sort" on:click=turn>
                {label}
                <Icon name=IconName::Chevron/>
            </button>
        </th>
    }
}

/// Steps through a list page by page; nothing while all fits on one.
#[component]
pub(crate) fn Pager(page: RwSignal<usize>, size: usize, #[prop(into)] total: Signal<usize>) -> impl IntoView {
    let last = move || total.get().saturating_sub(1) / size;
    let range = move || {
        let from = page.get() * size;
        let to = (from + size).min(total.get());
        format!(
            "{}–{} of {}",
            count(from as u64 + 1),
            count(to as u64),
            counted(total.get() as u64, "row", "rows")
        )
    };
    view! {
        <Show when=move || { total.get() > size }>
            <nav class="pager" aria-label="Pages">
                <button type="button" class="button" disabled=move || page.get() == 0 on:click=move |_| page.update(|page| *page = page.saturating_sub(1))>
                    "Previous"
                </button>
                <span role="status">{range}</span>
                <button type="button" class="button" disabled=move || { page.get() >= last() } on:click=move |_| page.update(|page| *page += 1)>
                    "Next"
                </button>
            </nav>
        </Show>
    }
}
