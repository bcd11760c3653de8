//! Messages with odd bytes, structure, size or identity.

use super::Message;

const HEAD: &str = "From: a@old.example\r\nTo: b@old.example\r\nDate: Thu, 29 Feb 2024 12:30:45 +0000\r\nMIME-Version: 1.0\r\n";

/// The usual headers, then `rest`.
fn full(label: &str, rest: &str) -> Message {
    Message::new(label, format!("{HEAD}{rest}"))
}

/// Messages that a careless tool takes for one another.
pub(super) fn identity() -> Vec<Message> {
    let twin = "Subject: twin\r\nMessage-ID: <twin@old.example>\r\n\r\nByte for byte the same.\r\n";
    let same = "Subject: same headers\r\nMessage-ID: <same.headers@old.example>\r\n\r\n";
    let list = "Message-ID: <dup@old.example>\r\n\r\n";
    vec![
        full("no Message-ID", "Subject: no id\r\n\r\nNobody knows my name.\r\n"),
        full("no Message-ID, other body", "Subject: no id\r\n\r\nNobody knows my other name.\r\n"),
        full("Message-ID used twice, first", &format!("Subject: list copy\r\n{list}First.\r\n")),
        full(
            "Message-ID used twice, second",
            &format!("Subject: Re: list copy\r\n{list}Second.\r\n-- \r\nlist\r\n"),
        ),
        full("twin", twin),
        full("twin, again", twin),
        full("twin, read and flagged", twin).flagged(&["\\Seen", "\\Flagged"]),
        full("same headers, first body", &format!("{same}One body.\r\n")),
        full("same headers, second body", &format!("{same}Another body.\r\n")),
        full("same headers, same length", &format!("{same}Two bodY.\r\n")),
        full("empty Message-ID", "Subject: empty id\r\nMessage-ID:\r\n\r\nText.\r\n"),
        full("folded Message-ID", "Subject: folded\r\nMessage-ID:\r\n <folded@old.example>\r\n\r\nText.\r\n"),
        full(
            "two Message-IDs",
            "Message-ID: <a@old.example>\r\nMessage-ID: <b@old.example>\r\n\r\nText.\r\n",
        ),
    ]
}

/// Messages with bytes that RFC 5322 forbids or that servers rewrite.
pub(super) fn bytes() -> Vec<Message> {
    let mut latin1 = format!("{HEAD}Subject: ").into_bytes();
    latin1.extend(b"\xe9t\xe9 \xfc\xdf\r\nFrom: Ren\xe9 <rene@old.example>\r\n\r\nCaf\xe9.\r\n");
    let mut nul = format!("{HEAD}Subject: NUL\r\n\r\n").into_bytes();
    nul.extend(b"before\0after\r\n\0\0\r\nend\r\n");
    let mut all =
        format!("{HEAD}Subject: every byte\r\nContent-Transfer-Encoding: 8bit\r\n\r\n").into_bytes();
    all.extend((1..=255u8).filter(|byte| !matches!(byte, b'\r' | b'\n')));
    all.extend(b"\r\n");
    let unix = format!("{HEAD}Subject: Unix\r\n\r\nbody\r\n").replace("\r\n", "\n");
    let mbox = format!("From a@old.example Thu Feb 29 12:30:45 2024\r\n{HEAD}\r\nText.\r\n");
    vec![
        full("bare LF", "Subject: bare LF\r\n\r\none\ntwo\nthree\r\n"),
        Message::new("only LF, headers too", unix),
        full("bare CR", "Subject: bare CR\r\n\r\none\rtwo\rthree\r\n"),
        Message::new("NUL in the body", nul),
        Message::new("8-bit headers, Latin-1", latin1),
        full("8-bit headers, UTF-8", "Subject: Überraschung für 日本 🎁\r\n\r\nText.\r\n"),
        Message::new("every byte", all),
        full("broken encoded word", "Subject: =?utf-8?Q?=ZZ=C3?= =?x-none?B?!!!?=\r\n\r\nText.\r\n"),
        full("no line end at the end", "Subject: cut\r\n\r\nThe last line has no end"),
        full(
            "trailing spaces, dots and From",
            "Subject: dots\r\n\r\n.\r\n..\r\ntrailing   \r\nFrom here on\r\n\r\n\r\n",
        ),
        Message::new("mbox From line first", mbox),
    ]
}

