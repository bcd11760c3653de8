//! How fast the product is beside its peers, and how it stands up to faults.
//!
//! A program of its own, so that it can be optimised: the proxy that makes lines long, the floor that peers are compared
//! with and the judge that reads every byte would else take more time than what they measure. `cargo xtask bench`,
//! `torture`, `scale` and `load` build and start it.

mod args;
mod bench;
mod floor;
mod load;
mod measure;
mod product;
mod scale;
mod site;
mod torture;

use std::process::ExitCode;

use args::Task;
use servers::error::Doing as _;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let task = match args::parse(&arguments) {
        Ok(task) => task,
        Err(wrong) => {
            eprintln!("Problem with the arguments: {wrong}.\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let done = match task {
        Task::Help => {
            print!("{}", args::USAGE);
            Ok(ExitCode::SUCCESS)
        }
        Task::Bench(bench) => bench::run(&bench),
        Task::Torture(torture) => torture::run(&torture),
        Task::Scale(scale) => scale::run(&scale).doing(|| "measuring lists".into()),
        Task::Load(load) => load::run(&load).doing(|| "measuring memory".into()),
        Task::Measure { record, command } => measure::launch(&record, &command),
        Task::Floor(copy) => floor::run(&copy).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}
