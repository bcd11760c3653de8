//! Errors of a whole project, grouped by cause.

use serde::{Deserialize, Serialize};

use crate::finding::CauseCount;

/// One cause over all mailboxes of a project or batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CauseRow {
    /// The cause with its words and how often it was found.
    #[serde(flatten)]
    pub count: CauseCount,
    /// Mailboxes it is found in.
    pub jobs: u64,
    /// Mailboxes among them whose last pass could not go on for it.
    pub stopped: u64,
}
