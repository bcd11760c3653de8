//! The panel as the server embeds it: built, bundled and put in place.
//!
//! The result is `index.html` beside `assets/<name>-<hash>.<extension>`, each file with a `.br` and a `.gz` sibling.

mod bindgen;
mod bundle;
mod compress;
mod css;
mod inputs;
mod page;

use std::{
    fs,
    path::{Path, PathBuf},
};

use self::{bundle::Bundle, compress::Effort};
use crate::{args::Profile, place::Place, problem::Problem, tool, wasm, wasm::Toolchain};

/// What the panel is made of; a change in any of them builds it again.
const INPUTS: [&str; 9] = [
    "frontend",
    "shared",
    "style",
    "Cargo.toml",
    "Cargo.lock",
    "xtask/src/panel",
    "xtask/src/panel.rs",
    "xtask/src/wasm",
    "xtask/src/wasm.rs",
];

/// Makes `server/web` hold the panel of the present sources.
pub(crate) fn provide(place: &Place, profile: Profile) -> Result<(), Problem> {
    let toolchain = Toolchain::provide(place)?;
    let stamp = inputs::stamp(&place.root, &INPUTS, &[toolchain.identity(), cargo_profile(profile)])
        .map_err(|error| Problem::file("reading the sources of the panel in", &place.root, &error))?;
    let kept = place.target.join("panel").join(format!("{}-{stamp}", cargo_profile(profile)));
    if !kept.join(bundle::INDEX).is_file() {
        let bundle = make(place, profile, &toolchain)?;
        keep(&bundle, &kept, cargo_profile(profile))
            .map_err(|error| Problem::file("writing the panel to", &kept, &error))?;
    }
    let web = place.root.join("server/web");
    bundle::mirror(&kept, &web).map_err(|error| Problem::file("copying the panel to", &web, &error))
}

fn make(place: &Place, profile: Profile, toolchain: &Toolchain) -> Result<Bundle, Problem> {
    tool::say("building the panel");
    let doing = "building the panel";
    let name = cargo_profile(profile);
    let mut command = toolchain.cargo(place);
    command.args(["build", "--package", "frontend", "--lib", "--target", wasm::TARGET, "--profile", name]);
    tool::run(&mut command, doing)?;
    let module = toolchain.target_directory(place).join(wasm::TARGET).join(name).join("frontend.wasm");
    let bound = bindgen::bind(&module, profile)?;
    let style = css::read(&place.root.join("style"))
        .map_err(|error| Problem::file("reading the style sheets in", &place.root.join("style"), &error))?;
    let template = place.root.join("frontend/index.html");
    let page = fs::read_to_string(&template)
        .map_err(|error| Problem::file("reading the page", &template, &error))?;
    Bundle::new(bound, &style, &page, effort(profile)).map_err(|happened| {
        Problem::new(doing, happened, format!("Correct {}, then try again.", template.display()))
    })
}

/// Keeps the bundle for next time, in place of older ones of its profile.
fn keep(bundle: &Bundle, folder: &Path, profile: &str) -> std::io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent)?;
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if is_of_profile(&entry.file_name().to_string_lossy(), profile) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    let half = PathBuf::from(format!("{}.writing", folder.display()));
    bundle.write(&half)?;
    // What has the final name is whole.
    fs::rename(half, folder)
}

/// Whether a folder's name is `<profile>-<stamp>`, written to its end or not; one profile's name may begin another's.
fn is_of_profile(folder: &str, profile: &str) -> bool {
    folder.rsplit_once('-').is_some_and(|(name, _)| name == profile)
}

/// The profile in the workspace's manifest.
fn cargo_profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Dev => "panel-dev",
        Profile::Release => "panel",
    }
}

fn effort(profile: Profile) -> Effort {
    match profile {
        Profile::Dev => Effort::Quick,
        Profile::Release => Effort::Best,
    }
}

#[cfg(test)]
mod tests {
    use super::is_of_profile;

    #[test]
    fn the_bundles_of_the_two_profiles_are_told_apart() {
        assert!(is_of_profile("panel-0a1b", "panel"));
        assert!(is_of_profile("panel-0a1b.writing", "panel"));
        assert!(!is_of_profile("panel-dev-0a1b", "panel"));
        assert!(is_of_profile("panel-dev-0a1b", "panel-dev"));
    }
}
