//! The connection checklist: tries an endpoint step by step and says how each step went.

#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use shared::{
    check::{CheckReport, Side, StepName, StepStatus},
    endpoint::{Endpoint, ImapEndpoint, Preset},
};
use tokio::sync::watch;

use crate::{
    account::Account,
    error::ConnectorError,
    model::Room,
    wire::imap::{
        connect::{self, Seen},
        encode::clean,
        enter, listing, preset, quota,
    },
};

/// Tries an endpoint step by step; each step's outcome is published as it is known. With a login, looks at what the
/// server can do too. Writes nothing on the server. A login that was refused twice is not tried once more.
pub async fn check(endpoint: &Endpoint, account: Option<&Account>, report: watch::Sender<CheckReport>) {
    let list = Checklist { report: Mutex::new(CheckReport::waiting()), sender: report };
    let result = match endpoint {
        Endpoint::Imap(endpoint) => check_imap(endpoint, account, &list).await,
    };
    list.finish(result.err());
}

async fn check_imap(
    endpoint: &ImapEndpoint,
    account: Option<&Account>,
    list: &Checklist,
) -> Result<(), ConnectorError> {
    let peer = clean(&endpoint.host, 100);
    let mut watcher = |seen| list.see(seen);
    let connection = connect::open(endpoint, &peer, &mut watcher).await?;
    let greeted = preset::recognise(&connection.greeting, "", &connection.capabilities);
    list.change(|report| report.recognised = Some(greeted).filter(|preset| *preset != Preset::Generic));
    let Some(account) = account else {
        list.skip(StepName::Login, "no mailbox was named to try it with");
        return Ok(());
    };
    list.begin(StepName::Login);
    let mut connection = enter::log_in(connection, endpoint, account).await?;
    list.pass(StepName::Login, "accepted".into());
    list.begin(StepName::Capabilities);
    let listing = listing::list(&mut connection, endpoint.preset, Side::Source).await?;
    list.change(|report| report.recognised = Some(listing.recognised));
    list.pass(StepName::Capabilities, capabilities(&connection.capabilities, &listing));
    list.pass(StepName::Namespace, namespace(&listing));
    list.begin(StepName::Quota);
    match quota_words(&quota::room(&mut connection).await?) {
        Some(words) => list.pass(StepName::Quota, words),
        None => list.skip(StepName::Quota, "the server tells no quota for this mailbox"),
    }
    Ok(())
}

/// What of the server's abilities matters here, in words.
fn capabilities(
    capabilities: &crate::wire::imap::connection::Capabilities,
    listing: &listing::MailboxListing,
) -> String {
    const MATTERS: [&str; 11] = [
        "UIDPLUS",
        "LITERAL+",
        "LITERAL-",
        "MULTIAPPEND",
        "CONDSTORE",
        "QRESYNC",
        "SPECIAL-USE",
        "NAMESPACE",
        "QUOTA",
        "BINARY",
        "COMPRESS=DEFLATE",
    ];
    let has: Vec<&str> = capabilities.iter().filter(|name| MATTERS.contains(name)).collect();
    let server = if listing.id.is_empty() { "unnamed server" } else { listing.id.as_str() };
    format!("{server}: {}", has.join(", "))
}

fn namespace(listing: &listing::MailboxListing) -> String {
    let separator = listing.separator.map_or("none".to_owned(), |separator| format!("“{separator}”"));
    let prefix = String::from_utf8_lossy(&listing.prefix);
    let prefix = if prefix.is_empty() { "none".to_owned() } else { format!("“{}”", clean(&prefix, 50)) };
    format!(
        "{} folders, {} left out; separator {separator}, prefix {prefix}",
        listing.folders.len(),
        listing.findings.len()
    )
}

fn quota_words(room: &Room) -> Option<String> {
    let bytes = room.bytes.map(|room| format!("{} free of {}", bytes(room.free()), bytes(room.limit)));
    let messages = room.messages.map(|room| format!("{} more messages of {}", room.free(), room.limit));
    match (bytes, messages) {
        (Some(bytes), Some(messages)) => Some(format!("{bytes}, {messages}")),
        (bytes, messages) => bytes.or(messages),
    }
}

fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} bytes") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// The checklist as it fills.
struct Checklist {
    report: Mutex<CheckReport>,
    sender: watch::Sender<CheckReport>,
}

impl Checklist {
    fn see(&self, seen: Seen) {
        match seen {
            Seen::Begun(step) => self.begin(step),
            Seen::Passed(step, detail) => self.pass(step, detail),
            Seen::Skipped(step, detail) => self.skip(step, &detail),
            Seen::Certificate(card) => self.change(|report| report.certificate = Some(card)),
        }
    }

    fn begin(&self, step: StepName) {
        self.set(step, StepStatus::Running);
    }

    fn pass(&self, step: StepName, detail: String) {
        self.set(step, StepStatus::Passed { detail });
    }

    fn skip(&self, step: StepName, detail: &str) {
        self.set(step, StepStatus::Skipped { detail: detail.to_owned() });
    }

    /// The step that was running is the one that failed; those after it stay untried.
    fn finish(&self, error: Option<ConnectorError>) {
        self.change(|report| {
            if let Some(error) = error {
                let running = report.steps.iter().position(|step| step.status == StepStatus::Running);
                let waiting = || report.steps.iter().position(|step| step.status == StepStatus::Waiting);
                if let Some(at) = running.or_else(waiting) {
                    report.steps[at].status = StepStatus::Failed {
                        cause: error.cause,
                        detail: error.sentence(),
                        advice: error.cause.advice().to_owned(),
                    };
                }
            }
            report.done = true;
        });
    }

    fn set(&self, name: StepName, status: StepStatus) {
        self.change(|report| {
            if let Some(step) = report.steps.iter_mut().find(|step| step.name == name) {
                step.status = status;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut CheckReport)) {
        let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut report);
        self.sender.send_replace(report.clone());
    }
}
