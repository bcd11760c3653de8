//! Set-up and automation: `cargo xtask run`, `build`, `test`, `ci`, `bench`, `torture`, `scale`, `load` and `fuzz`.
//!
//! One command leads from a fresh clone to a running panel, and one from a change to a verdict. Nothing has to be
//! prepared by hand: what is missing is found, built or installed, and named before it is installed; without root the
//! command to type is printed instead.
//!
//! # From the sources to the program
//!
//! 1. [`wasm`] provides a compiler for the browser: the active one when it has the standard library for
//!    `wasm32-unknown-unknown`, else with the help of rustup, else by building that library once from its sources.
//! 2. [`panel`] builds the crate `frontend` for the browser, makes the script that loads it (wasm-bindgen as a library,
//!    so that its version cannot differ), joins the style sheets, fills in the page, names every file by its content,
//!    compresses each twice and puts all of it into `server/web`.
//! 3. [`server`] builds the program, which embeds that folder.
//!
//! Each step looks first whether there is anything to do. The finished panel is kept in the target directory under a
//! stamp of everything it is made from, the folder in the sources is touched only where it differs, and the rest is
//! cargo's own knowledge. So a second run starts within seconds.
//!
//! # Running and testing
//!
//! `run` becomes the server at the end ([`run`]), so that Ctrl-C and exit codes need no passing on. The mail servers of
//! the demo live in a process of their own that ends when the server does, however that ends ([`demo`]).
//!
//! `test` compiles the server and its tests in one go and hands them, in environment variables, what they cannot find
//! by themselves: `CARBONIO_MIGRATE_BIN`, the program; `ARTEFACTS`, a folder for screenshots and the like; `AXE_JS`, the
//! script of the accessibility audit; `MAIL_SERVERS`, the folder of the mail servers that are not installed but unpacked
//! ([`needs::unpacked`]). `ci` looks for warnings first.
//!
//! `bench`, `torture`, `scale` and `load` ([`trials`]) build the server optimised and hand over to a program that measures
//! it beside its peers and at its limits, or kills it and its servers for as long as is wanted.
//!
//! `fuzz` ([`fuzz`]) builds the parsers so that libFuzzer sees what each input reaches, and lets it look.
//!
//! `CARGO_TARGET_DIR` is respected everywhere, and only [`place`] knows where that is.

mod args;
mod built;
mod ci;
mod debian;
mod demo;
mod fuzz;
mod needs;
mod panel;
mod place;
mod problem;
mod run;
mod server;
mod test;
mod tool;
mod trials;
mod wasm;

use std::process::ExitCode;

use crate::{args::Task, place::Place, problem::Problem};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = match args::parse(&arguments) {
        Ok(task) => task,
        Err(wrong) => {
            eprintln!("Problem with the arguments: {wrong}.\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    perform(&task).unwrap_or_else(|problem| {
        eprintln!("{problem}");
        ExitCode::FAILURE
    })
}

fn perform(task: &Task) -> Result<ExitCode, Problem> {
    match task {
        Task::Help => print!("{}", args::USAGE),
        Task::DemoServers => return demo::keep(),
        Task::Run(run) => return run::run(&Place::find()?, run),
        Task::Build(profile) => println!("{}", server::build(&Place::find()?, *profile)?.display()),
        Task::Test(test) => return test::run(&Place::find()?, test),
        Task::Ci => return ci::run(&Place::find()?),
        Task::Fuzz(fuzz) => return fuzz::run(&Place::find()?, fuzz),
        Task::Trial(trial) => return trials::run(&Place::find()?, trial),
    }
    Ok(ExitCode::SUCCESS)
}
