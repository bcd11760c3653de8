//! Installing Debian packages, with a word before and never behind a person's back.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{problem::Problem, tool};

/// Where Debian asks whether a freshly installed service may start.
const POLICY: &str = "/usr/sbin/policy-rc.d";
/// Our answer. Its text also tells a later run that the file was left behind by an interrupted one.
const NO_SERVICES: &str =
    "#!/bin/sh\n# Written by cargo xtask for one installation; safe to remove.\nexit 101\n";

/// Whether there is something to install with.
pub(crate) fn has_apt() -> bool {
    tool::find("apt-get").is_some()
}

/// Whether we may install.
pub(crate) fn is_root() -> bool {
    tool::ask(Command::new("id").arg("-u")).as_deref() == Some("0")
}

/// The command that installs the packages, for a person to type.
pub(crate) fn command_line(packages: &[&str]) -> String {
    format!(
        "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends {}'",
        packages.join(" ")
    )
}

/// Installs the packages that are needed `for_what`; services they bring are not started.
pub(crate) fn install(packages: &[&str], for_what: &str) -> Result<(), Problem> {
    let doing = format!("installing {} {for_what}", packages.join(", "));
    let by_hand = command_line(packages);
    if !has_apt() {
        let next = format!(
            "Install the same programs with this system's package manager; on Debian that would be\n  {by_hand}"
        );
        return Err(Problem::new(doing, "there is no apt-get on this machine", next));
    }
    if !is_root() {
        let next = format!("Run this, then try again:\n  {by_hand}");
        return Err(Problem::new(doing, "that needs root", next));
    }
    tool::say(&format!("installing {for_what}: {}", packages.join(" ")));
    let _policy = Policy::set();
    tool::run(&mut apt(&["update", "-qq"]), &doing)?;
    // Packages that would push out others are for a person to decide about.
    let mut command = apt(&["install", "-y", "-qq", "--no-install-recommends", "--no-remove"]);
    tool::run(command.args(packages), &doing)
}

/// Fetches packages into a folder without installing them. That needs no rights, but lists that are not too old: as root
/// they are brought up to date first.
pub(crate) fn download(packages: &[&str], folder: &Path, doing: &str) -> Result<(), Problem> {
    if is_root() {
        tool::run(&mut apt(&["update", "-qq"]), doing)?;
    }
    // Root's downloads are otherwise made by a user who may not write here.
    let mut command = apt(&["download", "-qq", "-o", "APT::Sandbox::User=root"]);
    tool::run(command.args(packages).current_dir(folder), doing)
}

fn apt(arguments: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// While it lives, Debian starts no service that it installs. A policy that is already there stays as it is.
struct Policy {
    ours: Option<PathBuf>,
}

impl Policy {
    fn set() -> Self {
        let path = Path::new(POLICY);
        match fs::read_to_string(path) {
            Ok(text) if text == NO_SERVICES => Self { ours: Some(path.to_owned()) },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self { ours: Self::write(path).ok().map(|()| path.to_owned()) }
            }
            Ok(_) | Err(_) => Self { ours: None },
        }
    }

    fn write(path: &Path) -> std::io::Result<()> {
        fs::write(path, NO_SERVICES)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        if let Some(path) = &self.ours
            && let Err(error) = fs::remove_file(path)
        {
            eprintln!("Remove {} by hand, it keeps services from starting: {error}", path.display());
        }
    }
}
