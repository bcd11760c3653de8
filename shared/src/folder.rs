//! Folders as the user reads them.

use serde::{Deserialize, Serialize};

/// A folder's path: decoded names, from the top down. Displayed with ` / ` between, because a name may hold any separator.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct FolderPath(pub Vec<String>);

impl FolderPath {
    /// A path from its parts.
    pub fn new<S: Into<String>>(parts: impl IntoIterator<Item = S>) -> Self {
        Self(parts.into_iter().map(Into::into).collect())
    }

    /// INBOX, spelled as RFC 3501 spells it.
    pub fn inbox() -> Self {
        Self(vec!["INBOX".into()])
    }

    /// Whether this is INBOX itself, in any case (RFC 3501, section 5.1).
    pub fn is_inbox(&self) -> bool {
        matches!(self.0.as_slice(), [only] if only.eq_ignore_ascii_case("INBOX"))
    }

    /// Reads what [`Self::written`] writes: `/` between the levels, `\/` for a slash in a name, `\\` for a backslash.
    /// Levels without a name are passed over, so `/Old/` is `Old`.
    pub fn parse(text: &str) -> Self {
        let mut levels = vec![String::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match (c, levels.last_mut()) {
                ('/', _) => levels.push(String::new()),
                ('\\', Some(level)) => level.push(chars.next().unwrap_or('\\')),
                (c, Some(level)) => level.push(c),
                (_, None) => {}
            }
        }
        levels.retain(|level| !level.is_empty());
        Self(levels)
    }

    /// Reads two paths with a `=` between; in a name it is written `\=`. None where there is no such sign.
    pub fn parse_pair(text: &str) -> Option<(Self, Self)> {
        let mut escaped = false;
        let at = text.find(|c| {
            let found = c == '=' && !escaped;
            escaped = c == '\\' && !escaped;
            found
        })?;
        Some((Self::parse(&text[..at]), Self::parse(&text[at + 1..])))
    }

    /// In one line, as rules spell it: see [`Self::parse`].
    pub fn written(&self) -> String {
        let level = |name: &String| name.replace('\\', "\\\\").replace('/', "\\/");
        self.0.iter().map(level).collect::<Vec<_>>().join("/")
    }
}

impl std::fmt::Display for FolderPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" / "))
    }
}

/// What a folder is for (RFC 6154), independent of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Where new mail arrives.
    Inbox,
    /// Sent mail.
    Sent,
    /// Drafts.
    Drafts,
    /// Deleted mail.
    Trash,
    /// Unwanted mail.
    Junk,
    /// Archived mail.
    Archive,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 6] =
        [Self::Inbox, Self::Sent, Self::Drafts, Self::Trash, Self::Junk, Self::Archive];

    /// The word on screen, and in rules behind a backslash.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Sent => "Sent",
            Self::Drafts => "Drafts",
            Self::Trash => "Trash",
            Self::Junk => "Junk",
            Self::Archive => "Archive",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::FolderPath;

    #[test]
    fn a_path_survives_being_written() {
        for names in [&["INBOX"][..], &["a/b", "c\\"], &["\\/", "x y", "日本語"], &[]] {
            let path = FolderPath::new(names.iter().copied());
            assert_eq!(FolderPath::parse(&path.written()), path, "{}", path.written());
        }
        assert_eq!(FolderPath::parse("/Old//2019/"), FolderPath::new(["Old", "2019"]));
    }
}
