//! Stores windows over one connection to the target, or over several while that brings more: a server that waits for its
//! disk, or gives each connection only so much of its processors or its line, takes more over two. Whether it does is
//! measured, not assumed.
//!
//! What each connection stores lies above the folder's bracket and is recorded as intended, as if one had stored it all.

use std::{collections::HashMap, time::Duration};

use futures_util::future::join;
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::{Instant, MissedTickBehavior, interval},
};

use super::transfer::WINDOWS;
use crate::{
    account::Account,
    error::ConnectorError,
    guest::Slot,
    target::{self, StoreNews, Target, Window},
};

/// How often it is looked whether another mailbox waits for a connection.
const LOOK: Duration = Duration::from_millis(250);
/// A speed is measured over so long and so many answers at least, from answer to answer.
const MEASURE: Duration = Duration::from_millis(1500);
const ANSWERS: u64 = 6;
/// What a new connection takes at first says nothing: it fills what is between.
const SETTLE: Duration = Duration::from_millis(500);
/// For what is done sooner than this no connection is opened.
const WORTH: Duration = Duration::from_secs(4);
/// In percent of the speed before: who stays below brings nothing.
const GAIN: u64 = 115;
/// In percent of the time: so long at least the target must have kept us waiting.
const WAITED: u128 = 60;
/// What storing a message costs beside its bytes, in bytes.
const MESSAGE: u64 = 4096;
/// Windows that a connection which is the only one has at most, and those that any has at least: while one is answered,
/// the next is there already.
const MOST: usize = 3;
const LEAST: usize = 2;

/// What more connections may be opened for.
pub(super) struct Scope {
    /// The target's mailbox.
    pub account: Account,
    /// What is to be stored, as [`cost`] counts it.
    pub work: u64,
    /// Whether there may be more than one at all.
    pub several: bool,
}

/// What storing a message of so many bytes costs, in bytes.
pub(super) const fn cost(bytes: u64) -> u64 {
    bytes.saturating_add(MESSAGE)
}

/// Stores windows as they come; tells of each as it is answered. Fails when one connection does.
pub(super) async fn store(
    target: &mut dyn Target,
    scope: Scope,
    mut windows: mpsc::Receiver<Window>,
    news: mpsc::UnboundedSender<StoreNews>,
) -> Result<(), ConnectorError> {
    let several = scope.several && target.takes_several() && scope.account.gate.portion().is_none();
    if !several {
        return target.store(windows, &news).await;
    }
    let (first, to_first) = mpsc::channel(WINDOWS);
    let (tells, told) = mpsc::unbounded_channel();
    let own = {
        let tells = tells.clone();
        async move { target.store(to_first, &tells).await }
    };
    let mut crew = Crew {
        scope,
        news,
        told,
        tells: Some(tells),
        connections: vec![Connection { number: 0, windows: first }],
        under_way: HashMap::new(),
        opening: JoinSet::new(),
        others: JoinSet::new(),
        stage: Stage::Begun,
        given: 0,
        stored: 0,
        answers: 0,
        held_up: Duration::ZERO,
        waits: None,
    };
    let (own, others) = join(own, async move { crew.run(&mut windows).await }).await;
    own.and(others)
}

/// One more connection, with the right to it.
type Opened = Result<(Box<dyn Target>, Slot), ConnectorError>;

/// The connections of one mailbox.
struct Crew {
    scope: Scope,
    news: mpsc::UnboundedSender<StoreNews>,
    /// What the connections tell.
    told: mpsc::UnboundedReceiver<StoreNews>,
    tells: Option<mpsc::UnboundedSender<StoreNews>>,
    /// The pass's own is the first.
    connections: Vec<Connection>,
    /// Windows that are not answered to their end.
    under_way: HashMap<u64, UnderWay>,
    opening: JoinSet<Opened>,
    others: JoinSet<Result<(), ConnectorError>>,
    stage: Stage,
    /// What was handed over so far, what of it is answered, and by how many answers.
    given: u64,
    stored: u64,
    answers: u64,
    /// How long windows waited for a connection, but for the one that waits since then.
    held_up: Duration,
    waits: Option<Instant>,
}

