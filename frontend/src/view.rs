//! Pure formatting: values in, words out. Nothing here fetches, and nothing here knows a page.

pub(crate) mod amount;
pub(crate) mod locale;
pub(crate) mod merge;
pub(crate) mod safe;
pub(crate) mod span;
pub(crate) mod tree;
pub(crate) mod when;
pub(crate) mod words;
