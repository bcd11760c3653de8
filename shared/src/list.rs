//! What all lists have in common: direction, pages, and how they are asked for in an address.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// Rows on a page, unless a request says otherwise.
pub const PAGE: u32 = 50;
/// Rows on a page at most.
pub const PAGE_MAX: u32 = 200;

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Rising.
    #[default]
    Asc,
    /// Falling.
    Desc,
}

impl Direction {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// What stands behind the `?` of an address (RFC 3986, section 3.4).
#[derive(Debug, Default)]
pub(crate) struct Pairs(String);

impl Pairs {
    pub(crate) fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' => {
                    self.0.push(char::from(byte));
                }
                other => {
                    // Writing to a string cannot fail.
                    let _ = write!(self.0, "%{other:02X}");
                }
            }
        }
    }
}

impl From<Pairs> for String {
    fn from(pairs: Pairs) -> Self {
        pairs.0
    }
}
