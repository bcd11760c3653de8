//! What lists share with reports.

pub(crate) mod cell;
