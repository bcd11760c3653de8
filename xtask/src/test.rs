//! All tests, with everything that they need.

mod axe;

use std::{fs, process::ExitCode};

use crate::{args, needs, place::Place, problem::Problem, server, tool};

/// Installs, builds, runs. The test runner's own lines are the last ones, and its exit code is ours.
pub(crate) fn run(place: &Place, test: &args::Test) -> Result<ExitCode, Problem> {
    needs::provide()?;
    let axe = axe::provide(place)?;
    let program = server::build_with_tests(place)?;
    let artefacts = place.target.join("artefacts");
    fs::create_dir_all(&artefacts)
        .map_err(|error| Problem::file("making the folder for screenshots", &artefacts, &error))?;
    tool::say(&format!("running the tests; what they leave to look at is in {}", artefacts.display()));
    let mut command = place.cargo();
    command
        .args(["test", "--workspace", "--no-fail-fast", "--"])
        .args(&test.filters)
        .args(&test.runner)
        .env("CARBONIO_MIGRATE_BIN", program)
        .env("ARTEFACTS", artefacts)
        .env("AXE_JS", axe);
    let status = tool::status(&mut command, "running the tests")?;
    Ok(tool::exit_code(status))
}
