//! Ctrl-C and SIGTERM: the first ends the pass after the messages in flight, the second at once.

use engine::pass::Control;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use super::{Exit, Problem};

/// The signals that end a run, caught from now on.
#[derive(Debug)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts to catch them.
    pub(super) fn catch() -> Result<Self, Problem> {
        let catch = |kind| {
            signal(kind).map_err(|error| {
                Problem::new(
                    Exit::Internal,
                    format!("Preparing for Ctrl-C failed: {error}. Please report it."),
                )
            })
        };
        Ok(Self { interrupt: catch(SignalKind::interrupt())?, terminate: catch(SignalKind::terminate())? })
    }

    /// Asks the pass to end at the first signal, and ends the process at the second. Never returns.
    pub(super) async fn obey(mut self, control: watch::Sender<Control>, say: impl Fn(&str)) {
        self.next().await;
        say(
            "Stopping after the messages in flight. Press Ctrl-C again to stop at once: nothing is lost either way.",
        );
        control.send_replace(Control::Cancel);
        self.next().await;
        // The ledger is made for being cut off anywhere: what was in flight is looked up by the next run.
        std::process::exit(Exit::Cancelled.code().into());
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
