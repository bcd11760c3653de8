//! Stores a message that comes in pieces. Its last line end is held back until all of it is on the server: before that,
//! nothing is stored.

use bytes::Bytes;
use shared::cause::Cause;
use tokio::sync::mpsc;

use super::{alone, permanent};
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::ItemMeta,
    target::{OpenFolder, StoreResult},
    wire::imap::{
        append::{self, Message, Stored},
        look::Wanted,
        session::{ImapSession, Way, kept_flags},
    },
};

pub(super) async fn store(
    session: &mut ImapSession,
    folder: &OpenFolder,
    item: &ItemMeta,
    bytes: u64,
    mut pieces: mpsc::Receiver<Bytes>,
) -> Result<StoreResult, ConnectorError> {
    if !session.listing.profile.multiappend && !session.is_selected(&folder.folder.wire) {
        session.look_at(&folder.folder, Wanted::Nothing, Way::Write).await?;
    }
    let flags = kept_flags(&item.flags, permanent(&folder.keeps).as_ref());
    let announced = Message { flags: &flags, received: item.received, body: b"" };
    let connection = &mut session.connection;
    // The server is asked first, so that a refusal for size comes before the bytes.
    let tag = match append::announce(connection, &folder.folder.wire, &announced, bytes).await? {
        Ok(tag) => tag,
        Err(condition) => {
            alone::stop_if_general(session, &condition, &folder.folder)?;
            alone::stop_if_full(session, &condition, &folder.folder, bytes).await?;
            return Ok(alone::refused(&condition));
        }
    };
    let mut sent = 0;
    while let Some(piece) = pieces.recv().await {
        sent += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if sent > bytes {
            break;
        }
        connection.take(0, u64::try_from(piece.len()).unwrap_or(u64::MAX)).await;
        connection.write(&piece).await?;
    }
    if sent != bytes {
        // Without its last byte nothing is stored; the session cannot be used any more.
        return Err(ConnectorError {
            reach: Reach::Mailbox,
            retry: Retry::Now,
            cause: Cause::Disconnected,
            doing: format!("storing a large message in folder {}", folder.folder.path),
            detail: format!("the source delivered another number of bytes than before ({sent}, not {bytes})"),
        });
    }
    match append::commit(connection, &tag).await? {
        Stored::Yes(uids) => {
            Ok(StoreResult::Stored { target: uids.first().copied().flatten(), repairs: Vec::new() })
        }
        Stored::No(condition) => {
            alone::stop_if_general(session, &condition, &folder.folder)?;
            alone::stop_if_full(session, &condition, &folder.folder, bytes).await?;
            Ok(alone::refused(&condition))
        }
    }
}
