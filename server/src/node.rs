//! This process as a node: what it says of itself, as often as its leases are renewed.

use std::fs;

use shared::node::NodeKind;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, timeout},
};

use crate::{
    config::Config,
    disk::Disk,
    store::{NodeCard, Store, StoreError},
};

/// Where Linux tells the machine's name.
const HOST: &str = "/proc/sys/kernel/hostname";
/// Longest part of it that is shown.
const HOST_MAX: usize = 40;

/// This process as a node.
#[derive(Debug)]
pub(crate) struct Node {
    store: Store,
    card: NodeCard,
    disk: Disk,
}

impl Node {
    /// Puts this process on the list of nodes.
    pub(crate) async fn enlist(
        store: Store,
        config: &Config,
        kind: NodeKind,
        disk: Disk,
    ) -> Result<Self, StoreError> {
        let card = NodeCard { host: host(), kind, workers: config.workers.get() };
        store.show_life(&card, disk.full().as_ref()).await?;
        Ok(Self { store, card, disk })
    }

    /// Shows that the process is there until told to stop.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut beat = tokio::time::interval(self.store.times().heartbeat());
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = beat.tick() => {
                    let full = self.disk.full();
                    let shown = self.store.show_life(&self.card, full.as_ref());
                    match timeout(self.store.times().deadline(), shown).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => {
                            tracing::warn!(%error, "showing that this node is there failed; it is tried again");
                        }
                        Err(_) => tracing::warn!("showing that this node is there took too long"),
                    }
                }
                _ = stop.changed() => {}
            }
        }
    }
}

/// The machine's name as far as people need it: letters, digits, dots and hyphens.
fn host() -> String {
    let name = fs::read_to_string(HOST).unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '.' || *c == '-';
    let name: String = name.chars().filter(plain).take(HOST_MAX).collect();
    if name.is_empty() { "node".into() } else { name }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_machine_has_a_name_that_can_be_shown_anywhere() {
        let name = super::host();
        assert!(!name.is_empty() && name.len() <= super::HOST_MAX, "{name:?}");
        assert!(!name.contains(char::is_whitespace), "{name:?}");
    }
}
