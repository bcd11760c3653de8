//! Where the sources are and where the build puts its results.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{problem::Problem, tool};

/// The folders that everything else is relative to.
#[derive(Debug)]
pub(crate) struct Place {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the person wants it.
    pub(crate) target: PathBuf,
}

impl Place {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, Problem> {
        let doing = "asking cargo where the workspace is";
        let Some(package) = env::var_os("CARGO_MANIFEST_DIR") else {
            return Err(Problem::new(
                doing,
                "this program was not started by cargo",
                "Start it as `cargo xtask`.",
            ));
        };
        // Not in another directory: a relative CARGO_TARGET_DIR is relative to this one.
        let mut command = Command::new(cargo_program());
        command.args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"]);
        command.arg(Path::new(&package).join("Cargo.toml"));
        let metadata: serde_json::Value = serde_json::from_str(&tool::read(&mut command, doing)?)
            .map_err(|error| Problem::new(doing, error, "Look at what `cargo metadata` prints."))?;
        let folder = |key: &str| {
            metadata[key].as_str().map(PathBuf::from).ok_or_else(|| {
                let happened = format!("its answer has no `{key}`");
                Problem::new(doing, happened, "Look at what `cargo metadata` prints.")
            })
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// Cargo, in the workspace.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo_program());
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` describes this package in the environment. Build scripts that look at these variables would
        // run again, and their crates be compiled again, each time cargo is called from here and then by hand.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_a_package) {
                command.env_remove(name);
            }
        }
        command
    }
}

fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn describes_a_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::describes_a_package;

    #[test]
    fn what_a_person_sets_for_cargo_is_kept() {
        for kept in ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_BUILD_JOBS", "CARGO_NET_OFFLINE", "PATH"] {
            assert!(!describes_a_package(kept), "{kept}");
        }
        for removed in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH"] {
            assert!(describes_a_package(removed), "{removed}");
        }
    }
}
