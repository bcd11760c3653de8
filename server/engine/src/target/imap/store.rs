//! Stores windows of messages as they come, several commands on their way at once.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Range,
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use super::{alone, permanent};
use crate::{
    error::ConnectorError,
    model::Item,
    target::{StoreNews, StoreOutcome, StoreResult, Window},
    wire::imap::{
        append::{self, Condition, Message, Stored},
        look::Wanted,
        response::Status,
        session::{Asked, Chunk, ImapSession, Way, kept_flags},
    },
};

/// Messages and bytes stored by one command at most.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Commands that store several messages, and those that store one, on their way at most.
const TOGETHER: usize = 4;
const SINGLY: usize = 128;
/// A command is to take between these: shorter ones cost more than they need, longer ones are answered late, and nobody sees
/// it getting on. They begin large: what a slow line does not take at once shows how slow it is.
const QUICK: Duration = Duration::from_millis(250);
const SLOW: Duration = Duration::from_secs(1);
const SMALLEST: usize = 32;
/// Bytes on their way at most, unless one command has more.
const BYTES: usize = 16 * 1024 * 1024;
/// So many commands with several messages may be answered BAD in a row before the server is taken at its deeds: it says
/// it takes them and does not (edge case 155).
const STRIKES: u32 = 3;

/// A window that is not answered to its end.
struct Open {
    window: Window,
    /// The flags of each item, as this folder keeps them.
    flags: Vec<String>,
    unanswered: usize,
}

/// Items of a window that go out in one command.
#[derive(Debug, Clone)]
struct Batch {
    window: u64,
    items: Range<usize>,
    bytes: usize,
    sent: Option<Instant>,
}

/// A single message that goes alone.
struct Alone {
    batch: Batch,
    /// Why it was refused in company.
    refused: Option<Condition>,
}

/// A command that is under way.
enum Sent {
    Batch(Batch),
    Folder(u64),
    Nothing,
}

pub(super) async fn store(
    session: &mut ImapSession,
    mut windows: mpsc::Receiver<Window>,
    news: &mpsc::UnboundedSender<StoreNews>,
) -> Result<(), ConnectorError> {
    let mut storing = Storing {
        session,
        news,
        open: BTreeMap::new(),
        queue: VecDeque::new(),
        alone: VecDeque::new(),
        under_way: HashMap::new(),
        bytes: 0,
        singles: 0,
        strikes: 0,
        share: 1,
        answered: None,
    };
    let stored = storing.run(&mut windows).await;
    if stored.is_err() {
        // Whoever tries again does not begin with them once more.
        storing.tell_refused();
    }
    stored
}

struct Storing<'a> {
    session: &'a mut ImapSession,
    news: &'a mpsc::UnboundedSender<StoreNews>,
    open: BTreeMap<u64, Open>,
    queue: VecDeque<Batch>,
    /// What was refused, or needs the server's consent: one at a time, with nothing else under way.
    alone: VecDeque<Alone>,
    under_way: HashMap<Asked, Sent>,
    bytes: usize,
    singles: usize,
    strikes: u32,
    /// Which part of the largest command is sent at once: one in so many.
    share: usize,
    /// When the last one was answered.
    answered: Option<Instant>,
}

