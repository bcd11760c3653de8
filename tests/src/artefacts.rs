//! What a test run leaves behind for people: screenshots, audits, downloaded reports.

use std::{fs, path::PathBuf};

/// The folder for them: named by `ARTEFACTS`, else `artefacts` in the target directory.
pub fn dir() -> PathBuf {
    let dir = std::env::var_os("ARTEFACTS").map_or_else(
        || {
            let own = std::env::current_exe().expect("a test knows its own file");
            own.ancestors().nth(3).expect("a test lies in the target directory").join("artefacts")
        },
        PathBuf::from,
    );
    fs::create_dir_all(&dir).unwrap_or_else(|error| panic!("making {}: {error}", dir.display()));
    dir
}

/// Keeps a file.
pub fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir().join(name);
    fs::write(&path, bytes).unwrap_or_else(|error| panic!("writing {}: {error}", path.display()));
    path
}
