//! The server's program, with the panel inside.

use std::path::PathBuf;

use crate::{args::Profile, built, panel, place::Place, problem::Problem, tool};

/// The package and its program.
const NAME: &str = "carbonio-migrate";

/// Builds what changed; the path of the program.
pub(crate) fn build(place: &Place, profile: Profile) -> Result<PathBuf, Problem> {
    panel::provide(place, profile)?;
    tool::say("building the server");
    let mut command = place.cargo();
    command.args(["build", "--package", NAME, "--bin", NAME]);
    match profile {
        Profile::Dev => {}
        Profile::Release => {
            command.arg("--release");
        }
    }
    built::program(&mut command, NAME, "building the server")
}

/// Builds it optimised, with whatever panel lies there: for trials, in which the panel plays no part.
pub(crate) fn build_optimised(place: &Place) -> Result<PathBuf, Problem> {
    tool::say("building the server, optimised");
    let mut command = place.cargo();
    command.args(["build", "--release", "--package", NAME, "--bin", NAME]);
    built::program(&mut command, NAME, "building the server, optimised")
}

/// Builds the server for development together with all tests, so that nothing is compiled once for it and once more,
/// with other features, for them.
pub(crate) fn build_with_tests(place: &Place) -> Result<PathBuf, Problem> {
    panel::provide(place, Profile::Dev)?;
    tool::say("building the server and the tests");
    let mut command = place.cargo();
    command.args(["build", "--workspace", "--exclude", "xtask", "--exclude", "fuzz", "--all-targets"]);
    built::program(&mut command, NAME, "building the server and the tests")
}
