//! A throw-away PostgreSQL cluster on loopback.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    error::{Doing, Error, Result},
    process::{Ask, Guarded, Identity, free_port, tail},
};

const PATIENCE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "throw-away";

/// A running cluster; gone when dropped.
#[derive(Debug)]
pub struct Postgres {
    // Dropped first: the directory must not go while the server still writes to it.
    process: Guarded,
    home: TempDir,
    programs: PathBuf,
    identity: Identity,
    port: u16,
}

impl Postgres {
    /// Makes and starts a cluster and waits until it answers.
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let identity = Identity::unprivileged("postgres")?;
        let home = tempfile::Builder::new()
            .prefix("postgres-")
            .tempdir()
            .doing(|| "making a directory for PostgreSQL".into())?;
        identity.own(home.path())?;
        let data = home.path().join("data");
        init(&programs, &identity, home.path(), &data)?;

        let port = free_port()?;
        let process = launch(&programs, &identity, home.path(), port)?;
        Ok(Self { process, home, programs, identity, port })
    }

    /// Stops the cluster at once, every session with it, and starts it again after a while. What was committed is there.
    pub fn restart(&mut self, after: Duration) -> Result<()> {
        self.process.stop(Ask::Interrupt, PATIENCE);
        std::thread::sleep(after);
        self.process = launch(&self.programs, &self.identity, self.home.path(), self.port)?;
        Ok(())
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of the cluster's first database.
    pub fn url(&self) -> String {
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// The address of a new, empty database in the cluster. The name is a plain word.
    pub fn database(&self, name: &str) -> Result<String> {
        self.query(&format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/{name}", self.port))
    }

    /// Runs one statement in the first database and returns its rows as plain text.
    pub fn query(&self, statement: &str) -> Result<String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", statement])
            .arg(self.url())
            .output()
            .doing(|| "starting psql".into())?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Error::new(format!("{statement}: {why}")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed outright it would leave shared memory behind.
        self.process.stop(Ask::Interrupt, Duration::from_secs(10));
    }
}

fn launch(programs: &Path, identity: &Identity, home: &Path, port: u16) -> Result<Guarded> {
    let log = home.join("log");
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(home.join("data")).args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    // No socket in the file system, no memory outside of its directory that a killed one leaves behind, and no care for a
    // power cut: nothing here is kept.
    let nothing_stays = ["unix_socket_directories=", "dynamic_shared_memory_type=mmap"];
    for setting in nothing_stays.into_iter().chain(["fsync=off", "full_page_writes=off"]) {
        command.args(["-c", setting]);
    }
    let errors = fs::File::create(&log).doing(|| "making PostgreSQL's log".into())?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).current_dir(home);
    identity.take_on(&mut command);
    let mut process = Guarded::start(&mut command, Some(home))?;
    let deadline = Instant::now() + PATIENCE;
    while !answers(programs, port) {
        if process.ended().is_some() || Instant::now() > deadline {
            return Err(Error::new(format!("PostgreSQL did not start: {}", tail(&log))));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(process)
}

fn init(programs: &Path, identity: &Identity, home: &Path, data: &Path) -> Result<()> {
    let password = home.join("password");
    fs::write(&password, PASSWORD).doing(|| "writing PostgreSQL's password".into())?;
    identity.own(&password)?;
    let mut command = Command::new(programs.join("initdb"));
    command.arg("-D").arg(data).arg("--pwfile").arg(&password).current_dir(home);
    command.args([
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    identity.take_on(&mut command);
    let output = command.output().doing(|| "starting initdb".into())?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::new(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr))))
}

fn answers(programs: &Path, port: u16) -> bool {
    let mut command = Command::new(programs.join("pg_isready"));
    command.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
    command.status().is_ok_and(|status| status.success())
}

/// Where the newest installed PostgreSQL keeps its programs.
fn programs() -> Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<_> = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort_unstable();
    let newest = found.pop().map(|(_, programs)| programs);
    newest.ok_or_else(|| Error::new("PostgreSQL is not installed: apt-get install postgresql"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Postgres;

    #[test]
    fn a_cluster_answers_and_is_gone_afterwards() {
        let mut postgres = Postgres::start().expect("starts");
        assert_eq!(postgres.query("SELECT 40 + 2").expect("answers"), "42");
        postgres.query("CREATE TABLE kept (n INT)").expect("makes a table");
        postgres.restart(Duration::ZERO).expect("starts again");
        assert_eq!(postgres.query("SELECT count(*) FROM kept").expect("answers"), "0");
        assert!(postgres.database("other").expect("a database").ends_with("/other"));
        let home = postgres.home.path().to_owned();
        drop(postgres);
        assert!(!home.exists());
    }
}
