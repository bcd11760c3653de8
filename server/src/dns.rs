//! Asks DNS where the mail of a batch's domains goes, and keeps the answers for as long as they are good.

mod ask;
mod judge;
mod look;
mod name;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use shared::{
    dns::{BatchDns, doubts},
    id::BatchId,
    time::Timestamp,
};
use tokio::sync::Mutex;

use ask::Asker;
use look::Answer;

/// So many domains are asked for at most: those with the most mailboxes.
pub(crate) const DOMAINS_MAX: usize = 20;
/// Answers are kept no longer, however long they are good for.
const KEPT_MOST: Duration = Duration::from_secs(60);
/// They are kept so long also when somebody asks afresh, so that a button that is held down asks nobody.
const KEPT_LEAST: Duration = Duration::from_secs(2);
/// Where the system says which servers it asks.
const SYSTEM: &str = "/etc/resolv.conf";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domains {
    /// The old system's host, as the admin typed it.
    pub(crate) source: String,
    /// The new system's host.
    pub(crate) target: String,
    /// Domains with the number of their mailboxes, those with the most first; at most [`DOMAINS_MAX`].
    pub(crate) list: Vec<(String, u64)>,
    /// How many domains more there are.
    pub(crate) more: u64,
    /// Mailboxes of no domain.
    pub(crate) nameless: u64,
}

#[derive(Debug)]
struct Kept {
    batch: BatchId,
    of: Domains,
    at: Instant,
    told: BatchDns,
}

/// Asks DNS for the checklists of batches.
#[derive(Debug)]
pub(crate) struct Dns {
    /// The server to ask; none: those of the system.
    server: Option<SocketAddr>,
    /// One look at a time: whoever asks meanwhile waits, and then mostly finds what it needs here.
    kept: Mutex<Vec<Kept>>,
}

impl Dns {
    /// Asks this server; none: those of the system.
    pub(crate) fn new(server: Option<SocketAddr>) -> Self {
        Self { server, kept: Mutex::default() }
    }

    /// What DNS says of a batch's domains: as it was told a short while ago, or asked now. It takes some fifteen seconds at
    /// most, when nobody answers.
    pub(crate) async fn of_batch(
        &self,
        batch: BatchId,
        of: Domains,
        afresh: bool,
        now: Timestamp,
    ) -> BatchDns {
        let mut kept = self.kept.lock().await;
        let good = |kept: &Kept| kept.at.elapsed() < if afresh { KEPT_LEAST } else { good_for(&kept.told) };
        if let Some(found) = kept.iter().find(|kept| kept.batch == batch && kept.of == of && good(kept)) {
            return found.told.clone();
        }
        let told = told(&self.asker(), of.clone(), now).await;
        kept.retain(|kept| kept.batch != batch && kept.at.elapsed() < KEPT_MOST);
        kept.push(Kept { batch, of, at: Instant::now(), told: told.clone() });
        told
    }

    fn asker(&self) -> Asker {
        match self.server {
            // Whoever names a server wants to hear that one alone.
            Some(server) => Asker { servers: vec![server], zones: None },
            None => Asker { servers: ask::servers_of(Path::new(SYSTEM)), zones: Some(ask::Zones::PUBLIC) },
        }
    }
}

/// Asks for all domains and for the two systems at once, and says what it means.
async fn told(asker: &Asker, of: Domains, now: Timestamp) -> BatchDns {
    let Domains { source, target, list, more, nameless } = of;
    let systems = join(look::system(asker, &source), look::system(asker, &target));
    let answers = join_all(list.iter().map(|(domain, _)| look::domain(asker, domain)));
    let ((old, new), answers): (_, Vec<Answer>) = join(systems, answers).await;
    let judged = list.into_iter().zip(answers);
    let domains: Vec<_> = judged
        .map(|((domain, mailboxes), answer)| judge::domain(domain, mailboxes, answer, &old, &new))
        .collect();
    let mut told = BatchDns {
        asked: now,
        servers: asker.servers.iter().map(ToString::to_string).collect(),
        source,
        target,
        doubts: doubts(&domains),
        domains,
        more,
        nameless,
        lines: Vec::new(),
    };
    told.lines = judge::lines(&told);
    told
}

/// How long what was told is good: as long as each answer is, within bounds. What was not told is asked for again soon.
fn good_for(told: &BatchDns) -> Duration {
    let seconds = told.domains.iter().map(|domain| domain.ttl.unwrap_or(0)).min();
    Duration::from_secs(u64::from(seconds.unwrap_or(u32::MAX))).clamp(KEPT_LEAST, KEPT_MOST)
}
