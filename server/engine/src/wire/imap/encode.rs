//! Writing IMAP: nothing that comes from a server or an admin can become a second command (ASVS 1.3.11).

use crate::model::Flags;

/// A string as IMAP reads it back: quoted where that is allowed, else as a literal the caller sends without waiting
/// (`{n+}`, RFC 7888) or, without LITERAL+, quoted with the bytes that would end the line replaced.
pub(super) fn string(bytes: &[u8], literal_plus: bool) -> Vec<u8> {
    let quotable = bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)) && bytes.len() < 1000;
    if !quotable && literal_plus {
        let mut out = format!("{{{}+}}\r\n", bytes.len()).into_bytes();
        out.extend_from_slice(bytes);
        return out;
    }
    let mut out = Vec::with_capacity(bytes.len() + 2);
    out.push(b'"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            // CR, LF and NUL cannot stand in a quoted string; a name with them cannot be asked for.
            b'\r' | b'\n' | 0 => out.push(b'?'),
            // Raw 8-bit names (against RFC 3501, but met) go back exactly as the server listed them.
            other => out.push(*other),
        }
    }
    out.push(b'"');
    out
}

/// Whether a keyword may be sent: an atom (RFC 3501, section 9) of at most 100 bytes.
pub(crate) fn is_keyword(keyword: &str) -> bool {
    !keyword.is_empty()
        && keyword.len() <= 100
        && keyword.bytes().all(|byte| {
            matches!(byte, 0x21..=0x7e)
                && !matches!(byte, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
        })
}

/// A parenthesised list of flags, with the keywords that `permitted` lets pass.
pub(super) fn flags(flags: &Flags, permitted: impl Fn(&str) -> bool) -> String {
    let mut all: Vec<&str> = flags.system.names().collect();
    let keywords = flags.keywords.iter().map(AsRef::as_ref);
    all.extend(keywords.filter(|keyword| is_keyword(keyword) && permitted(keyword)));
    format!("({})", all.join(" "))
}

/// A set of UIDs in the shortest form (`3:7,9`), from UIDs in growing order (RFC 3501, section 9, sequence-set).
pub(crate) fn uid_set(uids: &[u32]) -> String {
    let mut set = String::new();
    let mut rest = uids.iter().copied().peekable();
    while let Some(first) = rest.next() {
        let mut last = first;
        while let Some(next) = rest.next_if(|next| Some(*next) == last.checked_add(1)) {
            last = next;
        }
        if !set.is_empty() {
            set.push(',');
        }
        set.push_str(&if first == last { first.to_string() } else { format!("{first}:{last}") });
    }
    set
}

/// The UIDs of a set in the order they are told (RFC 4315, section 3). A hostile range stays harmless: it is cut.
pub(crate) fn read_set(set: &str) -> Vec<u32> {
    const MOST: usize = 10_000;
    let mut uids = Vec::new();
    for part in set.split(',') {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else { return Vec::new() };
        uids.extend((first..=last).take(MOST.saturating_sub(uids.len())));
    }
    uids
}

/// A server's words for people: printable, on one line, without direction tricks, cut to `max` characters.
pub(crate) fn clean(words: &str, max: usize) -> String {
    let visible = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    let straight = visible.filter(
        |c| !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
    );
    let mut cleaned: String = straight.take(max).collect();
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn uids_are_written_in_ranges() {
        assert_eq!(uid_set(&[1, 2, 3, 5, 7, 8]), "1:3,5,7:8");
        assert_eq!(uid_set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
        assert_eq!(uid_set(&[]), "");
    }

    #[test]
    fn uids_of_a_set_come_in_the_order_they_are_told() {
        assert_eq!(read_set("3955:3957,4000"), [3955, 3956, 3957, 4000]);
        assert_eq!(read_set("1:4294967295").len(), 10_000);
        assert!(read_set("x").is_empty());
    }

    #[test]
    fn a_keyword_is_an_atom_or_stays_at_home() {
        assert!(is_keyword("$Forwarded") && is_keyword("NonJunk"));
        for bad in ["", "two words", "(x", "x\r\nA1 DELETE INBOX", "\\Junk", "é"] {
            assert!(!is_keyword(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_becomes_a_second_line(name in proptest::collection::vec(any::<u8>(), 0..200)) {
            let written = string(&name, false);
            prop_assert!(!written.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
        }
    }
}
