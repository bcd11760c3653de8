//! What one run of a program takes: time, processor and memory.
//!
//! The kernel tells that of children that were waited for. So each run is started by a small process of its own, whose
//! only child it is: a child's greatest memory counts from its fork on, and begins with its parent's.

use std::{
    fs,
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};
use servers::{Error, Result, error::Doing};

/// What a run took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// From start to end.
    pub(crate) wall: Duration,
    /// Of the processor, in the program and in the kernel for it.
    pub(crate) cpu: Duration,
    /// The most memory at one time, in bytes.
    pub(crate) memory: u64,
    /// How it ended; none when a signal ended it.
    pub(crate) code: Option<i32>,
}

/// Runs a command and writes down what it took: the small process.
pub(crate) fn launch(record: &Path, command: &[String]) -> Result<ExitCode> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::new("measuring a run: no command was given"));
    };
    let begun = Instant::now();
    let status = Command::new(program).args(arguments).status().doing(|| format!("starting {program}"))?;
    let wall = begun.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).doing(|| "asking what a run took".into())?;
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    // The kernel counts in KiB.
    let (memory, code) = (usage.max_rss() * 1024, status.code().map_or("-".into(), |code| code.to_string()));
    fs::write(record, format!("{} {cpu} {memory} {code}\n", wall.as_micros()))
        .doing(|| format!("writing {}", record.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// A run that was started.
#[derive(Debug)]
pub(crate) struct Running {
    launcher: Child,
    record: std::path::PathBuf,
}

/// Starts a command by way of the small process; what it prints goes to files beside `record`.
pub(crate) fn start(command: &Command, record: &Path) -> Result<Running> {
    let own = std::env::current_exe().doing(|| "finding this program".into())?;
    let file = |end: &str| {
        let path = record.with_extension(end);
        fs::File::create(&path).doing(|| format!("making {}", path.display()))
    };
    let mut launcher = Command::new(own);
    launcher.arg("measure").arg(record).arg("--").arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => launcher.env(name, value),
            None => launcher.env_remove(name),
        };
    }
    launcher.stdin(Stdio::null()).stdout(file("out")?).stderr(file("err")?);
    let launcher = launcher.spawn().doing(|| "starting a measured run".into())?;
    Ok(Running { launcher, record: record.to_owned() })
}

impl Running {
    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Result<Usage> {
        let status = self.launcher.wait().doing(|| "waiting for a measured run".into())?;
        let text = fs::read_to_string(&self.record).unwrap_or_default();
        read(&text).ok_or_else(|| {
            let said = fs::read_to_string(self.record.with_extension("err")).unwrap_or_default();
            Error::new(format!("measuring a run: its record could not be read ({status}): {said}"))
        })
    }
}

fn read(record: &str) -> Option<Usage> {
    let mut words = record.split_whitespace();
    let mut number = || words.next()?.parse::<u64>().ok();
    let (wall, cpu, memory) = (number()?, number()?, number()?);
    let code = words.next()?.parse().ok();
    Some(Usage { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), memory, code })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Usage, launch, read};

    #[test]
    fn what_a_run_took_is_written_down() {
        let dir = tempfile::tempdir().expect("a folder");
        let record = dir.path().join("record");
        let command =
            ["sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 7"].map(String::from);
        launch(&record, &command).expect("runs");
        let usage = read(&std::fs::read_to_string(&record).expect("reads")).expect("a record");
        assert_eq!(usage.code, Some(7));
        assert!(usage.cpu > Duration::ZERO && usage.wall > Duration::ZERO, "{usage:?}");
        assert!((100_000..100_000_000).contains(&usage.memory), "{usage:?}");
    }

    #[test]
    fn a_run_ended_by_a_signal_has_no_code() {
        let (wall, cpu) = (Duration::from_micros(5), Duration::from_micros(4));
        assert_eq!(read("5 4 3 -\n"), Some(Usage { wall, cpu, memory: 3, code: None }));
        assert_eq!(read("5 4"), None);
    }
}
