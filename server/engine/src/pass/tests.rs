//! Passes between servers with habits, faults and cut connections.

mod anew;
mod compress;
mod content;
mod crash;
mod cutover;
mod cuts;
mod delta;
mod edges;
mod faults;
mod folders;
mod gmail;
mod guest;
mod identity;
mod listing;
mod logins;
mod marks;
mod names;
mod plain;
mod poison;
mod presets;
mod receipts;
mod recovery;
mod refusals;
mod room;
mod scenarios;
mod verify;
