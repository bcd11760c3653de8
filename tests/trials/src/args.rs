//! What was asked on the command line.

use std::path::PathBuf;

/// The text that `trials help` prints.
pub(crate) const USAGE: &str = "\
Usage: trials bench --binary FILE [--table FILE] [--runs N] [--only NAME] [--quick]
       trials torture --binary FILE --minutes N [--seed S]
       trials scale --binary FILE [--table FILE] [--rounds N] [--quick]
       trials load --binary FILE [--table FILE] [--only NAME] [--quick]
       trials measure FILE -- COMMAND...
       trials floor SOURCE-PORT SOURCE-USER TARGET-PORT TARGET-USER

Started by `cargo xtask bench`, `torture`, `scale` and `load`. The mail of all servers lies below TMPDIR.
";

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Measure the product beside its peers.
    Bench(Bench),
    /// Torment the product.
    Torture(Torture),
    /// Measure its lists over a large database.
    Scale(Scale),
    /// Measure what it takes at its limits.
    Load(Load),
    /// Run one command and write down what it took.
    Measure {
        /// Where to.
        record: PathBuf,
        /// The command.
        command: Vec<String>,
    },
    /// Copy one mailbox with as little ceremony as IMAP allows.
    Floor(Floor),
    /// Print the usage.
    Help,
}

/// How to measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bench {
    /// The product.
    pub(crate) binary: PathBuf,
    /// Where the table goes, besides standard output.
    pub(crate) table: Option<PathBuf>,
    /// How often each peer runs in each scenario.
    pub(crate) runs: usize,
    /// Part of the names of the scenarios wanted.
    pub(crate) only: Option<String>,
    /// With a tenth of the messages: to see that everything works, not how fast.
    pub(crate) quick: bool,
}

/// How to torment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Torture {
    /// The product.
    pub(crate) binary: PathBuf,
    /// For how long rounds are begun.
    pub(crate) minutes: u64,
    /// What the first round's decisions come from; the others follow.
    pub(crate) seed: u64,
}

/// How to measure lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scale {
    /// The product.
    pub(crate) binary: PathBuf,
    /// Where the table goes, besides standard output.
    pub(crate) table: Option<PathBuf>,
    /// How often each route is asked.
    pub(crate) rounds: usize,
    /// With a fiftieth of the mailboxes: to see that everything works, not how fast.
    pub(crate) quick: bool,
}

/// How to measure what it takes at its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Load {
    /// The product.
    pub(crate) binary: PathBuf,
    /// Where the table goes, besides standard output.
    pub(crate) table: Option<PathBuf>,
    /// Part of the names of the parts wanted.
    pub(crate) only: Option<String>,
    /// With a hundredth of the messages: to see that everything works.
    pub(crate) quick: bool,
}

/// Between which mailboxes to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Floor {
    /// Port and user of the source.
    pub(crate) source: (u16, String),
    /// Port and user of the target.
    pub(crate) target: (u16, String),
}

/// Reads the arguments; the error is a sentence.
pub(crate) fn parse(arguments: &[String]) -> Result<Task, String> {
    let Some((name, rest)) = arguments.split_first() else { return Ok(Task::Help) };
    match (name.as_str(), rest) {
        ("help" | "--help" | "-h", _) => Ok(Task::Help),
        ("bench", _) => bench(rest).map(Task::Bench),
        ("torture", _) => torture(rest).map(Task::Torture),
        ("scale", _) => scale(rest).map(Task::Scale),
        ("load", _) => load(rest).map(Task::Load),
        ("measure", [record, dashes, command @ ..]) if dashes == "--" && !command.is_empty() => {
            Ok(Task::Measure { record: record.into(), command: command.to_vec() })
        }
        ("floor", [from, source, to, target]) => Ok(Task::Floor(Floor {
            source: (number(from)?, source.clone()),
            target: (number(to)?, target.clone()),
        })),
        _ => Err(format!("{} is not understood", arguments.join(" "))),
    }
}

fn bench(arguments: &[String]) -> Result<Bench, String> {
    let mut bench = Bench { binary: PathBuf::new(), table: None, runs: 0, only: None, quick: false };
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--binary" => bench.binary = value()?.into(),
            "--table" => bench.table = Some(value()?.into()),
            "--runs" => bench.runs = number(value()?)?,
            "--only" => bench.only = Some(value()?.clone()),
            "--quick" => bench.quick = true,
            _ => return Err(format!("`bench` does not know {flag}")),
        }
    }
    if bench.binary.as_os_str().is_empty() {
        return Err("`bench` needs --binary".into());
    }
    if bench.runs == 0 {
        bench.runs = if bench.quick { 1 } else { 3 };
    }
    Ok(bench)
}

