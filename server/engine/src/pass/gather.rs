//! Gathers what arrives into windows of one folder, without holding a window back for what is slow to come. What
//! recognises each item is worked out on the way, beside the work of both sides.

use std::{collections::VecDeque, time::Duration};

use shared::cause::Cause;
use tokio::{sync::mpsc, task::JoinSet, time::timeout};

use crate::{
    fingerprint::{brief, fingerprint},
    model::{Fingerprint, Item, ItemMeta},
    source::{Arrival, Held},
};

/// Items and bytes of a window.
const WINDOW_ITEMS: usize = 500;
const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// Items of the first window: the target need not wait for many before it has something to do.
const FIRST_ITEMS: usize = 100;
/// A window is not held back for items that take longer than this to come, nor for long while the target has nothing to do.
const GATHER: Duration = Duration::from_millis(30);
const GATHER_FOR_IDLE: Duration = Duration::from_millis(3);

/// Arrivals that are handed over together at most: what wakes a thread for each of ten thousand costs more than their
/// fingerprints.
const TOGETHER: usize = 64;

/// An arrival, with its fingerprint when it is an item.
type Printed = (Arrival, Option<Fingerprint>);

/// Works out the fingerprints of what arrives.
async fn print(
    mut arrivals: mpsc::Receiver<Arrival>,
    whole: Vec<bool>,
    printed: mpsc::Sender<VecDeque<Printed>>,
) {
    let mut arrived = Vec::with_capacity(TOGETHER);
    while arrivals.recv_many(&mut arrived, TOGETHER).await > 0 {
        let together = arrived.drain(..).map(|arrival| {
            let print = match &arrival {
                Arrival::Item { order, item, .. } if whole.get(*order) == Some(&false) => {
                    Some(brief(&item.body))
                }
                Arrival::Item { item, .. } => Some(fingerprint(&item.body)),
                Arrival::Large { .. } | Arrival::Failed { .. } => None,
            };
            (arrival, print)
        });
        if printed.send(together.collect()).await.is_err() {
            return;
        }
    }
}

/// What arrived together, of one folder.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The position of the folder's order.
    pub order: usize,
    pub items: Vec<(Item, Fingerprint, Held)>,
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
    arrivals: mpsc::Receiver<VecDeque<Printed>>,
    /// Works the fingerprints out; ends with the value.
    prints: JoinSet<()>,
    window: Gathered,
    bytes: usize,
    /// Items of a window at most.
    most: usize,
    /// What arrived and belongs to no window yet.
    ahead: VecDeque<Printed>,
    ended: bool,
}

impl Gatherer {
    /// Gathers what arrives. `whole` tells of each order whether its items need the whole fingerprint: only where there
    /// is something to recognise them by.
    pub(super) fn new(arrivals: mpsc::Receiver<Arrival>, whole: Vec<bool>) -> Self {
        let (printed, arrivals_printed) = mpsc::channel(WINDOW_ITEMS / TOGETHER);
        let mut prints = JoinSet::new();
        prints.spawn(print(arrivals, whole, printed));
        let (arrivals, window) = (arrivals_printed, Gathered::default());
        Self { arrivals, prints, window, bytes: 0, most: FIRST_ITEMS, ahead: VecDeque::new(), ended: false }
    }

    /// The next window; none at the end. `idle`: the target has nothing to do until it comes.
    pub(super) async fn next(&mut self, idle: bool) -> Option<Gathered> {
        let patience = if idle { GATHER_FOR_IDLE } else { GATHER };
        while !self.take_ahead() && !self.ended {
            let arrived = if self.window.len() == 0 {
                self.arrivals.recv().await
            } else {
                match timeout(patience, self.arrivals.recv()).await {
                    Ok(arrived) => arrived,
                    Err(_) => break,
                }
            };
            match arrived {
                Some(arrived) => self.ahead = arrived,
                None => {
                    // An end that is none must not pass for one.
                    if let Some(Err(error)) = self.prints.join_next().await
                        && error.is_panic()
                    {
                        std::panic::resume_unwind(error.into_panic());
                    }
                    self.ended = true;
                }
            }
        }
        (self.bytes, self.most) = (0, WINDOW_ITEMS);
        (self.window.len() > 0).then(|| std::mem::take(&mut self.window))
    }

    /// Takes what arrived into the window; true when that is complete.
    fn take_ahead(&mut self) -> bool {
        while let Some((arrival, print)) = self.ahead.pop_front() {
            if self.window.len() > 0 && self.window.order != order(&arrival) {
                self.ahead.push_front((arrival, print));
                return true;
            }
            self.add(arrival, print);
            if self.is_full() {
                return true;
            }
        }
        false
    }

    fn is_full(&self) -> bool {
        self.bytes >= WINDOW_BYTES || self.window.len() >= self.most
    }

    fn add(&mut self, arrival: Arrival, print: Option<Fingerprint>) {
        self.window.order = order(&arrival);
        match arrival {
            Arrival::Item { item, held, .. } => {
                self.bytes += item.body.len();
                let print = print.unwrap_or_else(|| fingerprint(&item.body));
                self.window.items.push((item, print, held));
            }
            Arrival::Large { item, .. } => self.window.large.push(item),
            Arrival::Failed { item, cause, detail, .. } => self.window.failed.push((item, cause, detail)),
        }
    }
}

/// The position of the folder's order.
const fn order(arrival: &Arrival) -> usize {
    match arrival {
        Arrival::Item { order, .. } | Arrival::Large { order, .. } | Arrival::Failed { order, .. } => *order,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        model::{Flags, ItemId},
        source::ItemSink,
        testing::clock,
    };

    #[test]
    fn the_first_window_is_small_and_the_next_ones_are_not() {
        clock::run(async {
            let (sink, arrivals) = ItemSink::new(8 * 1024);
            let mut gatherer = Gatherer::new(arrivals, vec![false]);
            for uid in 1..=700 {
                let id = ItemId::Uid(uid);
                let meta = ItemMeta { id, size: 4, received: None, flags: Flags::default() };
                let item = Item { meta, body: Bytes::from_static(b"mail") };
                sink.send(Arrival::Item { order: 0, item, held: Held::default() })
                    .await
                    .expect("it is taken");
            }
            drop(sink);
            let mut sizes = Vec::new();
            while let Some(window) = gatherer.next(false).await {
                sizes.push(window.items.len());
            }
            assert_eq!(sizes, [FIRST_ITEMS, WINDOW_ITEMS, 700 - FIRST_ITEMS - WINDOW_ITEMS]);
        });
    }
}
