//! A generated organisation on an old and a new mail system, with a ready project: for newcomers and screenshots.

mod base64;
mod letter;
mod mailbox;
mod people;
mod words;

use std::{
    fs,
    path::{Path, PathBuf},
};

use letter::Quarry;
pub use people::Person;
use shared::{
    endpoint::{Endpoint, ImapEndpoint, Login},
    job::NewJob,
    project::{Options, ProjectForm, SideForm},
};

use crate::{
    dovecot::{Dovecot, MASTER, MASTER_PASSWORD, PASSWORD, SpecialUse},
    error::{Doing, Error, Result},
};

/// Two throw-away mail servers, a dozen mailboxes with some thousand messages on the old one, and a project.
#[derive(Debug)]
pub struct Demo {
    old: Dovecot,
    new: Dovecot,
    project: ProjectForm,
    jobs: Vec<NewJob>,
    messages: usize,
    file: PathBuf,
}

impl Demo {
    /// Starts both servers, fills the old one and writes the project to `project.json` in `dir`, which must exist.
    /// The mail itself lies in temporary directories and is gone with the value.
    pub fn start(dir: &Path) -> Result<Self> {
        let old = Dovecot::builder().separator('.').special_use(SpecialUse::German).start()?;
        let new = Dovecot::builder().separator('/').special_use(SpecialUse::English).start()?;
        let messages = fill(&old)?;
        let master = Login::Master { admin: MASTER.into(), template: "{user}*{admin}".into() };
        let project = ProjectForm {
            name: "Nordlicht Logistik: old to new mail system".into(),
            source: side(&old, master, Some(MASTER_PASSWORD))?,
            target: side(&new, Login::Password, None)?,
            options: Options::default(),
        };
        let jobs = people::ALL.iter().map(job).collect();
        let file = dir.join("project.json");
        let demo = Self { old, new, project, jobs, messages, file };
        fs::write(&demo.file, demo.json()?).doing(|| format!("writing {}", demo.file.display()))?;
        Ok(demo)
    }

    /// The project and its mailboxes, as the server's `--demo-project` reads them.
    pub fn json(&self) -> Result<String> {
        let all = serde_json::json!({ "project": self.project, "jobs": self.jobs });
        serde_json::to_string_pretty(&all).doing(|| "writing the demo project".into())
    }

    /// Where that file is.
    pub fn project_file(&self) -> &Path {
        &self.file
    }

    /// The project.
    pub fn project(&self) -> &ProjectForm {
        &self.project
    }

    /// Its mailboxes.
    pub fn jobs(&self) -> &[NewJob] {
        &self.jobs
    }

    /// How many messages the old server holds.
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// The server that is left.
    pub fn source(&self) -> &Dovecot {
        &self.old
    }

    /// The server that is moved to.
    pub fn target(&self) -> &Dovecot {
        &self.new
    }
}

/// Fills every mailbox, several at once, and returns how many messages there are.
fn fill(server: &Dovecot) -> Result<usize> {
    let quarry = Quarry::new();
    let quarry = &quarry;
    std::thread::scope(|scope| {
        let shares: Vec<_> = people::ALL
            .chunks(people::ALL.len().div_ceil(4))
            .map(|share| {
                let fill = move |person| mailbox::fill(server, person, quarry);
                scope.spawn(move || share.iter().map(fill).sum::<Result<usize>>())
            })
            .collect();
        let broken = |_| Err(Error::new("filling the demo's mailboxes panicked"));
        shares.into_iter().map(|share| share.join().unwrap_or_else(broken)).sum()
    })
}

fn side(server: &Dovecot, login: Login, secret: Option<&str>) -> Result<SideForm> {
    let port = server.tls_port().ok_or_else(|| Error::new("the demo server has no TLS"))?;
    let imap = ImapEndpoint {
        port,
        pin: server.certificate().map(|certificate| certificate.sha256.clone()),
        ..ImapEndpoint::new("127.0.0.1", login)
    };
    Ok(SideForm { endpoint: Endpoint::Imap(imap), secret: secret.map(str::to_owned) })
}

fn job(person: &Person) -> NewJob {
    NewJob {
        source_user: person.address(),
        source_secret: None,
        target_user: person.address(),
        target_secret: Some(PASSWORD.into()),
        below: None,
    }
}
