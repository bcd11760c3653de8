//! All tests, with everything that they need.

mod axe;
mod tally;

use std::{
    fs,
    io::{self, IsTerminal},
    process::{Command, ExitCode, ExitStatus, Stdio},
};

use self::tally::Tally;
use crate::{args, needs, place::Place, problem::Problem, server, tool};

const DOING: &str = "running the tests";

/// The packages of the workspace in three runs of cargo. Together with the others, `xtask` and all that it depends on would
/// be compiled once more, with other features than it runs with now; and `fuzz` would put into the product what only it
/// needs.
const RUNS: [&[&str]; 3] = [
    &["--workspace", "--exclude", "xtask", "--exclude", "fuzz"],
    &["--package", "xtask"],
    &["--package", "fuzz"],
];

/// Installs, builds, runs. The test runner's own lines are followed by their sum only, and its exit code is ours.
pub(crate) fn run(place: &Place, test: &args::Test) -> Result<ExitCode, Problem> {
    needs::provide()?;
    let mail_servers = needs::unpacked::provide(place)?;
    let axe = axe::provide(place)?;
    let program = server::build_with_tests(place)?;
    let artefacts = place.target.join("artefacts");
    fs::create_dir_all(&artefacts)
        .map_err(|error| Problem::file("making the folder for screenshots", &artefacts, &error))?;
    tool::say(&format!("running the tests; what they leave to look at is in {}", artefacts.display()));
    let (mut total, mut failed) = (Tally::default(), None);
    for packages in RUNS {
        let mut command = place.cargo();
        command
            .arg("test")
            .args(packages)
            .args(["--no-fail-fast", "--"])
            .args(colour(test))
            .args(&test.filters)
            .args(&test.runner)
            .env("CARBONIO_MIGRATE_BIN", &program)
            .env("ARTEFACTS", &artefacts)
            .env("AXE_JS", &axe)
            .env(servers::unpacked::VARIABLE, &mail_servers);
        let (status, tally) = count(&mut command)?;
        total += tally;
        failed = failed.or((!status.success()).then_some(status));
    }
    if test.runner.iter().any(|argument| argument == "--list") {
        return Ok(failed.map_or(ExitCode::SUCCESS, tool::exit_code));
    }
    println!("\nTotal: {total}");
    if failed.is_none() && total.passed == 0 && !test.filters.is_empty() {
        let happened = format!("no test has {} in its name", test.filters.join(" or "));
        return Err(Problem::new(DOING, happened, "Look at the names with `cargo xtask test -- --list`."));
    }
    Ok(failed.map_or(ExitCode::SUCCESS, tool::exit_code))
}

/// Runs tests, shows what they print, and counts them.
fn count(command: &mut Command) -> Result<(ExitStatus, Tally), Problem> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| tool::not_started(command, DOING, &error))?;
    let output =
        child.stdout.take().map_or_else(|| Ok(Tally::default()), |output| Tally::of(output, io::stdout()));
    let status = child.wait().map_err(|error| tool::not_started(command, DOING, &error))?;
    let tally =
        output.map_err(|error| Problem::new(DOING, error, "Look whether its output is still read."))?;
    Ok((status, tally))
}

/// The runner sees a pipe and would leave colours out, even when a person looks at it.
fn colour(test: &args::Test) -> Option<&'static str> {
    let chosen = test.runner.iter().any(|argument| argument.starts_with("--color"));
    (io::stdout().is_terminal() && !chosen).then_some("--color=always")
}
