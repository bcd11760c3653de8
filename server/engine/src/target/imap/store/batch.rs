//! Windows that are being stored, and the parts of them that go out in one command.

use std::ops::Range;

use tokio::time::Instant;

use crate::{model::Item, target::Window, wire::imap::append::Message};

/// A window that is not answered to its end.
pub(super) struct Open {
    pub window: Window,
    /// The flags of each item, as this folder keeps them.
    pub flags: Vec<String>,
    pub unanswered: usize,
}

/// Items of a window that go out in one command.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub window: u64,
    pub items: Range<usize>,
    pub bytes: usize,
    pub sent: Option<Instant>,
}

impl Open {
    pub(super) fn message(&self, at: usize) -> Option<Message<'_>> {
        let (item, flags) = (self.window.items.get(at)?, self.flags.get(at)?);
        Some(Message { flags, received: item.meta.received, body: &item.body })
    }
}

pub(super) fn batch(window: u64, range: Range<usize>, items: &[Item]) -> Batch {
    let bytes = items[range.clone()].iter().map(|item| item.body.len()).sum();
    Batch { window, items: range, bytes, sent: None }
}

impl Batch {
    /// So many of its first items, and the others.
    pub(super) fn cut(self, count: usize, items: &[Item]) -> (Self, Option<Self>) {
        let Range { start, end } = self.items;
        let middle = start + count;
        if middle >= end {
            return (self, None);
        }
        let first = batch(self.window, start..middle, items);
        let rest = Self { items: middle..end, bytes: self.bytes - first.bytes, ..self };
        (first, Some(rest))
    }
}
