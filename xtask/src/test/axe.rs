//! The accessibility audit that the browser test runs on every page.

use std::{fs, path::PathBuf, process::Command};

use sha2::{Digest, Sha256};

use crate::{debian, place::Place, problem::Problem, tool};

const PACKAGE: &str = "axe-core";
const VERSION: &str = "4.14.1";
/// Of the file that we use out of the package.
const SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";

/// The path of the script; fetched once, by its name and version, with npm.
pub(crate) fn provide(place: &Place) -> Result<PathBuf, Problem> {
    let doing = format!("fetching {PACKAGE} {VERSION}");
    let folder = place.target.join("cache").join(format!("{PACKAGE}-{VERSION}"));
    let script = folder.join("axe.min.js");
    if fs::read(&script).is_ok_and(|content| is_expected(&content)) {
        return Ok(script);
    }
    if tool::find("npm").is_none() {
        debian::install(&["npm"], "to fetch the accessibility audit")?;
    }
    tool::say(&doing);
    fs::create_dir_all(&folder).map_err(|error| Problem::file("making the folder", &folder, &error))?;
    let mut pack = Command::new("npm");
    pack.current_dir(&folder).args(["pack", "--silent", &format!("{PACKAGE}@{VERSION}")]);
    let archive = tool::read(&mut pack, &doing)?;
    let mut unpack = Command::new("tar");
    unpack.current_dir(&folder).args(["-xzf", &archive, "--strip-components=1", "package/axe.min.js"]);
    tool::run(&mut unpack, &doing)?;
    let content = fs::read(&script).map_err(|error| Problem::file("reading", &script, &error))?;
    if is_expected(&content) {
        return Ok(script);
    }
    let happened = format!("{} is not the file that belongs to this version", script.display());
    Err(Problem::new(doing, happened, format!("Remove {} and try again.", folder.display())))
}

fn is_expected(content: &[u8]) -> bool {
    hex::encode(Sha256::digest(content)) == SHA256
}
