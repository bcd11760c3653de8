//! What of a message stays the same where a server writes it anew at each reading, as Exchange and Domino do: its decoded
//! parts, its subject and its sender. Boundaries, encodings, dates and generated ids do not count.

use mail_parser::{Address, Message, MessageParser, PartType};
use sha2::{Digest, Sha256};

/// Messages within messages that are looked into; what is deeper counts as it stands there.
const DEEPEST: usize = 16;

/// A digest of what stays; none when there is nothing that could be told apart.
pub(crate) fn stable(content: &[u8]) -> Option<[u8; 16]> {
    let message = MessageParser::default().parse(content)?;
    let mut digest = Sha256::new();
    let parts = add(&mut digest, &message, 0);
    (parts > 0).then(|| super::cut(digest))
}

/// Adds what stays of a message; gives how much of it could be told apart.
fn add(digest: &mut Sha256, message: &Message<'_>, depth: usize) -> usize {
    let mut parts = 0;
    if let Some(subject) = message.subject() {
        parts += text(digest, b's', subject);
    }
    if let Some(address) =
        message.from().and_then(Address::first).and_then(|address| address.address.as_ref())
    {
        parts += text(digest, b'f', &address.to_lowercase());
    }
    for part in &message.parts {
        match &part.body {
            PartType::Text(body) => parts += text(digest, b't', body),
            PartType::Html(body) => parts += text(digest, b'h', body),
            PartType::Binary(body) | PartType::InlineBinary(body) => parts += piece(digest, b'b', body),
            PartType::Message(inner) if depth < DEEPEST => {
                // So that a part of it is not taken for one beside it.
                piece(digest, b'(', b"");
                parts += add(digest, inner, depth + 1);
                piece(digest, b')', b"");
            }
            PartType::Message(inner) => parts += piece(digest, b'm', inner.raw_message()),
            // Its parts stand beside it in the list.
            PartType::Multipart(_) => {}
        }
    }
    parts
}

/// Blanks and line ends are the server's: it folds and wraps as it likes.
fn text(digest: &mut Sha256, kind: u8, text: &str) -> usize {
    let bare: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    piece(digest, kind, bare.as_bytes())
}

fn piece(digest: &mut Sha256, kind: u8, bytes: &[u8]) -> usize {
    digest.update([kind]);
    digest.update(bytes.len().to_be_bytes());
    digest.update(bytes);
    usize::from(!bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::stable;

    const NOTE: &str = "From: Anna <anna@old.example>\r\nSubject: Budget\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\
        MIME-Version: 1.0\r\nMessage-ID: <1@old.example>\r\nContent-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n\
        --b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe numbers: 5 EUR\r\n\
        --b1\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b1--\r\n";

    fn same(changed: &str) {
        assert_eq!(stable(NOTE.as_bytes()), stable(changed.as_bytes()), "{changed}");
    }

    fn other(changed: &str) {
        assert_ne!(stable(NOTE.as_bytes()), stable(changed.as_bytes()), "{changed}");
    }

    #[test]
    fn edge_026_boundaries_encodings_dates_and_generated_ids_make_no_difference() {
        same(&NOTE.replace("b1", "----=_Next_0042"));
        same(&NOTE.replace("<1@old.example>", "<other@generated>"));
        same(&NOTE.replace("1 Jan 2024", "2 Feb 2025"));
        same(&NOTE.replace("Subject: Budget", "X-Converted: now\r\nSubject: =?utf-8?B?QnVkZ2V0?="));
        same(&NOTE.replace(
            "\r\n\r\nThe numbers: 5 EUR",
            "\r\nContent-Transfer-Encoding: base64\r\n\r\nVGhlIG51bWJlcnM6IDUgRVVS",
        ));
        same(&NOTE.replace("AAECAw==", "AAEC\r\nAw=="));
    }

    #[test]
    fn another_text_attachment_subject_or_sender_is_another_message() {
        other(&NOTE.replace("5 EUR", "6 EUR"));
        other(&NOTE.replace("AAECAw==", "AAECBA=="));
        other(&NOTE.replace("Budget", "Budgets"));
        other(&NOTE.replace("anna@", "otto@"));
        other(&NOTE.replace(
            "--b1\r\nContent-Type: application",
            "--b1\r\n\r\nmore\r\n--b1\r\nContent-Type: application",
        ));
    }

    #[test]
    fn where_nothing_can_be_told_apart_nothing_is_claimed() {
        assert_eq!(stable(b""), None);
        assert_eq!(stable(b"Date: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\n\r\n"), None);
    }

    #[test]
    fn a_part_of_a_message_within_is_no_part_beside_it() {
        let within = "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\none\r\n\
            --o\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--o--\r\n";
        let beside = within.replace("two", "three");
        assert_ne!(stable(within.as_bytes()), stable(beside.as_bytes()));
        assert_ne!(stable(within.as_bytes()), stable(within.replace("one", "1").as_bytes()));
    }

    proptest! {
        #[test]
        fn nothing_in_a_message_makes_it_panic(content in proptest::collection::vec(any::<u8>(), 0..400)) {
            _ = stable(&content);
        }
    }
}
