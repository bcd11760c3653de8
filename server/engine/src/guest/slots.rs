//! Connections in use and those who wait for one: first come, first served, as far as their mailbox may have one more.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tokio::sync::oneshot;

use super::Slot;

/// Connections in use and those who wait for one.
#[derive(Debug, Default)]
pub(super) struct Slots {
    in_use: u16,
    by_mailbox: HashMap<Arc<str>, u16>,
    queue: VecDeque<Waiter>,
    tickets: u64,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    mailbox: Arc<str>,
    granted: oneshot::Sender<Slot>,
}

/// A connection that was granted: its owner is told outside of the lock.
pub(super) type Grant = (oneshot::Sender<Slot>, Arc<str>);

impl Slots {
    pub(super) const fn in_use(&self) -> u16 {
        self.in_use
    }

    pub(super) fn waiting(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX)
    }

    /// Gets in line.
    pub(super) fn wait(&mut self, mailbox: Arc<str>) -> (u64, oneshot::Receiver<Slot>) {
        let (granted, receiver) = oneshot::channel();
        self.tickets += 1;
        self.queue.push_back(Waiter { ticket: self.tickets, mailbox, granted });
        (self.tickets, receiver)
    }

    /// Gets out of line.
    pub(super) fn leave(&mut self, ticket: u64) {
        self.queue.retain(|waiter| waiter.ticket != ticket);
    }

    /// Gives a connection to the first in line that may have one.
    pub(super) fn grant(&mut self, most: u16, per_mailbox: u16) -> Option<Grant> {
        if self.in_use >= most {
            return None;
        }
        let may = |waiter: &Waiter| self.of(&waiter.mailbox) < per_mailbox;
        let first = self.queue.iter().position(may)?;
        let waiter = self.queue.remove(first)?;
        self.take(&waiter.mailbox);
        Some((waiter.granted, waiter.mailbox))
    }

    /// Takes one past the line, which is only right when nobody waits.
    pub(super) fn try_take(&mut self, mailbox: &Arc<str>, most: u16, per_mailbox: u16) -> bool {
        self.queue.is_empty() && self.try_take_past_line(mailbox, most, per_mailbox)
    }

    /// Takes one, whoever waits.
    pub(super) fn try_take_past_line(&mut self, mailbox: &Arc<str>, most: u16, per_mailbox: u16) -> bool {
        let free = self.in_use < most && self.of(mailbox) < per_mailbox;
        if free {
            self.take(mailbox);
        }
        free
    }

    /// Gives one back.
    pub(super) fn give_back(&mut self, mailbox: &Arc<str>) {
        self.in_use = self.in_use.saturating_sub(1);
        if let Some(count) = self.by_mailbox.get_mut(mailbox) {
            *count -= 1;
            if *count == 0 {
                self.by_mailbox.remove(mailbox);
            }
        }
    }

    fn of(&self, mailbox: &Arc<str>) -> u16 {
        self.by_mailbox.get(mailbox).copied().unwrap_or_default()
    }

    fn take(&mut self, mailbox: &Arc<str>) {
        self.in_use += 1;
        *self.by_mailbox.entry(Arc::clone(mailbox)).or_default() += 1;
    }
}
