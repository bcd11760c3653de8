//! Storing messages: APPEND (RFC 3501, section 6.3.11), several at once (RFC 3502), without waiting (RFC 7888), with the
//! new UIDs told (RFC 4315).

use shared::cause::Cause;

pub(crate) use super::response::Condition;
use super::{
    connection::{Connection, Tag},
    date, encode,
};
use crate::{error::ConnectorError, model::Received};

/// One message as it goes into an APPEND.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Message<'a> {
    /// A parenthesised list.
    pub flags: &'a str,
    /// None: the server's present.
    pub received: Option<Received>,
    pub body: &'a [u8],
}

impl Message<'_> {
    /// ` (flags) "date" {n}`.
    fn announcement(&self, unasked: bool) -> Vec<u8> {
        self.announcing(u64::try_from(self.body.len()).unwrap_or(u64::MAX), unasked)
    }

    fn announcing(&self, bytes: u64, unasked: bool) -> Vec<u8> {
        let date =
            self.received.map(|received| format!(" \"{}\"", date::format(received))).unwrap_or_default();
        let plus = if unasked { "+" } else { "" };
        format!(" {}{date} {{{bytes}{plus}}}\r\n", self.flags).into_bytes()
    }
}

/// What became of one APPEND.
#[derive(Debug)]
pub(crate) enum Stored {
    /// On the server, each message's UID where the server told.
    Yes(Vec<Option<u32>>),
    /// Not on the server, with its words.
    No(Condition),
}

/// Stores messages in one APPEND, all or none. More than one needs MULTIAPPEND.
pub(crate) async fn append(
    connection: &mut Connection,
    folder: &[u8],
    messages: &[Message<'_>],
    unasked_literal: usize,
) -> Result<Stored, ConnectorError> {
    match send(connection, folder, messages, unasked_literal).await? {
        Sent::Refused(condition) => Ok(Stored::No(condition)),
        Sent::Whole(tag) => {
            connection.flush().await?;
            let condition = connection.finish(&tag, |_| {}).await?;
            Ok(outcome(condition, messages.len()))
        }
    }
}

/// Puts one APPEND of messages, all or none, behind what waits to be sent, without waiting for the server's consent.
/// Its end is read by whoever reads the session, and judged by [`outcome`].
pub(crate) async fn send_unasked(
    connection: &mut Connection,
    folder: &[u8],
    messages: &[Message<'_>],
) -> Result<Tag, ConnectorError> {
    match send(connection, folder, messages, usize::MAX).await? {
        Sent::Whole(tag) => Ok(tag),
        Sent::Refused(_) => Err(connection.broken("a refusal of something it was not asked")),
    }
}

/// Announces one message of so many bytes and waits for the server's consent. Its bytes follow, then [`commit`].
pub(crate) async fn announce(
    connection: &mut Connection,
    folder: &[u8],
    message: &Message<'_>,
    bytes: u64,
) -> Result<Result<Tag, Condition>, ConnectorError> {
    let name = encode::string(folder, connection.capabilities.has("LITERAL+"));
    let tag = connection.begin(&[b"APPEND ", name.as_slice()].concat());
    connection.write(&message.announcing(bytes, false)).await?;
    connection.flush().await?;
    Ok(match connection.go_ahead(&tag).await? {
        Some(condition) => Err(condition),
        None => Ok(tag),
    })
}

/// Ends an announced message: nothing is stored before this line end.
pub(crate) async fn commit(connection: &mut Connection, tag: &Tag) -> Result<Stored, ConnectorError> {
    connection.write(b"\r\n").await?;
    connection.flush().await?;
    let condition = connection.finish(tag, |_| {}).await?;
    Ok(outcome(condition, 1))
}

enum Sent {
    /// The whole command is on its way.
    Whole(Tag),
    /// The server did not want the literal.
    Refused(Condition),
}

async fn send(
    connection: &mut Connection,
    folder: &[u8],
    messages: &[Message<'_>],
    unasked_literal: usize,
) -> Result<Sent, ConnectorError> {
    let name = encode::string(folder, unasked_literal > 0);
    let tag = connection.begin(&[b"APPEND ", name.as_slice()].concat());
    for message in messages {
        let unasked = unasked_literal > 0 && message.body.len() <= unasked_literal;
        connection.write(&message.announcement(unasked)).await?;
        if !unasked {
            connection.flush().await?;
            if let Some(condition) = connection.go_ahead(&tag).await? {
                return Ok(Sent::Refused(condition));
            }
        }
        connection.write(message.body).await?;
    }
    // The commit point: nothing is stored before this line end.
    connection.write(b"\r\n").await?;
    Ok(Sent::Whole(tag))
}

/// What became of an APPEND of so many messages.
pub(crate) fn outcome(condition: Condition, count: usize) -> Stored {
    if !condition.is_ok() {
        return Stored::No(condition);
    }
    let uids = condition
        .code
        .filter(|code| code.name == "APPENDUID")
        .and_then(|code| Some(encode::read_set(code.arguments.split_once(' ')?.1)))
        .filter(|uids| uids.len() == count);
    Stored::Yes(match uids {
        Some(uids) => uids.into_iter().map(Some).collect(),
        None => vec![None; count],
    })
}

/// Why a message was refused, from the code and the words servers use.
pub(crate) fn refusal(condition: &Condition) -> Cause {
    let words = condition.words.to_ascii_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
    let about_size =
        says(&["maximum message size", "message size", "mail size", "too large", "too big", "larger than"]);
    if condition.is("TOOBIG") || (about_size && !says(&["quota exceeded"])) {
        Cause::TooBig
    } else if condition.is("OVERQUOTA") || is_about_quota(&words) || says(&["mailbox is full", "over limit"])
    {
        Cause::TargetFull
    } else {
        Cause::Rejected
    }
}

/// Whether words, in lower case, speak of a quota: no quotation does.
fn is_about_quota(words: &str) -> bool {
    words.split("quota").skip(1).any(|behind| !behind.starts_with("tion"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::imap::response::{Code, Status};

    fn no(code: Option<&str>, words: &str) -> Condition {
        let code = code.map(|name| Code { name: name.into(), arguments: String::new() });
        Condition { status: Status::No, code, words: words.into() }
    }

    #[test]
    fn refusals_are_told_apart_by_code_and_words() {
        for (condition, cause) in [
            (no(Some("OVERQUOTA"), "Quota exceeded (mailbox for user is full)"), Cause::TargetFull),
            (no(None, "maximum message size exceeded"), Cause::TooBig),
            (no(None, "Quota-limit reached"), Cause::TargetFull),
            (no(None, "bad quotation mark in header"), Cause::Rejected),
            (no(Some("TOOBIG"), "no"), Cause::TooBig),
            (no(Some("OVERQUOTA"), "Mail size is larger than the maximum size allowed"), Cause::TooBig),
            (no(None, "Message contains invalid header"), Cause::Rejected),
        ] {
            assert_eq!(refusal(&condition), cause, "{}", condition.words);
        }
    }
}
