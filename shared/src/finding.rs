//! Findings: anything a person should know. Every loss, rename, skip and difference is one.

use serde::{Deserialize, Serialize};

use crate::{
    cause::{Cause, UnknownCause},
    folder::FolderPath,
    time::Timestamp,
};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing differs in substance.
    Info,
    /// Something arrived differently; no content is lost.
    Warning,
    /// Something is not on the target.
    Loss,
}

/// What a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subject {
    /// The folder on the source (or on the target, for things only there); none: the whole mailbox.
    pub folder: Option<FolderPath>,
    /// The message; none: the folder as a whole.
    pub item: Option<ItemLabel>,
}

/// Tells a person which message is meant, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ItemLabel {
    /// The server's id of the message (the UID on IMAP).
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// When the server received it.
    pub received: Option<Timestamp>,
    /// Its Message-ID, when it has one and it was read.
    pub message_id: Option<String>,
}

/// Anything a person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Why.
    pub cause: Cause,
    /// About what.
    pub subject: Subject,
    /// The particulars in a sentence: the server's words, the old and the new value.
    pub detail: String,
}

/// A finding as a row of a list that is read page by page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FindingRow {
    /// A growing number: the next page begins after the last one of this page.
    pub id: i64,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Findings of one cause, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CauseCount {
    /// The worst severity among them.
    pub severity: Severity,
    /// Why.
    pub cause: Cause,
    /// The cause's title.
    pub title: String,
    /// What to do.
    pub advice: String,
    /// How many.
    pub count: u64,
}

/// Groups findings by cause: worst first, then most first.
pub fn by_cause<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<CauseCount> {
    let mut groups = std::collections::BTreeMap::<Cause, (Severity, u64)>::new();
    for finding in findings {
        let group = groups.entry(finding.cause).or_insert((finding.severity, 0));
        group.0 = group.0.max(finding.severity);
        group.1 += 1;
    }
    let mut counts: Vec<_> = groups
        .into_iter()
        .map(|(cause, (severity, count))| CauseCount::new(cause, severity, count))
        .collect();
    counts.sort_by_key(|group| (std::cmp::Reverse(group.severity), std::cmp::Reverse(group.count)));
    counts
}

impl CauseCount {
    /// A group of findings with the cause's own words.
    pub fn new(cause: Cause, severity: Severity, count: u64) -> Self {
        Self { severity, cause, title: cause.title().into(), advice: cause.advice().into(), count }
    }

    /// The same of a cause by its id, which may be one of a newer version: that id is told then.
    pub fn of_id(id: &str, severity: Severity, count: u64) -> Self {
        match id.parse() {
            Ok(cause) => Self::new(cause, severity, count),
            Err(UnknownCause) => {
                let title = format!("{} ({id})", Cause::Unknown.title());
                Self { title, ..Self::new(Cause::Unknown, severity, count) }
            }
        }
    }
}
