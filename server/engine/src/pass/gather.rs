//! Gathers what arrives into windows of one folder, without holding a window back for what is slow to come.

use std::time::Duration;

use shared::cause::Cause;
use tokio::{sync::mpsc, time::timeout};

use crate::{
    model::{Item, ItemMeta},
    source::{Arrival, Held},
};

/// Items and bytes of a window.
const WINDOW_ITEMS: usize = 500;
const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// A window is not held back for items that take longer than this to come.
const GATHER: Duration = Duration::from_millis(30);

/// What arrived together, of one folder.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The position of the folder's order.
    pub order: usize,
    pub items: Vec<(Item, Held)>,
    pub large: Vec<ItemMeta>,
    pub failed: Vec<(ItemMeta, Cause, String)>,
}

impl Gathered {
    fn len(&self) -> usize {
        self.items.len() + self.large.len() + self.failed.len()
    }
}

/// Gathers arrivals. What it has it keeps when it is interrupted.
#[derive(Debug)]
pub(super) struct Gatherer {
    arrivals: mpsc::Receiver<Arrival>,
    window: Gathered,
    bytes: usize,
    /// The first of the next folder.
    ahead: Option<Arrival>,
    ended: bool,
}

impl Gatherer {
    pub(super) fn new(arrivals: mpsc::Receiver<Arrival>) -> Self {
        Self { arrivals, window: Gathered::default(), bytes: 0, ahead: None, ended: false }
    }

    /// The next window; none at the end.
    pub(super) async fn next(&mut self) -> Option<Gathered> {
        if let Some(ahead) = self.ahead.take() {
            self.add(ahead);
        }
        while !self.ended && !self.is_full() && self.ahead.is_none() {
            let arrival = if self.window.len() == 0 {
                self.arrivals.recv().await
            } else {
                match timeout(GATHER, self.arrivals.recv()).await {
                    Ok(arrival) => arrival,
                    Err(_) => break,
                }
            };
            match arrival {
                Some(arrival) => self.add(arrival),
                None => self.ended = true,
            }
        }
        self.bytes = 0;
        (self.window.len() > 0).then(|| std::mem::take(&mut self.window))
    }

    fn is_full(&self) -> bool {
        self.bytes >= WINDOW_BYTES || self.window.len() >= WINDOW_ITEMS
    }

    fn add(&mut self, arrival: Arrival) {
        let (Arrival::Item { order, .. } | Arrival::Large { order, .. } | Arrival::Failed { order, .. }) =
            &arrival;
        if self.window.len() > 0 && self.window.order != *order {
            self.ahead = Some(arrival);
            return;
        }
        self.window.order = *order;
        match arrival {
            Arrival::Item { item, held, .. } => {
                self.bytes += item.body.len();
                self.window.items.push((item, held));
            }
            Arrival::Large { item, .. } => self.window.large.push(item),
            Arrival::Failed { item, cause, detail, .. } => self.window.failed.push((item, cause, detail)),
        }
    }
}
