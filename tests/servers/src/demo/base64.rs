//! Base64 as mail uses it (RFC 2045): for encoded words and attachments.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Without line breaks.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = ALPHABET[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place <= group.len() { letter.into() } else { '=' });
        }
    }
    out
}

/// A header's text: as it is when it is plain, else as encoded words (RFC 2047) of at most 75 characters.
pub(super) fn header(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words: Vec<String> = vec![String::new()];
    for character in text.chars() {
        let last = words.len() - 1;
        if words[last].len() + character.len_utf8() > 42 {
            words.push(character.into());
        } else {
            words[last].push(character);
        }
    }
    words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", encode(word.as_bytes())))
        .collect::<Vec<_>>()
        .join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::{encode, header};

    #[test]
    fn every_length_is_padded_rightly() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (plain, encoded) in pairs {
            assert_eq!(encode(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn only_what_is_not_ascii_is_encoded() {
        assert_eq!(header("Offer"), "Offer");
        assert_eq!(header("für"), "=?utf-8?B?ZsO8cg==?=");
        assert!(header(&"ü".repeat(60)).lines().all(|line| line.trim().len() <= 75));
    }
}
