//! Makes sure that the folder with the panel exists, so that the server can be compiled before the panel is built.

use std::{
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

fn main() {
    let web = Path::new("web");
    // The folder, and not its files: with every panel their names change.
    println!("cargo::rerun-if-changed=web");
    if web.exists() {
        return;
    }
    if let Err(error) = fs::create_dir(web) {
        println!(
            "cargo::error=Problem while making the folder server/web for the panel: {error}. Make it by hand."
        );
        return;
    }
    // As an old folder it does not look like a change to cargo, which would otherwise compile the server a second time.
    let _ = File::open(web).and_then(|folder| folder.set_modified(SystemTime::UNIX_EPOCH));
}
