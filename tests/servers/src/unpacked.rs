//! Finds the mail servers that exclude one another as packages and therefore lie unpacked in a folder of their own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::{Error, Result};

/// Names the folder; `cargo xtask test` sets it.
pub const VARIABLE: &str = "MAIL_SERVERS";
/// The folder's place in the target directory, where the variable does not name another.
pub const PLACE: &str = "cache/mail-servers";

/// The folder with `usr/sbin` and the like in it.
#[derive(Debug, Clone)]
pub struct Unpacked {
    root: PathBuf,
}

impl Unpacked {
    /// Looks where the variable says, else beside the program that runs.
    pub fn find() -> Result<Self> {
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        let root = named.or_else(beside_us).filter(|root| root.is_dir()).ok_or_else(|| {
            Error::new(format!(
                "looking for Cyrus, Courier and Mailutils: they are not unpacked yet. Run `cargo xtask test` once, \
                 which fetches them, or name their folder in {VARIABLE}"
            ))
        })?;
        Ok(Self { root })
    }

    /// The servers in this folder.
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// A file of the unpacked packages, such as `usr/sbin/imap4d`.
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        let file = self.root.join(path);
        if file.exists() {
            return Ok(file);
        }
        let root = self.root.display();
        Err(Error::new(format!(
            "looking for {path} in {root}: it is not there. Remove {root} and run `cargo xtask test` again"
        )))
    }

    /// A command for one of the programs, which finds the libraries that came with it.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(self.file(program)?);
        self.lend_libraries(&mut command);
        Ok(command)
    }

    /// Lets a command and its children find the unpacked libraries.
    pub fn lend_libraries(&self, command: &mut Command) {
        let mut folders = vec![self.root.join("usr/lib")];
        for parent in ["usr/lib", "lib"] {
            let entries = fs::read_dir(self.root.join(parent)).into_iter().flatten().flatten();
            folders.extend(entries.map(|entry| entry.path()).filter(|path| is_of_an_architecture(path)));
        }
        let mechanisms: Vec<_> = folders.iter().map(|folder| folder.join("sasl2")).collect();
        for (variable, folders) in [("LD_LIBRARY_PATH", folders), ("SASL_PATH", mechanisms)] {
            if let Ok(joined) = env::join_paths(folders) {
                command.env(variable, joined);
            }
        }
    }
}

/// Debian keeps libraries in a folder such as `x86_64-linux-gnu`.
fn is_of_an_architecture(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains("-linux-gnu"))
}

/// target/debug/deps/it-0123 → target/cache/mail-servers
fn beside_us() -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    own.ancestors().skip(1).map(|folder| folder.join(PLACE)).find(|place| place.is_dir())
}
