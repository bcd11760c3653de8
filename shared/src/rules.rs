//! What of a mailbox is moved and where it goes: rules for folders, filters for messages, and what to do in doubt.

mod age;
mod text;

use serde::{Deserialize, Serialize};

use crate::folder::{FolderPath, Role};

pub use age::{Age, BadAge};
pub use text::{BadRule, parse_size, written_size};

/// Which folders are moved, and where they go when not to their own name.
///
/// A pattern is a path with `/` between its levels, as [`FolderPath::written`] spells it. `*` stands for any characters
/// of one level, `?` for one, `**` for any levels; case does not count. A pattern names a folder and everything below it.
/// `\Trash`, `\Junk`, `\Sent`, `\Drafts`, `\Archive` and `\Inbox` name the folder with that role, whatever it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FolderRules {
    /// Patterns of the folders that are moved; none: all.
    pub include: Vec<String>,
    /// Patterns of folders that are left out, whatever `include` says.
    pub exclude: Vec<String>,
    /// Patterns of folders that a mail system makes for itself (Sync Issues, Outbox) and that are left out unless
    /// `include` names them. Absent: the list of the source's preset. Empty: everything is moved.
    pub system: Option<Vec<String>>,
    /// Folders that go elsewhere with everything below them; of several that fit, the longest `from` counts.
    pub moves: Vec<FolderMove>,
    /// Changes of the path in its written form, in order, after `moves`.
    pub regex: Vec<RegexRule>,
    /// What folders are for, where the servers' word and the names are wrong.
    pub roles: Vec<RoleRule>,
    /// The mailbox's own folder that everything goes below: no part of a project's settings. It stands in front of what the
    /// rules make of a path, so that they speak of the source's paths here as in every other mailbox, and none moves or
    /// renames it.
    #[serde(skip)]
    pub below: Option<FolderPath>,
}

/// Moves a folder and everything below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FolderMove {
    /// The path it has on the source; empty: every folder.
    pub from: FolderPath,
    /// The path it gets on the target, below the mailbox's own folder where it has one; empty: what is below `from` comes to
    /// the top.
    pub to: FolderPath,
}

/// Changes paths by a regular expression (the syntax of Rust's `regex`: no look-around, no back-references).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegexRule {
    /// What is looked for in the written path; every place it fits is changed.
    pub pattern: String,
    /// What stands there instead; `$1` or `${name}` is what a group fitted.
    pub replacement: String,
}

/// Says what a folder of the source is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// Which folder; case does not count.
    pub path: FolderPath,
    /// What it is for; none: nothing special.
    pub role: Option<Role>,
}

/// Which messages are moved. A message whose date cannot be read is moved whatever its age may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Only messages the source received at this moment or later.
    pub newer_than: Option<Age>,
    /// Only messages the source received before this moment.
    pub older_than: Option<Age>,
    /// Only messages of at least so many bytes.
    pub min_bytes: Option<u64>,
    /// Only messages of at most so many bytes.
    pub max_bytes: Option<u64>,
}

impl Filter {
    /// Why no message at all can pass, as far as that is certain without a clock, with the field at fault.
    pub fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        let dates = match (self.newer_than, self.older_than) {
            (Some(Age::Day(since)), Some(Age::Day(before))) => since >= before,
            (Some(Age::Days(since)), Some(Age::Days(before))) => since <= before,
            (Some(Age::Day(_) | Age::Days(_)), _) | (None, _) => false,
        };
        let sizes = self.min_bytes.zip(self.max_bytes).is_some_and(|(least, most)| least > most);
        if dates {
            Some(("older_than", "the first moment is not before the last"))
        } else if sizes {
            Some(("max_bytes", "the smallest size is above the largest"))
        } else {
            None
        }
    }
}

/// What happens to messages that are marked as deleted on the source and still there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DeletedPolicy {
    /// They are moved with their mark: nothing is left behind unless an admin says so.
    #[default]
    Carry,
    /// They are left out, each by name.
    Skip,
}

impl DeletedPolicy {
    /// Every policy there is.
    pub const ALL: [Self; 2] = [Self::Carry, Self::Skip];

    /// The word on the command line, in the API and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Carry => "carry",
            Self::Skip => "skip",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Carry => "Move them with their mark",
            Self::Skip => "Leave them out",
        }
    }
}

