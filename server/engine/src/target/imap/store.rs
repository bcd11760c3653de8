//! Stores windows of messages as they come, several commands on their way at once.

mod answers;
mod batch;

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::{sync::mpsc, time::Instant};

use batch::{Batch, Open, batch};

use super::{alone, permanent};
use crate::{
    error::ConnectorError,
    model::Item,
    target::{StoreNews, Window},
    wire::imap::{
        append::{self, Condition, Message},
        look::Wanted,
        session::{Asked, ImapSession, Way, kept_flags},
    },
};

/// Messages and bytes stored by one command at most.
const BATCH_ITEMS: usize = 500;
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Commands that store several messages, and those that store one, on their way at most.
const TOGETHER: usize = 4;
const SINGLY: usize = 128;
/// Bytes on their way at most, unless one command has more.
const BYTES: usize = 16 * 1024 * 1024;

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
}
