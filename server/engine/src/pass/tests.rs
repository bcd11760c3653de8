//! Passes between servers with habits, faults and cut connections.

mod crash;
mod plain;
mod recovery;
mod scenarios;
