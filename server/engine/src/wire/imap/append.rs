//! Storing messages: APPEND (RFC 3501, section 6.3.11), several at once (RFC 3502), without waiting (RFC 7888), with the
//! new UIDs told (RFC 4315).

use std::collections::HashMap;

use shared::cause::Cause;

pub(crate) use super::response::Condition;
use super::{
    connection::{Connection, Step, Tag},
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
        let date =
            self.received.map(|received| format!(" \"{}\"", date::format(received))).unwrap_or_default();
        let plus = if unasked { "+" } else { "" };
        format!(" {}{date} {{{}{plus}}}\r\n", self.flags, self.body.len()).into_bytes()
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

/// Stores messages in one APPEND each, the next sent before the last is answered. Every message must be small enough to
/// go unasked. Gives what was answered before the connection broke, if it did.
pub(crate) async fn append_each(
    connection: &mut Connection,
    folder: &[u8],
    messages: &[Message<'_>],
    noop_every: Option<usize>,
) -> (Vec<Option<Stored>>, Option<ConnectorError>) {
    let mut outcomes: Vec<Option<Stored>> = messages.iter().map(|_| None).collect();
    let error = append_each_into(connection, folder, messages, noop_every, &mut outcomes).await.err();
    (outcomes, error)
}

async fn append_each_into(
    connection: &mut Connection,
    folder: &[u8],
    messages: &[Message<'_>],
    noop_every: Option<usize>,
    outcomes: &mut [Option<Stored>],
) -> Result<(), ConnectorError> {
    let mut waiting: HashMap<Tag, Option<usize>> = HashMap::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        match send(connection, folder, std::slice::from_ref(message), usize::MAX).await? {
            Sent::Whole(tag) => _ = waiting.insert(tag, Some(index)),
            Sent::Refused(condition) => outcomes[index] = Some(Stored::No(condition)),
        }
        if noop_every.is_some_and(|every| (index + 1) % every == 0) {
            waiting.insert(connection.queue(b"NOOP"), None);
        }
    }
    connection.flush().await?;
    while !waiting.is_empty() {
        let Step::End(tag, condition) = connection.step().await? else { continue };
        let index = waiting.remove(&tag).ok_or_else(|| connection.broken("an answer to no command"))?;
        if let Some(slot) = index.and_then(|index| outcomes.get_mut(index)) {
            *slot = Some(outcome(condition, 1));
        }
    }
    Ok(())
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

fn outcome(condition: Condition, count: usize) -> Stored {
    if !condition.is_ok() {
        return Stored::No(condition);
    }
    let uids = condition
        .code
        .filter(|code| code.name == "APPENDUID")
        .and_then(|code| Some(expand(code.arguments.split_once(' ')?.1)))
        .filter(|uids| uids.len() == count);
    Stored::Yes(match uids {
        Some(uids) => uids.into_iter().map(Some).collect(),
        None => vec![None; count],
    })
}

/// A uid-set of APPENDUID in the order of the messages (RFC 4315, section 3). A hostile range stays harmless: it is cut.
fn expand(set: &str) -> Vec<u32> {
    const MOST: usize = 10_000;
    let mut uids = Vec::new();
    for part in set.split(',') {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else { return Vec::new() };
        uids.extend((first..=last).take(MOST.saturating_sub(uids.len())));
    }
    uids
}

/// Why a message was refused, from the code and the words servers use.
pub(crate) fn refusal(condition: &Condition) -> Cause {
    let words = condition.words.to_ascii_lowercase();
    let says = |needles: &[&str]| needles.iter().any(|needle| words.contains(needle));
    let about_size =
        says(&["maximum message size", "message size", "mail size", "too large", "too big", "larger than"]);
    if condition.is("TOOBIG") || (about_size && !says(&["quota exceeded"])) {
        Cause::TooBig
    } else if condition.is("OVERQUOTA") || says(&["quota", "mailbox is full", "over limit"]) {
        Cause::TargetFull
    } else {
        Cause::Rejected
    }
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
            (no(Some("TOOBIG"), "no"), Cause::TooBig),
            (no(Some("OVERQUOTA"), "Mail size is larger than the maximum size allowed"), Cause::TooBig),
            (no(None, "Message contains invalid header"), Cause::Rejected),
        ] {
            assert_eq!(refusal(&condition), cause, "{}", condition.words);
        }
    }

    #[test]
    fn uids_come_in_the_order_of_the_messages() {
        assert_eq!(expand("3955:3957,4000"), [3955, 3956, 3957, 4000]);
        assert_eq!(expand("1:4294967295").len(), 10_000);
        assert!(expand("x").is_empty());
    }
}
