//! Names that are left out.

use shared::import::SYSTEM_ACCOUNTS;

/// The names of accounts that mail systems keep for themselves.
pub(super) fn defaults() -> Vec<String> {
    SYSTEM_ACCOUNTS.map(str::to_owned).into()
}

/// Patterns at most, and characters of each: every name is held against all of them.
const PATTERNS_MAX: usize = 200;
const LENGTH_MAX: usize = 255;

/// Patterns as [`fits`] wants them; the error is a sentence.
pub(super) fn parse(patterns: &[String]) -> Result<Vec<String>, String> {
    if patterns.len() > PATTERNS_MAX {
        return Err(format!("At most {PATTERNS_MAX} patterns are looked at. Leave out what names nobody."));
    }
    let long = patterns.iter().find(|pattern| pattern.chars().count() > LENGTH_MAX);
    match long {
        Some(_) => {
            Err(format!("A pattern has at most {LENGTH_MAX} characters. Shorten it, with * for the rest."))
        }
        None => Ok(patterns.iter().map(|pattern| pattern.trim().to_lowercase()).collect()),
    }
}

/// Whether a name fits one of the patterns; `*` stands for any characters, case does not count.
pub(super) fn fits(patterns: &[String], name: &str) -> bool {
    let name = name.to_lowercase();
    patterns.iter().any(|pattern| fits_one(pattern, &name))
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
    use super::{PATTERNS_MAX, defaults, fits, parse};

    #[test]
    fn more_patterns_than_anybody_needs_are_refused() {
        assert!(parse(&vec!["*@old.example".to_owned(); PATTERNS_MAX]).is_ok());
        parse(&vec!["*@old.example".to_owned(); PATTERNS_MAX + 1]).expect_err("one too many");
        parse(&["x".repeat(256)]).expect_err("one character too many");
    }

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
            let patterns = parse(&defaults()).expect("few");
            assert_eq!(fits(&patterns, name), expected, "{name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        let one = |pattern: &str, name: &str| fits(&parse(&[pattern.to_owned()]).expect("one"), name);
        assert!(one("*", "anything") && one("a*b*c", "a-b-b-c") && one("exact", "EXACT"));
        assert!(!one("a*b", "ac") && !one("", "") && !one("exact", "exactly") && !one("ab*ba", "aba"));
    }
}
