//! From the sources to a running server.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use crate::{args, demo, needs, place::Place, problem::Problem, server, tool};

/// Builds what changed, then becomes the server: signals reach it directly and its exit code is ours.
pub(crate) fn run(place: &Place, run: &args::Run) -> Result<ExitCode, Problem> {
    if run.demo {
        needs::provide_mail_server()?;
    }
    let program = server::build(place, run.profile)?;
    let mut server = Command::new(program);
    server.arg("serve");
    if run.demo {
        demo::attach(&mut server)?;
    }
    server.args(&run.server);
    tool::say("starting the server; Ctrl-C stops it");
    let error = server.exec();
    Err(tool::not_started(&server, "starting the server", &error))
}
