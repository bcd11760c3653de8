//! Folder names on the wire: modified UTF-7 (RFC 3501, section 5.1.3), read leniently and written strictly.

use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};

const MODIFIED_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A name as it goes on the wire.
pub(crate) fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let (run, after) =
            rest.split_at(rest.find(|c| is_direct(c) != is_direct(first)).unwrap_or(rest.len()));
        rest = after;
        if is_direct(first) {
            wire.push_str(&run.replace('&', "&-"));
        } else {
            let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            wire.push('&');
            MODIFIED_BASE64.encode_string(units, &mut wire);
            wire.push('-');
        }
    }
    wire
}

/// A name as the user reads it, and whether the wire form was the one [`encode`] writes.
///
/// Never fails and never puts a replacement character in: what is no modified UTF-7 is kept letter by letter, raw UTF-8
/// is read as such, and other 8-bit bytes as Latin-1. Such a name must be sent back to its server as it came.
pub(crate) fn decode(wire: &[u8]) -> (String, bool) {
    let text = widen(wire);
    let mut name = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        let (before, shifted) = rest.split_at(at);
        name.push_str(before);
        let decoded =
            shifted[1..].split_once('-').and_then(|(code, after)| Some((decode_shift(code)?, after)));
        match decoded {
            Some((part, after)) => {
                name.push_str(&part);
                rest = after;
            }
            None => {
                name.push('&');
                rest = &shifted[1..];
            }
        }
    }
    name.push_str(rest);
    let valid = encode(&name).as_bytes() == wire;
    (name, valid)
}

/// What stands between `&` and `-`; none when it is no modified base64 of whole characters.
fn decode_shift(code: &str) -> Option<String> {
    if code.is_empty() {
        return Some("&".into());
    }
    let bytes = MODIFIED_BASE64.decode(code).ok()?;
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
    String::from_utf16(&units).ok()
}

/// Bytes as text: UTF-8 where it is UTF-8, else Latin-1.
fn widen(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}

/// Whether a character stands for itself on the wire (`&` as `&-`).
fn is_direct(c: char) -> bool {
    matches!(c, ' '..='~')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{decode, encode};

    #[test]
    fn names_have_their_known_forms_on_the_wire() {
        for (name, wire) in [
            // RFC 3501, section 5.1.3.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"),
            ("📧", "&2D3c5w-"),
            ("a\tb", "a&AAk-b"),
            ("", ""),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire.as_bytes()), (name.to_owned(), true));
        }
    }

    #[test]
    fn edge_060_a_literal_ampersand_is_coded_exactly_once() {
        for (name, wire) in [
            ("R&D", "R&-D"),
            ("&", "&-"),
            ("&-", "&--"),
            ("&&", "&-&-"),
            ("&APM-", "&-APM-"),
            ("é&", "&AOk-&-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire.as_bytes()), (name.to_owned(), true));
        }
    }

    #[test]
    fn edge_059_a_name_that_is_no_modified_utf_7_is_read_all_the_same() {
        for (wire, name) in [
            (&b"R&D"[..], "R&D"),
            (b"R&D-", "R&D-"),
            (b"&", "&"),
            (b"&AOk", "&AOk"),
            (b"&A-b", "&A-b"),
            (b"a & b - c", "a & b - c"),
            (b"&2D0-", "&2D0-"),
            (b"&AGE-", "a"),
            (b"&AOk-&AOk-", "éé"),
            ("Entwürfe".as_bytes(), "Entwürfe"),
            ("受信&AOk-".as_bytes(), "受信é"),
            (b"Entw\xfcrfe", "Entwürfe"),
            (b"caf\xe9 & \xff", "café & ÿ"),
        ] {
            assert_eq!(decode(wire), (name.to_owned(), false), "{wire:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back_from_the_wire(name in any::<String>()) {
            let wire = encode(&name);
            prop_assert!(wire.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            prop_assert_eq!(decode(wire.as_bytes()), (name, true));
        }

        #[test]
        fn a_shift_without_an_end_is_kept_letter_by_letter(wire in "[&A-Ca-c ,]{0,24}") {
            prop_assert_eq!(decode(wire.as_bytes()), (wire.clone(), !wire.contains('&')));
        }

        #[test]
        fn any_bytes_are_read(wire in any::<Vec<u8>>()) {
            let (name, valid) = decode(&wire);
            prop_assert_eq!(valid, encode(&name).as_bytes() == wire);
        }
    }
}
