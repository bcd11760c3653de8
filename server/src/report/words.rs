//! How values read on paper and on a terminal: numbers, sizes, moments, and other people's text made harmless.

use std::borrow::Cow;

pub(crate) use shared::size::size;

pub(crate) use super::cell::visible;
use shared::{
    finding::{ItemLabel, Severity},
    folder::{FolderPath, Role},
    project::VerifyDepth,
    time::Timestamp,
};

/// Other people's values are cut after so many characters where a person reads them.
pub(crate) const VALUE_MAX: usize = 200;

/// Where a finding happened that names no folder.
pub(crate) const WHOLE_MAILBOX: &str = "The whole mailbox";

/// `1234567` as `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 message`, `2 messages`, `2 mailboxes`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    let many = if one.ends_with('x') { "es" } else { "s" };
    format!("{} {one}{}", count(number), if number == 1 { "" } else { many })
}

/// A part of a whole in per cent, never 100 % while something is missing and never 0 % while something is there.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".into();
    }
    let part = part.min(whole);
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    match tenths {
        1000 => "100 %".into(),
        0 if part > 0 => "under 0.1 %".into(),
        _ => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// How long something took or takes: `12 s`, `3 min 20 s`, `1 h 20 min`, `2 d 3 h`.
pub(crate) fn span(seconds: u64) -> String {
    let two = |large: u64, unit: &str, small: u64, part: &str| match small {
        0 => format!("{large} {unit}"),
        small => format!("{large} {unit} {small} {part}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// A moment to the second: `2026-01-31 12:00:00 UTC`.
pub(crate) fn moment(time: Timestamp) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock} UTC"),
        _ => text,
    }
}

/// [`visible`] text, cut to [`VALUE_MAX`] characters.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(VALUE_MAX) {
        None => visible(text),
        Some((end, _)) => Cow::Owned(format!("{}…", visible(&text[..end]))),
    }
}

/// Text as part of a file name: ASCII letters, digits and `.-_@`, not beginning with a dot or dash.
pub(crate) fn file_safe(text: &str, max: usize) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@') { c } else { '_' })
        .take(max)
        .collect();
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "mailbox".into() } else { name.into() }
}

/// The folder a finding is about.
pub(crate) fn place(folder: Option<&FolderPath>) -> String {
    folder.map_or_else(|| WHOLE_MAILBOX.into(), ToString::to_string)
}

/// Which message a finding is about, in one line: `UID 7, 12.4 kB, 2026-01-31 12:00:00 UTC, <a@b>`.
pub(crate) fn item(label: &ItemLabel) -> String {
    let mut text = format!("UID {}, {}", label.id, size(label.size));
    if let Some(received) = label.received {
        text = format!("{text}, {}", moment(received));
    }
    if let Some(message_id) = &label.message_id {
        text = format!("{text}, {message_id}");
    }
    text
}

/// The word for a severity.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Info",
        Severity::Warning => "Warning",
        Severity::Loss => "Loss",
    }
}

/// The word for a folder's role.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Inbox => "Inbox",
        Role::Sent => "Sent",
        Role::Drafts => "Drafts",
        Role::Trash => "Trash",
        Role::Junk => "Junk",
        Role::Archive => "Archive",
    }
}

/// How far a comparison looked, in a sentence.
pub(crate) const fn depth(depth: VerifyDepth) -> &'static str {
    match depth {
        VerifyDepth::Content => {
            "Every message was read in full on both sides and compared by its content, received date, flags and \
             keywords."
        }
        VerifyDepth::Headers => {
            "The header block of every message was read on both sides and compared, with size, received date, flags \
             and keywords. The bodies were not read."
        }
        VerifyDepth::Listing => {
            "What both sides list of every message was compared: size, received date, flags and keywords. Which message is \
             which the target told when it was stored; where it did not, or where sizes differ, the message was read in full."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_read_like_a_person_writes_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (20_000_000, "20.0 MB"),
            (u64::MAX, "18.4 EB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn a_span_names_its_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (200, "3 min 20 s"),
            (3600, "1 h"),
            (4800, "1 h 20 min"),
            (183_600, "2 d 3 h"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn a_percentage_is_never_rounded_up_to_all_nor_down_to_nothing() {
        for (part, whole, text) in [
            (0, 0, "–"),
            (0, 9, "0.0 %"),
            (1, 100_000, "under 0.1 %"),
            (99_999, 100_000, "99.9 %"),
            (7, 7, "100 %"),
            (1, 8, "12.5 %"),
        ] {
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
    }

    #[test]
    fn characters_that_act_are_made_visible_and_scripts_are_left_alone() {
        assert_eq!(visible("a\0b\r\n\u{7f}"), "a␀b␍␊␡");
        assert_eq!(visible("gpj.\u{202e}exe"), "gpj.‹U+202E›exe");
        assert_eq!(visible("\u{9b}31m\u{2066}x\u{2069}"), "‹U+009B›31m‹U+2066›x‹U+2069›");
        for untouched in ["日本語/受信箱", "👩‍👧 Familie", "می‌خواهم", "Кириллица", "~tilde & 100%"]
        {
            assert_eq!(visible(untouched), untouched);
        }
    }

    #[test]
    fn a_long_value_is_cut_at_two_hundred_characters() {
        let long = "é".repeat(VALUE_MAX + 1);
        assert_eq!(shown(&long).chars().count(), VALUE_MAX + 1);
        assert!(shown(&long).ends_with("é…"));
        let fits = "é".repeat(VALUE_MAX);
        assert_eq!(shown(&fits), fits);
    }

    #[test]
    fn a_file_name_can_neither_climb_nor_hide_nor_be_empty() {
        for (text, name) in [
            ("anna@example.org", "anna@example.org"),
            ("../../etc/passwd", "_.._etc_passwd"),
            (".hidden", "hidden"),
            ("-rf", "rf"),
            ("a\"b\r\nc", "a_b__c"),
            ("", "mailbox"),
        ] {
            assert_eq!(file_safe(text, 64), name);
        }
        assert_eq!(file_safe(&"x".repeat(500), 64).len(), 64);
    }
}
