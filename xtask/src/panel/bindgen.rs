//! The script that stands between the browser and the compiled panel.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::{args::Profile, problem::Problem};

/// A program for the browser and the script module that loads it with `init({ module_or_path })`.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) wasm: Vec<u8>,
    pub(crate) js: String,
}

/// Makes the script for a compiled module. As a library this can never be of another version than the panel's own
/// wasm-bindgen, and there is no tool to install.
pub(crate) fn bind(module: &Path, profile: Profile) -> Result<Bound, Problem> {
    let doing = "preparing the panel for the browser";
    let problem =
        |error: &dyn std::fmt::Display| Problem::new(doing, error, format!("Look at {}.", module.display()));
    let release = profile == Profile::Release;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("panel")
        .typescript(false)
        .omit_default_module_path(true)
        // Names of functions are worth their size only while someone reads a stack.
        .remove_name_section(release)
        .remove_producers_section(release);
    let mut output = bindgen
        .web(true)
        .and_then(Bindgen::generate_output)
        .map_err(|error| problem(&format_args!("{error:#}")))?;
    // Every crate that uses wasm-bindgen is named there, most of them with an empty list.
    let brings = output.snippets().iter().find(|(_, files)| !files.is_empty()).map(|(name, _)| name);
    if let Some(name) = brings.or_else(|| output.local_modules().keys().next()) {
        return Err(problem(&format_args!(
            "{name} brings script files of its own, for which the bundle has no place"
        )));
    }
    Ok(Bound { wasm: output.wasm_mut().emit_wasm(), js: output.js().to_owned() })
}
