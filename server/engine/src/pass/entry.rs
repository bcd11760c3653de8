//! The right to connect: one connection on each side, when the systems let us in.

use std::time::Duration;

use shared::{check::Side, live::Phase};
use tokio::time::{Instant, sleep};

use super::{course::Course, meter::Amount};
use crate::{account::Account, guest::Slot};

/// How often it is said anew why the pass waits.
const SAY: Duration = Duration::from_secs(5);
/// Who waited longer than this for a system has lost no time of its own.
const LONG: Duration = Duration::from_secs(60);

/// One connection on each side. Always the source's first: two passes never wait for each other.
pub(super) async fn slots(course: &mut Course) -> [Slot; 2] {
    let began = Instant::now();
    let source = slot(course, &course.order.source, Side::Source).await;
    let target = slot(course, &course.order.target, Side::Target).await;
    if began.elapsed() > LONG {
        course.waited = Some(Instant::now());
    }
    [source, target]
}

/// A connection on the source alone.
pub(super) async fn source_slot(course: &mut Course) -> Slot {
    let began = Instant::now();
    let source = slot(course, &course.order.source, Side::Source).await;
    if began.elapsed() > LONG {
        course.waited = Some(Instant::now());
    }
    source
}

async fn slot(course: &Course, account: &Account, side: Side) -> Slot {
    let gate = &account.gate;
    if let Some(slot) = gate.try_slot(&account.user) {
        return slot;
    }
    let mut slot = std::pin::pin!(gate.slot(&account.user));
    loop {
        let host = account.endpoint.host();
        let why = gate.waits().map_or_else(
            || {
                let view = gate.view(side, host);
                format!("{} of {} connections are in use", view.in_use, view.present)
            },
            |wait| match wait.until {
                Some(until) => format!("{}; it goes on at {until}", wait.why),
                None => wait.why,
            },
        );
        course.meter.waiting(format!("The {} {host}: {why}. Nothing is lost.", side.title()));
        tokio::select! {
            slot = &mut slot => {
                course.meter.phase(Phase::Connecting, Amount::default());
                return slot;
            }
            () = sleep(SAY) => {}
        }
    }
}
