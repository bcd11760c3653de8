//! API tokens: what programs log in with.

use serde::{Deserialize, Serialize};

use crate::{
    auth::Role,
    id::{AdminId, TokenId},
    time::Timestamp,
};

/// What a token begins with, so that it is known for one wherever it turns up.
pub const TOKEN_PREFIX: &str = "cmt_";
/// Longest life of a token, in days.
pub const TOKEN_DAYS_MAX: u16 = 365;
/// Life of a token when nothing else is asked for, in days.
pub const TOKEN_DAYS: u16 = 90;
/// Longest name of a token, in characters.
pub const TOKEN_NAME_MAX: usize = 64;

/// What a token may do. Never more than its admin may at the moment of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// What an auditor may: look.
    Read,
    /// What an operator may: run migrations.
    Operate,
    /// What an owner may.
    Own,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 3] = [Self::Read, Self::Operate, Self::Own];

    /// The role whose rights it has.
    pub const fn role(self) -> Role {
        match self {
            Self::Read => Role::Auditor,
            Self::Operate => Role::Operator,
            Self::Own => Role::Owner,
        }
    }

    /// The stable word, as it stands in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Operate => "operate",
            Self::Own => "own",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Operate => "Operate",
            Self::Own => "Own",
        }
    }

    /// What it may do, in a sentence.
    pub const fn explained(self) -> &'static str {
        match self {
            Self::Read => "Sees what an auditor sees; changes nothing.",
            Self::Operate => "Does what an operator may: creates projects and runs migrations.",
            Self::Own => "Does everything an owner may, admins and settings included.",
        }
    }
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub scope: Scope,
    /// How many days it lives: 1 to 365; 90 when absent.
    #[serde(default)]
    pub days: Option<u16>,
}

/// A token that was made. The token itself is shown here and never again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeToken {
    /// The token: goes into the header `Authorization: Bearer …`.
    pub token: String,
    /// What lists show of it.
    pub row: TokenRow,
}

impl std::fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeToken").field("row", &self.row).finish_non_exhaustive()
    }
}

/// A token as a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenRow {
    /// Id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// Whose it is.
    pub admin: AdminId,
    /// That admin's login name.
    pub admin_name: String,
    /// What it may do, as long as its admin may.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// When it was last used, to the minute; none: never.
    pub last_used: Option<Timestamp>,
}
