//! A list of mailboxes brought as a file or pasted: how it was understood, what is wrong with it, what is added.

use serde::{Deserialize, Serialize};

use crate::{folder::FolderPath, id::BatchId, size::size};

/// Rows that both systems are asked about in one round, at most: each costs a login on either side.
pub const ASKED_MAX: usize = 1000;
/// Largest file, in bytes.
pub const FILE_MAX: usize = 20 * 1024 * 1024;
/// Most rows of one file.
pub const ROWS_MAX: usize = 60_000;
/// Rows shown at once, at most.
pub const SHOWN_MAX: u32 = 200;

/// Accounts that mail systems keep for themselves and that nobody reads; `*` stands for any characters. Zimbra's and
/// Carbonio's: calendar resources of the address book, spam training, quarantine, and the first admin.
pub const SYSTEM_ACCOUNTS: [&str; 7] =
    ["galsync*@*", "gal-sync*@*", "ham.*@*", "spam.*@*", "virus-quarantine.*@*", "zextras*@*", "zmbackup*@*"];

/// What a column of the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ImportField {
    /// Login name on the source.
    SourceUser,
    /// Password or token on the source.
    SourceSecret,
    /// Login name on the target.
    TargetUser,
    /// Password or token on the target.
    TargetSecret,
    /// The folder on the target that everything goes below.
    Below,
}

/// Which rows are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ImportShow {
    /// Every row.
    #[default]
    All,
    /// Rows that can be added.
    Good,
    /// Rows with a problem.
    Bad,
    /// Rows left out because of whom they name.
    Excluded,
}

/// A list and how it is to be understood. What is absent is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ImportForm {
    /// The list as pasted text.
    pub text: Option<String>,
    /// Or as a file, CSV or XLSX, in Base64.
    pub file: Option<String>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// What each column says, from the left; none for one that says nothing of use.
    pub columns: Option<Vec<Option<ImportField>>>,
    /// How names on the target are made of names on the source where a row has none: `@old.example -> @new.example`,
    /// `{first}.{last} -> {first:1}{last}`, or `s|PATTERN|REPLACEMENT|`; all in order.
    pub rename: Vec<String>,
    /// Names on the source that are left out, with `*` for any characters. Absent: accounts that mail systems keep for
    /// themselves.
    pub exclude: Option<Vec<String>>,
    /// Domains that belong here. Absent: those of the project's mailboxes, and those of a tenth of the rows or more.
    pub domains: Option<Vec<String>>,
    /// Where several rows go to one mailbox: the folder that all but one of them go below, with `{name}` for what stands
    /// before the `@` of the name on the source, `{user}` for all of it. That of the same name as its target stays at the
    /// top, else the first. Absent: each of them says its folder.
    pub merge: Option<String>,
    /// When committing: the batch that the mailboxes are put into.
    pub batch: Option<BatchId>,
    /// Which rows are shown.
    pub show: ImportShow,
    /// How many rows are not shown at the beginning.
    pub offset: u64,
    /// How many rows are shown: 50 when absent, never more than 200.
    pub limit: Option<u32>,
    /// When committing: adds nothing while any row has a problem. Otherwise rows with a problem are left out.
    pub all_or_nothing: bool,
    /// What both systems said of its rows counts too: the id that asking them gave.
    pub asked: Option<String>,
}

