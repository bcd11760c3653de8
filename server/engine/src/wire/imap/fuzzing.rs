//! What is fuzzed of IMAP: sessions with a server whose words are given.

use bytes::{Bytes, BytesMut};
use shared::check::Side;

use super::{
    connection::Connection,
    date, encode, hint,
    listing::users::{self, Users},
    response::{self, Response},
    session::{self, ImapSession},
    transport::Transport,
};
use crate::{error::ConnectorError, model::Received};

/// A session with a server that says this after the login, in one go.
pub(crate) async fn enter(words: Bytes, side: Side) -> Result<ImapSession, ConnectorError> {
    session::begin(connection(words), None, side).await
}

/// The users that a server lists which says this after an admin's login.
pub(crate) async fn users(words: Bytes) -> Result<Vec<String>, ConnectorError> {
    let mut connection = connection(words);
    Ok(match users::ask(&mut connection).await? {
        Users::Shown { names, .. } => names.into_iter().collect(),
        Users::Hidden { .. } | Users::TooMany => Vec::new(),
    })
}

fn connection(words: Bytes) -> Connection {
    Connection::new(Transport::Script(words), BytesMut::new(), "the fuzzer".into())
}

pub(crate) fn response(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    response::is_condition(&bytes);
    response::announced_literal(&bytes);
    match response::parse(&bytes) {
        Some(Response::Condition(condition) | Response::Done { condition, .. }) => {
            condition.hint();
            if let Some(code) = condition.code {
                response::parse_values(&code.arguments);
                encode::read_set(&code.arguments);
            }
        }
        Some(Response::Continue | Response::Data { .. }) | None => {}
    }
}

pub(crate) fn write_date(received: Received) {
    let text = date::format(received);
    assert_eq!(date::parse(&text), Some(received), "{text}");
}

pub(crate) fn hint(words: &str) {
    for code in [None, Some("LIMIT"), Some("OVERQUOTA"), Some("UNAVAILABLE")] {
        hint::hint(code, words);
        hint::goodbye(code, words);
    }
    hint::was_idle(words);
}
