//! Passes between servers with habits, faults and cut connections.

mod crash;
mod faults;
mod plain;
mod recovery;
mod refusals;
mod scenarios;
