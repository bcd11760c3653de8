//! stub
use crate::problem::Problem;
use std::process::{Command, ExitCode};
pub(crate) fn attach(_: &mut Command) -> Result<(), Problem> {
    Ok(())
}
pub(crate) fn keep() -> Result<ExitCode, Problem> {
    Ok(ExitCode::SUCCESS)
}
