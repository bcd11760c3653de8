//! Read receipts (RFC 8098, RFC 3503): which messages would make a mail program send one again. Pure.

use crate::{
    model::Flags,
    validate::{Keeps, KeywordRule},
};

/// Says that the receipt was sent, or will not be (RFC 3503, section 3.1).
pub const SENT: &str = "$MDNSent";

/// What becomes of a message's receipt on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// None is asked for, or the user has not seen the message yet and shall be asked.
    None,
    /// The copy is to be marked, so that none is sent once more.
    Settle,
    /// The copy cannot be marked: a mail program may ask once more.
    Open,
}

/// Decides for one message. `head` is its content, or the beginning of it with the whole header block.
pub fn receipt(head: &[u8], flags: &Flags, keeps: &Keeps) -> Receipt {
    let sent = flags.keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(SENT));
    if !(sent || flags.system.has("\\Seen")) || !asks(head) {
        return Receipt::None;
    }
    let kept = match &keeps.keywords {
        KeywordRule::All => true,
        KeywordRule::Only(names) => names.iter().any(|name| name.eq_ignore_ascii_case(SENT)),
        KeywordRule::None => false,
    };
    match (kept, sent) {
        (true, true) => Receipt::None,
        (true, false) => Receipt::Settle,
        (false, _) => Receipt::Open,
    }
}

/// Whether the header block asks for a receipt (RFC 8098, section 2.1).
fn asks(head: &[u8]) -> bool {
    const NAME: &[u8] = b"disposition-notification-to:";
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut header = lines.take_while(|line| !line.is_empty());
    header.any(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &str, flags: &str, keeps: KeywordRule, expected: Receipt) {
        let mut marks = Flags::default();
        for name in flags.split_whitespace() {
            if !marks.system.insert(name) {
                marks.keywords.push(name.into());
            }
        }
        assert_eq!(
            receipt(head.as_bytes(), &marks, &Keeps { keywords: keeps }),
            expected,
            "{head:?} {flags}"
        );
    }

    #[test]
    fn edge_030_only_what_was_read_and_asks_in_its_header_is_settled() {
        let asks = "From: a\r\nDisposition-notification-TO: b\r\n\r\ntext";
        check(asks, "\\Seen", KeywordRule::All, Receipt::Settle);
        check(asks, "", KeywordRule::All, Receipt::None);
        check(asks, "$mdnsent", KeywordRule::All, Receipt::None);
        check(asks, "\\Seen", KeywordRule::Only(["$mdnsent".to_owned()].into()), Receipt::Settle);
        check(asks, "\\Seen", KeywordRule::Only(["work".to_owned()].into()), Receipt::Open);
        check(asks, "$MDNSent", KeywordRule::None, Receipt::Open);
        check("From: a\r\n\r\nDisposition-Notification-To: b\r\n", "\\Seen", KeywordRule::All, Receipt::None);
        check("X: y\n\nDisposition-Notification-To: b\n", "\\Seen", KeywordRule::All, Receipt::None);
        check("", "\\Seen", KeywordRule::All, Receipt::None);
    }
}