/// A connection.
struct Connection {
    number: usize,
    windows: mpsc::Sender<Window>,
}

/// A window that a connection has.
struct UnderWay {
    connection: usize,
    unanswered: usize,
    /// What each of its messages costs, on average.
    each: u64,
}

/// How far it had come at some answer.
#[derive(Debug, Clone, Copy)]
struct SoFar {
    at: Instant,
    stored: u64,
    answers: u64,
    held_up: Duration,
}

/// How far it is with finding out what brings most.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Nothing is answered yet.
    Begun,
    /// How fast it goes with these is measured.
    Measuring { since: SoFar },
    /// One more is on its way; so fast it went before.
    Opening { before: u64 },
    /// One more has joined.
    Settling { since: Instant, before: u64 },
    /// How fast it goes with one more is measured.
    Trying { since: SoFar, before: u64 },
    /// It stays as it is.
    Over,
}

impl Crew {
    /// Hands windows over until no more come, and waits until all is stored.
    async fn run(&mut self, windows: &mut mpsc::Receiver<Window>) -> Result<(), ConnectorError> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next: Option<Window> = None;
        loop {
            if let Some(at) = self.free()
                && let Some(window) = next.take()
            {
                self.held_up = self.held_up();
                self.waits = None;
                self.give(at, window);
            }
            tokio::select! {
                window = windows.recv(), if next.is_none() => match window {
                    Some(window) => (next, self.waits) = (Some(window), Some(Instant::now())),
                    None => return self.finish(Ok(())).await,
                },
                Some(told) = self.told.recv() => self.hear(told),
                () = self.connections[0].windows.closed() => {
                    // The pass's own connection failed, and says why itself. The others store what they have.
                    return self.finish(Ok(())).await;
                }
                Some(opened) = self.opening.join_next() => self.opened(came(opened)),
                Some(ended) = self.others.join_next() => {
                    if let Some(Err(error)) = came(ended) {
                        return self.finish(Err(error)).await;
                    }
                }
                _ = look.tick() => self.look(),
            }
        }
    }

    /// No more windows, and no more connections: they store what they have.
    async fn finish(&mut self, mut so_far: Result<(), ConnectorError>) -> Result<(), ConnectorError> {
        self.stage = Stage::Over;
        self.opening.abort_all();
        self.connections.clear();
        self.tells = None;
        while let Some(told) = self.told.recv().await {
            self.hear(told);
        }
        while let Some(ended) = self.others.join_next().await {
            so_far = so_far.and(came(ended).unwrap_or(Ok(())));
        }
        so_far
    }

    /// The connection that has least to do, if it takes one more window.
    fn free(&self) -> Option<usize> {
        // One more is to wait, or it would not be seen that they have enough.
        let most = ((WINDOWS - LEAST) / self.connections.len()).clamp(LEAST, MOST);
        let of = |connection: &Connection| {
            self.under_way.values().filter(|way| way.connection == connection.number).count()
        };
        let (at, busy) = self.connections.iter().map(of).enumerate().min_by_key(|(_, busy)| *busy)?;
        (busy < most).then_some(at)
    }

    fn give(&mut self, at: usize, window: Window) {
        let whole: u64 = window.items.iter().map(|item| cost(item.meta.size)).sum();
        self.given += whole;
        let unanswered = window.items.len();
        let each = whole / (unanswered as u64).max(1);
        let Connection { number, windows } = &self.connections[at];
        self.under_way.insert(window.number, UnderWay { connection: *number, unanswered, each });
        // There is room for all windows that may be under way. Nobody takes it when the connection failed, which is heard of.
        _ = windows.try_send(window);
    }

    fn hear(&mut self, told: StoreNews) {
        if let Some(way) = self.under_way.get_mut(&told.window) {
            way.unanswered = way.unanswered.saturating_sub(told.outcomes.len());
            self.stored += way.each * told.outcomes.len() as u64;
            if way.unanswered == 0 {
                self.under_way.remove(&told.window);
            }
        }
        // Nobody listens when the pass ends early.
        _ = self.news.send(told);
        self.answers += 1;
        self.judge();
    }

    /// One more connection is there, or will not be.
    fn opened(&mut self, opened: Option<Opened>) {
        let (Stage::Opening { before }, Some(opened), Some(tells)) = (self.stage, opened, &self.tells) else {
            return;
        };
        let (target, slot) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::info!(%error, "No further connection for this mailbox: it goes on with those there are");
                self.stage = Stage::Over;
                return;
            }
        };
        let (windows, to_store) = mpsc::channel(WINDOWS);
        let tells = tells.clone();
        self.others.spawn(async move {
            // What comes first here ends last: the right to a connection after the connection.
            let _slot = slot;
            let mut target = target;
            target.store(to_store, &tells).await
        });
        let number = self.connections.last().map_or(0, |last| last.number + 1);
        self.connections.push(Connection { number, windows });
        self.stage = Stage::Settling { since: Instant::now(), before };
    }

    /// Gives the others back when another mailbox has no connection at all. What they have they still store.
    fn look(&mut self) {
        if self.scope.account.gate.is_waited_for() {
            self.opening.abort_all();
            self.connections.truncate(1);
            self.stage = Stage::Over;
        }
    }

    /// Looks at how fast it goes, whenever something was answered.
    fn judge(&mut self) {
        let now = self.so_far();
        self.stage = match self.stage {
            Stage::Begun => Stage::Measuring { since: now },
            Stage::Measuring { since } if now.measures(&since) => {
                let speed = now.speed(&since);
                match now.waited(&since) && self.is_worth_it(speed) && self.begin_one_more() {
                    true => Stage::Opening { before: speed },
                    false => Stage::Measuring { since: now },
                }
            }
            Stage::Settling { since, before } if now.at - since >= SETTLE => {
                Stage::Trying { since: now, before }
            }
            Stage::Trying { since, before } if now.measures(&since) => {
                let (connections, speed) = (self.connections.len(), now.speed(&since));
                tracing::debug!(connections, before, speed, "One more connection was tried");
                if speed.saturating_mul(100) >= before.saturating_mul(GAIN) {
                    Stage::Measuring { since: now }
                } else {
                    self.connections.pop();
                    Stage::Over
                }
            }
            stage @ (Stage::Measuring { .. }
            | Stage::Opening { .. }
            | Stage::Settling { .. }
            | Stage::Trying { .. }
            | Stage::Over) => stage,
        };
    }

    fn so_far(&self) -> SoFar {
        SoFar { at: Instant::now(), stored: self.stored, answers: self.answers, held_up: self.held_up() }
    }

    /// How long windows waited for a connection, so far.
    fn held_up(&self) -> Duration {
        self.held_up + self.waits.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Whether enough is left at this speed.
    fn is_worth_it(&self, speed: u64) -> bool {
        self.scope.work.saturating_sub(self.given) > speed.saturating_mul(WORTH.as_secs())
    }

    /// Begins to open one more connection; false when the limits allow none now.
    fn begin_one_more(&mut self) -> bool {
        let Some(slot) = self.scope.account.gate.try_slot(&self.scope.account.user) else { return false };
        let account = Account { beside: true, ..self.scope.account.clone() };
        self.opening.spawn(async move { target::connect(&account).await.map(|target| (target, slot)) });
        true
    }
}

impl SoFar {
    /// Whether enough lies between.
    fn measures(&self, since: &Self) -> bool {
        self.at - since.at >= MEASURE && self.answers - since.answers >= ANSWERS
    }

    /// Bytes a second in between.
    fn speed(&self, since: &Self) -> u64 {
        let millis = u64::try_from((self.at - since.at).as_millis()).unwrap_or(u64::MAX).max(1);
        (self.stored - since.stored).saturating_mul(1000) / millis
    }

    /// Whether the target kept us waiting most of the time in between.
    fn waited(&self, since: &Self) -> bool {
        (self.held_up - since.held_up).as_millis() * 100 >= (self.at - since.at).as_millis() * WAITED
    }
}

/// What a task came to; none when it was given up. A panic in it is one in whoever waits for it.
fn came<T>(ended: Result<T, JoinError>) -> Option<T> {
    match ended.map_err(JoinError::try_into_panic) {
        Ok(came) => Some(came),
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => None,
    }
}