impl Storing<'_> {
    async fn run(&mut self, windows: &mut mpsc::Receiver<Window>) -> Result<(), ConnectorError> {
        let mut more = true;
        loop {
            self.send_what_may_be_sent().await?;
            if self.under_way.is_empty() && self.store_alone().await? {
                continue;
            }
            let wants = more && self.queue.is_empty() && self.alone.is_empty();
            match (wants, self.under_way.is_empty()) {
                (true, true) => match windows.recv().await {
                    Some(window) => self.accept(window),
                    None => return Ok(()),
                },
                (false, true) if !more && self.queue.is_empty() => return Ok(()),
                (false, true) => {}
                (false, false) => self.read().await?,
                (true, false) => tokio::select! {
                    window = windows.recv() => match window {
                        Some(window) => self.accept(window),
                        None => more = false,
                    },
                    // Reading keeps what came so far when it is interrupted.
                    read = self.session.next() => self.hear(read?)?,
                },
            }
        }
    }

    /// Tells of what was refused and never got its turn alone.
    fn tell_refused(&mut self) {
        for Alone { batch, refused } in std::mem::take(&mut self.alone) {
            // What says nothing about the message itself is asked again.
            if let Some(condition) = refused.filter(alone::is_about_the_message) {
                self.tell(&batch, vec![alone::refused_for_now(&condition)]);
            }
        }
    }

    fn accept(&mut self, window: Window) {
        let permanent = permanent(&window.folder.keeps);
        let flags =
            window.items.iter().map(|item| kept_flags(&item.meta.flags, permanent.as_ref())).collect();
        let number = window.number;
        self.queue.push_back(batch(number, 0..window.items.len(), &window.items));
        self.open.insert(number, Open { unanswered: window.items.len(), window, flags });
    }

    /// How many of the items go out in one command.
    fn together(&self, items: &[Item]) -> usize {
        let profile = &self.session.listing.profile;
        if !profile.multiappend {
            return 1;
        }
        let portion = self.session.connection.portion();
        let most = |rate: Option<u64>, most: usize| {
            rate.and_then(|rate| usize::try_from(rate).ok()).map_or(most, |rate| rate.min(most))
        };
        let most_items = most(portion.map(|portion| portion.messages), BATCH_ITEMS / self.share);
        let most_bytes = most(portion.map(|portion| portion.bytes), BATCH_BYTES / self.share);
        let mut bytes = 0;
        let fits = items.iter().take(most_items).take_while(|item| {
            bytes += item.body.len();
            item.body.len() <= profile.unasked_literal && bytes <= most_bytes
        });
        fits.count().max(1)
    }

    async fn send_what_may_be_sent(&mut self) -> Result<(), ConnectorError> {
        if !self.queue.is_empty() && self.session.connection.wants_compression() {
            if !self.under_way.is_empty() {
                // What is under way comes first.
                return Ok(());
            }
            self.session.connection.compress().await?;
        }
        let mut sent = false;
        while self.alone.is_empty()
            && let Some(batch) = self.queue.pop_front()
        {
            let Some(open) = self.open.get(&batch.window) else { continue };
            let count = self.together(&open.window.items[batch.items.clone()]);
            let (batch, rest) = batch.cut(count, &open.window.items);
            if let Some(rest) = rest {
                self.queue.push_front(rest);
            }
            let body = &open.window.items[batch.items.start].body;
            if body.len() > self.session.listing.profile.unasked_literal {
                self.alone.push_back(Alone { batch, refused: None });
                break;
            }
            let most = if batch.items.len() > 1 { TOGETHER } else { SINGLY };
            let has_room = self.under_way.len() < most && self.bytes + batch.bytes <= BYTES;
            let has_room = has_room && !self.session.connection.must_wait();
            if !has_room && !self.under_way.is_empty() {
                self.queue.push_front(batch);
                break;
            }
            if self.under_way.is_empty() {
                self.session.connection.patience().await?;
            }
            if self.session.connection.portion().is_some() {
                // What waits to be sent must not wait for the rate of what follows.
                self.session.flush().await?;
            }
            let bytes = u64::try_from(batch.bytes).unwrap_or(u64::MAX);
            self.session.connection.take(batch.items.len(), bytes).await;
            self.send(batch).await?;
            sent = true;
        }
        if sent { self.session.flush().await } else { Ok(()) }
    }

    async fn send(&mut self, batch: Batch) -> Result<(), ConnectorError> {
        let Some(open) = self.open.get(&batch.window) else { return Ok(()) };
        let folder = &open.window.folder.folder;
        let profile = self.session.listing.profile;
        if !profile.multiappend && !self.session.is_selected(&folder.wire) {
            // Appending to an open folder saves some servers from reading its index anew for each message.
            let asked = self.session.ask_folder(folder, Way::Write);
            self.under_way.insert(asked, Sent::Folder(batch.window));
        }
        if profile.multiappend
            && let Some(asked) = self.session.ask_unselect()
        {
            self.under_way.insert(asked, Sent::Nothing);
        }
        let messages: Vec<Message<'_>> = batch.items.clone().filter_map(|at| open.message(at)).collect();
        let tag = append::send_unasked(&mut self.session.connection, &folder.wire, &messages).await?;
        self.bytes += batch.bytes;
        let batch = Batch { sent: Some(Instant::now()), ..batch };
        self.under_way.insert(Asked::from(tag), Sent::Batch(batch));
        self.singles += 1;
        if profile.noop_every.is_some_and(|every| self.singles.is_multiple_of(every)) {
            let asked = self.session.ask(b"NOOP");
            self.under_way.insert(asked, Sent::Nothing);
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), ConnectorError> {
        let chunk = self.session.next().await?;
        self.hear(chunk)
    }

    fn hear(&mut self, chunk: Chunk) -> Result<(), ConnectorError> {
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
                self.queue.push_front(self::batch(batch.window, at..at + 1, items));
            }
            return;
        }
        let middle = start + (end - start) / 2;
        self.queue.push_front(self::batch(batch.window, middle..end, items));
        self.queue.push_front(self::batch(batch.window, start..middle, items));
    }

    /// Stores the next of what goes alone; false when there is none.
    async fn store_alone(&mut self) -> Result<bool, ConnectorError> {
        let Some(Alone { batch, .. }) = self.alone.pop_front() else { return Ok(false) };
        let Some(open) = self.open.get(&batch.window) else { return Ok(true) };
        let folder = &open.window.folder.folder;
        if !self.session.is_selected(&folder.wire) && !self.session.listing.profile.multiappend {
            self.session.look_at(folder, Wanted::Nothing, Way::Write).await?;
        }
        let Some(message) = open.message(batch.items.start) else { return Ok(true) };
        self.session.connection.patience().await?;
        self.session.connection.take(1, u64::try_from(message.body.len()).unwrap_or(u64::MAX)).await;
        let result = alone::store(self.session, folder, &message).await?;
        self.tell(&batch, vec![result]);
        Ok(true)
    }

    fn tell(&mut self, batch: &Batch, results: Vec<StoreResult>) {
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
}

impl Open {
    fn message(&self, at: usize) -> Option<Message<'_>> {
        let (item, flags) = (self.window.items.get(at)?, self.flags.get(at)?);
        Some(Message { flags, received: item.meta.received, body: &item.body })
    }
}

fn batch(window: u64, range: Range<usize>, items: &[Item]) -> Batch {
    let bytes = items[range.clone()].iter().map(|item| item.body.len()).sum();
    Batch { window, items: range, bytes, sent: None }
}

impl Batch {
    /// So many of its first items, and the others.
    fn cut(self, count: usize, items: &[Item]) -> (Self, Option<Self>) {
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
