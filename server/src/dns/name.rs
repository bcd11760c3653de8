//! Names of DNS: from what people type, and to what can be shown.

use std::net::IpAddr;

use hickory_proto::rr::Name;

/// A name as people type it, in the form DNS has for it: letters beyond ASCII as IDNA (RFC 5891). None: it is none.
pub(super) fn parse(text: &str) -> Option<Name> {
    let text = text.trim().trim_end_matches('.');
    if text.is_empty() || text.parse::<IpAddr>().is_ok() || text.contains(['\\', '@', ' ']) {
        return None;
    }
    let mut name = Name::from_utf8(text).ok()?;
    name.set_fqdn(true);
    Some(name.to_lowercase())
}

/// A name from an answer, safe to show anywhere: what no host name has stands as `\ddd` (RFC 1035, section 5.1).
pub(super) fn shown(name: &Name) -> String {
    let mut text = String::new();
    for label in name.iter() {
        if !text.is_empty() {
            text.push('.');
        }
        for byte in label {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(*byte)),
                b'A'..=b'Z' => text.push(char::from(byte.to_ascii_lowercase())),
                other => text.push_str(&format!("\\{other:03}")),
            }
        }
    }
    if text.is_empty() { ".".into() } else { text }
}

#[cfg(test)]
mod tests {
    use hickory_proto::rr::Name;

    use super::{parse, shown};

    #[test]
    fn letters_beyond_ascii_are_asked_for_as_idna() {
        let idna = |text: &str| parse(text).map(|name| shown(&name));
        assert_eq!(idna("Bücher.example").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(idna("xn--bcher-kva.example.").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(idna("OLD.example").as_deref(), Some("old.example"));
        for none in
            ["", ".", "a b.example", "a..example", "192.0.2.1", "::1", "x@y.example", "a\\046b.example"]
        {
            assert_eq!(idna(none), None, "{none:?}");
        }
        assert_eq!(idna(&format!("{}.example", "a".repeat(64))), None, "a label has 63 bytes at most");
    }

    #[test]
    fn nobodys_bytes_reach_the_screen() {
        let labels: [&[u8]; 2] = [b"\x1b[2J<b>\"\xff", b"Example"];
        let name = Name::from_labels(labels).expect("labels of any bytes");
        assert_eq!(shown(&name), "\\027\\0912\\106\\060b\\062\\034\\255.example".replace("\\106", "j"));
        assert_eq!(shown(&Name::root()), ".");
    }
}
