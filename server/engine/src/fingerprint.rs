//! Recognises content on both sides, whatever the servers did to its line ends.

mod stable;

use sha2::{Digest, Sha256};

use crate::model::Fingerprint;

pub(crate) use stable::stable;

/// Bytes looked at at once.
const WINDOW: usize = 8 * 1024;

/// Computes a fingerprint of content that comes in pieces, however it is cut.
///
/// The exact half takes CRLF and bare LF for the same line end, and content without a final line end for the same as
/// with one; a bare CR is content. The loose half leaves out what servers are known to add, drop or replace: line
/// ends, blanks, control characters, 8-bit bytes, and the letter X, which Cyrus puts in their place.
#[derive(Clone)]
pub struct Fingerprinter {
    exact: Sha256,
    loose: Option<Sha256>,
    last: Option<u8>,
}

impl Fingerprinter {
    /// Of nothing yet; both halves.
    pub fn new() -> Self {
        Self { exact: Sha256::new(), loose: Some(Sha256::new()), last: None }
    }

    /// Of nothing yet; the exact half only.
    pub fn exact() -> Self {
        Self { exact: Sha256::new(), loose: None, last: None }
    }

    /// Goes on with the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        for window in piece.chunks(WINDOW) {
            self.update_exact(window);
            if let Some(loose) = &mut self.loose {
                update_loose(loose, window);
            }
            self.last = window.last().copied();
        }
    }

    /// The fingerprint of all pieces.
    pub fn finish(mut self) -> Fingerprint {
        if self.last != Some(b'\n') {
            self.exact.update(b"\r\n");
        }
        Fingerprint { exact: cut(self.exact), loose: self.loose.map(cut) }
    }

    /// Mail comes with CRLF nearly always: then the digest takes the window as it is.
    fn update_exact(&mut self, window: &[u8]) {
        let mut from = 0;
        if has_bare_line_feed(window, self.last) {
            let mut before = self.last;
            for (at, byte) in window.iter().enumerate() {
                if *byte == b'\n' && before != Some(b'\r') {
                    self.exact.update(&window[from..at]);
                    self.exact.update(b"\r");
                    from = at;
                }
                before = Some(*byte);
            }
        }
        self.exact.update(&window[from..]);
    }
}

fn update_loose(loose: &mut Sha256, window: &[u8]) {
    let mut kept = [0; WINDOW];
    let mut length = 0;
    for byte in window {
        // Written always and counted sometimes: no branch for the processor to guess.
        kept[length] = *byte;
        length += usize::from(KEPT[usize::from(*byte)]);
    }
    loose.update(&kept[..length]);
}

impl Default for Fingerprinter {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Fingerprinter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fingerprinter").finish_non_exhaustive()
    }
}

/// The fingerprint of content that is there as a whole.
pub fn fingerprint(content: &[u8]) -> Fingerprint {
    whole(Fingerprinter::new(), content)
}

/// The same, with the loose half only where some server may rewrite something of it: plain content comes back as it is
/// from nearly all, and the loose half costs more than the exact one.
pub fn brief(content: &[u8]) -> Fingerprint {
    if !is_plain(content) {
        return fingerprint(content);
    }
    // Its line ends are CRLF already: the digest takes it as it is.
    let mut exact = Sha256::new();
    exact.update(content);
    if content.last() != Some(&b'\n') {
        exact.update(b"\r\n");
    }
    Fingerprint { exact: cut(exact), loose: None }
}

fn whole(mut fingerprinter: Fingerprinter, content: &[u8]) -> Fingerprint {
    fingerprinter.update(content);
    fingerprinter.finish()
}

/// Printable ASCII in lines that end with CRLF. Looks at every byte without an early end, as below.
fn is_plain(content: &[u8]) -> bool {
    let strange = |byte: u8| {
        let printable = byte.wrapping_sub(b' ') <= b'~' - b' ';
        let blank = (byte == b'\t') | (byte == b'\r') | (byte == b'\n');
        u8::from(!(printable | blank))
    };
    // In blocks with one sum each, which the compiler turns into wide instructions.
    let any = |block: &[u8]| block.iter().fold(0, |found, byte| found | strange(*byte)) != 0;
    !content.chunks(4096).any(any) && !has_bare_line_feed(content, None)
}

/// Which bytes the loose half keeps. X is left out of the body too: where the blank line behind the header is missing,
/// servers do not agree where the header ends.
const KEPT: [bool; 256] = {
    let mut kept = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        kept[byte as usize] = byte != b'X';
        byte += 1;
    }
    kept
};

/// Looks at every pair without an early end, so that the compiler can look at many at once.
fn has_bare_line_feed(window: &[u8], before: Option<u8>) -> bool {
    let at_start = window.first() == Some(&b'\n') && before != Some(b'\r');
    let behind = window.get(1..).unwrap_or_default();
    let pairs = window.iter().zip(behind);
    pairs.fold(at_start, |found, (first, second)| found | ((*second == b'\n') & (*first != b'\r')))
}

