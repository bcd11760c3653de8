//! The audit log: who did what, when, from where, and how it ended; and the proof that nobody changed it since.

use serde::{Deserialize, Serialize};

use crate::{list::Pairs, time::Timestamp};

/// How something that was asked for ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused: a wrong password, a missing right, a forged request.
    Refused,
}

impl Outcome {
    /// Every outcome there is.
    pub const ALL: [Self; 2] = [Self::Done, Self::Refused];

    /// The word in the API and in the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Refused => "Refused",
        }
    }
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityRow {
    /// Its number: 1, 2, 3, … without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a login name, `system`, or `nobody` when nobody was logged in.
    pub who: String,
    /// What, as a stable word such as `job.start`.
    pub action: String,
    /// To what, in words.
    pub subject: String,
    /// The address the request came from; none when it was done on the host.
    pub address: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What seals this line and, with it, every line before: 64 hexadecimal digits.
    pub hash: String,
}

/// Which lines of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default, deny_unknown_fields)]
pub struct ActivityQuery {
    /// Only lines before this one: the last id of the page before.
    pub before: Option<i64>,
    /// Only those of a login name, of `system` or of `nobody`.
    pub who: Option<String>,
    /// Only actions that begin like this, such as `job.`.
    pub action: Option<String>,
    /// Only `done` or `refused`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub outcome: Option<Outcome>,
    /// Only those with this in their subject, in upper or lower case.
    pub text: Option<String>,
}

impl ActivityQuery {
    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        let mut pairs = Pairs::default();
        let before = self.before.map(|before| before.to_string());
        let fields = [
            ("before", before.as_deref()),
            ("who", self.who.as_deref()),
            ("action", self.action.as_deref()),
            ("outcome", self.outcome.map(Outcome::word)),
            ("text", self.text.as_deref()),
        ];
        for (name, value) in fields {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                pairs.add(name, value);
            }
        }
        pairs.into()
    }
}

/// What a look at the whole audit log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditProof {
    /// Whether every line is as it was written, in its place, with none missing in between. Lines cut off at the end
    /// show only by a hash that was noted before.
    pub intact: bool,
    /// How many lines were good.
    pub lines: u64,
    /// The hash of the last good line: note it elsewhere, and ask later whether the log still holds it.
    pub head: String,
    /// The first line that is not as it was written.
    pub broken: Option<BrokenLine>,
    /// Whether the log holds the hash that was asked for; none when none was.
    pub holds: Option<bool>,
}

/// A line that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrokenLine {
    /// Its number.
    pub id: i64,
    /// What is wrong, in a sentence.
    pub problem: String,
}