/// How a list was understood. Nothing of it is stored, and no password is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportPreview {
    /// What kind of list it is, in words: separator and character set, or the sheet's name.
    pub kind: String,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Its columns, from the left.
    pub columns: Vec<ImportColumn>,
    /// What each row needs at least, beside the source's name: the fields that no column says yet.
    pub lacking: Vec<ImportField>,
    /// Columns that say something nobody needs: it is not kept.
    pub needless: Vec<ImportField>,
    /// Rows, without the one that names the columns.
    pub rows: u64,
    /// Rows that can be added.
    pub good: u64,
    /// Rows with a problem.
    pub bad: u64,
    /// Rows left out because of whom they name.
    pub excluded: u64,
    /// How many rows have each problem.
    pub problems: Vec<ProblemCount>,
    /// The names that are left out.
    pub exclude: Vec<String>,
    /// The domains that belong here.
    pub domains: Vec<String>,
    /// Rows that can be added and of which not both systems said what they know.
    pub unasked: u64,
    /// How many rows there are to show.
    pub total: u64,
    /// The rows that are shown.
    pub shown: Vec<ImportRow>,
}

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportColumn {
    /// Its name in the first row, or its letter.
    pub title: String,
    /// What it says.
    pub field: Option<ImportField>,
    /// What stands in its first row; empty where it may be a secret.
    pub sample: String,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportRow {
    /// Its line, or its row in the sheet, counted from 1.
    pub line: u64,
    /// Login name on the source.
    pub source_user: String,
    /// Login name on the target.
    pub target_user: String,
    /// Whether a rule made the name on the target.
    pub renamed: bool,
    /// The folder that everything goes below.
    pub below: Option<FolderPath>,
    /// Whether the rule for several rows that go to one mailbox made the folder.
    pub merged: bool,
    /// Left out because of whom it names.
    pub excluded: bool,
    /// What is wrong with it.
    pub problems: Vec<ImportProblem>,
    /// What both systems said of it; none: they were not asked.
    pub answer: Option<ImportAnswer>,
}

/// What both systems said of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportAnswer {
    /// The source.
    pub source: Said,
    /// The target.
    pub target: Said,
    /// Bytes that the source holds of what is moved, as far as it tells.
    pub holds: Option<u64>,
    /// Bytes that the target mailbox has room for; none: it tells no limit.
    pub free: Option<u64>,
    /// Of so many bytes in all.
    pub limit: Option<u64>,
}

impl ImportAnswer {
    /// Whether both said what they know, so that they need not be asked again.
    pub const fn is_whole(&self) -> bool {
        !matches!(self.source, Said::Unknown { .. }) && !matches!(self.target, Said::Unknown { .. })
    }
}

/// What one system said of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum Said {
    /// It opened.
    Open,
    /// It did not: the login is refused, or there is no such mailbox.
    Refused {
        /// What was being done and what happened.
        detail: String,
    },
    /// Nobody knows: it could not be asked, or not to the end.
    Unknown {
        /// Why, in a sentence.
        detail: String,
    },
}

/// Asking both systems was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskStarted {
    /// Under which it is read, and which a list's form names so that what was said counts.
    pub id: String,
}

/// How asking both systems gets on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskView {
    /// Rows that are asked about this time.
    pub total: u64,
    /// Rows among them with an answer.
    pub asked: u64,
    /// Rows among them that opened on both sides.
    pub opened: u64,
    /// Rows among them that a system refused.
    pub refused: u64,
    /// Rows among them of which a system said nothing.
    pub unknown: u64,
    /// Rows that are left for another time: one round takes 1,000 at most.
    pub left: u64,
    /// Why nothing is asked at the moment, in a sentence.
    pub waiting: Option<String>,
    /// Why it ended before all were asked, in a sentence.
    pub stopped: Option<String>,
    /// Whether nothing more will come.
    pub done: bool,
}

/// How many rows have a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemCount {
    /// What is wrong, in words.
    pub title: String,
    /// How many rows.
    pub count: u64,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ImportProblem {
    /// The row cannot be read: a quote is never closed, or a name holds a line break.
    Unreadable,
    /// There is no name on the source.
    NoSource,
    /// There is no name on the target, and no rule makes one.
    NoTarget,
    /// A name is too long or holds control characters.
    BadName,
    /// There is no password for the source.
    NoSourceSecret,
    /// There is no password for the target.
    NoTargetSecret,
    /// A password is too long or holds a line break.
    BadSecret,
    /// An earlier row moves the same mailbox to the same place.
    Duplicate {
        /// The earlier row.
        line: u64,
    },
    /// The project has this mailbox already.
    InProject,
    /// Another row, or a mailbox of the project, goes to the same place: all but one need a folder of their own.
    SameTarget {
        /// The earlier row; none: a mailbox of the project.
        line: Option<u64>,
    },
    /// The domain of the source's name is not one that belongs here.
    SourceDomain {
        /// The domain.
        domain: String,
    },
    /// The domain of the target's name is not one that belongs here.
    TargetDomain {
        /// The domain.
        domain: String,
    },
    /// The source did not open the mailbox when it was asked.
    SourceRefused {
        /// What happened.
        detail: String,
    },
    /// The target did not open the mailbox when it was asked, or has none of this name.
    TargetRefused {
        /// What happened.
        detail: String,
    },
    /// The source holds more than the target mailbox has room for.
    TargetTooSmall {
        /// Bytes that go there, of all rows that do.
        holds: u64,
        /// Bytes it has room for.
        free: u64,
        /// Of so many in all.
        limit: u64,
        /// Rows that go there.
        rows: u64,
    },
}

