//! The text format 0.0.4 of Prometheus.

use std::fmt::Write as _;

use crate::store::{Measured, Moved};

/// One of the numbers of a project.
type OfMoved = fn(&Moved) -> i64;

/// What every name begins with.
const PREFIX: &str = "carbonio_migrate_";

/// What is told beside the database's numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Own {
    pub(super) lease_losses: u64,
    /// Seconds, of the source and of the target.
    pub(super) throttled: [u64; 2],
}

/// Everything, in the format's form.
pub(super) fn render(measured: &Measured, own: Own) -> String {
    let mut page = Page(String::new());
    page.family("info", "gauge", "The program's version.");
    page.line("info", &[("version", env!("CARGO_PKG_VERSION"))], 1);

    page.family("mailboxes", "gauge", "Mailboxes by project and state.");
    for row in &measured.states {
        page.line("mailboxes", &[("project", &row.project.to_string()), ("state", &row.state)], row.number);
    }
    let moved: [(&str, &str, OfMoved); 4] = [
        ("messages", "Messages known to be on the target, by project.", |row| row.copied),
        ("bytes", "Bytes of messages known to be on the target, by project.", |row| row.copied_bytes),
        ("adopted_messages", "Messages that were on the target already, by project.", |row| row.adopted),
        ("skipped_messages", "Messages left out with a cause, by project.", |row| row.skipped),
    ];
    for (name, help, value) in moved {
        page.family(name, "gauge", help);
        for row in &measured.moved {
            page.line(name, &[("project", &row.project.to_string())], value(row));
        }
    }
    page.family("errors", "gauge", "Warnings and losses as they stand now, by project and cause.");
    for row in &measured.causes {
        page.line("errors", &[("project", &row.project.to_string()), ("cause", &row.cause)], row.findings);
    }
    page.family("error_mailboxes", "gauge", "Mailboxes with a cause, by project and cause.");
    for row in &measured.causes {
        let labels = [("project", &*row.project.to_string()), ("cause", &*row.cause)];
        page.line("error_mailboxes", &labels, row.mailboxes);
    }
    page.family("queue_lag_seconds", "gauge", "How long the mailbox waits that waits longest.");
    page.line("queue_lag_seconds", &[], measured.queue_lag_millis / 1000);
    page.family("nodes_working", "gauge", "Nodes that work on a mailbox.");
    page.line("nodes_working", &[], measured.nodes_working);
    page.family(
        "throttle_seconds_total",
        "counter",
        "Seconds in which a system had asked this process for patience.",
    );
    for (side, seconds) in ["source", "target"].into_iter().zip(own.throttled) {
        page.line("throttle_seconds_total", &[("side", side)], seconds);
    }
    page.family(
        "lease_losses_total",
        "counter",
        "Leases that this process lost, or saw that another had lost.",
    );
    page.line("lease_losses_total", &[], own.lease_losses);
    page.0
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string cannot fail.
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = write!(self.0, "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {kind}\n");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{PREFIX}{name}{labels} {value}");
    }
}

/// A label's value: backslash, quote and line break are escaped.
pub(super) fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
