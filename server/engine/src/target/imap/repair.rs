//! The repair ladder: what is tried when a target refuses a message as it is. Each step is reported.

mod lines;

use std::borrow::Cow;

use shared::cause::Cause;

use crate::{model::Received, target::Repair, wire::imap::append::Message};

/// A message as it is sent after a repair; repairs add up.
#[derive(Debug)]
pub(super) struct Repaired<'a> {
    pub flags: String,
    pub received: Option<Received>,
    pub body: Cow<'a, [u8]>,
    pub repair: Repair,
}

/// The forms to try, the gentlest first; a repair that would change nothing is left out.
pub(super) fn ladder<'a>(message: &Message<'a>, words: &str) -> Vec<Repaired<'a>> {
    let repair = |cause, what: &str| Repair {
        cause,
        detail: format!("{what}, because the target refused it otherwise: “{words}”"),
    };
    let mut steps = Vec::new();
    let mut body = Cow::Borrowed(message.body);
    let mut flags = message.flags.to_owned();
    let mut of_the_body = |body: &Cow<'a, [u8]>, what: &str| {
        let (flags, body) = (flags.clone(), body.clone());
        let repair = repair(Cause::BytesAltered, what);
        steps.push(Repaired { flags, received: message.received, body, repair });
    };
    if has_bare_line_ends(&body) {
        body = Cow::Owned(with_crlf(&body));
        of_the_body(&body, "Line ends were sent as CRLF");
    }
    if !body.ends_with(b"\r\n") {
        body.to_mut().extend_from_slice(b"\r\n");
        of_the_body(&body, "A line end was added at its end");
    }
    if let Some(broken) = lines::broken(&body) {
        body = Cow::Owned(broken);
        of_the_body(&body, "Long lines of its header, of base64 and of HTML were broken between words");
    }
    let system: Vec<&str> =
        flags.trim_matches(['(', ')']).split(' ').filter(|flag| flag.starts_with('\\')).collect();
    let system = format!("({})", system.join(" "));
    if system != flags {
        flags = system;
        let repair = repair(Cause::KeywordsLost, "It was sent without its keywords");
        steps.push(Repaired { flags: flags.clone(), received: message.received, body: body.clone(), repair });
    }
    if message.received.is_some() {
        let repair = repair(Cause::DateAltered, "It was sent without its received date");
        steps.push(Repaired { flags, received: None, body, repair });
    }
    steps
}

fn has_bare_line_ends(body: &[u8]) -> bool {
    body.iter().enumerate().any(|(at, byte)| match byte {
        b'\n' => at == 0 || body[at - 1] != b'\r',
        b'\r' => body.get(at + 1) != Some(&b'\n'),
        _ => false,
    })
}

/// The same with every line end as CRLF.
fn with_crlf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 64);
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.extend_from_slice(b"\r\n");
            }
            b'\n' => out.extend_from_slice(b"\r\n"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edge_017_bare_line_ends_become_crlf_only_when_refused() {
        assert_eq!(with_crlf(b"a\nb\r\nc\rd"), b"a\r\nb\r\nc\r\nd");
        let message = Message { flags: "(\\Seen)", received: None, body: b"a\nb\n" };
        let steps = ladder(&message, "bare newlines");
        assert_eq!(steps.len(), 1);
        assert_eq!(steps[0].repair.cause, Cause::BytesAltered);
        assert_eq!(steps[0].body.as_ref(), b"a\r\nb\r\n");
    }

    #[test]
    fn edge_018_a_message_without_a_last_line_end_gets_one_only_when_refused() {
        let message = Message { flags: "()", received: None, body: b"A: b\r\n\r\nend" };
        let steps = ladder(&message, "incomplete last line");
        assert_eq!(steps.len(), 1);
        assert_eq!(
            (steps[0].repair.cause, steps[0].body.as_ref()),
            (Cause::BytesAltered, b"A: b\r\n\r\nend\r\n".as_slice())
        );
    }

    #[test]
    fn a_message_without_anything_to_repair_has_no_ladder() {
        let message = Message { flags: "(\\Seen)", received: None, body: b"a\r\n" };
        assert!(ladder(&message, "no").is_empty());
    }

    #[test]
    fn keywords_go_before_the_date_does() {
        let received = Some(Received { seconds: 0, zone_minutes: 0 });
        let message = Message { flags: "(\\Seen $X)", received, body: b"a\r\n" };
        let causes: Vec<Cause> = ladder(&message, "no").into_iter().map(|step| step.repair.cause).collect();
        assert_eq!(causes, [Cause::KeywordsLost, Cause::DateAltered]);
    }
}
