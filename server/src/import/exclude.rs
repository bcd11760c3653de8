//! Names that are left out.

use shared::import::SYSTEM_ACCOUNTS;

/// The names of accounts that mail systems keep for themselves.
pub(super) fn defaults() -> Vec<String> {
    SYSTEM_ACCOUNTS.map(str::to_owned).into()
}

/// Whether a name fits one of the patterns; `*` stands for any characters, case does not count.
pub(super) fn fits(patterns: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    patterns.iter().any(|pattern| fits_one(&pattern.trim().to_lowercase(), &name))
}

fn fits_one(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() && !pattern.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{defaults, fits};

    #[test]
    fn accounts_of_the_system_are_known_by_their_names() {
        for (name, expected) in [
            ("galsync.x3@old.example", true),
            ("Spam.a1b2@old.example", true),
            ("ham.9@old.example", true),
            ("virus-quarantine.q@old.example", true),
            ("hamster@old.example", false),
            ("anna.spam.x@old.example", false),
        ] {
            assert_eq!(fits(&defaults(), name), expected, "{name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        let one = |pattern: &str, name: &str| fits(&[pattern.to_owned()], name);
        assert!(one("*", "anything") && one("a*b*c", "a-b-b-c") && one("exact", "EXACT"));
        assert!(!one("a*b", "ac") && !one("", "") && !one("exact", "exactly") && !one("ab*ba", "aba"));
    }
}
