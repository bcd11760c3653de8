//! What was asked on the command line.

/// The text that `cargo xtask help` prints.
pub(crate) const USAGE: &str = "\
Usage: cargo xtask <command>

  run [--release] [--demo] [-- SERVER-ARGUMENTS]
        Builds what changed and starts the server, which prints its address and, the first time, a set-up link.
        --release   optimised, as it is shipped (the first build takes several minutes more)
        --demo      with two throw-away mail servers and a project that is ready to run; all of it is gone at the end
  build [--release]
        The same without starting. The last line names the program that was built.
  test [FILTER...] [-- TEST-ARGUMENTS]
        Installs what the tests need and runs them all, or those with a FILTER in their name.
  ci
        Formatting, clippy and documentation without a warning, then all tests.
  bench [--runs N] [--only NAME] [--quick]
        Measures the optimised program beside its peers on this machine, with and without 20 ms of round trip, and
        prints a table.
        --runs      how often each runs in each scenario (3)
        --only      only scenarios with NAME in theirs: small, mixed, par, loopback, 20 ms
        --quick     fewer messages, one run: to see that it works
  torture --minutes N [--seed S]
        Moves mailboxes while programs and servers are killed, lines cut and stalled, literals truncated, disks filled,
        and users work on; an independent judge looks for lost and doubled messages after each. Fails on the first.
        --seed      repeats the decisions of an earlier run
  scale [--rounds N] [--quick]
        Builds a database of 50,000 mailboxes and 10 million ledger rows, asks every list over HTTP and prints how long
        each took. Fails when more than five of 100 answers of a list take longer than 300 ms.
        --rounds    how often each list is asked (40)
        --quick     a fiftieth of the mailboxes: to see that it works
  load [--only NAME] [--quick]
        Moves 32 mailboxes at once with a message of 1.5 GiB among them, and folders of 100,000 and a million messages, once
        killed twice. Fails when a process takes more than 512 MiB, when a message of the large folder takes more than
        1.5 times as long as one of the small, or when a message is lost or doubled. 12 GiB of memory are needed.
        --only      only mailboxes, only folder or only killed
        --quick     a hundredth of the messages: to see that it works
  fuzz --minutes N [--only NAME]
        Lets libFuzzer look for N minutes each for input that makes a parser panic, hang or take too much memory. What
        it finds is in `artefacts` in the target directory. A C++ compiler is needed.
        --only      only the parser NAME: response, source, target, hint, name, date, zone, fingerprint, text, workbook,
                    sheet, rules
  help
        Prints this text.

What is missing on this machine is installed, and named before. Without root the command to run is printed instead.
Environment: CARGO_TARGET_DIR is respected; RUSTUP_AUTO_INSTALL=0 keeps rustup from fetching anything.
";

/// The command that `run --demo` gives to itself.
pub(crate) const DEMO_SERVERS: &str = "demo-servers";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Build and start the server.
    Run(Run),
    /// Build the server.
    Build(Profile),
    /// Run the tests.
    Test(Test),
    /// Check and test everything.
    Ci,
    /// Measure or torment the program.
    Trial(Trial),
    /// Look for input that the parsers cannot stand.
    Fuzz(Fuzz),
    /// Keep the demo's mail servers until standard input ends; `run --demo` starts this for itself.
    DemoServers,
    /// Print the usage.
    Help,
}

/// How much the build optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Builds fast.
    Dev,
    /// Small and fast to use.
    Release,
}

/// How to start the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// How to build it.
    pub(crate) profile: Profile,
    /// Whether with throw-away mail servers.
    pub(crate) demo: bool,
    /// Handed to `carbonio-migrate serve`.
    pub(crate) server: Vec<String>,
}

/// What the program is put through, with the arguments for it, which were looked at.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// How fast it is.
    Bench(Vec<String>),
    /// What it stands.
    Torture(Vec<String>),
    /// How fast its lists are.
    Scale(Vec<String>),
    /// What it takes at its limits.
    Load(Vec<String>),
}

/// How long to look for what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fuzz {
    /// For each parser.
    pub(crate) minutes: u64,
    /// This parser; none: all.
    pub(crate) only: Option<String>,
}

/// Which tests to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Test {
    /// Parts of their names; all when empty.
    pub(crate) filters: Vec<String>,
    /// Handed to the test runner.
    pub(crate) runner: Vec<String>,
}