/// What happens when the source has messages larger than the target takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OversizedPolicy {
    /// They are left out, each by name; everything else is moved.
    #[default]
    Skip,
    /// The pass stops before it writes anything, so that the target's limit can be raised.
    StopBefore,
}

impl OversizedPolicy {
    /// Every policy there is.
    pub const ALL: [Self; 2] = [Self::Skip, Self::StopBefore];

    /// The word on the command line, in the API and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::StopBefore => "stop-before",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Skip => "Leave them out and name each",
            Self::StopBefore => "Stop before anything is written",
        }
    }
}

/// What happens to a message that stands in several folders of the source at once, as Gmail's do with several labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LabelPolicy {
    /// A copy in every label's folder, as mail programs show it today.
    #[default]
    Copies,
    /// One copy in the first label's folder: INBOX, then Sent and Drafts, then the user's own labels by their path. The
    /// others are named, message by message.
    First,
}

impl LabelPolicy {
    /// Every policy there is.
    pub const ALL: [Self; 2] = [Self::Copies, Self::First];

    /// The word on the command line, in the API and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Copies => "copies",
            Self::First => "first",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Copies => "A copy in every label's folder",
            Self::First => "One copy, in the first label's folder",
        }
    }
}

/// What happens to messages that ask for a read receipt and were read on the source: on the target a mail program could
/// send the receipt once more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptPolicy {
    /// The copy is marked as answered (`$MDNSent`, RFC 3503); the message itself stays as it is.
    #[default]
    Settle,
    /// The copy is marked as the source marks it, and no otherwise.
    Keep,
}

impl ReceiptPolicy {
    /// Every policy there is.
    pub const ALL: [Self; 2] = [Self::Settle, Self::Keep];

    /// The word on the command line, in the API and in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::Keep => "keep",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Settle => "Mark them as answered",
            Self::Keep => "Mark them as the source does",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Options;

    #[test]
    fn settings_from_before_there_were_rules_move_everything() {
        let old: Options = serde_json::from_str(r#"{"verify":"headers","parallel":2}"#).expect("reads");
        assert_eq!(old.folders, FolderRules::default());
        assert_eq!((old.filter, old.deleted), (Filter::default(), DeletedPolicy::Carry));
        assert_eq!((old.oversized, old.gmail_labels), (OversizedPolicy::Skip, LabelPolicy::Copies));
        assert_eq!(old.read_receipts, ReceiptPolicy::Settle);
    }

    #[test]
    fn a_misspelled_rule_is_refused_rather_than_ignored() {
        for text in [r#"{"folders":{"exlude":["Trash"]}}"#, r#"{"filter":{"newer":"30d"}}"#] {
            assert!(serde_json::from_str::<Options>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn limits_that_let_nothing_through_are_seen() {
        let filter = |newer: &str, older: &str| Filter {
            newer_than: newer.parse().ok(),
            older_than: older.parse().ok(),
            ..Filter::default()
        };
        for (newer, older) in
            [("2024-01-02", "2024-01-01"), ("2024-01-01", "2024-01-01"), ("30d", "30d"), ("1d", "2d")]
        {
            assert!(filter(newer, older).contradiction().is_some(), "{newer} {older}");
        }
        for (newer, older) in
            [("2024-01-01", "2024-01-02"), ("2d", "1d"), ("2024-01-01", "5d"), ("", "5d"), ("", "")]
        {
            assert_eq!(filter(newer, older).contradiction(), None, "{newer} {older}");
        }
    }

    #[test]
    fn rules_survive_the_wire() {
        let rules = FolderRules {
            include: vec!["Projects/**".into()],
            exclude: vec!["\\Trash".into()],
            system: Some(Vec::new()),
            moves: vec![FolderMove { from: FolderPath::parse("Old"), to: FolderPath::parse("Archive/Old") }],
            regex: vec![RegexRule { pattern: "^x(.*)".into(), replacement: "$1".into() }],
            roles: vec![RoleRule { path: FolderPath::parse("Weg"), role: Some(Role::Trash) }],
            below: None,
        };
        let text = serde_json::to_string(&rules).expect("serialises");
        assert_eq!(serde_json::from_str::<FolderRules>(&text).expect("parses"), rules);
    }
}
