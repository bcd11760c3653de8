//! What a refusal says about the server rather than about the command: to wait, and how long, or to ask a human.

mod backoff;

use std::time::Duration;

use shared::cause::Cause;

/// How long to leave a server alone that does not say.
const LITTLE: Duration = Duration::from_secs(5);
/// The same after a goodbye: the next connection may go elsewhere.
const GOODBYE: Duration = Duration::from_secs(2);
/// The same where it counts connections or commands: others need time to end.
const CROWDED: Duration = Duration::from_secs(15);
/// The same where it counts bytes over hours or days.
const EXHAUSTED: Duration = Duration::from_secs(300);

/// What a refusal says about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// It passes by itself, after so long.
    Passes(Cause, Duration),
    /// Nothing helps but a human: every mailbox would be refused the same way.
    Human(Cause),
}

/// What is known by the response code (RFC 3501, section 7.1; RFC 5530; and what servers made up).
fn by_code(code: &str) -> Option<Hint> {
    Some(match code {
        "INUSE" => Hint::Passes(Cause::Busy, LITTLE),
        "LIMIT" | "THROTTLED" => Hint::Passes(Cause::Throttled, CROWDED),
        "UNAVAILABLE" => Hint::Passes(Cause::Unavailable, LITTLE),
        "SERVERBUG" => Hint::Passes(Cause::ServerBug, LITTLE),
        "CONTACTADMIN" => Hint::Human(Cause::ContactAdmin),
        "PRIVACYREQUIRED" => Hint::Human(Cause::Privacy),
        _ => return None,
    })
}

/// Codes of what was asked for: the words behind them may repeat its name, which the user chose.
const OF_THE_COMMAND: [&str; 9] = [
    "ALREADYEXISTS",
    "BADCHARSET",
    "CANNOT",
    "HASCHILDREN",
    "NONEXISTENT",
    "NOPERM",
    "TRYCREATE",
    "UNKNOWN-CTE",
    "USEATTR",
];

