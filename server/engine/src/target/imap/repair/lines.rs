//! Breaks lines that are longer than mail may have (RFC 5322, section 2.1.1), where that changes nothing that is shown: in
//! headers, in base64, and in HTML between words.

use mail_parser::{Encoding, MessageParser, PartType};

/// Bytes of a line at most, without its end.
const LONGEST: usize = 998;
/// Bytes of a line of base64 (RFC 2045, section 6.8).
const BASE64: usize = 76;

/// What a range of a message is, where its lines may be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Header fields: before a blank (RFC 5322, section 2.2.3).
    Header,
    /// Anywhere.
    Base64,
    /// Before a blank.
    Html,
}

/// The same message with its long lines broken; none when there is nothing to break.
pub(super) fn broken(body: &[u8]) -> Option<Vec<u8>> {
    if !body.split(|byte| *byte == b'\n').any(|line| line.len() > LONGEST + 1) {
        return None;
    }
    let ranges = ranges(body)?;
    let mut out = Vec::with_capacity(body.len() + body.len() / 64);
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let begins = at;
        at += line.len();
        if line.len() <= LONGEST + 2 {
            // There may be millions of them, and many ranges.
            out.extend_from_slice(line);
            continue;
        }
        match ranges.iter().find(|(from, to, _)| (*from..*to).contains(&begins)) {
            Some((.., kind)) => break_line(line, *kind, &mut out),
            None => out.extend_from_slice(line),
        }
    }
    (out.len() > body.len()).then_some(out)
}

/// Where lines may be broken. What is inside an attached message stays as it is.
fn ranges(body: &[u8]) -> Option<Vec<(usize, usize, Kind)>> {
    let message = MessageParser::default().parse(body)?;
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let mut ranges = Vec::new();
    for part in &message.parts {
        let (header, begins, ends) =
            (place(part.offset_header), place(part.offset_body), place(part.offset_end));
        ranges.push((header, begins, Kind::Header));
        match (&part.body, part.encoding) {
            (PartType::Message(_) | PartType::Multipart(_), _) => {}
            (_, Encoding::Base64) => ranges.push((begins, ends, Kind::Base64)),
            (PartType::Html(_), Encoding::None) => ranges.push((begins, ends, Kind::Html)),
            (
                PartType::Html(_) | PartType::Text(_) | PartType::Binary(_) | PartType::InlineBinary(_),
                Encoding::None | Encoding::QuotedPrintable,
            ) => {}
        }
    }
    Some(ranges)
}

fn break_line(line: &[u8], kind: Kind, out: &mut Vec<u8>) {
    let content = line.trim_ascii_end();
    let end = &line[content.len()..];
    let mut rest = content;
    while rest.len() > LONGEST {
        let at = match kind {
            Kind::Base64 => Some(BASE64),
            // A line of nothing but blanks would end the header.
            Kind::Header | Kind::Html => {
                let word = rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len());
                let blank = |at: &usize| matches!(rest[*at], b' ' | b'\t');
                (word + 1..=LONGEST).rev().find(blank)
            }
        };
        let Some(at) = at else { break };
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(b"\r\n");
        rest = &rest[at..];
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(end);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::fingerprint;

    /// A message with long lines in every kind of place.
    fn long() -> String {
        let references = "<0123456789@mail.example> ".repeat(60);
        let code = "QUJD".repeat(600);
        let html = "<b>word</b> and more ".repeat(100);
        let text = "plain words ".repeat(120);
        format!(
            "From: a@b\r\nReferences: {references}\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=zz\r\n\r\n\
             --zz\r\nContent-Type: text/html\r\n\r\n{html}\r\n\
             --zz\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n{code}\r\n\
             --zz\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--zz--\r\n"
        )
    }

    #[test]
    fn edge_019_long_lines_are_broken_where_nobody_sees_it() {
        let before = long();
        let after = broken(before.as_bytes()).expect("long lines");
        let lines: Vec<&[u8]> = after.split(|byte| *byte == b'\n').filter(|line| line.len() > 999).collect();
        assert_eq!(lines.len(), 1, "plain text stays as it is");
        assert!(lines[0].starts_with(b"plain words"));
        assert_eq!(fingerprint(&after).loose, fingerprint(before.as_bytes()).loose);
        let parsed = MessageParser::default().parse(&after).expect("a message");
        let first = MessageParser::default().parse(before.as_bytes()).expect("a message");
        assert_eq!(
            parsed.attachment(0).map(mail_parser::MimeHeaders::content_type),
            first.attachment(0).map(mail_parser::MimeHeaders::content_type)
        );
        let contents = |message: &mail_parser::Message<'_>| -> Vec<Vec<u8>> {
            message
                .parts
                .iter()
                .filter(|part| part.encoding == Encoding::Base64)
                .map(|part| part.contents().to_vec())
                .collect()
        };
        assert_eq!(contents(&parsed), contents(&first));
        assert_eq!(parsed.references().as_text_list(), first.references().as_text_list());
        assert_eq!((parsed.subject(), parsed.parts.len()), (first.subject(), first.parts.len()));
        assert!(broken(b"From: a\r\n\r\nshort\r\n").is_none());
        assert!(broken(format!("From: a\r\n\r\n{}\r\n", "x".repeat(2000)).as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn nothing_but_line_ends_is_added(words in proptest::collection::vec("[ -~]{0,40}", 0..200), html in any::<bool>()) {
            let kind = if html { "text/html" } else { "text/plain" };
            let message = format!("From: {}\r\nContent-Type: {kind}\r\n\r\n{}\r\n", words.join(" "), words.join("  "));
            if let Some(after) = broken(message.as_bytes()) {
                let bare = |bytes: &[u8]| bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect::<Vec<u8>>();
                prop_assert_eq!(bare(&after), bare(message.as_bytes()));
            }
        }
    }
}