fn scale(arguments: &[String]) -> Result<Scale, String> {
    let mut scale = Scale { binary: PathBuf::new(), table: None, rounds: 40, quick: false };
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--binary" => scale.binary = value()?.into(),
            "--table" => scale.table = Some(value()?.into()),
            "--rounds" => scale.rounds = number(value()?)?,
            "--quick" => scale.quick = true,
            _ => return Err(format!("`scale` does not know {flag}")),
        }
    }
    if scale.binary.as_os_str().is_empty() || scale.rounds == 0 {
        return Err("`scale` needs --binary and at least one round".into());
    }
    Ok(scale)
}

fn load(arguments: &[String]) -> Result<Load, String> {
    let mut load = Load { binary: PathBuf::new(), table: None, only: None, quick: false };
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--binary" => load.binary = value()?.into(),
            "--table" => load.table = Some(value()?.into()),
            "--only" => load.only = Some(value()?.clone()),
            "--quick" => load.quick = true,
            _ => return Err(format!("`load` does not know {flag}")),
        }
    }
    if load.binary.as_os_str().is_empty() {
        return Err("`load` needs --binary".into());
    }
    Ok(load)
}

fn torture(arguments: &[String]) -> Result<Torture, String> {
    let mut torture = Torture { binary: PathBuf::new(), minutes: 0, seed: 1 };
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--binary" => torture.binary = value.into(),
            "--minutes" => torture.minutes = number(value)?,
            "--seed" => torture.seed = number(value)?,
            _ => return Err(format!("`torture` does not know {flag}")),
        }
    }
    if torture.binary.as_os_str().is_empty() || torture.minutes == 0 {
        return Err("`torture` needs --binary and --minutes".into());
    }
    Ok(torture)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no number that fits here"))
}

#[cfg(test)]
mod tests {
    use super::{Bench, Floor, Load, Scale, Task, Torture, parse};

    fn check(line: &str, expected: Result<Task, &str>) {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        assert_eq!(parse(&words), expected.map_err(String::from), "{line}");
    }

    #[test]
    fn every_task_is_understood() {
        let bench = Bench { binary: "/b".into(), table: None, runs: 3, only: None, quick: false };
        check("", Ok(Task::Help));
        check("bench --binary /b", Ok(Task::Bench(bench.clone())));
        let (only, table) = (Some("mixed".into()), Some("t.md".into()));
        let other = Bench { runs: 5, only, table, ..bench.clone() };
        check("bench --binary /b --runs 5 --only mixed --table t.md", Ok(Task::Bench(other)));
        check("bench --quick --binary /b", Ok(Task::Bench(Bench { runs: 1, quick: true, ..bench })));
        let torture = Torture { binary: "/b".into(), minutes: 10, seed: 7 };
        check("torture --binary /b --minutes 10 --seed 7", Ok(Task::Torture(torture)));
        let scale = Scale { binary: "/b".into(), table: None, rounds: 5, quick: true };
        check("scale --binary /b --rounds 5 --quick", Ok(Task::Scale(scale)));
        let load = Load { binary: "/b".into(), table: None, only: Some("million".into()), quick: true };
        check("load --binary /b --only million --quick", Ok(Task::Load(load)));
        let command = vec!["ls".into(), "-l".into()];
        check("measure /r -- ls -l", Ok(Task::Measure { record: "/r".into(), command }));
        let floor = Floor { source: (1, "a".into()), target: (2, "b".into()) };
        check("floor 1 a 2 b", Ok(Task::Floor(floor)));
    }

    #[test]
    fn an_unknown_argument_is_a_clear_error() {
        check("bench", Err("`bench` needs --binary"));
        check("torture --binary /b", Err("`torture` needs --binary and --minutes"));
        check("scale --binary /b --rounds 0", Err("`scale` needs --binary and at least one round"));
        check("bench --fast", Err("`bench` does not know --fast"));
        check("bench --runs many", Err("many is no number that fits here"));
        check("measure /r ls", Err("measure /r ls is not understood"));
    }
}
