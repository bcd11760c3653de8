//! Streams one message in pieces: what is too large to be held.

use std::collections::VecDeque;

use bytes::Bytes;
use shared::cause::Cause;
use tokio::sync::mpsc;

use super::uid;
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::{Folder, ItemMeta},
    wire::imap::session::{Asked, Chunk, ImapSession, Way},
};

/// Bytes asked for at once, and how many such requests are on their way.
const PIECE: u64 = 4 * 1024 * 1024;
const IN_FLIGHT: usize = 2;

/// Asks for pieces until one comes shorter than it was asked for: that is the end, whatever size the server lists.
pub(super) async fn stream(
    session: &mut ImapSession,
    folder: &Folder,
    item: &ItemMeta,
    into: &mpsc::Sender<Bytes>,
) -> Result<(), ConnectorError> {
    let Some(uid) = uid(&item.id) else { return Ok(()) };
    session.look_at(folder, None, Way::Read).await?;
    session.allow_message(PIECE);
    let mut under_way: VecDeque<Asked> = VecDeque::new();
    let mut from = 0;
    let mut ended = false;
    loop {
        let in_flight = if session.connection.portion().is_some() { 1 } else { IN_FLIGHT };
        while !ended && under_way.len() < in_flight {
            let left = item.size.saturating_sub(from).clamp(1, PIECE);
            session.connection.take(usize::from(from == 0), left).await;
            under_way.push_back(session.ask_part(uid, from, PIECE));
            from += PIECE;
        }
        let Some(expected) = under_way.pop_front() else { return Ok(()) };
        session.flush().await?;
        let mut piece = None;
        loop {
            match session.next().await? {
                Chunk::Body { uid: found, body } if found == uid => piece = Some(body),
                Chunk::Body { .. } | Chunk::Other(_) => {}
                Chunk::End { asked, condition } if asked == expected => {
                    session.fetched(&condition)?;
                    if !condition.is_ok() {
                        return Err(undelivered(session, folder, &condition.words));
                    }
                    break;
                }
                Chunk::End { .. } => return Err(session.connection.broken("answers in another order")),
            }
        }
        // Gone while it was read: what was read of it is no message.
        let Some(piece) = piece else {
            return Err(undelivered(session, folder, "nothing was delivered: it is no longer there"));
        };
        let whole = u64::try_from(piece.len()).unwrap_or(u64::MAX) == PIECE;
        if !ended && !piece.is_empty() && into.send(piece).await.is_err() {
            return Ok(());
        }
        ended |= !whole;
    }
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
