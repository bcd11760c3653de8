//! What a validation found, for people and machines.

use serde::{Deserialize, Serialize};

use crate::{
    finding::{CauseCount, Finding},
    folder::{FolderPath, Role},
    pass::PassKind,
    project::VerifyDepth,
    time::Timestamp,
};

/// The validator's judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every message that was to be on the target is there, and nothing differs.
    Perfect,
    /// Every message that was to be on the target is there; small differences are named.
    Good,
    /// Some messages are not on the target or changed, each with a cause: look at them.
    Investigate,
    /// Messages are missing without a cause, or too many with one.
    Poor,
}

impl Verdict {
    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Perfect => "Perfect",
            Self::Good => "Good",
            Self::Investigate => "Investigate",
            Self::Poor => "Poor",
        }
    }
}

/// One side of the compared mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSide {
    /// Host.
    pub host: String,
    /// The mailbox's login name.
    pub user: String,
}

/// What stands on both sides, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    /// Messages on the source.
    pub source_items: u64,
    /// Their bytes.
    pub source_bytes: u64,
    /// Messages on the target.
    pub target_items: u64,
    /// Their bytes.
    pub target_bytes: u64,
    /// Messages found on both sides with the same content.
    pub matched: u64,
    /// Matched messages whose date, flags and keywords are equal too.
    pub identical: u64,
    /// Messages found on the target with changed bytes.
    pub altered: u64,
    /// Source messages that are not on the target.
    pub missing: u64,
    /// Source messages that are not on the target because a person wants it so: a rule of the project leaves them out, or
    /// somebody removed them from the target after they had arrived.
    #[serde(default)]
    pub left_out: u64,
    /// Target messages that are not on the source.
    pub extra: u64,
}

/// A number of a comparison, by the word that the panel and the printable report have for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tally {
    /// Found on both sides with the same content.
    Matched,
    /// Of these, those that differ in nothing.
    Identical,
    /// Of these, those whose date, flags or keywords differ.
    Differing,
    /// Found on the target with changed bytes.
    Altered,
    /// Not on the target.
    Missing,
    /// Not on the target because a person wants it so.
    LeftOut,
    /// On the target alone.
    Extra,
}

impl Tally {
    /// Every one of them, in the order of a report.
    pub const ALL: [Self; 7] = [
        Self::Matched,
        Self::Identical,
        Self::Differing,
        Self::Altered,
        Self::Missing,
        Self::LeftOut,
        Self::Extra,
    ];

    /// The columns of a table of folders.
    pub const COLUMNS: [Self; 6] =
        [Self::Matched, Self::Identical, Self::Altered, Self::Missing, Self::LeftOut, Self::Extra];

    /// The word.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Matched => "Matched",
            Self::Identical => "Identical",
            Self::Differing => "Marks differ",
            Self::Altered => "Altered",
            Self::Missing => "Missing",
            Self::LeftOut => "Left out",
            Self::Extra => "Extra",
        }
    }

    /// What it says.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Matched => "on both sides with the same content",
            Self::Identical => "content, date and flags",
            Self::Differing => "date, flags or keywords",
            Self::Altered => "arrived with other bytes",
            Self::Missing => "not on the target",
            Self::LeftOut => "on purpose: by a rule of the project or by the user",
            Self::Extra => "only on the target",
        }
    }

    /// The number among the totals.
    pub const fn of(self, totals: &Totals) -> u64 {
        match self {
            Self::Matched => totals.matched,
            Self::Identical => totals.identical,
            Self::Differing => totals.matched.saturating_sub(totals.identical),
            Self::Altered => totals.altered,
            Self::Missing => totals.missing,
            Self::LeftOut => totals.left_out,
            Self::Extra => totals.extra,
        }
    }
}

/// One folder of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportFolder {
    /// Where it is on the source.
    pub source: FolderPath,
    /// Where it is on the target.
    pub target: FolderPath,
    /// What it is for.
    pub role: Option<Role>,
    /// Its numbers.
    pub totals: Totals,
}

/// What a validation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// The product's version that wrote it.
    pub version: String,
    /// The project's name; empty on the command line.
    pub project: String,
    /// When the comparison was finished.
    pub created: Timestamp,
    /// The pass that made it.
    pub pass: PassKind,
    /// How far it looked.
    pub depth: VerifyDepth,
    /// The source mailbox.
    pub source: ReportSide,
    /// The target mailbox.
    pub target: ReportSide,
    /// The judgement.
    pub verdict: Verdict,
    /// The judgement in a sentence with its numbers.
    pub sentence: String,
    /// Over all folders.
    pub totals: Totals,
    /// Folder by folder.
    pub folders: Vec<ReportFolder>,
    /// Findings by cause, worst first.
    pub causes: Vec<CauseCount>,
    /// Every finding.
    pub findings: Vec<Finding>,
    /// Who accepted what differs, if somebody did since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approval>,
}

/// A named admin's word that the differences of a report are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Approval {
    /// Who.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// What they had to say.
    pub note: String,
}

/// A form a report downloads in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// A self-contained page that prints well.
    Html,
    /// One row per finding, for a spreadsheet.
    Csv,
    /// Everything, for machines.
    Json,
}

impl ReportFormat {
    /// Every format there is.
    pub const ALL: [Self; 3] = [Self::Html, Self::Csv, Self::Json];

    /// The file name's ending, and the word in the URL.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}
