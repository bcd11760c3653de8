//! What is news: states compared with how they stood before.

use std::{collections::BTreeSet, path::Path};

use shared::notify::Occasion;

use crate::{
    disk::Space,
    guest::Guests,
    metrics,
    report::words,
    store::{Fact, Standing},
};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// After how many days a finished project's credentials are recalled, unless said otherwise.
const REMINDER_DAYS: u16 = 14;

/// How projects stand, as facts that are compared over all nodes.
pub(super) fn of_projects(standings: &[Standing], reminder_days: Option<u16>, now: i64) -> Vec<Fact> {
    let after = i64::from(reminder_days.unwrap_or(REMINDER_DAYS)) * DAY_MILLIS;
    let facts = standings.iter().flat_map(|project| {
        let Standing { id, name, jobs, failed, done, updated, has_secret } = project;
        let complete = *jobs > 0 && done == jobs;
        let fact = |kind: &str, value: i64, occasion, text: String| Fact {
            name: format!("{kind}/{id}"),
            value,
            occasion,
            text,
        };
        [
            fact(
                "failed",
                *failed,
                Occasion::Failed,
                match (failed, jobs) {
                    (1, 1) => format!("{name}: its mailbox failed. The project's page tells why."),
                    (failed, jobs) => format!(
                        "{name}: {failed} of {} failed. The project's page groups them by cause.",
                        counted(*jobs)
                    ),
                },
            ),
            fact(
                "complete",
                i64::from(complete),
                Occasion::Complete,
                match jobs {
                    1 => format!("{name}: its mailbox is complete. See its report for exceptions."),
                    jobs => format!("{name}: all {} are complete. See the reports for exceptions.", counted(*jobs)),
                },
            ),
            fact(
                "credentials",
                i64::from(complete && *has_secret && updated + after <= now),
                Occasion::Credentials,
                format!(
                    "{name} is complete since {} days or more, and its passwords are still stored. Forget them in its \
                     settings, or with `carbonio-migrate project forget {id}`.",
                    after / DAY_MILLIS
                ),
            ),
        ]
    });
    facts.collect()
}

/// So many mailboxes; the database counts without a sign.
fn counted(mailboxes: i64) -> String {
    words::counted(mailboxes.unsigned_abs(), "mailbox")
}

/// What this node saw in the round before.
#[derive(Debug, Default)]
pub(super) struct Seen {
    throttled: BTreeSet<String>,
    held: BTreeSet<String>,
    leases: u64,
    disk_low: bool,
}

impl Seen {
    /// What changed on this node.
    pub(super) fn on_this_node(&mut self, guests: &Guests, data_dir: &Path) -> Vec<(Occasion, String)> {
        let mut news = Vec::new();
        let (throttled, held) = guests.troubled();
        for system in throttled.difference(&self.throttled) {
            news.push((
                Occasion::Throttled,
                format!(
                    "{system} asks for patience. Nothing is lost: mailboxes wait and go on by themselves."
                ),
            ));
        }
        for login in held.difference(&self.held) {
            news.push((
                Occasion::LoginHeld,
                format!("{login} was refused twice and is not tried any more. Check the password, then reset the login."),
            ));
        }
        let leases = metrics::lease_losses();
        if leases > self.leases {
            news.push((
                Occasion::NodeLost,
                match leases - self.leases {
                    1 => "A process that worked on one mailbox is gone. It goes on by itself.".into(),
                    lost => format!(
                        "A process that worked on {} is gone. They go on by themselves.",
                        words::counted(lost, "mailbox")
                    ),
                },
            ));
        }
        let disk_low = Space::of(data_dir).is_some_and(Space::is_low);
        if disk_low && !self.disk_low {
            news.push((
                Occasion::DiskLow,
                "The disk of carbonio-migrate's data directory is nearly full. Make room, or passes will stop.".into(),
            ));
        }
        *self = Self { throttled, held, leases, disk_low };
        news
    }
}

#[cfg(test)]
mod tests {
    use super::{Standing, of_projects};

    #[test]
    fn a_project_tells_of_failures_of_its_end_and_of_its_credentials() {
        let project = |failed, done, updated| Standing {
            id: 7,
            name: "Move".into(),
            jobs: 3,
            failed,
            done,
            updated,
            has_secret: true,
        };
        let values = |standing, now| {
            of_projects(&[standing], Some(2), now).into_iter().map(|fact| fact.value).collect::<Vec<_>>()
        };
        let day = super::DAY_MILLIS;
        assert_eq!(values(project(1, 1, 0), 9 * day), [1, 0, 0]);
        assert_eq!(values(project(0, 3, 0), day), [0, 1, 0]);
        assert_eq!(values(project(0, 3, 0), 2 * day), [0, 1, 1]);
        let forgotten = Standing { has_secret: false, ..project(0, 3, 0) };
        assert_eq!(values(forgotten, 9 * day), [0, 1, 0]);
    }
}
