//! The words that cross the wire: between the panel and the server, and between the server and the engine.
//!
//! Plain values only: no I/O, no clock, no randomness, so that the same types compile for the browser.
#![warn(missing_docs)]

pub mod audit;
pub mod auth;
pub mod batch;
pub mod cause;
pub mod causes;
pub mod check;
pub mod cutover;
pub mod discovery;
pub mod disk;
pub mod dns;
pub mod endpoint;
pub mod error;
pub mod finding;
pub mod folder;
pub mod forecast;
pub mod id;
pub mod import;
pub mod inventory;
pub mod job;
pub mod limits;
pub mod list;
pub mod live;
pub mod node;
pub mod notify;
pub mod pass;
pub mod plan;
pub mod project;
pub mod report;
pub mod rules;
pub mod secrets;
pub mod selection;
pub mod size;
mod text;
pub mod time;
pub mod token;
pub mod under_way;
