//! Folder names as IMAP spells them: modified UTF-7 (RFC 3501, section 5.1.3).

use crate::error::{Error, Result};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// A name as it goes over the wire.
pub fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut run: Vec<u16> = Vec::new();
    for character in name.chars() {
        if matches!(character, ' '..='~') {
            flush(&mut run, &mut out);
            out.push(character);
            if character == '&' {
                out.push('-');
            }
        } else {
            run.extend_from_slice(character.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<u16>, out: &mut String) {
    if run.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut held) = (0u32, 0);
    for unit in run.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        held += 16;
        while held >= 6 {
            held -= 6;
            out.push(ALPHABET[(bits >> held) as usize & 63].into());
        }
    }
    if held > 0 {
        out.push(ALPHABET[(bits << (6 - held)) as usize & 63].into());
    }
    out.push('-');
}

/// A name as a person reads it.
pub fn decode(wire: &str) -> Result<String> {
    let wrong = || Error::new(format!("{wire:?} is not modified UTF-7"));
    let mut out = String::new();
    let mut rest = wire;
    while let Some((plain, shifted)) = rest.split_once('&') {
        out.push_str(plain);
        let (run, after) = shifted.split_once('-').ok_or_else(wrong)?;
        if run.is_empty() {
            out.push('&');
        } else {
            out.push_str(&decode_run(run).ok_or_else(wrong)?);
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn decode_run(run: &str) -> Option<String> {
    let (mut bits, mut held, mut units) = (0u32, 0, Vec::new());
    for letter in run.bytes() {
        bits = (bits << 6) | ALPHABET.iter().position(|known| *known == letter)? as u32;
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push((bits >> held) as u16);
        }
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    fn check(name: &str, wire: &str) {
        assert_eq!(encode(name), wire);
        assert_eq!(decode(wire).expect("decodes"), name);
    }

    #[test]
    fn names_survive_the_wire() {
        check("Entwürfe", "Entw&APw-rfe");
        check("~tilde & 100%", "~tilde &- 100%");
        check("日本語", "&ZeVnLIqe-");
        check("Кириллица", "&BBoEOARABDgEOwQ7BDgERgQw-");
        check("📬 mail", "&2D3c7A- mail");
        check("", "");
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(decode("&ZeV").is_err());
        assert!(decode("&Z!-").is_err());
    }
}