impl ImportProblem {
    /// The problem without its particulars, for counting.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Unreadable => "Row cannot be read",
            Self::NoSource => "No name on the source",
            Self::NoTarget => "No name on the target",
            Self::BadName => "Name that no server takes",
            Self::NoSourceSecret => "No password for the source",
            Self::NoTargetSecret => "No password for the target",
            Self::BadSecret => "Password that cannot be used",
            Self::Duplicate { .. } => "Twice in the list",
            Self::InProject => "In the project already",
            Self::SameTarget { .. } => "Same place as another",
            Self::SourceDomain { .. } => "Unknown domain on the source",
            Self::TargetDomain { .. } => "Unknown domain on the target",
            Self::SourceRefused { .. } => "Refused by the source",
            Self::TargetRefused { .. } => "Refused by the target, or not there",
            Self::TargetTooSmall { .. } => "Target mailbox too small",
        }
    }
}

impl std::fmt::Display for ImportProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreadable => {
                f.write_str("The row cannot be read: a quote is never closed, or a name holds a line break.")
            }
            Self::NoSource => f.write_str("The name on the source is empty."),
            Self::NoTarget => f.write_str("The name on the target is empty, and no rule makes one."),
            Self::BadName => f.write_str("A login name has at most 255 bytes and no control characters."),
            Self::NoSourceSecret => f.write_str("The password on the source is empty."),
            Self::NoTargetSecret => f.write_str("The password on the target is empty."),
            Self::BadSecret => f.write_str("A password has at most 16 KiB and no line breaks."),
            Self::Duplicate { line } => {
                write!(f, "Row {line} moves this mailbox to the same place already.")
            }
            Self::InProject => f.write_str("The project moves this mailbox to the same place already."),
            Self::SameTarget { line: Some(line) } => {
                write!(f, "Row {line} goes to the same place. All but one need a folder of their own to go below.")
            }
            Self::SameTarget { line: None } => f.write_str(
                "A mailbox of the project goes to the same place. Name a folder to go below that no other uses.",
            ),
            Self::SourceDomain { domain } => {
                write!(f, "The source's domain {domain} is not one that belongs here.")
            }
            Self::TargetDomain { domain } => {
                write!(f, "The target's domain {domain} is not one that belongs here.")
            }
            Self::SourceRefused { detail } => {
                write!(f, "{detail} Check the name on the source, and the password where the list has one.")
            }
            Self::TargetRefused { detail } => {
                write!(f, "{detail} Check that the mailbox exists on the target, and its name and password.")
            }
            Self::TargetTooSmall { holds, free, limit, rows } => {
                let whose = if *rows == 1 { "The source holds".into() } else { format!("{rows} rows bring") };
                let (holds, free, limit) = (size(*holds), size(*free), size(*limit));
                write!(
                    f,
                    "{whose} {holds}, the target mailbox has {free} free of {limit}. Raise its quota, or move less."
                )
            }
        }
    }
}

/// What was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImportDone {
    /// Mailboxes added.
    pub added: u64,
    /// Rows left out because of a problem.
    pub bad: u64,
    /// Rows left out because of whom they name.
    pub excluded: u64,
}
