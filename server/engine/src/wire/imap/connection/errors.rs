//! What goes wrong in a session, in words, and what everybody who uses the server is to hear of it.

use std::{io, time::Duration};

use shared::cause::Cause;

use super::Connection;
use crate::{
    error::{ConnectorError, Reach, Retry},
    wire::imap::{
        append, enter,
        hint::{self, Hint},
        response::{Condition, Status},
    },
};

impl Connection {
    /// The connection is gone.
    pub(super) fn lost(&self, error: &io::Error) -> ConnectorError {
        self.doubt_compression(self.channel.is_garbled());
        let detail = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
            _ => format!("the connection broke ({error})"),
        };
        self.error(Cause::Disconnected, Retry::Now, detail)
    }

    pub(super) fn silent(&self, patience: Duration) -> ConnectorError {
        self.doubt_compression(false);
        self.error(Cause::TimedOut, Retry::Now, format!("no answer within {} seconds", patience.as_secs()))
    }

    /// The server said something that makes no sense: the stream cannot be trusted any more.
    pub(crate) fn broken(&self, detail: &str) -> ConnectorError {
        self.doubt_compression(!self.proven);
        self.error(Cause::Protocol, Retry::Now, format!("the server sent {detail}"))
    }

    /// A compressed session broke. The next ones to this server go without compression for a while where what came was no
    /// IMAP, or nothing good had come before.
    pub(super) fn doubt_compression(&self, nonsense: bool) {
        if let Some(gate) = &self.gate
            && self.is_compressed()
            && (nonsense || !self.proven)
        {
            gate.doubt_compression(&self.peer, nonsense);
        }
    }

    pub(crate) fn not_imap(&self, detail: String) -> ConnectorError {
        ConnectorError { reach: Reach::Endpoint, ..self.error(Cause::NotImap, Retry::Never, detail) }
    }

    pub(crate) fn farewell(&self, condition: &Condition) -> ConnectorError {
        let detail = format!("the server said goodbye: “{}”", condition.words);
        if hint::was_idle(&condition.words) {
            return self.error(Cause::Disconnected, Retry::Now, detail);
        }
        match hint::goodbye(condition.code.as_ref().map(|code| code.name.as_str()), &condition.words) {
            Hint::Passes(cause, pause) => self.heard(self.error(cause, Retry::After(pause), detail)),
            Hint::Human(cause) => {
                ConnectorError { reach: Reach::Endpoint, ..self.error(cause, Retry::Never, detail) }
            }
        }
    }

    fn error(&self, cause: Cause, retry: Retry, detail: String) -> ConnectorError {
        ConnectorError {
            reach: Reach::Mailbox,
            retry,
            cause,
            doing: format!("talking to {}", self.peer),
            detail,
        }
    }

    /// A command was answered with NO or BAD.
    pub(crate) fn refused(
        &self,
        condition: &Condition,
        reach: Reach,
        cause: Cause,
        doing: impl Into<String>,
    ) -> ConnectorError {
        let (reach, retry, cause) = match condition.hint() {
            Some(Hint::Passes(cause, pause)) => (Reach::Mailbox, Retry::After(pause), cause),
            Some(Hint::Human(cause)) => (Reach::Endpoint, Retry::Never, cause),
            None => (reach, Retry::Never, cause),
        };
        let word = match condition.status {
            Status::No => "NO",
            Status::Bad => "BAD",
            Status::Ok | Status::PreAuth | Status::Bye => "something unexpected",
        };
        let detail = format!("the server answered {word}: “{}”", condition.words);
        self.heard(ConnectorError { reach, retry, cause, doing: doing.into(), detail })
    }

    /// A wish for patience is heard whatever the command was, even where its refusal costs nothing. What is said of the
    /// size of a message (Dovecot: LIMIT) is none.
    pub(super) fn overhear(&self, condition: &Condition) {
        if append::refusal(condition) == Cause::TooBig {
            return;
        }
        if let Some(Hint::Passes(cause, pause)) = condition.hint() {
            let detail = format!("the server answered: “{}”", condition.words);
            self.heard(self.error(cause, Retry::After(pause), detail));
        }
    }

    /// Lets everybody who uses the server hear of its wish for patience.
    fn heard(&self, error: ConnectorError) -> ConnectorError {
        if let Some(gate) = &self.gate {
            enter::hear(gate, &error);
        }
        error
    }
}
