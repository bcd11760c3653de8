//! Findings: anything a person should know. Every loss, rename, skip and difference is one.

use std::collections::BTreeMap;

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

impl Severity {
    /// The word on screen and in the printable report.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Info => "Note",
            Self::Warning => "Differs",
            Self::Loss => "Not on the target",
        }
    }
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
    /// Those among them that matter less than the worst, by their own severity, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lesser: Vec<SeverityCount>,
}

/// How many findings have a severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeverityCount {
    /// The severity.
    pub severity: Severity,
    /// How many.
    pub count: u64,
}

/// Groups findings by cause: worst first, then most first.
pub fn by_cause<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<CauseCount> {
    let mut groups = BTreeMap::<Cause, BTreeMap<Severity, u64>>::new();
    for finding in findings {
        *groups.entry(finding.cause).or_default().entry(finding.severity).or_default() += 1;
    }
    let mut counts: Vec<CauseCount> = groups
        .into_iter()
        .filter_map(|(cause, by_severity)| {
            let (severity, count) =
                by_severity.iter().next_back().map(|(severity, count)| (*severity, *count))?;
            let lesser = by_severity.into_iter().rev().skip(1);
            let lesser = lesser.map(|(severity, count)| SeverityCount { severity, count });
            Some(CauseCount::new(cause, severity, count).with(lesser))
        })
        .collect();
    counts.sort_by_key(|group| (std::cmp::Reverse(group.severity), std::cmp::Reverse(group.count)));
    counts
}

impl CauseCount {
    /// A group of findings with the cause's own words.
    pub fn new(cause: Cause, severity: Severity, count: u64) -> Self {
        Self {
            severity,
            cause,
            title: cause.title().into(),
            advice: cause.advice().into(),
            count,
            lesser: Vec::new(),
        }
    }

    /// The same, with findings besides that matter less.
    #[must_use]
    pub fn with(mut self, lesser: impl IntoIterator<Item = SeverityCount>) -> Self {
        for group in lesser {
            self.count += group.count;
            self.lesser.push(group);
        }
        self
    }

    /// The findings by their own severity, worst first.
    pub fn by_severity(&self) -> impl Iterator<Item = SeverityCount> {
        let lesser: u64 = self.lesser.iter().map(|group| group.count).sum();
        let worst = SeverityCount { severity: self.severity, count: self.count.saturating_sub(lesser) };
        std::iter::once(worst).chain(self.lesser.iter().copied())
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

#[cfg(test)]
mod tests {
    use super::{Finding, Severity, Subject, by_cause};
    use crate::cause::Cause;

    #[test]
    fn findings_of_a_cause_are_counted_by_their_own_severity() {
        let finding =
            |severity, cause| Finding { severity, cause, subject: Subject::default(), detail: "x".into() };
        let groups = by_cause(&[
            finding(Severity::Info, Cause::FolderRenamed),
            finding(Severity::Warning, Cause::FolderRenamed),
            finding(Severity::Info, Cause::FolderRenamed),
            finding(Severity::Loss, Cause::TooBig),
        ]);
        let told: Vec<Vec<_>> = groups
            .iter()
            .map(|group| group.by_severity().map(|group| (group.severity, group.count)).collect())
            .collect();
        assert_eq!(told, [vec![(Severity::Loss, 1)], vec![(Severity::Warning, 1), (Severity::Info, 2)]]);
        assert_eq!(groups.iter().map(|group| group.count).collect::<Vec<_>>(), [1, 3]);
    }
}