/// Reads the arguments after `cargo xtask`; the error is a sentence.
pub(crate) fn parse(arguments: &[String]) -> Result<Task, String> {
    let (own, passed) = match arguments.iter().position(|argument| argument == "--") {
        Some(at) => (&arguments[..at], Some(&arguments[at + 1..])),
        None => (arguments, None),
    };
    if own.iter().any(|argument| argument == "--help" || argument == "-h") {
        return Ok(Task::Help);
    }
    let Some((name, rest)) = own.split_first() else { return Ok(Task::Help) };
    let passed_on = || passed.unwrap_or_default().to_vec();
    match name.as_str() {
        "run" => {
            let [release, demo] = flags(name, rest, ["--release", "--demo"])?;
            Ok(Task::Run(Run { profile: profile(release), demo, server: passed_on() }))
        }
        "build" => {
            nothing_passed(name, passed)?;
            let [release] = flags(name, rest, ["--release"])?;
            Ok(Task::Build(profile(release)))
        }
        "test" => match rest.iter().find(|argument| argument.starts_with('-')) {
            Some(flag) => Err(format!(
                "`test` does not know {flag}; arguments for the test runner go after `--`: cargo xtask test -- {flag}"
            )),
            None => Ok(Task::Test(Test { filters: rest.to_vec(), runner: passed_on() })),
        },
        "bench" => {
            nothing_passed(name, passed)?;
            looked_at(name, rest, &["--quick"], &[("--runs", true), ("--only", false)])?;
            Ok(Task::Trial(Trial::Bench(rest.to_vec())))
        }
        "scale" => {
            nothing_passed(name, passed)?;
            looked_at(name, rest, &["--quick"], &[("--rounds", true)])?;
            Ok(Task::Trial(Trial::Scale(rest.to_vec())))
        }
        "load" => {
            nothing_passed(name, passed)?;
            looked_at(name, rest, &["--quick"], &[("--only", false)])?;
            Ok(Task::Trial(Trial::Load(rest.to_vec())))
        }
        "fuzz" => {
            nothing_passed(name, passed)?;
            looked_at(name, rest, &[], &[("--minutes", true), ("--only", false)])?;
            let minutes = value(rest, "--minutes").and_then(|minutes| minutes.parse().ok());
            let minutes = minutes.ok_or("`fuzz` needs --minutes")?;
            if minutes == 0 {
                return Err("`fuzz` needs at least one minute for each parser: --minutes 1".into());
            }
            Ok(Task::Fuzz(Fuzz { minutes, only: value(rest, "--only") }))
        }
        "torture" => {
            nothing_passed(name, passed)?;
            looked_at(name, rest, &[], &[("--minutes", true), ("--seed", true)])?;
            if !rest.iter().any(|argument| argument == "--minutes") {
                return Err("`torture` needs --minutes".into());
            }
            Ok(Task::Trial(Trial::Torture(rest.to_vec())))
        }
        "ci" | DEMO_SERVERS | "help" => {
            nothing_passed(name, passed)?;
            let [] = flags(name, rest, [])?;
            Ok(match name.as_str() {
                "ci" => Task::Ci,
                "help" => Task::Help,
                _ => Task::DemoServers,
            })
        }
        _ => Err(format!(
            "there is no command `{name}`; there are run, build, test, ci, bench, torture, scale, load, fuzz and help"
        )),
    }
}

fn profile(release: bool) -> Profile {
    if release { Profile::Release } else { Profile::Dev }
}

/// Which of the known flags were given; anything else is an error.
fn flags<const N: usize>(command: &str, given: &[String], known: [&str; N]) -> Result<[bool; N], String> {
    let mut found = [false; N];
    for argument in given {
        match known.iter().position(|flag| flag == argument) {
            Some(at) => found[at] = true,
            None if N == 0 => {
                return Err(format!("`{command}` takes no arguments, but {argument} was given"));
            }
            None => {
                return Err(format!(
                    "`{command}` does not know {argument}; it knows {}",
                    known.join(" and ")
                ));
            }
        }
    }
    Ok(found)
}

