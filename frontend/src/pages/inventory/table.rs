//! The mailboxes with what each holds and whether it fits: filtered, sorted and paged by the server.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    id::{BatchId, ProjectId},
    inventory::{
        Fit, InventoryOnly, InventoryPage, InventoryQuery, InventoryRow, InventorySort, ProjectInventory,
    },
    list::{Direction, PAGE},
};

use crate::{
    api,
    components::{Ago, Badge, Order, Pager, SearchField, SortHead},
    load::load,
    view::{
        amount::{bytes, counted},
        locale::count,
        safe::clean,
        words::{Tone, below_folder},
    },
};

/// Between two looks.
const FRESH: Duration = Duration::from_secs(5);

const CHIPS: [(InventoryOnly, &str); 6] = [
    (InventoryOnly::All, "All"),
    (InventoryOnly::Short, "Do not fit"),
    (InventoryOnly::Oversized, "With messages too large"),
    (InventoryOnly::Clashing, "With names that clash"),
    (InventoryOnly::Unreadable, "With folders not readable"),
    (InventoryOnly::Unseen, "Not looked at yet"),
];

const fn number(sums: &ProjectInventory, only: InventoryOnly) -> u64 {
    match only {
        InventoryOnly::All => sums.mailboxes,
        InventoryOnly::Seen => sums.seen,
        InventoryOnly::Unseen => sums.unseen,
        InventoryOnly::Short => sums.short,
        InventoryOnly::Oversized => sums.oversized_mailboxes,
        InventoryOnly::Clashing => sums.clashing_mailboxes,
        InventoryOnly::Unreadable => sums.unreadable_mailboxes,
    }
}

/// The table.
#[component]
pub(super) fn InventoryTable(
    id: ProjectId,
    batch: RwSignal<Option<BatchId>>,
    sums: Memo<Option<ProjectInventory>>,
) -> impl IntoView {
    let only = RwSignal::new(InventoryOnly::All);
    let text = RwSignal::new(String::new());
    let order = RwSignal::new(Order { by: InventorySort::Copy, falling: true });
    let at = RwSignal::new(0_usize);
    let page = load(move || {
        let order = order.get();
        let search = text.with(|text| text.trim().to_owned());
        let query = InventoryQuery {
            search: (!search.is_empty()).then_some(search),
            batch: batch.get(),
            only: only.get(),
            sort: order.by,
            order: if order.falling { Direction::Desc } else { Direction::Asc },
            offset: at.get() as u64 * u64::from(PAGE),
            limit: PAGE,
        };
        async move { api::inventory_page(id, &query).await }
    });
    page.keep_fresh(FRESH);
    let shown = Memo::new(move |before: Option<&InventoryPage>| {
        page.get().or_else(|| before.cloned()).unwrap_or_default()
    });
    let total = Signal::derive(move || shown.with(|page| usize::try_from(page.total).unwrap_or(usize::MAX)));
    // What is left may be fewer pages than the one that is open.
    Effect::new(move |_| {
        let last = total.get().saturating_sub(1) / PAGE as usize;
        if at.get_untracked() > last {
            at.set(last);
        }
    });
    // Another batch is seen from its first page on.
    Effect::new(move |before: Option<Option<BatchId>>| {
        let now = batch.get();
        if before.is_some_and(|before| before != now) {
            at.set(0);
        }
        now
    });
    let chips = CHIPS.map(|(this, title)| {
        let pressed = move || if only.get() == this { "true" } else { "false" };
        let number = Memo::new(move |_| sums.with(|sums| sums.as_ref().map_or(0, |sums| number(sums, this))));
        let choose = move |_| {
            at.set(0);
            only.set(this);
        };
        view! {
            <button type="button" class="chip" aria-pressed=pressed data-test=format!("only-{}", this.word()) on:click=choose>
                {title}
                <span class="chip-count">{move || count(number.get())}</span>
            </button>
        }
    });
    let search = Callback::new(move |typed: String| {
        at.set(0);
        text.set(typed);
    });
    let rows = move || shown.with(|page| page.rows.iter().map(row).collect_view());
    view! {
        <div class="filter">
            <div class="chips" role="group" aria-label="Which mailboxes">{chips.collect_view()}</div>
            <SearchField label="Find a mailbox" text=text on_search=search/>
        </div>
        <div class="table-box" tabindex="0" role="region" aria-label="Mailboxes">
            <table class="table" data-test="inventory">
                <thead>
                    <tr>
                        <SortHead label="Mailbox" by=InventorySort::Source order=order/>
                        <th scope="col">"Fits"</th>
                        <SortHead label="Messages" by=InventorySort::Messages order=order numeric=true/>
                        <SortHead label="Size" by=InventorySort::Bytes order=order numeric=true/>
                        <SortHead label="Folders" by=InventorySort::Folders order=order numeric=true/>
                        <SortHead label="To copy" by=InventorySort::Copy order=order numeric=true/>
                        <SortHead label="Room" by=InventorySort::Room order=order numeric=true/>
                        <SortHead label="Too large" by=InventorySort::Oversized order=order numeric=true/>
                        <SortHead label="Renamed" by=InventorySort::Renamed order=order numeric=true/>
                        <SortHead label="Looked at" by=InventorySort::Looked order=order/>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <Show when=move || total.get() == 0>
                <p class="nothing">"No mailbox is like this. Choose another filter."</p>
            </Show>
        </div>
        <Pager page=at size=PAGE as usize total=total/>
    }
}

