//! Whether a server takes literals that it did not agree to (LITERAL+, RFC 7888), tried once with a few bytes that do no
//! harm. One that only says so would take the lines of a message for commands.

use std::collections::HashMap;

use shared::cause::Cause;

use crate::{
    error::{ConnectorError, Reach, Retry},
    guest::Claim,
    wire::imap::{
        connection::{Connection, Tag},
        response::{Condition, Status},
    },
};

/// Puts the trial behind everything that waits to be sent; none where there is nothing to find out.
pub(super) fn ask(connection: &mut Connection) -> Option<Tag> {
    let says = ["LITERAL+", "LITERAL-"].into_iter().any(|word| connection.capabilities.has(word));
    let unknown = connection.gate.as_ref()?.holds(Claim::UnaskedLiterals).is_none();
    (says && unknown).then(|| connection.queue(b"STATUS {5+}\r\nINBOX (UIDVALIDITY)"))
}

/// Judges what the trial came to. What follows in a session whose server took the literal for a command makes no sense: it
/// ends here, and the next one does without.
pub(super) fn judge(
    connection: &Connection,
    trial: &Tag,
    asked: &[Tag],
    ended: &HashMap<Tag, Condition>,
    finished: &Result<(), ConnectorError>,
) -> Result<(), ConnectorError> {
    let Some(gate) = &connection.gate else { return Ok(()) };
    let closed = |error: &ConnectorError| {
        matches!(error.cause, Cause::Disconnected | Cause::Unavailable | Cause::TimedOut)
    };
    let holds = match (ended.get(trial), finished) {
        // It speaks of itself.
        (Some(condition), _) if condition.hint().is_some() => return Ok(()),
        (Some(condition), _) => condition.status != Status::Bad,
        (None, finished) => {
            // It closed at this and at nothing before.
            if finished.as_ref().is_err_and(closed) && ended.len() + 1 == asked.len() {
                gate.doubt(&connection.peer, Claim::UnaskedLiterals);
            }
            return Ok(());
        }
    };
    gate.found(&connection.peer, Claim::UnaskedLiterals, holds);
    if holds {
        return Ok(());
    }
    Err(ConnectorError {
        reach: Reach::Mailbox,
        retry: Retry::Now,
        cause: Cause::Protocol,
        doing: format!("trying what {} says it can", connection.peer),
        detail: "it does not take literals unasked (LITERAL+), whatever it says".into(),
    })
}
