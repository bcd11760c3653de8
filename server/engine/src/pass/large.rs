//! Moves a message that is too large to be held in memory: it is read once to know it, then once more in pieces that go
//! straight to the target.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use shared::{cause::Cause, check::Side};
use tokio::sync::mpsc;

use super::{
    copy::Hands,
    course::Course,
    decide::Decision,
    pump::Pump,
    record::{intent, stored},
    stop::Stop,
    suspects::Doing,
    transfer::Lane,
};
use crate::{
    error::{ConnectorError, Reach},
    fingerprint::Fingerprinter,
    model::{Fingerprint, Folder, ItemMeta},
    source::Source,
    target::StoreResult,
    wire::imap::session::date_inside,
};

/// Pieces between the two sides.
const PIECES: usize = 1;

/// What a whole reading of a message told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub fingerprint: Fingerprint,
    /// Its true length, whatever the server lists.
    pub bytes: u64,
}

/// Reads a message in pieces and keeps only what recognises it. `on` is told the first piece.
pub(super) async fn know(
    source: &mut dyn Source,
    folder: &Folder,
    item: &ItemMeta,
    mut fingerprinter: Fingerprinter,
    mut on: impl FnMut(&Bytes) + Send,
) -> Result<Known, ConnectorError> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    let read = async move { source.stream(folder, item, &sender).await };
    let take = async {
        let mut bytes = 0;
        while let Some(piece) = pieces.recv().await {
            if bytes == 0 {
                on(&piece);
            }
            bytes += length(&piece);
            fingerprinter.update(&piece);
        }
        Ok(Known { fingerprint: fingerprinter.finish(), bytes })
    };
    let ((), known) = tokio::try_join!(read, take)?;
    Ok(known)
}

/// Moves one large message of a lane.
pub(super) async fn carry(
    course: &mut Course,
    hands: &mut Hands<'_>,
    pump: &mut Pump<'_>,
    order: usize,
    mut item: ItemMeta,
) -> Result<(), Stop> {
    let lanes: &[Lane] = pump.lanes;
    let lane = &lanes[order];
    let mut head = Bytes::new();
    let known =
        know(hands.source, &lane.source, &item, Fingerprinter::exact(), |piece| head = piece.clone()).await;
    let known = match known {
        Ok(known) => known,
        Err(error) if error.reach == Reach::Item => {
            return pump.failed(course, order, item, error.cause, error.detail).await;
        }
        Err(error) => {
            pump.under_way = Some((Doing::Reading(Side::Source), vec![(order, item.id)]));
            return Err(error.into());
        }
    };
    if known.bytes > u64::from(u32::MAX) {
        let detail = format!("{} bytes, more than any IMAP server takes", known.bytes);
        let refused = StoreResult::Refused { cause: Cause::TooBig, detail, stands: true };
        let (entry, _) = stored(course, lane, &item, known.fingerprint, refused);
        course.ledger.put_entries(&[(lane.id, entry)]).await?;
        return Ok(());
    }
    match pump.decide(course, order, &item, known.fingerprint, None) {
        Decision::Settled(known) | Decision::Moved(known) => {
            return pump.settled(course, order, &[(lane.id, known)]).await;
        }
        Decision::Undecided => return Ok(()),
        Decision::Send => {}
    }
    course.ledger.put_entries(&[(lane.id, intent(lane, &item, known.fingerprint))]).await?;
    let as_listed = item.clone();
    if item.received.is_none() {
        item.received = date_inside(&head);
    }
    pump.settle(course, order, &mut item, &head);
    drop(head);
    let (changed, broke_off) = (AtomicBool::new(false), AtomicBool::new(false));
    let result = send(hands, lane, &item, known, (&changed, &broke_off)).await;
    let item = as_listed;
    let result = match result {
        Err(error)
            if changed.load(Ordering::Relaxed) && course.is_changed_again(&lane.source.path, &item.id) =>
        {
            // It would end the same way each time; the target's session cannot be used any more.
            let detail =
                "it is too large to be held as a whole, and the source delivers other bytes at each reading";
            pump.failed(course, order, item, Cause::Unreadable, detail.to_owned()).await?;
            return Err(error);
        }
        Err(error) => {
            let reads = broke_off.load(Ordering::Relaxed);
            let doing = if reads { Doing::Reading(Side::Source) } else { Doing::Storing };
            pump.under_way = Some((doing, vec![(order, item.id)]));
            return Err(error);
        }
        Ok(result) => result,
    };
    let (entry, findings) = stored(course, lane, &item, known.fingerprint, result);
    course.ledger.put_entries(&[(lane.id, entry)]).await?;
    course.note(findings).await?;
    Ok(())
}

/// Reads the message again and hands its pieces on. The last one is held back until it is known to be the same message;
/// `changed` tells that it was not, `broke_off` that it is the source that failed.
async fn send(
    hands: &mut Hands<'_>,
    lane: &Lane,
    item: &ItemMeta,
    known: Known,
    (changed, broke_off): (&AtomicBool, &AtomicBool),
) -> Result<StoreResult, Stop> {
    let (sender, mut read) = mpsc::channel::<Bytes>(PIECES);
    let (forward, pieces) = mpsc::channel::<Bytes>(PIECES);
    let source = &mut *hands.source;
    let whole = AtomicBool::new(false);
    let delivered = &whole;
    let fetch = async move {
        let streamed = source.stream(&lane.source, item, &sender).await;
        delivered.store(streamed.is_ok(), Ordering::Relaxed);
        broke_off.store(streamed.is_err(), Ordering::Relaxed);
        streamed
    };
    let hand_on = async move {
        let mut fingerprinter = Fingerprinter::exact();
        let mut bytes = 0;
        while let Some(piece) = read.recv().await {
            bytes += length(&piece);
            fingerprinter.update(&piece);
            let last = bytes >= known.bytes;
            if last && (bytes != known.bytes || fingerprinter.clone().finish() != known.fingerprint) {
                changed.store(true, Ordering::Relaxed);
                break;
            }
            if forward.send(piece).await.is_err() {
                return Ok(());
            }
        }
        // What ends early without an error is shorter than before.
        if bytes < known.bytes && delivered.load(Ordering::Relaxed) {
            changed.store(true, Ordering::Relaxed);
        }
        Ok(())
    };
    // A refusal comes before the pieces: nobody takes them then.
    let store = hands.target.store_pieces(&lane.open, item, known.bytes, pieces);
    let ((), (), result) = tokio::try_join!(fetch, hand_on, store)?;
    Ok(result)
}

fn length(piece: &Bytes) -> u64 {
    u64::try_from(piece.len()).unwrap_or(u64::MAX)
}
