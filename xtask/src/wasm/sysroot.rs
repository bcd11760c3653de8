//! A standard library for the browser, built once from its sources.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{TARGET, compiler::Compiler};
use crate::{place::Place, problem::Problem, tool};

/// The file that says which compiler a standard library belongs to. It is written last.
const STAMP: &str = "compiler";
/// Cargo builds a standard library only on behalf of some crate. This one is outside of every workspace.
const MANIFEST: &str = "\
[package]
name = \"sysroot\"
version = \"0.0.0\"
edition = \"2024\"

[lib]
path = \"sysroot.rs\"

[profile.release]
panic = \"abort\"

[workspace]
";

/// The folder for `--sysroot`; builds what belongs in it when it is not there or of another compiler.
pub(crate) fn provide(place: &Place, compiler: &Compiler) -> Result<PathBuf, Problem> {
    let sysroot = place.target.join(format!("wasm-std-{}", compiler.release));
    if fs::read_to_string(sysroot.join(STAMP)).is_ok_and(|stamp| stamp == compiler.identity) {
        return Ok(sysroot);
    }
    tool::say(&format!(
        "building the standard library for the browser with {}, once",
        compiler.rustc.display()
    ));
    let work = place.target.join(format!("wasm-std-{}.building", compiler.release));
    build(&work, compiler)?;
    collect(&work, &sysroot, compiler).map_err(|error| Problem::file("writing", &sysroot, &error))?;
    fs::remove_dir_all(&work).map_err(|error| Problem::file("removing", &work, &error))?;
    Ok(sysroot)
}

fn build(work: &Path, compiler: &Compiler) -> Result<(), Problem> {
    let files = || {
        fs::create_dir_all(work)?;
        fs::write(work.join("Cargo.toml"), MANIFEST)?;
        fs::write(work.join("sysroot.rs"), "")
    };
    files().map_err(|error| Problem::file("writing", work, &error))?;
    let mut command = Command::new(&compiler.cargo);
    command
        .current_dir(work)
        .args(["build", "--release", "--target", TARGET, "--target-dir", "target"])
        // `test` so that tests can be compiled for the browser too.
        .arg("-Zbuild-std=std,panic_abort,test")
        .env("RUSTC", &compiler.rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode the panel could not be optimised as a whole.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("CARGO_BUILD_TARGET_DIR");
    tool::run(&mut command, "building the standard library for the browser")
}

/// Copies the libraries where a compiler looks for them.
fn collect(work: &Path, sysroot: &Path, compiler: &Compiler) -> std::io::Result<()> {
    if sysroot.exists() {
        fs::remove_dir_all(sysroot)?;
    }
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    for entry in fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let entry = entry?;
        if is_library(&entry.file_name().to_string_lossy()) {
            fs::copy(entry.path(), libraries.join(entry.file_name()))?;
        }
    }
    fs::write(sysroot.join(STAMP), &compiler.identity)
}

/// Whether a file is part of the standard library and not of the crate that it was built for.
fn is_library(file: &str) -> bool {
    file.ends_with(".rlib") && !file.starts_with("libsysroot-")
}

#[cfg(test)]
mod tests {
    use super::is_library;

    #[test]
    fn only_libraries_of_the_standard_library_are_kept() {
        assert!(is_library("libstd-0123.rlib"));
        assert!(is_library("libpanic_abort-4567.rlib"));
        assert!(!is_library("libsysroot-89ab.rlib"));
        assert!(!is_library("libstd-0123.rmeta"));
        assert!(!is_library("std-0123.d"));
    }
}
