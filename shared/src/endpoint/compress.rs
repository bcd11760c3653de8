//! Whether what is said between us and a server is compressed on its way.

use serde::{Deserialize, Serialize};

/// Whether what is said is compressed on its way (COMPRESS=DEFLATE, RFC 4978), where the server can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Compress {
    /// Where the line has shown that it is slow.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Compress {
    /// Every choice there is.
    pub const ALL: &[Self] = &[Self::Auto, Self::On, Self::Off];

    /// The stable word, as it stands in the API and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// The choice on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Auto => "When the line is slow",
            Self::On => "Always",
            Self::Off => "Never",
        }
    }
}
