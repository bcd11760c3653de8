//! Finds the product's binary and frees its surroundings from this machine's settings.

use std::{path::PathBuf, process::Command};

/// The binary: named by `CARBONIO_MIGRATE_BIN`, else beside the tests in the target directory.
pub fn path() -> PathBuf {
    if let Some(named) = std::env::var_os("CARBONIO_MIGRATE_BIN") {
        return named.into();
    }
    let own = std::env::current_exe().expect("a test knows its own file");
    // target/debug/deps/it-0123 → target/debug
    let beside =
        own.ancestors().nth(2).expect("a test lies in the target directory").join("carbonio-migrate");
    assert!(
        beside.exists(),
        "{} is missing: build it with `cargo build -p carbonio-migrate` or name another with CARBONIO_MIGRATE_BIN",
        beside.display()
    );
    beside
}

/// A command for the binary that sees no settings but those of the test.
pub fn command() -> Command {
    let mut command = Command::new(path());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARBONIO_MIGRATE_") {
            command.env_remove(name);
        }
    }
    command.env_remove("XDG_DATA_HOME").env("NO_COLOR", "1").env("COLUMNS", "160");
    command
}