fn row(row: &InventoryRow) -> impl IntoView + use<> {
    let below = below_folder(row.below.as_ref());
    let together = (row.together > 1).then(|| {
        let others = counted(row.together - 1, "other mailbox goes", "other mailboxes go");
        view! { <span class="small faint">{format!("{others} there, too: {} in all", bytes(row.need_bytes))}</span> }
    });
    let cell = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    let of = |of: fn(u64) -> String, number: fn(&shared::inventory::MailboxInventory) -> u64| {
        cell(row.found.as_ref().map(|found| of(number(found))))
    };
    let room = match row.found.map(|found| (found.free_bytes, found.free_items)) {
        Some((Some(free), _)) => bytes(free),
        Some((None, Some(free))) => counted(free, "message", "messages"),
        Some((None, None)) => "No limit told".into(),
        None => "–".into(),
    };
    // What belongs to a number stands below it: side by side, the last column would not be seen on a small screen.
    let two = |number: Option<u64>, below: Option<String>| {
        let below = below.map(|below| view! { <span class="small faint under">{below}</span> });
        view! { {cell(number.map(count))} {below} }
    };
    let with = |of: fn(&shared::inventory::MailboxInventory) -> u64, what: &str| {
        let number = row.found.as_ref().map(of).filter(|number| *number > 0);
        number.map(|number| format!("{} {what}", count(number)))
    };
    let renamed = two(row.found.map(|found| found.renamed), with(|found| found.clashes, "clash"));
    let folders = two(row.found.map(|found| found.folders), with(|found| found.unreadable, "not readable"));
    let looked = match row.found {
        Some(found) => view! { <Ago at=found.looked/> }.into_any(),
        None => view! { <span class="faint">"Not yet"</span> }.into_any(),
    };
    let copy = two(row.found.map(|found| found.copy), row.found.map(|found| bytes(found.copy_bytes)));
    view! {
        <tr data-test="inventory-row">
            <th scope="row" class="tight">
                <a href=format!("/jobs/{}", row.id)><bdi>{clean(&row.source_user)}</bdi></a>
                <span class="row-target">"→ " <bdi>{clean(&row.target_user)}</bdi> {below}</span>
                {together}
            </th>
            <td>{fit(row.fit)}</td>
            <td class="number">{of(count, |found| found.items)}</td>
            <td class="number">{of(bytes, |found| found.bytes)}</td>
            <td class="number">{folders}</td>
            <td class="number">{copy}</td>
            <td class="number loose">{room}</td>
            <td class="number">{of(count, |found| found.oversized)}</td>
            <td class="number">{renamed}</td>
            <td>{looked}</td>
        </tr>
    }
}

fn fit(fit: Fit) -> impl IntoView {
    let (tone, text) = match fit {
        Fit::Fits => (Tone::Good, "Fits"),
        Fit::Short => (Tone::Bad, "Does not fit"),
        Fit::Unknown => (Tone::Plain, "Not known"),
    };
    view! { <Badge tone=tone text=text/> }
}
