//! Other people's text made harmless: what acts is made visible, and what a spreadsheet would run is text.

use std::{borrow::Cow, fmt::Write as _};

/// Text with every character that acts instead of showing made visible: controls, direction overrides, invisible
/// ones. Joiners stay, because emoji and several scripts are written with them.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
            '\u{7f}' => shown.push('\u{2421}'),
            _ if acts(c) => {
                // Writing to a string has nothing to fail on.
                let _ = write!(shown, "‹U+{code:04X}›");
            }
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Text that a spreadsheet takes as text and never as a formula.
///
/// A `'` goes before a character that begins a formula, at the start of the cell and after every character where a
/// spreadsheet that expects another separator would start a new cell. Controls are then made visible.
pub(crate) fn guarded(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 1);
    let mut at_start = true;
    for c in value.chars() {
        if at_start && begins_formula(c) {
            text.push('\'');
        }
        at_start = matches!(c, ';' | '|' | '\t' | '\r' | '\n') || (at_start && c == '"');
        text.push(c);
    }
    match visible(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

/// The characters of the known attacks, and their full-width forms, which some spreadsheets fold.
const fn begins_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn no_cell_begins_a_formula() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\0=1",
            "＝1+1",
            "＋1",
            "－1",
            "＠SUM(A1)",
            "=HYPERLINK(\"file:x\")",
            "=cmd|' /C calc'!A0",
        ] {
            let cell = guarded(formula);
            assert!(cell.starts_with('\''), "{formula:?} became {cell:?}");
        }
    }

    #[test]
    fn no_formula_hides_behind_another_separator() {
        for (value, cell) in [
            ("a;=1", "a;'=1"),
            ("a;\"\"=1", "a;\"\"'=1"),
            ("\"=1", "\"'=1"),
            ("a\t@b", "a␉'@b"),
            ("a\r\n-b", "a␍␊'-b"),
        ] {
            assert_eq!(guarded(value), cell);
        }
    }

    #[test]
    fn ordinary_text_is_left_as_it_is() {
        for text in ["", "Inbox", "<a-b@c.d>", "a = b", "O'Neil", "日本語/受信箱", "1234", "x; y", "100%"]
        {
            assert_eq!(guarded(text), text);
        }
    }
}
