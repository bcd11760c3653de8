//! Streams one message in pieces: what is too large to be held.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use shared::cause::Cause;
use tokio::sync::mpsc;

use super::uid;
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::{Folder, ItemMeta},
    wire::imap::{
        look::Wanted,
        session::{Asked, Chunk, ImapSession, Way},
    },
};

/// Bytes asked for at once.
const PIECE: u64 = 4 * 1024 * 1024;

/// A request for a piece that is under way.
struct Ask {
    asked: Asked,
    from: u64,
    ended: bool,
}

/// Asks for pieces until one comes shorter than it was asked for: that is the end, whatever size the server lists. Servers
/// may send the pieces of several requests before they end the first (Dovecot does): each says where it begins.
pub(super) async fn stream(
    session: &mut ImapSession,
    folder: &Folder,
    item: &ItemMeta,
    into: &mpsc::Sender<Bytes>,
) -> Result<(), ConnectorError> {
    let Some(uid) = uid(&item.id) else { return Ok(()) };
    session.look_at(folder, Wanted::Nothing, Way::Read).await?;
    session.allow_message(PIECE);
    session.let_larger_pass(false);
    let mut under_way: VecDeque<Ask> = VecDeque::new();
    let mut pieces: BTreeMap<u64, Bytes> = BTreeMap::new();
    let mut from = 0;
    let mut ended = false;
    loop {
        let capped = session.connection.portion().is_some();
        let in_flight = if capped { 1 } else { session.listing.profile.pieces };
        while !ended && under_way.len() < in_flight {
            let left = item.size.saturating_sub(from).clamp(1, PIECE);
            session.connection.take(usize::from(from == 0), left).await;
            under_way.push_back(Ask { asked: session.ask_part(uid, from, PIECE), from, ended: false });
            from += PIECE;
        }
        session.flush().await?;
        let refused = first(session, uid, &mut under_way, &mut pieces).await?;
        let Some(Ask { from: begins, .. }) = under_way.pop_front() else { return Ok(()) };
        let piece = match (refused, pieces.remove(&begins)) {
            (None, Some(piece)) => piece,
            (refused, _) => {
                // What is still under way belongs to nobody who asks next.
                while !under_way.is_empty() {
                    first(session, uid, &mut under_way, &mut pieces).await?;
                    under_way.pop_front();
                }
                // Gone while it was read: what was read of it is no message.
                let words = refused.unwrap_or_else(|| "nothing was delivered: it is no longer there".into());
                return Err(undelivered(session, folder, &words));
            }
        };
        let whole = u64::try_from(piece.len()).unwrap_or(u64::MAX) == PIECE;
        if !ended && !piece.is_empty() && into.send(piece).await.is_err() {
            return Ok(());
        }
        ended |= !whole;
    }
}

/// Reads until the first request ended, and keeps what comes for any of them; the server's words when it refused one.
async fn first(
    session: &mut ImapSession,
    uid: u32,
    under_way: &mut VecDeque<Ask>,
    pieces: &mut BTreeMap<u64, Bytes>,
) -> Result<Option<String>, ConnectorError> {
    let mut refused = None;
    while under_way.front().is_some_and(|ask| !ask.ended) {
        match session.next().await? {
            Chunk::Body { uid: found, from, body } if found == uid => {
                let missing = |ask: &&Ask| !pieces.contains_key(&ask.from);
                let ask = match from {
                    Some(from) => under_way.iter().find(|ask| ask.from == from),
                    None => under_way.iter().find(missing),
                };
                if let Some(ask) = ask {
                    pieces.insert(ask.from, body);
                }
            }
            Chunk::Body { .. } | Chunk::TooLarge { .. } | Chunk::Other(_) => {}
            Chunk::End { asked, condition } => {
                let Some(ask) = under_way.iter_mut().find(|ask| ask.asked == asked) else {
                    return Err(session.connection.broken("answers in another order"));
                };
                ask.ended = true;
                session.fetched(&condition)?;
                if !condition.is_ok() {
                    refused = Some(condition.words);
                }
            }
        }
    }
    Ok(refused)
}

fn undelivered(session: &ImapSession, folder: &Folder, words: &str) -> ConnectorError {
    ConnectorError {
        reach: Reach::Item,
        retry: Retry::Never,
        cause: Cause::Unreadable,
        doing: format!("reading a large message of folder {} on {}", folder.path, session.peer()),
        detail: words.to_owned(),
    }
}
