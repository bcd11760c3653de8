//! Progress on standard error: a bar on a terminal, a line now and then elsewhere.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shared::live::{Phase, Progress};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior},
};

use super::order::Display;
use crate::report::words;

/// How often a line is written where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// How often a bar is redrawn at most.
const REDRAW_EVERY: Duration = Duration::from_millis(200);
/// Steps of a bar: fine enough for any terminal.
const STEPS: u64 = 1000;

/// Where progress goes. Cheap to clone; every clone is the same place.
#[derive(Debug, Clone)]
pub(super) enum Meter {
    /// A bar that is redrawn.
    Bar(ProgressBar),
    /// Lines.
    Lines,
    /// Nowhere.
    Silent,
}

impl Meter {
    /// A meter that shows nothing yet.
    pub(super) fn new(display: Display) -> Self {
        match display {
            Display::Bar => {
                let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
                let style = ProgressStyle::with_template("{spinner} {wide_msg}\n  {bar:60}\n  {prefix}");
                // A template that does not parse still leaves a bar.
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─"));
                Self::Bar(bar)
            }
            Display::Lines => Self::Lines,
            Display::Silent => Self::Silent,
        }
    }

    /// Shows snapshots until the pass drops its end.
    pub(super) async fn follow(&self, snapshots: watch::Receiver<Progress>) {
        match self {
            Self::Bar(bar) => redraw(bar, snapshots).await,
            Self::Lines => write_lines(snapshots).await,
            Self::Silent => {}
        }
    }

    /// Says something while the progress is on screen.
    pub(super) fn say(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| line(text)),
            Self::Lines | Self::Silent => line(text),
        }
    }

    /// Takes the progress off the screen.
    pub(super) fn clear(&self) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Lines | Self::Silent => {}
        }
    }
}

async fn redraw(bar: &ProgressBar, mut snapshots: watch::Receiver<Progress>) {
    bar.enable_steady_tick(REDRAW_EVERY);
    loop {
        {
            let now = snapshots.borrow_and_update();
            bar.set_position((now.fraction() * STEPS as f64) as u64);
            bar.set_message(doing(&now));
            bar.set_prefix(amounts(&now));
        }
        tokio::time::sleep(REDRAW_EVERY).await;
        if snapshots.changed().await.is_err() {
            return;
        }
    }
}

/// A line for every new phase and then one every ten seconds.
async fn write_lines(mut snapshots: watch::Receiver<Progress>) {
    let mut clock = tokio::time::interval_at(Instant::now() + LINE_EVERY, LINE_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shown = None;
    loop {
        tokio::select! {
            _ = clock.tick() => shown = None,
            changed = snapshots.changed() => if changed.is_err() { return },
        }
        let now = snapshots.borrow_and_update().clone();
        if shown != Some(now.phase) {
            shown = Some(now.phase);
            let amounts = amounts(&now);
            let gap = if amounts.is_empty() { "" } else { ": " };
            line(&format!("{}{gap}{amounts}", doing(&now)));
        }
    }
}

fn line(text: &str) {
    // Nothing helps when standard error is closed, and nothing is lost.
    let _ = writeln!(io::stderr(), "{text}");
}

/// `Copying INBOX / Projekte (folder 3 of 12)`
fn doing(progress: &Progress) -> String {
    let mut text = String::from(phase(progress.phase));
    if let Some(waiting) = &progress.waiting {
        return format!("{text}: {}", words::shown(waiting.trim_end_matches('.')));
    }
    if let Some(folder) = &progress.folder {
        text = format!("{text} {}", words::shown(folder));
    }
    if progress.folders_total > 0 {
        let folder = (progress.folders_done + 1).min(progress.folders_total);
        text = format!("{text} (folder {folder} of {})", progress.folders_total);
    }
    text
}

const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Connecting => "Connecting",
        Phase::Inventory => "Listing",
        Phase::Recovering => "Checking what an interrupted run left",
        Phase::Copying => "Copying",
        Phase::Verifying => "Comparing",
        Phase::Waiting => "Waiting",
    }
}

