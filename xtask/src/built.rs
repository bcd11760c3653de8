//! What cargo built, by its own word.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{problem::Problem, tool};

/// Runs a build; the path of the program of this name.
pub(crate) fn program(command: &mut Command, name: &str, doing: &str) -> Result<PathBuf, Problem> {
    command.arg("--message-format=json-render-diagnostics").stdout(Stdio::piped());
    let messages = tool::read(command, doing)?;
    find(&messages, name).ok_or_else(|| {
        let happened = format!("cargo named no program {name} among what it built");
        Problem::new(doing, happened, format!("Check that the workspace still has the program {name}."))
    })
}

/// Looks for a program, and not for its tests, which have the same name.
fn find(messages: &str, name: &str) -> Option<PathBuf> {
    let values = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = values.filter(|message| {
        message["target"]["name"] == name
            && message["target"]["kind"][0] == "bin"
            && message["profile"]["test"] == false
    });
    programs.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::find;

    #[test]
    fn the_program_is_told_from_its_tests_and_from_other_programs() {
        let message = |name: &str, kind: &str, test: bool, file: &str| {
            format!(
                r#"{{"target":{{"name":"{name}","kind":["{kind}"]}},"profile":{{"test":{test}}},"executable":{file}}}"#
            )
        };
        let messages = [
            String::from("something that is no message"),
            message("panel", "lib", false, "null"),
            message("other", "bin", false, r#""/t/other""#),
            message("server", "bin", true, r#""/t/deps/server-0123""#),
            message("server", "bin", false, r#""/t/server""#),
        ]
        .join("\n");
        assert_eq!(find(&messages, "server").as_deref(), Some(Path::new("/t/server")));
        assert_eq!(find(&messages, "missing"), None);
    }
}
