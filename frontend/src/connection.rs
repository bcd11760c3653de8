//! Whether the server answers: what the banner shows, and what tells pages to load again.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use crate::{api, browser};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// The next wait between two tries: twice as long, up to a bound.
pub(crate) fn longer(wait: Duration) -> Duration {
    (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT)
}

/// The panel's connection to its server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connection {
    lost: RwSignal<bool>,
    recovered: RwSignal<u32>,
}

impl Connection {
    pub(crate) fn new() -> Self {
        Self { lost: RwSignal::new(false), recovered: RwSignal::new(0) }
    }

    /// The connection of this panel.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    /// Whether the last try got no answer.
    pub(crate) fn is_lost(self) -> bool {
        self.lost.get()
    }

    /// Grows each time the server is back: whoever reads it inside an effect runs again then.
    pub(crate) fn recovered(self) -> u32 {
        self.recovered.get()
    }

    /// A request got no answer. The first to notice goes on trying, for all.
    pub(crate) fn lose(self) {
        if self.lost.get_untracked() {
            return;
        }
        self.lost.set(true);
        spawn_local(async move {
            let mut wait = FIRST_WAIT;
            while self.lost.get_untracked() {
                browser::sleep(wait).await;
                wait = longer(wait);
                // The call itself reports that the server is back.
                let _ = api::setup_state().await;
            }
        });
    }

    /// Something broke off that does not say why; a request that fails the usual way does.
    pub(crate) fn doubt(self) {
        if !self.lost.get_untracked() {
            spawn_local(async {
                let _ = api::me().await;
            });
        }
    }

    /// The server answered.
    pub(crate) fn find(self) {
        if self.lost.get_untracked() {
            self.lost.set(false);
            self.recovered.update(|times| *times += 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_a_second_to_a_quarter_of_a_minute() {
        let waits = std::iter::successors(Some(Duration::ZERO), |wait| Some(longer(*wait)));
        let seconds: Vec<u64> = waits.skip(1).take(6).map(|wait| wait.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 15, 15]);
    }
}
