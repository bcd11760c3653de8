//! The accounts that a source lists to the admin who logs in for all its mailboxes.

use serde::{Deserialize, Serialize};

/// The accounts that were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Discovered {
    /// Their login names, sorted, each once.
    pub accounts: Vec<String>,
    /// What is to be known besides, in a sentence: how many other names were listed, and why they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The same as a list that can be brought, in CSV: each account goes to the mailbox of its own name.
    pub list: String,
}