fn cut(digest: Sha256) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.finalize()[..16]);
    half
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fingerprinter, WINDOW, brief, fingerprint};
    use crate::model::Fingerprint;

    fn in_pieces(content: &[u8], lengths: &[usize]) -> Fingerprint {
        let mut fingerprinter = Fingerprinter::new();
        let mut rest = content;
        for length in lengths {
            let (piece, after) = rest.split_at((*length).min(rest.len()));
            fingerprinter.update(piece);
            rest = after;
        }
        fingerprinter.update(rest);
        fingerprinter.finish()
    }

    /// Compares two contents: "same", "altered" (only the loose half is equal) or "other".
    fn check(first: &[u8], second: &[u8], expected: &str) {
        let (first, second) = (fingerprint(first), fingerprint(second));
        let found = match (first.exact == second.exact, first.loose == second.loose) {
            (true, true) => "same",
            (false, true) => "altered",
            (_, false) => "other",
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn both_halves_are_sha_256_of_a_known_form() {
        let fingerprint = fingerprint(b"Subject: a\n\nb");
        // printf 'Subject: a\r\n\r\nb\r\n' | sha256sum
        assert_eq!(hex::encode(fingerprint.exact), "9c6c8eb5e1aadf9965b891e6b38b9eaa");
        // printf 'Subject:ab' | sha256sum
        let loose = fingerprint.loose.expect("both halves");
        assert_eq!(hex::encode(loose), "2ef983c827e16a89aa006a5341aef451");
    }

    #[test]
    fn plain_content_gets_the_exact_half_only_and_the_same_one() {
        for (content, is_plain) in [
            (&b"A: b\r\n\r\nc\r\n"[..], true),
            (b"A: b\r\n\r\n\xe9\r\n", false),
            (b"A: b\n\nc\n", false),
            (b"A: b\r\n\r\n\0\r\n", false),
        ] {
            let (both, brief) = (fingerprint(content), brief(content));
            assert_eq!(both.exact, brief.exact);
            assert_eq!(brief.loose, if is_plain { None } else { both.loose });
        }
    }

    #[test]
    fn edge_017_bare_line_feeds_are_line_ends_and_bare_carriage_returns_are_content() {
        check(b"A: b\r\n\r\nc\r\n", b"A: b\n\nc\n", "same");
        check(b"A: b\r\n\r\nc\r\n", b"A: b\r\n\nc\r\n", "same");
        check(b"A: b\r\n\r\nc\rd\r\n", b"A: b\r\n\r\ncd\r\n", "altered");
        check(b"A: b\r\n\r\nc\r\r\n", b"A: b\r\n\r\nc\r\n", "altered");
    }

    #[test]
    fn edge_018_a_missing_final_line_end_makes_no_difference() {
        check(b"A: b\r\n\r\nc", b"A: b\r\n\r\nc\r\n", "same");
        check(b"A: b\r\n\r\nc\r\n", b"A: b\r\n\r\nc\r\n\r\n", "altered");
        check(b"", b"\r\n", "same");
        check(b"", b"a", "other");
    }

    #[test]
    fn what_servers_are_known_to_rewrite_is_recognised_as_altered() {
        // NUL became 0x80 (Dovecot) or went away (Mailutils).
        check(b"A: b\r\n\r\nc\0d\r\n", b"A: b\r\n\r\nc\x80d\r\n", "altered");
        check(b"A: b\r\n\r\nc\0d\r\n", b"A: b\r\n\r\ncd\r\n", "altered");
        // 8-bit bytes of a header became X (Cyrus).
        check(b"A: \xe9t\xe9\r\n\r\nc\r\n", b"A: XtX\r\n\r\nc\r\n", "altered");
        // A blank line behind the header was added (Courier), a blank before a colon removed (Mailutils).
        check(b"A: b\r\n", b"A: b\r\n\r\n", "altered");
        check(b"A: b\r\ntext XX\r\n", b"A: b\r\n\r\ntext XX\r\n", "altered");
        check(b"A : b \r\n\r\nc\r\n", b"A: b\r\n\r\nc\r\n", "altered");
    }

    #[test]
    fn other_content_is_other() {
        check(b"A: b\r\n\r\nc\r\n", b"A: b\r\n\r\nC\r\n", "other");
        check(b"A: b\r\n\r\nc1\r\n", b"A: b\r\n\r\nc2\r\n", "other");
        check(b"A: b\r\n\r\ncd\r\n", b"A: b\r\n\r\ndc\r\n", "other");
    }

    /// Content in which line ends, blanks and 8-bit bytes are frequent.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(&["\r\n", "\n", "\r", " ", "\0é", "aX", "Subject: b"][..]);
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn it_makes_no_difference_how_content_is_cut(
            content in content(),
            lengths in proptest::collection::vec(0_usize..9, 0..40),
        ) {
            prop_assert_eq!(in_pieces(&content, &lengths), fingerprint(&content));
        }

        #[test]
        fn it_makes_no_difference_where_a_window_ends(content in content(), ahead in 0_usize..120) {
            let long = [vec![b'a'; WINDOW - ahead], content].concat();
            prop_assert_eq!(in_pieces(&long, &[WINDOW - ahead]), fingerprint(&long));
        }

        #[test]
        fn line_ends_make_no_difference(lines in proptest::collection::vec("[a-zX \0é]{0,9}", 0..20)) {
            prop_assert_eq!(fingerprint(lines.join("\r\n").as_bytes()), fingerprint(lines.join("\n").as_bytes()));
        }

        #[test]
        fn another_letter_is_another_message(content in content(), at in any::<prop::sample::Index>()) {
            let content = [&b"a"[..], &content].concat();
            let letters: Vec<_> = (0..content.len()).filter(|at| content[*at].is_ascii_lowercase()).collect();
            let mut other = content.clone();
            other[letters[at.index(letters.len())]] = b'Q';
            let (first, second) = (fingerprint(&content), fingerprint(&other));
            prop_assert_ne!(first.exact, second.exact);
            prop_assert_ne!(first.loose, second.loose);
        }
    }
}
