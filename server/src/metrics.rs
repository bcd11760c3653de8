//! Numbers for Prometheus, on a listener of their own: how many, how much, how long; never a name or an address.

mod serve;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};

use clap::Subcommand;
use shared::check::Side;

pub(crate) use serve::{Metrics, listen};

/// A dashboard for Grafana.
const DASHBOARD: &str = include_str!("../share/grafana-dashboard.json");
/// Rules for Prometheus' alerts.
const ALERTS: &str = include_str!("../share/alerts.yml");

/// Leases that ended before their pass did, since this process began.
static LEASE_LOSSES: AtomicU64 = AtomicU64::new(0);
/// Seconds in which systems of each side had asked for patience, since this process began.
static THROTTLED: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];

/// Passes lost their lease, here or on a node that is gone.
pub(crate) fn leases_lost(number: u64) {
    LEASE_LOSSES.fetch_add(number, Ordering::Relaxed);
}

/// How many passes lost their lease so far.
pub(crate) fn lease_losses() -> u64 {
    LEASE_LOSSES.load(Ordering::Relaxed)
}

/// Another second in which a system asks for patience.
fn throttled(side: Side) {
    THROTTLED[index(side)].fetch_add(1, Ordering::Relaxed);
}

const fn index(side: Side) -> usize {
    match side {
        Side::Source => 0,
        Side::Target => 1,
    }
}

/// What goes with the numbers.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum MetricsCommand {
    /// Print a dashboard for Grafana (JSON, to import)
    Dashboard,
    /// Print rules for Prometheus' alerts (YAML)
    Alerts,
}

/// Prints it.
pub(crate) fn print(command: MetricsCommand) {
    let text = match command {
        MetricsCommand::Dashboard => DASHBOARD,
        MetricsCommand::Alerts => ALERTS,
    };
    // Whoever closed the pipe has read enough.
    let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
}

#[cfg(test)]
mod tests;
