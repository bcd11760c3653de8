//! One round: rows are asked about, a few at once.

use engine::{account::Account, guest::Joined};
use futures_util::{StreamExt as _, stream};
use shared::import::{ImportAnswer, Said};

use super::{
    Door, Heard,
    door::{Came, Told},
};
use crate::import::RowKey;

/// Rows that are asked about at once. Each holds one connection at a time, the source's before the target's.
const AT_ONCE: usize = 4;

/// A row: both mailboxes with what is needed to open them.
pub(crate) struct Pair {
    pub(crate) key: RowKey,
    pub(crate) source: Account,
    pub(crate) target: Account,
}

/// One round.
pub(crate) struct Round {
    pub(crate) pairs: Vec<Pair>,
    /// Rows that are left for another one.
    pub(crate) left: u64,
    pub(crate) source: Door,
    pub(crate) target: Door,
    /// The project's limits count while it runs.
    pub(crate) limits: [Joined; 2],
}

/// What one side said, within an answer.
type Part = fn(&mut ImportAnswer) -> &mut Said;

/// Both doors of a round.
#[derive(Debug)]
pub(super) struct Doors {
    source: Door,
    target: Door,
}

impl Doors {
    pub(super) fn new(source: Door, target: Door) -> Self {
        Self { source, target }
    }

    /// Why nothing new is asked at the moment.
    pub(super) fn waits(&self) -> Option<String> {
        self.source.waits().or_else(|| self.target.waits())
    }

    /// Asks about every row, until nobody should try any more.
    pub(super) async fn go(&self, pairs: Vec<Pair>, said: &Heard, _limits: [Joined; 2]) {
        stream::iter(pairs).for_each_concurrent(AT_ONCE, |pair| self.one(pair, said)).await;
    }

    async fn one(&self, pair: Pair, said: &Heard) {
        let Pair { key, source, target } = pair;
        // What one side cannot be asked any more, the other need not be.
        if let Some(why) = self.source.is_shut().or_else(|| self.target.is_shut()) {
            said.stopped(why);
            return;
        }
        let (source, held) = told(self.source.ask(key, &source).await);
        let (target, takes) = told(self.target.ask(key, &target).await);
        let answer = ImportAnswer {
            source,
            target,
            holds: held.holds,
            free: takes.room.map(|room| room.free()),
            limit: takes.room.map(|room| room.limit),
        };
        said.keep(key, answer);
    }

    /// When it is over: rows that an admin's login was refused for, while nothing proved that it is good, are not known.
    pub(super) fn settle(&self, said: &Heard) {
        let sides: [(&Door, Part); 2] =
            [(&self.source, |answer| &mut answer.source), (&self.target, |answer| &mut answer.target)];
        for (door, side) in sides {
            let (doubted, why) = door.doubted();
            for key in doubted {
                said.doubt(key, |answer| *side(answer) = Said::Unknown { detail: why.clone() });
            }
            if let Some(why) = door.is_shut() {
                said.stopped(why);
            }
        }
    }
}

fn told(came: Came) -> (Said, Told) {
    match came {
        Came::In(told) => (Said::Open, told),
        Came::Refused(detail) => (Said::Refused { detail }, Told::default()),
        Came::Unknown(detail) => (Said::Unknown { detail }, Told::default()),
    }
}
