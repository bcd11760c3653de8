//! `carbonio-migrate admin` and `audit`: accounts and the proof of the audit log on the host, for when nobody can log in.

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, time::SystemTime};

use clap::{Args, Subcommand, ValueEnum};
use shared::{audit::AuditProof, auth::Role};

use crate::{
    app::{StartError, open_store, prepare_data_dir},
    auth::{Passwords, name_problem, password_problem},
    config::{Config, NodeFlags, SettingFlags, StoreFlags},
    store::{AdminEdit, Store, StoreError},
};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// Add an admin. The first one must be an owner
    Add {
        /// Login name
        name: String,
        /// What the admin may do
        #[arg(long, value_enum, default_value_t = RoleArg::Operator)]
        role: RoleArg,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Set a new password and let the admin log in again; its sessions end
    ResetPassword {
        /// Login name
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// List all admins
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Go over the audit log and tell whether any line was changed or left out
    ///
    /// Exit codes: 0 every line is as it was written, 4 it is not, 1 the data cannot be used, 2 bad arguments.
    Verify {
        /// The hash of a line, noted earlier, that the log must still hold
        #[arg(long, value_name = "HASH")]
        hash: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it, and says what was found.
pub(crate) async fn audit(command: AuditCommand) -> ExitCode {
    let AuditCommand::Verify { hash, store } = command;
    let proved = async {
        let store = open(store).await?;
        let proof = store.prove_activity(hash.as_deref()).await?;
        store.close().await?;
        Ok::<_, AdminError>(proof)
    };
    match proved.await {
        Ok(proof) => {
            println!("{}", told(&proof));
            ExitCode::from(if proof.intact { 0 } else { 4 })
        }
        Err(error) => refused(error),
    }
}

/// What was found, in words.
fn told(proof: &AuditProof) -> String {
    let mut text = match &proof.broken {
        None => format!("All {} lines are as they were written.", proof.lines),
        Some(line) => format!("{} The {} lines before are as they were written.", line.problem, proof.lines),
    };
    if proof.holds == Some(false) {
        text.push_str(
            " The log does not hold the hash that was noted: lines were cut off, or it is of another log.",
        );
    }
    format!("{text}\nThe hash of the last good line is {}.", proof.head)
}

/// Where a new password comes from.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from the first line of this file rather than asking for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A role as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleArg {
    /// Everything, and manages admins
    Owner,
    /// Creates projects and runs migrations
    Operator,
    /// Sees everything, changes nothing
    Auditor,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Owner => Self::Owner,
            RoleArg::Operator => Self::Operator,
            RoleArg::Auditor => Self::Auditor,
        }
    }
}

/// Why an account could not be changed.
#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error("{0}")]
    Argument(String),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Start(error.into())
    }
}

/// Does it, and says what was done.
pub(crate) async fn run(command: AdminCommand) -> ExitCode {
    match act(command).await {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => refused(error),
    }
}

fn refused(error: AdminError) -> ExitCode {
    eprintln!("{error}");
    match error {
        AdminError::Argument(_) => ExitCode::from(2),
        AdminError::Start(error) => error.exit_code(),
    }
}

async fn act(command: AdminCommand) -> Result<String, AdminError> {
    match command {
        AdminCommand::Add { name, role, password, store } => {
            if let Some(problem) = name_problem(&name) {
                return Err(AdminError::Argument(problem));
            }
            let store = open(store).await?;
            if role != RoleArg::Owner && !store.has_admin().await? {
                let message = "The first admin must be an owner, who manages the others. Add --role owner.";
                return Err(AdminError::Argument(message.into()));
            }
            let hash = hashed(&name, password).await?;
            let role = Role::from(role);
            store.create_admin(&name, &hash, role, SystemTime::now().into()).await?;
            let subject = format!("{name} as {}", role.title().to_lowercase());
            store.log_activity("system", "admin.create", &subject).await?;
            store.close().await?;
            Ok(format!("{} {name} was added.", role.title()))
        }
        AdminCommand::ResetPassword { name, password, store } => {
            let store = open(store).await?;
            let admin = store.admin_login(&name).await?;
            let admin = admin.ok_or_else(|| {
                AdminError::Argument(
                    "There is no admin of this name. `carbonio-migrate admin list` shows all.".into(),
                )
            })?;
            let hash = hashed(&admin.name, password).await?;
            let edit = AdminEdit { password_hash: Some(hash), enabled: Some(true), ..AdminEdit::default() };
            store.edit_admin(admin.id, &edit).await?;
            store
                .log_activity("system", "admin.change", &format!("{}: a new password, enabled", admin.name))
                .await?;
            store.close().await?;
            Ok(format!("{} has a new password and may log in.", admin.name))
        }
        AdminCommand::List { store } => {
            let store = open(store).await?;
            let rows = store.admins().await?;
            store.close().await?;
            let lines = rows.iter().map(|row| {
                let state = if row.enabled { "enabled" } else { "disabled" };
                let seen =
                    row.last_login.map_or_else(|| "never logged in".into(), |at| format!("last login {at}"));
                format!("{}\t{}\t{state}\t{seen}", row.name, row.role.title().to_lowercase())
            });
            let lines: Vec<_> = lines.collect();
            Ok(if lines.is_empty() { "There is no admin yet.".into() } else { lines.join("\n") })
        }
    }
}

async fn open(store: StoreFlags) -> Result<Store, AdminError> {
    let node = NodeFlags { store, ..NodeFlags::default() };
    let flags = SettingFlags { node, ..SettingFlags::default() };
    let config = Config::load(&flags).map_err(StartError::from)?;
    prepare_data_dir(&config.data_dir)?;
    Ok(open_store(&config, false).await?)
}

/// Asks for a password, judges it and hashes it.
async fn hashed(name: &str, args: PasswordArgs) -> Result<String, AdminError> {
    let password = match args.password_file {
        Some(file) => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                let file = file.display();
                AdminError::Argument(format!(
                    "Reading the password from {file} failed: {error}. Name a file that can be read."
                ))
            })?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => ask()?,
    };
    if let Some(problem) = password_problem(&password, &[name]) {
        return Err(AdminError::Argument(problem));
    }
    let hash = async { Passwords::new()?.hash(password).await };
    Ok(hash.await.map_err(StartError::from)?)
}

/// Asks twice, without showing what is typed.
fn ask() -> Result<String, AdminError> {
    if !std::io::stdin().is_terminal() {
        let message = "There is no terminal to ask for the password. Use --password-file.";
        return Err(AdminError::Argument(message.into()));
    }
    let prompt = |words: &str| {
        rpassword::prompt_password(words).map_err(|error| {
            AdminError::Argument(format!("Asking for the password failed: {error}. Use --password-file."))
        })
    };
    let password = prompt("New password: ")?;
    if prompt("The same again: ")? != password {
        return Err(AdminError::Argument("The two passwords differ. Nothing was changed; try again.".into()));
    }
    Ok(password)
}
