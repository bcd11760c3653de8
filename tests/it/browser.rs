//! The panel in a real browser, from the set-up link to the downloaded report.

mod forecast;
mod inventory;
mod journey;
mod keyboard;
mod lists;
mod nodes;
mod telling;
mod waves;
