//! Who did what, when, to what.

use leptos::{prelude::*, task::spawn_local};
use shared::auth::ActivityRow;

use crate::{
    api,
    components::{Ago, Empty, IconName, Notices, PageHead},
    load::load,
    view::safe::clean,
};

/// The newest lines, and older ones on request.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let newest = load(|| api::activity(None));
    let older = RwSignal::new(Vec::<ActivityRow>::new());
    let ended = RwSignal::new(false);
    let table = move |rows: Vec<ActivityRow>| {
        if rows.is_empty() {
            return view! {
                <Empty
                    icon=IconName::Activity
                    title="Nothing was done yet"
                    text="Everything that admins do is written down here, for all admins to see."
                />
            }
            .into_any();
        }
        let last = rows.last().map(|row| row.id);
        let more = move |_| more(older, ended, last);
        view! {
            <div class="table-box" tabindex="0" role="region" aria-label="Activity">
                <table class="table" data-test="activity">
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Who"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"To what"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows.into_iter().map(line).collect_view()}
                        <For each=move || older.get() key=|row| row.id children=line/>
                    </tbody>
                </table>
            </div>
            <div class="more">
                <Show when=move || !ended.get() fallback=|| view! { <p class="faint">"This is the beginning."</p> }>
                    <button type="button" class="button" data-test="older" on:click=more>"Show older"</button>
                </Show>
            </div>
        }
        .into_any()
    };
    view! {
        <PageHead title="Activity"/>
        {newest.view(table)}
    }
}

fn more(older: RwSignal<Vec<ActivityRow>>, ended: RwSignal<bool>, last: Option<i64>) {
    let notices = Notices::here();
    let before = older.with_untracked(|older| older.last().map(|row| row.id)).or(last);
    spawn_local(async move {
        match api::activity(before).await {
            Ok(rows) if rows.is_empty() => {
                let _ = ended.try_set(true);
            }
            Ok(rows) => {
                let _ = older.try_update(|older| older.extend(rows));
            }
            Err(failure) => notices.fail(&failure),
        }
    });
}

fn line(row: ActivityRow) -> impl IntoView {
    view! {
        <tr>
            <td class="nowrap"><Ago at=row.at/></td>
            <td><bdi>{clean(&row.who)}</bdi></td>
            <td><code>{row.action}</code></td>
            <td class="words"><bdi>{clean(&row.subject)}</bdi></td>
        </tr>
    }
}