/// Refuses what the trials would refuse, before anything is built. Of each flag with a value: whether that is a number.
fn looked_at(command: &str, given: &[String], flags: &[&str], valued: &[(&str, bool)]) -> Result<(), String> {
    let mut rest = given.iter();
    while let Some(argument) = rest.next() {
        if flags.contains(&argument.as_str()) {
            continue;
        }
        let Some((flag, number)) = valued.iter().find(|(flag, _)| flag == argument) else {
            let known: Vec<_> = flags.iter().copied().chain(valued.iter().map(|(flag, _)| *flag)).collect();
            return Err(format!("`{command}` does not know {argument}; it knows {}", known.join(" and ")));
        };
        match rest.next() {
            None => return Err(format!("{flag} needs a value")),
            Some(value) if *number && value.parse::<u64>().is_err() => {
                return Err(format!("{flag} needs a number, but {value} was given"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The value behind a flag.
fn value(given: &[String], flag: &str) -> Option<String> {
    given.iter().skip_while(|argument| *argument != flag).nth(1).cloned()
}

fn nothing_passed(command: &str, passed: Option<&[String]>) -> Result<(), String> {
    match passed {
        None => Ok(()),
        Some(_) => Err(format!("`{command}` passes nothing on, so `--` has no meaning here")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fuzz, Profile, Run, Task, Test, Trial, parse};

    fn check(line: &str, expected: Result<Task, &str>) {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        match (parse(&words), expected) {
            (Ok(task), Ok(expected)) => assert_eq!(task, expected, "{line}"),
            (Err(problem), Err(part)) => assert!(problem.contains(part), "{line}: {problem}"),
            (got, expected) => panic!("{line}: {got:?} instead of {expected:?}"),
        }
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_command_is_understood() {
        check("", Ok(Task::Help));
        check("help", Ok(Task::Help));
        check("test --help", Ok(Task::Help));
        check("ci", Ok(Task::Ci));
        check("build", Ok(Task::Build(Profile::Dev)));
        check("build --release", Ok(Task::Build(Profile::Release)));
        check("run", Ok(Task::Run(Run { profile: Profile::Dev, demo: false, server: Vec::new() })));
        check("test", Ok(Task::Test(Test { filters: Vec::new(), runner: Vec::new() })));
    }

    #[test]
    fn what_follows_two_dashes_is_passed_on_untouched() {
        let server = words(&["--listen", "127.0.0.1:0", "--", "--help"]);
        check(
            "run --demo --release -- --listen 127.0.0.1:0 -- --help",
            Ok(Task::Run(Run { profile: Profile::Release, demo: true, server })),
        );
        check(
            "test imap panel -- --nocapture",
            Ok(Task::Test(Test { filters: words(&["imap", "panel"]), runner: words(&["--nocapture"]) })),
        );
    }

    #[test]
    fn trials_get_their_arguments_as_they_are() {
        let bench = words(&["--runs", "5", "--only", "mixed", "--quick"]);
        check("bench --runs 5 --only mixed --quick", Ok(Task::Trial(Trial::Bench(bench))));
        let torture = words(&["--minutes", "2", "--seed", "7"]);
        check("torture --minutes 2 --seed 7", Ok(Task::Trial(Trial::Torture(torture))));
        let scale = words(&["--rounds", "5", "--quick"]);
        check("load --only folder", Ok(Task::Trial(Trial::Load(words(&["--only", "folder"])))));
        check("scale --rounds 5 --quick", Ok(Task::Trial(Trial::Scale(scale))));
        check("torture", Err("needs --minutes"));
        check("torture --minutes many", Err("--minutes needs a number, but many was given"));
        check("bench --fast", Err("`bench` does not know --fast; it knows --quick and --runs and --only"));
        check("bench --runs", Err("--runs needs a value"));
    }

    #[test]
    fn fuzzing_takes_as_long_as_is_said() {
        check("fuzz --minutes 2", Ok(Task::Fuzz(Fuzz { minutes: 2, only: None })));
        let zone = Some("zone".into());
        check("fuzz --only zone --minutes 3", Ok(Task::Fuzz(Fuzz { minutes: 3, only: zone })));
        check("fuzz", Err("needs --minutes"));
        check("fuzz --minutes 0", Err("at least one minute"));
        check("fuzz --minutes some", Err("--minutes needs a number"));
    }

    #[test]
    fn an_unknown_argument_is_a_clear_error() {
        check("rum", Err("there is no command `rum`"));
        check("run --fast", Err("`run` does not know --fast; it knows --release and --demo"));
        check("ci now", Err("`ci` takes no arguments, but now was given"));
        check("build -- x", Err("passes nothing on"));
        check("test --nocapture", Err("cargo xtask test -- --nocapture"));
    }
}
