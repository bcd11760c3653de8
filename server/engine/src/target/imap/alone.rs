//! Stores one message with nothing else on its way, and tries the known repairs when it is refused for its form.

use shared::cause::Cause;

use super::{repair, storing};
use crate::{
    error::{ConnectorError, Reach, Retry},
    model::{Allowance, Folder},
    target::StoreResult,
    wire::imap::{
        append::{self, Condition, Message},
        session::ImapSession,
    },
};

/// One APPEND, and when it is refused for its form the known repairs, one after the other.
pub(super) async fn store(
    session: &mut ImapSession,
    folder: &Folder,
    message: &Message<'_>,
) -> Result<StoreResult, ConnectorError> {
    let condition = match append_one(session, folder, message).await? {
        Ok(target) => return Ok(StoreResult::Stored { target, repairs: Vec::new() }),
        Err(condition) => condition,
    };
    stop_if_general(session, &condition, folder)?;
    if append::refusal(&condition) == Cause::Rejected {
        stop_if_full(session, &condition, folder, message.body.len() as u64).await?;
        let mut repairs = Vec::new();
        for repaired in repair::ladder(message, &condition.words) {
            repairs.push(repaired.repair);
            let repaired =
                Message { flags: &repaired.flags, received: repaired.received, body: &repaired.body };
            match append_one(session, folder, &repaired).await? {
                Ok(target) => return Ok(StoreResult::Stored { target, repairs }),
                // What a server says of itself meanwhile says nothing of the repair.
                Err(condition) => stop_if_general(session, &condition, folder)?,
            }
        }
    }
    Ok(refused(&condition))
}

/// The outcome of a refusal that stands.
pub(super) fn refused(condition: &Condition) -> StoreResult {
    StoreResult::Refused {
        cause: append::refusal(condition),
        detail: format!("the target answered: “{}”", condition.words),
        stands: true,
    }
}

/// The outcome of a refusal in company: unless it is about the size, it is not the last word.
pub(super) fn refused_for_now(condition: &Condition) -> StoreResult {
    StoreResult::Refused {
        cause: append::refusal(condition),
        detail: format!("the target answered: “{}”", condition.words),
        stands: append::refusal(condition) == Cause::TooBig,
    }
}

/// One APPEND and its answer.
async fn append_one(
    session: &mut ImapSession,
    folder: &Folder,
    message: &Message<'_>,
) -> Result<Result<Option<u32>, Condition>, ConnectorError> {
    let unasked = session.listing.profile.unasked_literal;
    let connection = &mut session.connection;
    match append::append(connection, &folder.wire, std::slice::from_ref(message), unasked).await? {
        append::Stored::Yes(uids) => Ok(Ok(uids.first().copied().flatten())),
        append::Stored::No(condition) => {
            // A good command in between: some servers close after five refusals in a row (edge case 147).
            connection.run(b"NOOP", |_| {}).await?;
            Ok(Err(condition))
        }
    }
}

/// Whether a refusal is about the message, and not about its folder, the mailbox or the server.
pub(super) fn is_about_the_message(condition: &Condition) -> bool {
    let general = condition.is("TRYCREATE") || condition.hint().is_some();
    !general && append::refusal(condition) != Cause::TargetFull
}

/// Refusals that are not about this message: a full mailbox, a folder that is gone, a server that is busy.
pub(super) fn stop_if_general(
    session: &ImapSession,
    condition: &Condition,
    folder: &Folder,
) -> Result<(), ConnectorError> {
    stop_if_about_the_server(session, condition, folder)?;
    if append::refusal(condition) == Cause::TargetFull {
        return Err(full(session, condition, folder));
    }
    if condition.is("TRYCREATE") {
        let storing = storing(session, folder);
        let error = session.connection.refused(condition, Reach::Folder, Cause::FolderRefused, storing);
        return Err(ConnectorError { retry: Retry::Now, reach: Reach::Mailbox, ..error });
    }
    Ok(())
}

/// A mailbox that has no room for the message: some servers have the same plain NO for it (edge case 150).
pub(super) async fn stop_if_full(
    session: &mut ImapSession,
    condition: &Condition,
    folder: &Folder,
    bytes: u64,
) -> Result<(), ConnectorError> {
    if append::refusal(condition) != Cause::Rejected {
        return Ok(());
    }
    let room = session.room().await?;
    let lacks = |allowance: Option<Allowance>, wanted| allowance.is_some_and(|it| it.free() < wanted);
    match lacks(room.bytes, bytes) || lacks(room.messages, 1) {
        true => Err(full(session, condition, folder)),
        false => Ok(()),
    }
}

/// A server that asks for patience or for a human, whatever it is given.
pub(super) fn stop_if_about_the_server(
    session: &ImapSession,
    condition: &Condition,
    folder: &Folder,
) -> Result<(), ConnectorError> {
    if condition.hint().is_none() || append::refusal(condition) == Cause::TooBig {
        return Ok(());
    }
    let storing = storing(session, folder);
    Err(session.connection.refused(condition, Reach::Mailbox, Cause::Busy, storing))
}

fn full(session: &ImapSession, condition: &Condition, folder: &Folder) -> ConnectorError {
    let storing = storing(session, folder);
    session.connection.refused(condition, Reach::Mailbox, Cause::TargetFull, storing)
}
