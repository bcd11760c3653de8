//! What a change has to pass.

use std::process::{Command, ExitCode};

use crate::{args, place::Place, problem::Problem, test, tool};

/// Cheap checks first, then all tests.
pub(crate) fn run(place: &Place) -> Result<ExitCode, Problem> {
    check(place.cargo().args(["fmt", "--all", "--check"]), "checking the formatting")?;
    // Warnings are denied behind `--`: as RUSTFLAGS they would have every dependency compiled again.
    check(
        place.cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        "looking for mistakes with clippy",
    )?;
    check(
        place.cargo().args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
        "building the documentation",
    )?;
    test::run(place, &args::Test { filters: Vec::new(), runner: Vec::new() })
}

fn check(command: &mut Command, doing: &str) -> Result<(), Problem> {
    tool::say(doing);
    tool::run(command, doing)
}
