//! A compiler that can build for the browser, found or put together.

mod compiler;
mod route;
mod sysroot;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use self::{
    compiler::Compiler,
    route::{Facts, Lack, Step},
};
use crate::{debian, place::Place, problem::Problem, tool};

/// The compiler's name for the browser.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
/// Compiler, cargo and sources of the standard library, of one version, as Debian keeps them for its own browsers.
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DOING: &str = "looking for a compiler that can build for the browser";

/// How to build for the browser on this machine.
#[derive(Debug)]
pub(crate) struct Toolchain {
    compiler: Compiler,
    /// A standard library of our own and the linker to go with it; none when the compiler has both.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    sysroot: PathBuf,
    linker: PathBuf,
}

impl Toolchain {
    /// Finds one, and installs or builds what is missing.
    pub(crate) fn provide(place: &Place) -> Result<Self, Problem> {
        let mut added_with_rustup = false;
        let mut installed = false;
        // Each turn either ends the search or tries one thing, and nothing is tried twice.
        loop {
            let active = Compiler::active(place);
            let debian = Compiler::debian();
            let facts = Facts {
                active_has_target: active.as_ref().is_some_and(Compiler::has_target),
                rustup_may_fetch: !added_with_rustup && rustup_may_fetch(),
                active_has_sources: active.as_ref().is_some_and(Compiler::has_sources),
                debian_has_sources: debian
                    .as_ref()
                    .is_some_and(|found| found.is_new_enough() && found.has_sources()),
                may_install: !installed && debian::has_apt(),
                root: debian::is_root(),
            };
            match (facts.next(), active, debian) {
                (Step::UseActive, Some(compiler), _) => return Ok(Self { compiler, own: None }),
                (Step::BuildFromActive, Some(compiler), _) => return Self::with_own(place, compiler),
                (Step::BuildFromDebian, _, Some(compiler)) => return Self::with_own(place, compiler),
                (Step::AddWithRustup, _, _) => {
                    added_with_rustup = true;
                    add_with_rustup();
                }
                (Step::InstallDebian, _, _) => {
                    installed = true;
                    debian::install(&PACKAGES, "a compiler for the browser")?;
                }
                (Step::Stop(lack), _, _) => return Err(stop(&lack)),
                (Step::UseActive | Step::BuildFromActive | Step::BuildFromDebian, _, _) => {
                    return Err(stop(&Lack::Nothing));
                }
            }
        }
    }

    /// Cargo, set up to build for the browser, with a target directory of its own: two compilers on one directory
    /// would throw away each other's work.
    pub(crate) fn cargo(&self, place: &Place) -> Command {
        let mut command = place.cargo();
        // Encoded flags win over all others, those of the person included, and paths in them may have spaces. With
        // `--target` they are for the panel alone and not for macros and build scripts.
        command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", self.flags().join("\x1f"));
        command.env("RUSTC", &self.compiler.rustc).env("CARGO_TARGET_DIR", self.target_directory(place));
        if let Some(own) = &self.own {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &own.linker);
        }
        command
    }

    fn flags(&self) -> Vec<String> {
        // Leptos then forgets the types of views: the panel is smaller, and is built in half of the time.
        let mut flags = vec![String::from("--cfg=erase_components")];
        flags.extend(self.own.as_ref().map(|own| format!("--sysroot={}", own.sysroot.display())));
        flags
    }

    /// Where `cargo` of this toolchain builds.
    pub(crate) fn target_directory(&self, place: &Place) -> PathBuf {
        place.target.join(format!("wasm-{}", self.compiler.release))
    }

    /// Tells this compiler from any other.
    pub(crate) fn identity(&self) -> &str {
        &self.compiler.identity
    }

    fn with_own(place: &Place, compiler: Compiler) -> Result<Self, Problem> {
        let sysroot = sysroot::provide(place, &compiler)?;
        let linker = linker(place, &compiler)?;
        Ok(Self { compiler, own: Some(Own { sysroot, linker }) })
    }
}

/// Whether rustup is there and the machine wants it to fetch.
fn rustup_may_fetch() -> bool {
    env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0")
        && tool::ask(Command::new("rustup").arg("show")).is_some()
}

/// Failing is not the end: there are more ways.
fn add_with_rustup() {
    tool::say(&format!("installing the standard library for the browser: rustup target add {TARGET}"));
    let mut command = Command::new("rustup");
    if let Err(problem) = tool::run(command.args(["target", "add", TARGET]), "adding a target with rustup") {
        eprintln!("{problem}\nTrying another way.");
    }
}

/// A linker that understands what the compiler writes: both must have the same LLVM, or the linker a newer one.
fn linker(place: &Place, compiler: &Compiler) -> Result<PathBuf, Problem> {
    let name = format!("wasm-ld-{}", compiler.llvm);
    let package = format!("lld-{}", compiler.llvm);
    let find = || {
        let shipped = [Some(compiler), Compiler::active(place).as_ref()]
            .into_iter()
            .flatten()
            .filter(|candidate| candidate.llvm >= compiler.llvm)
            .find_map(Compiler::rust_lld);
        let in_its_folder = || {
            let file = Path::new("/usr/lib").join(format!("llvm-{}/bin/wasm-ld", compiler.llvm));
            file.is_file().then_some(file)
        };
        shipped.or_else(|| tool::find(&name)).or_else(in_its_folder)
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    debian::install(&[&package], "a linker for the browser")?;
    find().ok_or_else(|| {
        let happened = format!("{package} is installed, but there is no {name}");
        Problem::new(DOING, happened, format!("Put a {name} on the PATH, then try again."))
    })
}

fn stop(lack: &Lack) -> Problem {
    let happened = match lack {
        Lack::Root => "the standard library for the browser is missing, and installing it needs root",
        Lack::Nothing => {
            "the standard library for the browser is missing, and there is no way to get it here"
        }
    };
    let next = format!(
        "Run one of these, then try again:\n  rustup target add {TARGET}\n  {}",
        debian::command_line(&PACKAGES)
    );
    Problem::new(DOING, happened, next)
}
