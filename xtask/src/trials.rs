//! Measuring the product and tormenting it: builds both optimised, then hands over to the program that does it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use crate::{args::Trial, built, needs, place::Place, problem::Problem, server, tool};

/// The package and its program.
const NAME: &str = "trials";

/// Builds what changed and runs the trial; its exit code is ours.
pub(crate) fn run(place: &Place, trial: &Trial) -> Result<ExitCode, Problem> {
    needs::provide_for_trials()?;
    let product = server::build_optimised(place)?;
    tool::say("building the trials");
    let mut command = place.cargo();
    command.args(["build", "--release", "--package", NAME]);
    let program = built::program(&mut command, NAME, "building the trials")?;
    let artefacts = place.target.join("artefacts");
    fs::create_dir_all(&artefacts)
        .map_err(|error| Problem::file("making the folder for the table", &artefacts, &error))?;
    let mut command = start(&program, trial);
    command.arg("--binary").arg(&product);
    match trial {
        Trial::Bench(words) => command.args(words).arg("--table").arg(artefacts.join("bench.md")),
        Trial::Torture(words) => command.args(words),
        Trial::Scale(words) => command.args(words).arg("--table").arg(artefacts.join("scale.md")),
        Trial::Load(words) => command.args(words).arg("--table").arg(artefacts.join("load.md")),
    };
    tool::status(&mut command, "running the trials").map(tool::exit_code)
}

/// Mail lies in memory where that is possible: a disk would be measured instead of programs, and worn.
fn start(program: &Path, trial: &Trial) -> Command {
    let (name, own_mounts) = match trial {
        Trial::Bench(_) => ("bench", false),
        Trial::Torture(_) => ("torture", true),
        Trial::Scale(_) => ("scale", false),
        Trial::Load(_) => ("load", false),
    };
    let can_unshare = || tool::ask(Command::new("unshare").args(["--mount", "true"])).is_some();
    let mut command = if own_mounts && can_unshare() {
        // Small file systems are mounted to be filled up; so they are gone however the program ends.
        let mut command = Command::new("unshare");
        command.arg("--mount").arg(program);
        command
    } else {
        Command::new(program)
    };
    command.arg(name);
    if env::var_os("TMPDIR").is_none()
        && let Some(folder) = in_memory()
    {
        command.env("TMPDIR", folder);
    }
    command
}

fn in_memory() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let shared = mounts.lines().any(|line| line.split(' ').skip(1).take(2).eq(["/dev/shm", "tmpfs"]));
    shared.then(|| PathBuf::from("/dev/shm"))
}
