//! What the server answers to commands that store: what became of each message, shorter commands for a slow line, and halves
//! of what was refused.

use std::{ops::Range, time::Duration};

use tokio::time::Instant;

use super::{
    Alone, Sent, Storing,
    batch::{self, Batch, Open},
};
use crate::{
    error::ConnectorError,
    target::{StoreNews, StoreOutcome, StoreResult, Window, imap::alone},
    wire::imap::{
        append::{self, Condition, Stored},
        response::Status,
        session::Chunk,
    },
};

/// A command is to take between these: shorter ones cost more than they need, longer ones are answered late, and nobody sees
/// it getting on. They begin large: what a slow line does not take at once shows how slow it is.
const QUICK: Duration = Duration::from_millis(250);
const SLOW: Duration = Duration::from_secs(1);
const SMALLEST: usize = 32;
/// So many commands with several messages may be answered BAD in a row before the server is taken at its deeds: it says
/// it takes them and does not (edge case 155).
const STRIKES: u32 = 3;

impl Storing<'_> {
    /// Takes what the server says.
    pub(super) fn hear(&mut self, chunk: Chunk) -> Result<(), ConnectorError> {
        let Chunk::End { asked, condition } = chunk else { return Ok(()) };
        match self.under_way.remove(&asked) {
            Some(Sent::Batch(batch)) => self.answered(batch, condition),
            Some(Sent::Folder(window)) => {
                let Some(open) = self.open.get(&window) else { return Ok(()) };
                let opened = self.session.opened(&open.window.folder.folder, &condition);
                opened.map_err(ConnectorError::anew)
            }
            Some(Sent::Nothing) => Ok(()),
            None => Err(self.session.connection.broken("an answer to no command")),
        }
    }

    fn answered(&mut self, batch: Batch, condition: Condition) -> Result<(), ConnectorError> {
        self.bytes -= batch.bytes;
        self.pace(&batch);
        let bad = condition.status == Status::Bad;
        match append::outcome(condition, batch.items.len()) {
            Stored::Yes(uids) => {
                self.strikes = 0;
                let results =
                    uids.into_iter().map(|target| StoreResult::Stored { target, repairs: Vec::new() });
                self.tell(&batch, results.collect());
            }
            Stored::No(condition) => {
                let Some(open) = self.open.get(&batch.window) else { return Ok(()) };
                // A full mailbox may still take the smaller half; the single message decides.
                alone::stop_if_about_the_server(self.session, &condition, &open.window.folder.folder)?;
                self.split(batch, bad, condition);
            }
        }
        Ok(())
    }

    /// Makes commands shorter or longer by how long this one took: since it was sent, or the one before it was answered.
    fn pace(&mut self, batch: &Batch) {
        let now = Instant::now();
        if let Some(began) = batch.sent.max(self.answered) {
            let took = now - began;
            if took > SLOW {
                self.share = (self.share * 2).min(SMALLEST);
            } else if took < QUICK {
                self.share = (self.share / 2).max(1);
            }
        }
        self.answered = Some(now);
    }

    /// Nothing of a refused command was stored: its halves are tried (edge case 154), a single message alone, where it
    /// gets an answer of its own and its repairs.
    fn split(&mut self, batch: Batch, bad: bool, condition: Condition) {
        let Some(Open { window: Window { items, .. }, .. }) = self.open.get(&batch.window) else { return };
        let Range { start, end } = batch.items;
        if end - start == 1 {
            self.alone.push_back(Alone { batch, refused: Some(condition) });
            return;
        }
        self.strikes = if bad { self.strikes + 1 } else { 0 };
        if self.strikes >= STRIKES {
            tracing::info!(
                "The server says it takes several messages in one command and does not: one each from now on"
            );
            self.session.listing.profile.multiappend = false;
            for at in (start..end).rev() {
                self.queue.push_front(batch::batch(batch.window, at..at + 1, items));
            }
            return;
        }
        let middle = start + (end - start) / 2;
        self.queue.push_front(batch::batch(batch.window, middle..end, items));
        self.queue.push_front(batch::batch(batch.window, start..middle, items));
    }

    /// Tells what became of the messages of one command.
    pub(super) fn tell(&mut self, batch: &Batch, results: Vec<StoreResult>) {
        let Some(open) = self.open.get_mut(&batch.window) else { return };
        let items = open.window.items[batch.items.clone()].iter();
        let outcomes = items
            .zip(results)
            .map(|(item, result)| StoreOutcome { item: item.meta.id.clone(), result })
            .collect();
        // Nobody listens when the pass ends early: what is not recorded is found again by the next.
        _ = self.news.send(StoreNews { window: batch.window, outcomes });
        open.unanswered -= batch.items.len();
        if open.unanswered == 0 {
            self.open.remove(&batch.window);
        }
    }

    /// Tells of what was refused and never got its turn alone.
    pub(super) fn tell_refused(&mut self) {
        for Alone { batch, refused } in std::mem::take(&mut self.alone) {
            // What says nothing about the message itself is asked again.
            if let Some(condition) = refused.filter(alone::is_about_the_message) {
                self.tell(&batch, vec![alone::refused_for_now(&condition)]);
            }
        }
    }
}
