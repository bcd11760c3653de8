//! New passwords for many mailboxes of a project, brought as a list.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A list of passwords: one mailbox a row, with its name on the source and the passwords that are new. An empty cell leaves
/// the stored password. A first row may name the columns; without one they stand in the order source user, source
/// password, target user (may be left out), target password, and those of a side where an admin logs in for all are left
/// out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SecretsForm {
    /// The list as pasted text.
    pub text: Option<String>,
    /// Or as a file, CSV or XLSX, in Base64.
    pub file: Option<String>,
}

impl fmt::Debug for SecretsForm {
    /// It holds passwords: none of it is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsForm").finish_non_exhaustive()
    }
}

/// What was stored. No password is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretsDone {
    /// Mailboxes whose passwords were stored.
    pub stored: u64,
    /// Mailboxes of the project that have no password on a side that needs one: they cannot be opened yet. Those that are
    /// left out on purpose do not count.
    pub lacking: u64,
}