/// `43 %, 1,204 of 4,812 messages, 310.0 MB of 1.2 GB, 42 messages/s, 3.1 MB/s, 2 to 3 min left`
fn amounts(progress: &Progress) -> String {
    let mut parts = Vec::new();
    if progress.items_total > 0 {
        parts.push(format!("{:.0} %", (progress.fraction() * 100.0).floor()));
        let done = words::count(progress.items_done);
        parts.push(format!("{done} of {}", words::counted(progress.items_total, "message")));
    }
    if progress.bytes_total > 0 {
        parts.push(format!("{} of {}", words::size(progress.bytes_done), words::size(progress.bytes_total)));
    }
    if progress.items_per_second >= 0.05 {
        let digits = usize::from(progress.items_per_second < 10.0);
        parts.push(format!("{:.digits$} messages/s", progress.items_per_second));
    }
    if progress.bytes_per_second >= 1.0 {
        parts.push(format!("{}/s", words::size(progress.bytes_per_second as u64)));
    }
    if let Some((soonest, latest)) = progress.seconds_left {
        parts.push(format!("{} left", left(soonest, latest)));
    }
    parts.join(", ")
}

/// A range in the unit of its longer end: `20 to 40 s`, `2 to 3 min`, `5 min`, `1 h 20 min to 2 h 5 min`.
fn left(soonest: u64, latest: u64) -> String {
    let (soonest, latest) = (soonest.min(latest), soonest.max(latest));
    let round = |seconds: u64| seconds.div_ceil(60);
    match latest {
        0..60 if soonest == latest => format!("{latest} s"),
        0..60 => format!("{soonest} to {latest} s"),
        60..3600 if round(soonest) == round(latest) => format!("{} min", round(latest)),
        60..3600 => format!("{} to {} min", round(soonest), round(latest)),
        _ if round(soonest) == round(latest) => words::span(latest),
        _ => format!("{} to {}", words::span(soonest), words::span(latest)),
    }
}

#[cfg(test)]
mod tests {
    use shared::live::{Phase, Progress};

    use super::{amounts, doing, left};

    #[test]
    fn a_running_copy_says_where_it_is_how_fast_and_how_long() {
        let progress = Progress {
            folder: Some("INBOX / Projekte".into()),
            folders_done: 2,
            folders_total: 12,
            items_done: 1204,
            items_total: 4812,
            bytes_done: 310_000_000,
            bytes_total: 1_240_000_000,
            items_per_second: 42.4,
            bytes_per_second: 3_100_000.0,
            seconds_left: Some((110, 175)),
            ..Progress::begin(Phase::Copying)
        };
        assert_eq!(doing(&progress), "Copying INBOX / Projekte (folder 3 of 12)");
        assert_eq!(
            amounts(&progress),
            "25 %, 1,204 of 4,812 messages, 310.0 MB of 1.2 GB, 42 messages/s, 3.1 MB/s, 2 to 3 min left"
        );
    }

    #[test]
    fn a_phase_that_has_only_begun_invents_no_numbers() {
        let progress = Progress::begin(Phase::Connecting);
        assert_eq!((doing(&progress).as_str(), amounts(&progress).as_str()), ("Connecting", ""));
    }

    #[test]
    fn waiting_says_why_and_no_name_can_play_with_the_terminal() {
        let progress = Progress {
            waiting: Some("the source asks to slow down".into()),
            ..Progress::begin(Phase::Waiting)
        };
        assert_eq!(doing(&progress), "Waiting: the source asks to slow down");
        let progress = Progress { folder: Some("\u{1b}[2J".into()), ..Progress::begin(Phase::Copying) };
        assert!(!doing(&progress).contains('\u{1b}'));
    }

    #[test]
    fn time_left_is_told_in_the_unit_of_its_longer_end() {
        for (range, text) in [
            ((20, 40), "20 to 40 s"),
            ((5, 5), "5 s"),
            ((59, 61), "1 to 2 min"),
            ((290, 300), "5 min"),
            ((4800, 7500), "1 h 20 min to 2 h 5 min"),
            ((3000, 4000), "50 min to 1 h 6 min"),
        ] {
            assert_eq!(left(range.0, range.1), text, "{range:?}");
        }
    }
}
