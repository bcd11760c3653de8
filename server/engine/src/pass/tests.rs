//! Passes between servers with habits, faults and cut connections.

mod content;
mod crash;
mod faults;
mod identity;
mod marks;
mod plain;
mod recovery;
mod refusals;
mod scenarios;
mod verify;
