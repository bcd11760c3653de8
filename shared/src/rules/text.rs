//! Rules in one line each, as people type them on the command line and in the panel.

use std::{fmt, str::FromStr};

use super::{FolderMove, RegexRule, RoleRule};
use crate::folder::{FolderPath, Role};

/// What is wrong with a line: what it should look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRule(&'static str);

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadRule {}

/// `Old/Lists=Lists`.
impl FromStr for FolderMove {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let (from, to) = FolderPath::parse_pair(text)
            .ok_or(BadRule("write where from and where to, as in Old/Lists=Lists"))?;
        Ok(Self { from, to })
    }
}

impl fmt::Display for FolderMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.from.written().replace('=', "\\="), self.to.written())
    }
}

/// The signs that can stand between the parts of a written [`RegexRule`]; the likelier first.
const SIGNS: &str = "|#!~%@,;:/\"'<>&_-+=";

/// `s|^Lists/(.*)|Mailing lists/$1|`, with any sign in place of `|` that stands in neither part.
impl FromStr for RegexRule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let read = || {
            let rest = text.strip_prefix('s')?;
            let sign = rest.chars().next().filter(|sign| !sign.is_alphanumeric() && *sign != '\\')?;
            match rest.split(sign).collect::<Vec<_>>().as_slice() {
                ["", pattern, replacement, ""] => {
                    Some(Self { pattern: (*pattern).into(), replacement: (*replacement).into() })
                }
                _ => None,
            }
        };
        read()
            .ok_or(BadRule("write s|FROM|TO|, with another sign in place of | where FROM or TO has that one"))
    }
}

impl fmt::Display for RegexRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, replacement } = self;
        // One that has every sign cannot be typed in a line; the API takes it all the same.
        let free = |sign: &char| !pattern.contains(*sign) && !replacement.contains(*sign);
        let sign = SIGNS.chars().find(free).unwrap_or('|');
        write!(f, "s{sign}{pattern}{sign}{replacement}{sign}")
    }
}

/// `Papierkorb=trash`, or `none` for nothing special.
impl FromStr for RoleRule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let known =
            |word: &str| match Role::ALL.into_iter().find(|role| role.title().eq_ignore_ascii_case(word)) {
                Some(role) => Some(Some(role)),
                None => word.eq_ignore_ascii_case("none").then_some(None),
            };
        // The word behind the last sign has no sign in it.
        let read =
            text.rsplit_once('=').and_then(|(path, word)| Some((path.trim_end(), known(word.trim())?)));
        let (path, role) =
            read.ok_or(BadRule("write FOLDER=ROLE with sent, drafts, trash, junk, archive or none"))?;
        Ok(Self { path: FolderPath::parse(path), role })
    }
}

impl fmt::Display for RoleRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.path.written(), self.role.map_or("none", Role::title).to_lowercase())
    }
}

/// The units of a written size, largest first.
const UNITS: [(char, u64); 3] = [('G', 1 << 30), ('M', 1 << 20), ('K', 1 << 10)];

/// Reads a size: bytes, or 500K, 25M, 1G (1,024 bytes, its square, its cube).
///
/// # Errors
///
/// The text is none, or the number of bytes has more than 64 bits.
pub fn parse_size(text: &str) -> Result<u64, BadRule> {
    let wrong = BadRule("write a size in bytes as 1048576, or as 500K, 25M, 1G");
    let text = text.trim().to_ascii_uppercase();
    let bare = text.strip_suffix('B').unwrap_or(&text);
    let bare = bare.strip_suffix('I').unwrap_or(bare);
    let (digits, unit) = match UNITS.iter().find_map(|(sign, unit)| Some((bare.strip_suffix(*sign)?, *unit)))
    {
        Some(found) => found,
        None => (bare, 1),
    };
    let digits = digits.trim_end();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong);
    }
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or(wrong)
}

/// A size as [`parse_size`] reads it, in the largest unit that loses nothing.
pub fn written_size(bytes: u64) -> String {
    match UNITS.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)) {
        Some((sign, unit)) => format!("{}{sign}", bytes / unit),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survives<T: FromStr<Err = BadRule> + fmt::Display>(lines: &[&str]) {
        for line in lines {
            let rule = line.parse::<T>().unwrap_or_else(|wrong| panic!("{line}: {wrong}"));
            assert_eq!(rule.to_string(), *line);
        }
    }

    fn refused<T: FromStr<Err = BadRule> + fmt::Debug>(lines: &[&str]) {
        for line in lines {
            assert!(line.parse::<T>().is_err(), "{line}");
        }
    }

    #[test]
    fn rules_read_what_they_write() {
        survives::<FolderMove>(&["Old/Lists=Lists", "=All", "Old=", "a\\=b=c\\/d"]);
        refused::<FolderMove>(&["Old", "", "a\\=b"]);
        survives::<RegexRule>(&["s|^x/(.*)|y/$1|", "s#a|b##", "s|||"]);
        refused::<RegexRule>(&["", "s", "s|a", "s|a|b", "s|a|b|c", "s|a|b|g", "sxaxbx", "/a/b/"]);
        survives::<RoleRule>(&["Weg=trash", "a=b=none", "a\\/b=sent"]);
        refused::<RoleRule>(&["Weg", "Weg=bin", "=", ""]);
    }

    #[test]
    fn a_sign_that_stands_in_neither_part_is_found() {
        let rule = RegexRule { pattern: "a|b#".into(), replacement: "!~".into() };
        assert_eq!(rule.to_string().parse(), Ok(rule));
    }

    #[test]
    fn sizes_have_units() {
        for (text, bytes, back) in [
            ("0", 0, "0"),
            ("1024", 1024, "1K"),
            ("10B", 10, "10"),
            ("2k", 2048, "2K"),
            ("3KiB", 3072, "3K"),
            ("1 GB", 1 << 30, "1G"),
            ("1025", 1025, "1025"),
        ] {
            assert_eq!((parse_size(text), written_size(bytes).as_str()), (Ok(bytes), back), "{text}");
        }
        for text in ["", "M", "B", "1.5M", "-1", "+1", "12 apples", "99999999999G", "1T"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
