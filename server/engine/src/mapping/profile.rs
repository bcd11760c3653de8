//! What folder names a target takes, and the nearest name it takes for one it does not.

use shared::endpoint::Preset;
use unicode_normalization::UnicodeNormalization;

use crate::wire::imap::utf7;

/// What folder names a target takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetProfile {
    /// Between the levels of a path; none: the target has one level only.
    pub separator: Option<char>,
    /// Refused anywhere in a name, besides the separator and control characters.
    pub forbidden: &'static [char],
    /// Refused as a path's first character.
    pub refuses_leading: &'static [char],
    /// Whether blanks at a name's end are lost.
    pub trims_trailing_blanks: bool,
    /// Whether blanks at a name's beginning are lost.
    pub trims_leading_blanks: bool,
    /// The longest name in characters; at least 16.
    pub max_chars: usize,
    /// The longest name in bytes as it is sent and mostly stored, which is modified UTF-7; at least 64.
    pub max_bytes: usize,
    /// The deepest path; at least 1.
    pub max_depth: usize,
    /// Whether names that differ only in case, or in how their accents are coded, are one folder there or may be.
    pub folds_names: bool,
    /// Whether folders below INBOX are possible.
    pub inbox_children: bool,
    /// Names on the top level that belong to something that is not mail, in lower case.
    pub reserved: &'static [&'static str],
}

impl TargetProfile {
    /// A target nothing is known of: takes what nearly every server takes, and keeps folders apart that some would
    /// take for one.
    pub const fn generic(separator: Option<char>) -> Self {
        Self {
            separator,
            forbidden: &[],
            refuses_leading: &[],
            trims_trailing_blanks: false,
            trims_leading_blanks: false,
            max_chars: 255,
            max_bytes: 255,
            max_depth: 100,
            folds_names: true,
            inbox_children: true,
            reserved: &[],
        }
    }

    /// What a product takes; `separator` is what the server tells.
    pub const fn of(preset: Preset, separator: Option<char>) -> Self {
        match preset {
            Preset::Dovecot => Self::dovecot(separator),
            Preset::Cyrus => Self { refuses_leading: &['~'], folds_names: false, ..Self::generic(separator) },
            Preset::Courier | Preset::Mailutils => {
                Self { forbidden: &['/'], folds_names: false, ..Self::generic(separator) }
            }
            Preset::Zimbra | Preset::Carbonio => Self::carbonio(),
            Preset::Exchange | Preset::Microsoft365 => Self::exchange(separator),
            Preset::Gmail => Self::gmail(separator),
            Preset::Generic | Preset::Yahoo | Preset::Icloud | Preset::Domino => Self::generic(separator),
        }
    }

    /// Exchange and Microsoft 365: blanks around a name are cut, case does not count, and some names belong to Outlook's
    /// other applications even where no folder of theirs is shown.
    pub const fn exchange(separator: Option<char>) -> Self {
        Self {
            trims_trailing_blanks: true,
            trims_leading_blanks: true,
            reserved: &[
                "calendar",
                "contacts",
                "conversation history",
                "files",
                "journal",
                "notes",
                "outbox",
                "rss feeds",
                "sync issues",
                "tasks",
            ],
            ..Self::generic(separator)
        }
    }

    /// Gmail: folders are labels, of 225 characters with all their levels; blanks around a name are cut, case does not
    /// count, and its own labels' names are taken.
    pub const fn gmail(separator: Option<char>) -> Self {
        Self {
            forbidden: &['^'],
            trims_trailing_blanks: true,
            trims_leading_blanks: true,
            max_chars: 225,
            reserved: &[
                "[gmail]",
                "[google mail]",
                "all mail",
                "chats",
                "important",
                "muted",
                "starred",
                "unread",
            ],
            ..Self::generic(separator)
        }
    }

    /// Dovecot: names are told apart by every byte; a leading `~` would be a home directory.
    pub const fn dovecot(separator: Option<char>) -> Self {
        Self { forbidden: &['/'], refuses_leading: &['~'], folds_names: false, ..Self::generic(separator) }
    }

    /// Carbonio and Zimbra: 255 characters, trailing blanks cut, case does not count, names of other applications taken.
    pub const fn carbonio() -> Self {
        Self {
            forbidden: &[':', '/', '"'],
            trims_trailing_blanks: true,
            max_bytes: usize::MAX,
            reserved: &[
                "briefcase",
                "calendar",
                "chats",
                "contacts",
                "conversations",
                "emailed contacts",
                "notebook",
                "tags",
                "tasks",
            ],
            ..Self::generic(Some('/'))
        }
    }

    /// How many levels a path may have.
    pub(super) const fn levels(&self) -> usize {
        if self.separator.is_some() { self.max_depth } else { 1 }
    }

    /// The name itself when the target takes it, else the nearest it takes: the same for the same name, always.
    /// `on_top` says that the path begins with it.
    pub(super) fn acceptable(&self, name: &str, on_top: bool) -> String {
        // Exchange hides a slash in a name behind a private character and shows that character's code.
        let name = self.substituted(&name.replace("_xF8FF_", "/"));
        let mut name = self.trimmed(&name).to_owned();
        if matches!(name.as_str(), "" | "." | "..") {
            name = self.filler().to_string().repeat(name.len().max(1));
        }
        if on_top && name.starts_with(self.refuses_leading) {
            name.insert(0, self.filler());
        }
        self.cut(&name, 0).to_owned()
    }

    /// A name with a number behind it, within the limits.
    pub(super) fn numbered(&self, name: &str, number: u32) -> String {
        self.with_suffix(name, &format!(" ({number})"))
    }

    /// A name with something behind it, within the limits.
    pub(super) fn with_suffix(&self, name: &str, suffix: &str) -> String {
        let suffix = self.substituted(suffix);
        format!("{}{suffix}", self.cut(name, suffix.len()))
    }

    /// What two names have in common when they are one folder to the target.
    pub(super) fn folded(&self, name: &str) -> String {
        if self.folds_names { fold(name) } else { name.to_owned() }
    }

    fn substituted(&self, name: &str) -> String {
        let refused = |c: char| c.is_control() || Some(c) == self.separator || self.forbidden.contains(&c);
        name.chars().map(|c| if refused(c) { self.filler() } else { c }).collect()
    }

    /// Cut on a character's boundary so that `room` more characters of ASCII fit.
    fn cut<'n>(&self, name: &'n str, room: usize) -> &'n str {
        let bytes = self.max_bytes.saturating_sub(room);
        // No character takes less than a byte.
        let chars = self.max_chars.saturating_sub(room).min(bytes);
        let mut cut = name.char_indices().nth(chars).map_or(name, |(at, _)| &name[..at]);
        while utf7::encode(cut).len() > bytes {
            cut = &cut[..cut.floor_char_boundary(cut.len() - 1)];
        }
        self.trimmed(cut)
    }

    fn trimmed<'n>(&self, name: &'n str) -> &'n str {
        let name = if self.trims_leading_blanks { name.trim_start() } else { name };
        if self.trims_trailing_blanks { name.trim_end() } else { name }
    }

    /// Stands for what the target does not take.
    const fn filler(&self) -> char {
        if matches!(self.separator, Some('_')) { '-' } else { '_' }
    }
}

/// A name without case, and with its accents coded in the one normal form.
pub(super) fn fold(name: &str) -> String {
    name.nfc().flat_map(char::to_lowercase).nfc().collect()
}
