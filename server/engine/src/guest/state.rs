//! What a gate knows, behind its lock.

use std::{collections::BTreeMap, num::NonZeroU64, sync::Arc, time::Duration};

use shared::{
    check::Side,
    limits::{GateView, HoldView, Limits, ReducedView},
    time::Timestamp,
};
use tokio::time::Instant;

use super::{
    breaker::Breakers,
    bucket::Bucket,
    claims::Claims,
    line::Line,
    moment,
    schedule::{self, Schedule},
    slots::{Grant, Slots},
    tide::Tide,
    zone::ZoneError,
};

/// The clock on the wall may be set: it is looked at again this often at least.
const LOOK: Duration = Duration::from_secs(60);

/// What a gate knows.
#[derive(Debug)]
pub(super) struct State {
    pub(super) tide: Tide,
    pub(super) slots: Slots,
    pub(super) bytes: Bucket,
    pub(super) messages: Bucket,
    pub(super) breakers: Breakers,
    pub(super) line: Line,
    pub(super) claims: Claims,
    /// Who waits for a connection out of line, only to look.
    pub(super) glances: u32,
    users: BTreeMap<u64, (Limits, Option<Schedule>)>,
    joined: u64,
    per_mailbox: u16,
    schedules: Vec<Schedule>,
    /// When closed hours open again, as worked out last.
    opens: Option<(Timestamp, Option<Timestamp>)>,
}

/// Nothing new may begin.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) why: String,
    /// None: nobody can say.
    pub(super) until: Option<Instant>,
    /// When to ask again.
    pub(super) again: Instant,
}

impl State {
    pub(super) fn new(now: Instant) -> Self {
        let limits = Limits::default();
        Self {
            tide: Tide::new(limits.connections.get(), now),
            slots: Slots::default(),
            bytes: Bucket::new(now),
            messages: Bucket::new(now),
            breakers: Breakers::default(),
            line: Line::default(),
            claims: Claims::default(),
            glances: 0,
            users: BTreeMap::new(),
            joined: 0,
            per_mailbox: limits.connections_per_mailbox.get(),
            schedules: Vec::new(),
            opens: None,
        }
    }

    pub(super) const fn per_mailbox(&self) -> u16 {
        self.per_mailbox
    }

    pub(super) fn join(&mut self, limits: &Limits, now: Instant) -> Result<u64, ZoneError> {
        let schedule = Schedule::new(limits)?;
        self.joined += 1;
        self.users.insert(self.joined, (limits.clone(), schedule));
        self.settle(now);
        Ok(self.joined)
    }

    pub(super) fn leave(&mut self, user: u64, now: Instant) {
        self.users.remove(&user);
        self.settle(now);
    }

    /// The strictest limit of all users counts; what the last one left stays in force until somebody comes. Its hours go
    /// with it: they may be others by now, and whoever comes brings them.
    fn settle(&mut self, now: Instant) {
        self.schedules = self.users.values().filter_map(|(_, schedule)| schedule.clone()).collect();
        self.opens = None;
        let limits = || self.users.values().map(|(limits, _)| limits);
        let Some(connections) = limits().map(|limits| limits.connections).min() else { return };
        let per_mailbox = limits().map(|limits| limits.connections_per_mailbox).min();
        let bytes = limits().filter_map(|limits| limits.bytes_per_second).min();
        let messages = limits().filter_map(|limits| limits.messages_per_second).min();
        self.per_mailbox = per_mailbox.unwrap_or(connections).get();
        self.tide.set_most(connections.get(), now);
        self.bytes.set_rate(bytes);
        self.messages.set_rate(messages.map(NonZeroU64::from));
    }

    /// Whether anybody waits for a connection.
    pub(super) fn is_waited_for(&self) -> bool {
        self.slots.waiting() > 0 || self.glances > 0
    }

    pub(super) fn is_used(&self) -> bool {
        !self.users.is_empty()
    }

    /// Why nothing new may begin; none: it may.
    pub(super) fn pass(&mut self, now: Instant, wall: Timestamp) -> Option<Pass> {
        let held = self.tide.held_until(now);
        let closed = !schedule::open(&self.schedules, wall);
        if !closed {
            self.opens = None;
            return held.map(|until| Pass {
                why: self.tide.why().to_owned(),
                until: Some(until),
                again: until,
            });
        }
        let left =
            self.opens(wall).map(|opens| u64::try_from(opens.millis() - wall.millis()).unwrap_or_default());
        let opens = left.map(|left| now + Duration::from_millis(left));
        let until = opens.map(|opens| held.map_or(opens, |held| opens.max(held)));
        let again = until.map_or(now + LOOK, |until| until.min(now + LOOK));
        Some(Pass { why: "outside the allowed hours".into(), until, again })
    }

    /// When closed hours open, worked out once for each time they close.
    fn opens(&mut self, wall: Timestamp) -> Option<Timestamp> {
        if let Some((asked, opens)) = self.opens
            && asked <= wall
            && opens.is_none_or(|opens| opens > wall)
        {
            return opens;
        }
        let opens = schedule::opens(&self.schedules, wall);
        self.opens = Some((wall, opens));
        opens
    }

    /// Grants connections to those who wait; tells when to ask again.
    pub(super) fn grant(&mut self, now: Instant, wall: Timestamp, grants: &mut Vec<Grant>) -> Instant {
        if let Some(pass) = self.pass(now, wall) {
            return pass.again;
        }
        let (most, per_mailbox) = (self.tide.present(now), self.per_mailbox);
        while let Some(grant) = self.slots.grant(most, per_mailbox) {
            grants.push(grant);
        }
        let look = now + LOOK;
        self.tide.next_growth(now).map_or(look, |growth| growth.min(look))
    }

    /// Why the server wants patience; none: it does not.
    pub(super) fn asks_patience(&self, now: Instant) -> Option<String> {
        self.tide.held_until(now).map(|_| self.tide.why().to_owned())
    }

    /// Takes a connection for somebody who only looks, while the server wants no patience.
    pub(super) fn try_glance(&mut self, mailbox: &Arc<str>, now: Instant) -> bool {
        let (most, per_mailbox) = (self.tide.present(now), self.per_mailbox);
        self.tide.held_until(now).is_none() && self.slots.try_take_past_line(mailbox, most, per_mailbox)
    }

    pub(super) fn view(&mut self, side: Side, host: &str, now: Instant, wall: Timestamp) -> GateView {
        let held = self.pass(now, wall);
        let whole = self.tide.whole(now);
        GateView {
            side,
            host: host.to_owned(),
            configured: self.tide.most(),
            present: self.tide.present(now),
            in_use: self.slots.in_use(),
            waiting: self.slots.waiting(),
            bytes_per_second: self.bytes.pace(now),
            messages_per_second: self.messages.pace(now),
            reduced: whole.map(|whole| ReducedView {
                why: self.tide.why().to_owned(),
                until: moment(whole, now, wall),
            }),
            held: held.map(|pass| HoldView {
                why: pass.why,
                until: pass.until.map(|until| moment(until, now, wall)),
            }),
            breakers: self.breakers.open(),
        }
    }
}
