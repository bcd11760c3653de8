//! What a running pass is doing at this moment.

use leptos::prelude::*;
use shared::{
    job::{JobRow, JobState},
    live::{Phase, Progress as Live},
};

use crate::{
    components::{Icon, IconName, Notices, Progress},
    view::{
        amount::{bytes, counted, percent, rate},
        locale::count,
        safe::{clean, clean_sentence},
        span::left,
        words::{Tone, phase_title},
    },
};

/// Phase, bar, rate and time left.
#[component]
pub(super) fn Now(row: Memo<JobRow>) -> impl IntoView {
    let notices = Notices::here();
    let live = Memo::new(move |_| row.with(|row| row.progress.clone()));
    Effect::new(move |_| {
        if let Some(live) = live.get() {
            notices.murmur(sentence(&live));
        }
    });
    let part = move |of: fn(&Live) -> String| move || live.with(|live| live.as_ref().map(of));
    let fraction = Signal::derive(move || live.with(|live| live.as_ref().map_or(0.0, Live::fraction)));
    let text = Signal::derive(move || live.with(|live| live.as_ref().map(sentence)).unwrap_or_default());
    let head = move || {
        let (state, pass) = row.with(|row| (row.state, row.pass));
        let pass = pass.map_or("Pass", |pass| pass.title());
        match (state, live.with(|live| live.as_ref().map(|live| live.phase))) {
            (JobState::Queued, _) => format!("{pass}: waits for a free worker"),
            (JobState::Pausing, _) => format!("{pass}: finishes the messages in flight, then pauses"),
            (JobState::Stopping, _) => format!("{pass}: finishes the messages in flight, then stops"),
            (_, Some(phase)) => format!("{pass}: {}", phase_title(phase).to_lowercase()),
            (_, None) => format!("{pass}: begins"),
        }
    };
    let folder = move || {
        let folder = live.with(|live| live.as_ref().and_then(|live| live.folder.clone()))?;
        Some(view! { <p class="now-folder"><Icon name=IconName::Folder/><bdi>{clean(&folder)}</bdi></p> })
    };
    let waiting = move || {
        let why = live.with(|live| live.as_ref().and_then(|live| live.waiting.clone()))?;
        Some(
            view! { <p class="note tone-warning"><Icon name=IconName::Clock/><span>{clean_sentence(&why)}</span></p> },
        )
    };
    let slow = move || {
        let why = live.with(|live| live.as_ref().and_then(|live| live.slow.clone()))?;
        Some(
            view! { <p class="note tone-warning" data-test="slow"><Icon name=IconName::Warning/><span>{why}</span></p> },
        )
    };
    let figure = move |label: &'static str, of: fn(&Live) -> String| {
        view! { <div><dt>{label}</dt><dd>{part(of)}</dd></div> }
    };
    view! {
        <section class="card now" aria-label="Now" data-test="now">
            <div class="now-head">
                <h2>{head}</h2>
                <span class="now-percent" aria-hidden="true">{move || live.with(Option::is_some).then(|| format!("{} %", percent(fraction.get())))}</span>
            </div>
            <Progress fraction=fraction label="This pass" text=text tone=Tone::Busy/>
            {folder}
            {waiting}
            {slow}
            <Show when=move || live.with(Option::is_some)>
                <dl class="figures">
                    {figure("Messages", |live| of_all(count(live.items_done), live.items_total, count))}
                    {figure("Bytes", |live| of_all(bytes(live.bytes_done), live.bytes_total, bytes))}
                    {figure("Folders", folders)}
                    {figure("Rate", |live| rate(live.items_per_second, live.bytes_per_second))}
                    {figure("Time left", |live| left(live.seconds_left))}
                </dl>
            </Show>
        </section>
    }
}

fn of_all(done: String, total: u64, write: fn(u64) -> String) -> String {
    if total == 0 { done } else { format!("{done} of {}", write(total)) }
}

/// Folders done of all; while messages are copied they go in one stream, and no folder ends before the others.
fn folders(live: &Live) -> String {
    match live.phase {
        Phase::Copying => format!("{} at once", count(live.folders_total)),
        Phase::Connecting | Phase::Inventory | Phase::Recovering | Phase::Verifying | Phase::Waiting => {
            of_all(count(live.folders_done), live.folders_total, count)
        }
    }
}

fn sentence(live: &Live) -> String {
    let done = match live.items_total {
        0 => counted(live.items_done, "message", "messages"),
        total => format!("{} of {}", count(live.items_done), counted(total, "message", "messages")),
    };
    format!(
        "{}: {} %, {done}, time left: {}",
        phase_title(live.phase),
        percent(live.fraction()),
        left(live.seconds_left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_reader_hears_phase_share_messages_and_time() {
        let live = Live {
            items_done: 1200,
            items_total: 4800,
            seconds_left: Some((180, 300)),
            ..Live::begin(Phase::Copying)
        };
        assert_eq!(sentence(&live), "Copying: 25 %, 1,200 of 4,800 messages, time left: 3–5 min");
        assert_eq!(
            sentence(&Live::begin(Phase::Connecting)),
            "Connecting to both servers: 0 %, 0 messages, time left: calculating…"
        );
    }

    #[test]
    fn folders_are_counted_where_they_end_one_by_one() {
        let live = |phase| Live { folders_done: 1, folders_total: 16, ..Live::begin(phase) };
        assert_eq!(folders(&live(Phase::Verifying)), "1 of 16");
        assert_eq!(folders(&live(Phase::Copying)), "16 at once");
    }
}