/// What is known by words alone, in lower case: many servers give no code, or the wrong one.
const WORDS: [(&str, Hint); 34] = [
    // Exchange says BAD for it, Microsoft 365 and others NO or BYE.
    ("throttled", Hint::Passes(Cause::Throttled, CROWDED)),
    ("backoff time", Hint::Passes(Cause::Throttled, CROWDED)),
    ("backoffmilliseconds", Hint::Passes(Cause::Throttled, CROWDED)),
    ("rate limit", Hint::Passes(Cause::Throttled, CROWDED)),
    ("rate exceeded", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many requests", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many commands", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many logins", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many simultaneous", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many concurrent", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many connections", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many sessions", Hint::Passes(Cause::Throttled, CROWDED)),
    ("too many open connections", Hint::Passes(Cause::Throttled, CROWDED)),
    // Dovecot: mail_max_userip_connections.
    ("maximum number of connections", Hint::Passes(Cause::Throttled, CROWDED)),
    ("connection limit", Hint::Passes(Cause::Throttled, CROWDED)),
    ("session limit", Hint::Passes(Cause::Throttled, CROWDED)),
    // Courier.
    ("maximum number of concurrent", Hint::Passes(Cause::Throttled, CROWDED)),
    // Gmail, with the code OVERQUOTA.
    ("command or bandwidth limits", Hint::Passes(Cause::Throttled, EXHAUSTED)),
    ("bandwidth limit", Hint::Passes(Cause::Throttled, EXHAUSTED)),
    ("bandwidth exceeded", Hint::Passes(Cause::Throttled, EXHAUSTED)),
    ("download limit", Hint::Passes(Cause::Throttled, EXHAUSTED)),
    // Zimbra.
    ("service busy", Hint::Passes(Cause::Throttled, CROWDED)),
    ("server busy", Hint::Passes(Cause::Throttled, CROWDED)),
    ("server is busy", Hint::Passes(Cause::Throttled, CROWDED)),
    ("timeout while waiting for lock", Hint::Passes(Cause::Busy, LITTLE)),
    ("mailbox is locked", Hint::Passes(Cause::Busy, LITTLE)),
    // Exchange: "Server Unavailable. 15".
    ("server unavailable", Hint::Passes(Cause::Unavailable, CROWDED)),
    ("service unavailable", Hint::Passes(Cause::Unavailable, CROWDED)),
    // Exchange, when the mailbox's own server is away.
    ("authenticated but not connected", Hint::Passes(Cause::Unavailable, CROWDED)),
    ("temporarily unavailable", Hint::Passes(Cause::Unavailable, LITTLE)),
    ("temporary authentication failure", Hint::Passes(Cause::Unavailable, LITTLE)),
    ("shutting down", Hint::Passes(Cause::Unavailable, LITTLE)),
    ("try again later", Hint::Passes(Cause::Unavailable, LITTLE)),
    ("internal server error", Hint::Passes(Cause::ServerBug, LITTLE)),
];

/// What a refusal says about the server; none: it speaks of the command.
pub(crate) fn hint(code: Option<&str>, words: &str) -> Option<Hint> {
    let lower = words.to_ascii_lowercase();
    if code.is_some_and(|code| OF_THE_COMMAND.contains(&code)) {
        return None;
    }
    let said = || WORDS.iter().find(|(needle, _)| lower.contains(needle)).map(|(_, hint)| *hint);
    // Words tell more than a code that only says "later".
    let hint = match code.and_then(by_code) {
        Some(Hint::Passes(cause, pause)) => match said() {
            Some(said @ Hint::Passes(Cause::Throttled, _)) => Some(said),
            Some(_) | None => Some(Hint::Passes(cause, pause)),
        },
        Some(human @ Hint::Human(_)) => Some(human),
        None => said(),
    };
    Some(match hint? {
        Hint::Passes(cause, pause) => Hint::Passes(cause, backoff::said(&lower).unwrap_or(pause)),
        human @ Hint::Human(_) => human,
    })
}

/// Whether the login does not hold any more, in answer to something else than a login: a new one brings a new token, or is
/// refused in its own words.
pub(crate) fn logged_out(code: &str) -> Option<Hint> {
    let codes = ["AUTHENTICATIONFAILED", "EXPIRED"];
    codes.contains(&code).then_some(Hint::Passes(Cause::LoginExpired, GOODBYE))
}

/// What a goodbye says.
pub(crate) fn goodbye(code: Option<&str>, words: &str) -> Hint {
    hint(code, words).unwrap_or_else(|| {
        let pause = backoff::said(&words.to_ascii_lowercase()).unwrap_or(GOODBYE);
        Hint::Passes(Cause::Unavailable, pause)
    })
}

/// Whether a goodbye only says that the session is over, because nothing was asked for a while or its token ran out: no
/// reason to slow down.
pub(crate) fn was_idle(words: &str) -> bool {
    // "Session invalidated - AccessTokenExpired" is Microsoft 365's; the next login brings another token.
    const SAYS: [&str; 8] = [
        "inactiv",
        "idle",
        "autologout",
        "auto-logout",
        "session expired",
        "tokenexpired",
        "token expired",
        "token has expired",
    ];
    let lower = words.to_ascii_lowercase();
    SAYS.iter().any(|says| lower.contains(says))
}

/// A code at the head of words, where a parser left it there: `[UNAVAILABLE] later`.
pub(crate) fn split(words: &str) -> (Option<String>, &str) {
    let coded = words.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match coded {
        Some((code, words)) => {
            (Some(code.split(' ').next().unwrap_or_default().to_ascii_uppercase()), words.trim_start())
        }
        None => (None, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(line: &str) -> Option<(Cause, u64)> {
        let (code, words) = split(line);
        match hint(code.as_deref(), words)? {
            Hint::Passes(cause, pause) => Some((cause, pause.as_secs())),
            Hint::Human(cause) => Some((cause, 0)),
        }
    }

    #[test]
    fn edge_145_too_many_connections_are_known_by_every_servers_words() {
        for line in [
            "[UNAVAILABLE] Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
            "[ALERT] Too many simultaneous connections. (Failure)",
            "[LIMIT] Too many connections from your IP",
            "Error: maximum number of concurrent connections reached",
            "Zimbra IMAP server terminating connection: service busy",
            "Too many sessions",
            "[INUSE] Connection limit reached",
        ] {
            assert_eq!(cause(line), Some((Cause::Throttled, 15)), "{line}");
        }
    }

    #[test]
    fn edge_146_a_server_that_wants_patience_is_told_from_one_that_refuses() {
        for (line, known) in [
            (
                "Request is throttled. Suggested Backoff Time: 178755 milliseconds",
                Some((Cause::Throttled, 178)),
            ),
            (
                "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
                Some((Cause::Throttled, 300)),
            ),
            ("[INUSE] Timeout while waiting for lock", Some((Cause::Busy, 5))),
            ("[UNAVAILABLE] Temporary authentication failure.", Some((Cause::Unavailable, 5))),
            ("[UNAVAILABLE] later, retry after 2 minutes", Some((Cause::Unavailable, 120))),
            ("Server Unavailable. 15", Some((Cause::Unavailable, 15))),
            ("User is authenticated but not connected.", Some((Cause::Unavailable, 15))),
            ("[SERVERBUG] Internal error occurred. Refer to server log", Some((Cause::ServerBug, 5))),
            ("[CONTACTADMIN] call us", Some((Cause::ContactAdmin, 0))),
            ("[PRIVACYREQUIRED] TLS first", Some((Cause::Privacy, 0))),
            // These speak of the command.
            ("[OVERQUOTA] Quota exceeded (mailbox for user is full)", None),
            ("[TOOBIG] maximum message size exceeded", None),
            ("Message contains invalid header", None),
            ("APPEND failed", None),
            ("[TRYCREATE] Mailbox doesn't exist", None),
            ("[CANNOT] Invalid mailbox name: Rate limit", None),
            ("[NONEXISTENT] Mailbox does not exist: Server unavailable", None),
            ("[ALERT] Your password expires in 10 days", None),
        ] {
            assert_eq!(cause(line), known, "{line}");
        }
    }

    #[test]
    fn edge_146_a_goodbye_is_no_complaint_when_nothing_was_asked_for_a_while() {
        assert!(was_idle("Disconnected for inactivity.") && was_idle("Autologout; idle for too long"));
        assert!(!was_idle("Server shutting down"));
        assert_eq!(goodbye(None, "See you"), Hint::Passes(Cause::Unavailable, GOODBYE));
        assert_eq!(goodbye(None, "Too many connections"), Hint::Passes(Cause::Throttled, CROWDED));
    }
}
