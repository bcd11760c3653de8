//! One Rust compiler: what it is and what came with it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::TARGET;
use crate::{place::Place, tool};

/// A compiler that answered.
#[derive(Debug)]
pub(crate) struct Compiler {
    /// The program.
    pub(crate) rustc: PathBuf,
    /// The cargo of the same version, to build the standard library with.
    pub(crate) cargo: PathBuf,
    /// All it says about itself.
    pub(crate) identity: String,
    /// Its release, such as `1.95.0`.
    pub(crate) release: String,
    /// Its LLVM's major version.
    pub(crate) llvm: u32,
    host: String,
    sysroot: PathBuf,
}

impl Compiler {
    /// The one that builds the server.
    pub(crate) fn active(place: &Place) -> Option<Self> {
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        let sysroot = tool::ask(rustc.args(["--print", "sysroot"]).current_dir(&place.root))?;
        // Past rustup's stand-in, which would pick a toolchain anew in another directory.
        let programs = Path::new(&sysroot).join("bin");
        Self::look(&programs.join("rustc"), &programs.join("cargo"))
    }

    /// Debian's own, which rustup's hides on the PATH.
    pub(crate) fn debian() -> Option<Self> {
        Self::look(Path::new("/usr/bin/rustc"), Path::new("/usr/bin/cargo"))
    }

    fn look(rustc: &Path, cargo: &Path) -> Option<Self> {
        let identity = tool::ask(Command::new(rustc).arg("-vV"))?;
        let sysroot = tool::ask(Command::new(rustc).args(["--print", "sysroot"]))?;
        Some(Self {
            rustc: rustc.to_owned(),
            cargo: cargo.to_owned(),
            release: field(&identity, "release")?.to_owned(),
            host: field(&identity, "host")?.to_owned(),
            llvm: major_and_minor(field(&identity, "LLVM version")?)?.0,
            sysroot: sysroot.into(),
            identity,
        })
    }

    /// Whether it can build for the browser as it is.
    pub(crate) fn has_target(&self) -> bool {
        let mut command = Command::new(&self.rustc);
        let Some(folder) = tool::ask(command.args(["--print", "target-libdir", "--target", TARGET])) else {
            return false;
        };
        fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
        })
    }

    /// Whether the sources of its standard library, and a cargo to build them, are beside it.
    pub(crate) fn has_sources(&self) -> bool {
        self.cargo.is_file() && self.sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    }

    /// Whether it can compile the workspace at all.
    pub(crate) fn is_new_enough(&self) -> bool {
        is_new_enough(&self.release)
    }

    /// The linker that came with it, if one did.
    pub(crate) fn rust_lld(&self) -> Option<PathBuf> {
        let file = self.sysroot.join("lib/rustlib").join(&self.host).join("bin/rust-lld");
        file.is_file().then_some(file)
    }
}

/// A line such as `host: x86_64-unknown-linux-gnu` of what a compiler says about itself.
fn field<'a>(identity: &'a str, name: &str) -> Option<&'a str> {
    identity.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// The workspace says in its manifest which release it needs.
fn is_new_enough(release: &str) -> bool {
    let oldest = major_and_minor(env!("CARGO_PKG_RUST_VERSION"));
    oldest.is_some() && major_and_minor(release) >= oldest
}

fn major_and_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{field, is_new_enough, major_and_minor};

    #[test]
    fn a_compiler_is_known_by_what_it_says() {
        let identity = "rustc 1.96.0 (ac68faa20 2026-05-25)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n\
                        release: 1.96.0\nLLVM version: 22.1.8";
        assert_eq!(field(identity, "host"), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(field(identity, "release"), Some("1.96.0"));
        assert_eq!(field(identity, "LLVM version").and_then(major_and_minor), Some((22, 1)));
        assert_eq!(field(identity, "commit-date"), None);
    }

    #[test]
    fn releases_compare_by_number() {
        assert_eq!(major_and_minor("1.97.0-nightly"), Some((1, 97)));
        assert!(major_and_minor("1.100.0") > major_and_minor("1.95.0"));
        assert_eq!(major_and_minor("unknown"), None);
    }

    #[test]
    fn a_compiler_older_than_the_workspace_asks_for_is_not_taken() {
        assert!(!is_new_enough("1.63.0"));
        assert!(!is_new_enough("unknown"));
        assert!(is_new_enough(env!("CARGO_PKG_RUST_VERSION")));
        assert!(is_new_enough("1.999.0-nightly"));
    }
}
