//! Which jobs, in which order, how many: lists and actions on many name jobs by the same words.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{JobAction, JobRow, JobState};
use crate::{
    cause::Cause,
    id::BatchId,
    list::{Direction, PAGE, Pairs},
};

/// Which jobs of a project. What is absent or empty leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[serde(default, deny_unknown_fields)]
pub struct JobFilter {
    /// Part of either login name, in upper or lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Any of these states, with commas between: `failed,paused`.
    #[serde(skip_serializing_if = "JobStates::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = String), param(value_type = Option<String>))]
    pub state: JobStates,
    /// A cause that the latest pass found, or why it could not go on: an id such as `message.too-big`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::cause::asked_for")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub cause: Option<Cause>,
    /// Of this batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<i64>))]
    pub batch: Option<BatchId>,
}

/// States, written with commas between; none means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobStates(pub Vec<JobState>);

/// A page of a project's jobs: which, in which order, how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default, deny_unknown_fields)]
pub struct JobQuery {
    /// Part of either login name, in upper or lower case.
    pub search: Option<String>,
    /// Any of these states, with commas between: `failed,paused`.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub state: JobStates,
    /// A cause that the latest pass found, or why it could not go on: an id such as `message.too-big`.
    #[serde(deserialize_with = "crate::cause::asked_for")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub cause: Option<Cause>,
    /// Of this batch.
    #[cfg_attr(feature = "openapi", param(value_type = Option<i64>))]
    pub batch: Option<BatchId>,
    /// By what they are sorted; equal ones stay in the order they were made.
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub sort: JobSort,
    /// Rising (`asc`) or falling (`desc`).
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub order: Direction,
    /// How many are left out at the beginning.
    pub offset: u64,
    /// How many at most: 50 when absent, never more than 200.
    pub limit: u32,
}

/// By what jobs are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum JobSort {
    /// When they were made.
    #[default]
    Added,
    /// Login name on the source.
    Source,
    /// Login name on the target.
    Target,
    /// What needs eyes first comes first: failed, with exceptions, running, waiting, …
    State,
    /// How much of the messages is settled.
    Progress,
    /// Messages on the source.
    Messages,
    /// Bytes on the source.
    Bytes,
    /// When anything last changed.
    Updated,
}

/// A page of a project's jobs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPage {
    /// The jobs on this page.
    pub rows: Vec<JobRow>,
    /// How many there are on all pages.
    pub total: u64,
    /// How many there are in each state, whichever states were asked for.
    pub by_state: Vec<StateCount>,
}

/// How many jobs are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateCount {
    /// The state.
    pub state: JobState,
    /// How many.
    pub count: u64,
    /// Among them those whose batch was cut over: nothing is copied for them any more.
    #[serde(default)]
    pub closed: u64,
}

impl StateCount {
    /// Those that an action reaches, as far as their batch decides. What is resumed may be a pass that only reads: of these
    /// each is looked at.
    pub const fn reached_by(&self, action: JobAction) -> u64 {
        match action.copies_for_sure() {
            true => self.count.saturating_sub(self.closed),
            false => self.count,
        }
    }
}

impl Default for JobQuery {
    fn default() -> Self {
        Self {
            search: None,
            state: JobStates::default(),
            cause: None,
            batch: None,
            sort: JobSort::default(),
            order: Direction::default(),
            offset: 0,
            limit: PAGE,
        }
    }
}

impl JobQuery {
    /// Which jobs, on whatever page.
    pub fn filter(&self) -> JobFilter {
        JobFilter {
            search: self.search.clone(),
            state: self.state.clone(),
            cause: self.cause,
            batch: self.batch,
        }
    }

    /// As it stands behind the `?` of an address.
    pub fn to_query(&self) -> String {
        let mut pairs = Pairs::default();
        if let Some(search) = &self.search {
            pairs.add("search", search);
        }
        if !self.state.is_empty() {
            pairs.add("state", &self.state.to_string());
        }
        if let Some(cause) = self.cause {
            pairs.add("cause", cause.id());
        }
        if let Some(batch) = self.batch {
            pairs.add("batch", &batch.to_string());
        }
        pairs.add("sort", self.sort.word());
        pairs.add("order", self.order.word());
        pairs.add("offset", &self.offset.to_string());
        pairs.add("limit", &self.limit.to_string());
        pairs.into()
    }
}

impl JobSort {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Source => "source",
            Self::Target => "target",
            Self::State => "state",
            Self::Progress => "progress",
            Self::Messages => "messages",
            Self::Bytes => "bytes",
            Self::Updated => "updated",
        }
    }
}

impl JobStates {
    /// Whether any state will do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a state is among them.
    pub fn holds(&self, state: JobState) -> bool {
        self.0.is_empty() || self.0.contains(&state)
    }
}

impl fmt::Display for JobStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|state| state.word()).collect();
        f.write_str(&words.join(","))
    }
}

impl Serialize for JobStates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobStates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words
            .map(|word| {
                let found = JobState::ALL.into_iter().find(|state| state.word() == word);
                found.ok_or_else(|| de::Error::custom(format_args!("there is no state {word:?}")))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{JobFilter, JobQuery, JobSort, JobState, JobStates};
    use crate::{cause::Cause, list::Direction};

    #[test]
    fn a_filter_is_written_as_it_is_read() {
        let filter = JobFilter {
            search: Some("a&b".into()),
            state: JobStates(vec![JobState::Failed, JobState::Paused]),
            cause: Some(Cause::TooBig),
            batch: None,
        };
        let text = serde_json::to_string(&filter).expect("serialises");
        assert_eq!(text, r#"{"search":"a&b","state":"failed,paused","cause":"message.too-big"}"#);
        assert_eq!(serde_json::from_str::<JobFilter>(&text).expect("reads"), filter);
        assert_eq!(serde_json::from_str::<JobFilter>("{}").expect("reads"), JobFilter::default());
        assert!(serde_json::from_str::<JobFilter>(r#"{"state":"lost"}"#).is_err());
    }

    #[test]
    fn a_query_stands_in_an_address() {
        let query = JobQuery {
            search: Some("ä@b c&d".into()),
            state: JobStates(vec![JobState::Complete]),
            sort: JobSort::Progress,
            order: Direction::Desc,
            offset: 100,
            ..JobQuery::default()
        };
        let expected =
            "search=%C3%A4%40b%20c%26d&state=complete&sort=progress&order=desc&offset=100&limit=50";
        assert_eq!(query.to_query(), expected);
    }

    #[test]
    fn no_state_means_any() {
        assert!(JobStates::default().holds(JobState::Ready));
        assert!(!JobStates(vec![JobState::Failed]).holds(JobState::Ready));
    }
}