/// Messages whose structure is incomplete or broken.
pub(super) fn structure() -> Vec<Message> {
    let from = "From: a@old.example\r\n";
    let mixed = "Content-Type: multipart/mixed; boundary=\"edge\"\r\n";
    let octets = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    vec![
        full("empty body", "Subject: empty body\r\n\r\n"),
        full("headers without a blank line", "Subject: headers only\r\n"),
        Message::new("no headers, blank line first", "\r\nOnly a body.\r\n"),
        Message::new("no headers at all", "Only text, and not a single header.\r\nSecond line.\r\n"),
        Message::new("zero bytes", ""),
        Message::new("one byte", "x"),
        Message::new("one line end", "\r\n"),
        Message::new("no Date", format!("{from}Message-ID: <nodate@old.example>\r\n\r\nText.\r\n")),
        Message::new(
            "unparsable Date",
            format!(
                "{from}Date: the day before yesterday, 25:61\r\nMessage-ID: <odddate@old.example>\r\n\r\nText.\r\n"
            ),
        ),
        Message::new("only a subject", "Subject: alone\r\n\r\n"),
        full(
            "header line without a colon",
            "Subject: odd\r\nthis line is no header\r\nX-After: yes\r\n\r\nText.\r\n",
        ),
        full("space before the colon", "Subject : odd\r\nX-Space : yes\r\n\r\nText.\r\n"),
        full(
            "boundary never closed",
            &format!("{mixed}\r\n--edge\r\nContent-Type: text/plain\r\n\r\nPart.\r\n"),
        ),
        full("boundary not named", "Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nPart.\r\n--x--\r\n"),
        full("broken base64", &format!("{octets}%%%not=base64===\r\nAAA\r\n")),
        full("unknown charset and type", "Content-Type: text/; charset=\"x-klingon\r\n\r\nText.\r\n"),
        full("sixty nested parts", &nested(60)),
        full(
            "a message in a message",
            &format!("Content-Type: message/rfc822\r\n\r\n{HEAD}Subject: inner\r\n\r\nText.\r\n"),
        ),
    ]
}

fn nested(depth: usize) -> String {
    let mut text = String::from("Subject: nested\r\n");
    for level in 0..depth {
        text.push_str(&format!("Content-Type: multipart/mixed; boundary=\"b{level}\"\r\n\r\n--b{level}\r\n"));
    }
    text.push_str("Content-Type: text/plain\r\n\r\nAt the bottom.\r\n");
    for level in (0..depth).rev() {
        text.push_str(&format!("--b{level}--\r\n"));
    }
    text
}

/// Messages with very long lines or very many bytes.
pub(super) fn large() -> Vec<Message> {
    let line = "0123456789abcdef".repeat(200 * 1024 / 16);
    let references: String = (0..2500).map(|number| format!(" <reference.{number}@old.example>")).collect();
    let block =
        "The quick brown fox jumps over the lazy dog, again and again, line by line.\r\n".repeat(1000);
    let mut huge = format!("{HEAD}Subject: 20 MB\r\nMessage-ID: <huge@old.example>\r\n\r\n");
    while huge.len() < 20 * 1024 * 1024 {
        huge.push_str(&block);
    }
    vec![
        full("a line of 200 KB", &format!("Subject: long line\r\n\r\n{line}\r\nend\r\n")),
        full("a header line of 70 KB", &format!("References:{references}\r\nSubject: long\r\n\r\nText.\r\n")),
        Message::new("20 MB", huge),
        full("small among the large", "Subject: small\r\n\r\nText.\r\n").flagged(&["\\Seen"]),
    ]
}
