//! One id type per entity, so that two ids can never be mixed up.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// A project: one source system to one target system.
    ProjectId
);
id!(
    /// A job: one mailbox moving.
    JobId
);
id!(
    /// One run over a job.
    PassId
);
id!(
    /// A batch: mailboxes that are started, scheduled, paused and cut over together.
    BatchId
);
id!(
    /// An administrator of the panel.
    AdminId
);
id!(
    /// An API token.
    TokenId
);
id!(
    /// A node: one start of one process that moves mailboxes.
    NodeId
);
