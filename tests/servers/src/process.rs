//! Child processes that never outlive us, free ports, and the user that servers run as.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::error::{Doing, Error, Result};

/// Waits for our end of its input to close, then ends the group `$1` and removes the directory `$2`.
const GUARD: &str = r#"cat >/dev/null; kill -s KILL -- "-$1" 2>/dev/null; [ -z "$2" ] || rm -rf -- "$2""#;

/// How long a server's start, or its port's silence, may take before it counts as failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// SIGTERM, as a service manager does.
    Terminate,
    /// SIGINT, as Ctrl-C does.
    Interrupt,
}

impl Ask {
    fn signal(self) -> &'static str {
        match self {
            Self::Terminate => "-TERM",
            Self::Interrupt => "-INT",
        }
    }
}

/// A child process in a group of its own, killed with the value, or with this process however that ends.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    guard: Child,
    killed: bool,
}

fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut line = String::new();
    let _ = stream.set_read_timeout(Some(PATIENCE));
    BufReader::new(stream).read_line(&mut line).is_ok() && line.starts_with("* OK")
}

impl Guarded {
    /// Starts a command. Should this process die without dropping the value, its whole group is killed and `litter`,
    /// when given, removed.
    pub fn start(command: &mut Command, litter: Option<&Path>) -> Result<Self> {
        let mut child =
            command.process_group(0).spawn().doing(|| format!("starting {:?}", command.get_program()))?;
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", &child.id().to_string()])
            .arg(litter.unwrap_or(Path::new("")))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match guard {
            Ok(guard) => Ok(Self { child, guard, killed: false }),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(Error::new(format!("starting the guard of {:?}: {error}", command.get_program())))
            }
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the mail server that the process is greets on its port; `log` tells what it complained of if not.
    pub(crate) fn until_it_greets(&mut self, name: &str, port: u16, log: impl Fn() -> String) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !greets(port) {
            if let Some(status) = self.ended() {
                return Err(Error::new(format!("{name} ended at its start ({status}): {}", log())));
            }
            if Instant::now() > deadline {
                return Err(Error::new(format!("{name} did not greet within {PATIENCE:?}: {}", log())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// How the process ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits at most this long for the process to end by itself.
    pub fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + patience;
        loop {
            match self.ended() {
                Some(status) => return Some(status),
                None if Instant::now() >= deadline => return None,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }

    /// Asks the process to end; after `patience` its group is killed.
    pub fn stop(&mut self, how: Ask, patience: Duration) -> Option<ExitStatus> {
        self.ask(how);
        let status = self.wait(patience);
        self.kill();
        status
    }

    /// Asks the process to end and does not wait for it.
    pub fn ask(&mut self, how: Ask) {
        if self.ended().is_none() {
            signal(how.signal(), &self.child.id().to_string());
        }
    }

    /// Lets the process and its group stand still (SIGSTOP): their connections stay open, and nobody answers.
    pub fn freeze(&self) {
        signal("-STOP", &format!("-{}", self.child.id()));
    }

    /// Lets them go on (SIGCONT), as if no time had passed.
    pub fn thaw(&self) {
        signal("-CONT", &format!("-{}", self.child.id()));
    }

    /// Kills the process and its group (SIGKILL), as a power cut would.
    pub fn kill(&mut self) {
        // Only once: later the group's number may belong to somebody else.
        if std::mem::replace(&mut self.killed, true) {
            return;
        }
        signal("-KILL", &format!("-{}", self.child.id()));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // The guard goes first: once the group is gone its number may belong to somebody else.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        self.kill();
    }
}

fn signal(signal: &str, whom: &str) {
    let _ = Command::new("kill").args([signal, "--", whom]).stderr(Stdio::null()).status();
}

/// A port on loopback that is free at this moment.
pub fn free_port() -> Result<u16> {
    free_ports().map(|[port]| port)
}

/// Ports on loopback that are free at this moment, each another.
pub fn free_ports<const COUNT: usize>() -> Result<[u16; COUNT]> {
    let doing = || "looking for a free port".to_owned();
    // All are held until all are found.
    let listeners: Vec<TcpListener> = (0..COUNT)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing))
        .collect::<Result<_>>()?;
    let mut ports = [0; COUNT];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr().doing(doing)?.port();
    }
    Ok(ports)
}

/// The user a server runs as: ourselves, or an unprivileged one when we are root.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Login name.
    pub user: String,
    /// Name of the primary group.
    pub group: String,
    /// User id.
    pub uid: u32,
    /// Group id of the primary group.
    pub gid: u32,
    switch: bool,
}

impl Identity {
    /// Ourselves; `instead` when we are root.
    pub fn unprivileged(instead: &str) -> Result<Self> {
        let own = fs::metadata("/proc/self").doing(|| "looking up our own user".into())?;
        let user = if own.uid() == 0 { instead.to_owned() } else { id(&["-un"])? };
        let number = |option: &str| {
            let text = id(&[option, &user])?;
            text.parse().doing(|| format!("reading the id {text:?} of user {user}"))
        };
        Ok(Self {
            group: id(&["-gn", &user])?,
            uid: number("-u")?,
            gid: number("-g")?,
            switch: own.uid() == 0,
            user,
        })
    }

    /// Lets a command run as this user.
    pub fn take_on(&self, command: &mut Command) {
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives a file or directory to this user.
    pub fn own(&self, path: &Path) -> Result<()> {
        if self.switch {
            chown(path, Some(self.uid), Some(self.gid))
                .doing(|| format!("giving {} away", path.display()))?;
        }
        Ok(())
    }

    /// Makes a directory that belongs to this user.
    pub fn make_dir(&self, path: &Path) -> Result<()> {
        fs::create_dir(path).doing(|| format!("creating {}", path.display()))?;
        self.own(path)
    }
}

fn id(arguments: &[&str]) -> Result<String> {
    let output = Command::new("id").args(arguments).output().doing(|| "running id".into())?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Error::new(format!("id {arguments:?} failed: {why}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The last lines of a log file, for an error.
pub fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::{process::Command, time::Duration};

    use super::{Ask, Guarded, free_port};

    #[test]
    fn a_child_that_ignores_a_polite_end_is_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; while true; do sleep 0.05; done"]);
        let mut child = Guarded::start(&mut command, None).expect("starts");
        std::thread::sleep(Duration::from_millis(100));
        assert!(child.ended().is_none());
        assert!(child.stop(Ask::Terminate, Duration::from_millis(100)).is_none(), "it ended politely");
        assert!(child.ended().is_some());
    }

    #[test]
    fn a_killed_parent_takes_its_children_and_their_litter_along() {
        let litter = tempfile::tempdir().expect("makes a directory");
        let mut command = Command::new("sleep");
        command.arg("600");
        let mut child = Guarded::start(&mut command, Some(litter.path())).expect("starts");
        // Closing the guard's input is what our death does.
        drop(child.guard.stdin.take());
        assert!(child.guard.wait().expect("the guard ends").success());
        assert!(child.wait(Duration::from_secs(2)).is_some());
        assert!(!litter.path().exists());
    }

    #[test]
    fn two_free_ports_differ() {
        assert_ne!(free_port().expect("a port"), free_port().expect("another"));
    }
}
