//! Administrators and their roles.

use serde::{Deserialize, Serialize};

use crate::{id::AdminId, time::Timestamp};

/// What an admin may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks at everything, changes nothing.
    Auditor,
    /// Runs migrations.
    Operator,
    /// Runs migrations and manages admins.
    Owner,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Operator, Self::Auditor];

    /// Whether this role includes another one's rights.
    pub fn includes(self, other: Self) -> bool {
        self >= other
    }

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Auditor => "Auditor",
            Self::Operator => "Operator",
            Self::Owner => "Owner",
        }
    }

    /// What the role may do, in a sentence.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Auditor => "Sees projects, jobs, reports and activity; changes nothing.",
            Self::Operator => "Creates projects and runs migrations.",
            Self::Owner => "Everything an operator may do, and manages admins.",
        }
    }
}

/// Shortest password accepted, in characters.
pub const PASSWORD_MIN: usize = 12;
/// Longest password accepted, in bytes.
pub const PASSWORD_MAX: usize = 256;

/// Whether the first admin is still to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    /// True until the first admin exists.
    pub needed: bool,
}

/// Makes the first admin, an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetupForm {
    /// The one-time token the server printed.
    pub token: String,
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginForm {
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// Who is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// Id.
    pub id: AdminId,
    /// Login name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// The product's version.
    pub version: String,
}

/// A new admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAdmin {
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Role.
    pub role: Role,
}

/// Changes to an admin; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AdminChange {
    /// New role.
    #[serde(default)]
    pub role: Option<Role>,
    /// New password.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether the admin may log in.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// A change of one's own password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    pub current: String,
    /// The new password.
    pub new: String,
}

/// An admin as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminRow {
    /// Id.
    pub id: AdminId,
    /// Login name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Whether the admin may log in.
    pub enabled: bool,
    /// When it was made.
    pub created: Timestamp,
    /// Last login.
    pub last_login: Option<Timestamp>,
}
