//! Lets libFuzzer look for input that makes a parser panic, hang or swell.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use crate::{args::Fuzz, built, place::Place, problem::Problem, tool};

const DOING: &str = "fuzzing";
/// The package and its program.
const NAME: &str = "fuzz";
/// Has the compiler count where the program comes by and what it compares, which is what libFuzzer goes by.
const WATCHED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Longest that one input may take, in seconds; a busy machine takes its part of it.
const TIMEOUT: u32 = 2;
/// Most that the program may take, in MiB. It is about 64 with nothing to do.
const MEMORY: u32 = 256;
/// Longest input, in bytes.
const LONGEST: u32 = 16 * 1024;

/// Builds what changed and looks, parser by parser.
pub(crate) fn run(place: &Place, fuzz: &Fuzz) -> Result<ExitCode, Problem> {
    let folder = place.target.join("fuzzing");
    let names = seeds(place, &folder)?;
    let chosen: Vec<&str> =
        names.lines().filter(|name| fuzz.only.as_deref().is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        let happened = format!("there is no parser {}", fuzz.only.as_deref().unwrap_or_default());
        let known = names.lines().collect::<Vec<_>>().join(", ");
        return Err(Problem::new(DOING, happened, format!("Name one of these: {known}.")));
    }
    let program = build(place)?;
    let artefacts = place.target.join("artefacts");
    fs::create_dir_all(&artefacts)
        .map_err(|error| Problem::file("making the folder for what is found", &artefacts, &error))?;
    let mut found = Vec::new();
    for name in chosen {
        tool::say(&format!("fuzzing {name} for {} minutes", fuzz.minutes));
        let mut command = Command::new(&program);
        look(&mut command, name, &folder, &artefacts, fuzz.minutes)?;
        if !tool::status(&mut command, DOING)?.success() {
            found.push(name);
        }
    }
    if found.is_empty() {
        tool::say("nothing was found");
        return Ok(ExitCode::SUCCESS);
    }
    let happened = format!("something was found in {}", found.join(", "));
    let next = format!("The input is in {}; its words are above.", artefacts.display());
    Err(Problem::new(DOING, happened, next))
}

/// Writes what to begin with; the names of the parsers, one a line.
fn seeds(place: &Place, folder: &Path) -> Result<String, Problem> {
    let mut command = place.cargo();
    command.args(["run", "--quiet", "--package", NAME, "--bin", "seeds", "--"]).arg(folder.join("seeds"));
    tool::read(&mut command, "writing the seeds")
}

/// Builds the program with its parsers watched. For a named platform, or build scripts would be watched too.
fn build(place: &Place) -> Result<PathBuf, Problem> {
    tool::say("building the parsers so that libFuzzer sees what they do");
    let doing = "building the fuzzer";
    let about = tool::read(Command::new("rustc").arg("-vV"), "asking rustc for its platform")?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).ok_or_else(|| {
        Problem::new(doing, "rustc does not say which platform it is for", "Look at what `rustc -vV` prints.")
    })?;
    let mut command = place.cargo();
    command
        .args(["build", "--profile", "fuzz", "--package", NAME, "--bin", NAME, "--features", "libfuzzer"])
        .args(["--target", host])
        .env("RUSTFLAGS", WATCHED)
        .env("CARGO_TARGET_DIR", place.target.join("fuzzing"));
    built::program(&mut command, NAME, doing)
}

/// What libFuzzer is to do: it goes on with what it found worth keeping before.
fn look(
    command: &mut Command,
    name: &str,
    folder: &Path,
    artefacts: &Path,
    minutes: u64,
) -> Result<(), Problem> {
    let kept = folder.join("kept").join(name);
    fs::create_dir_all(&kept)
        .map_err(|error| Problem::file("making the folder for inputs", &kept, &error))?;
    let flag = |flag: &str, path: PathBuf| {
        let mut flag = OsString::from(flag);
        flag.push(path);
        flag
    };
    command
        .env("FUZZ_TARGET", name)
        .arg(kept)
        .arg(folder.join("seeds").join(name))
        .arg(flag("-dict=", folder.join("seeds").join(format!("{name}.dict"))))
        .arg(flag("-artifact_prefix=", artefacts.join(format!("fuzz-{name}-"))))
        .args([format!("-max_total_time={}", minutes.saturating_mul(60)), format!("-timeout={TIMEOUT}")])
        .args([format!("-rss_limit_mb={MEMORY}"), format!("-max_len={LONGEST}")])
        .args(["-report_slow_units=1", "-print_final_stats=1", "-verbosity=1"]);
    Ok(())
}
