//! A project made at start, so that a newcomer finds something to run.

use std::path::Path;

use serde::Deserialize;
use shared::{job::NewJob, project::ProjectForm};

use super::StartError;
use crate::{http, store::Store};

/// What the file holds: the forms of the API.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Demo {
    project: ProjectForm,
    jobs: Vec<NewJob>,
}

/// Makes the file's project with its jobs, unless one of its name exists.
pub(super) async fn make(store: &Store, file: &Path) -> Result<(), StartError> {
    let problem = |detail: String| StartError::Demo { file: file.display().to_string(), detail };
    let text = std::fs::read_to_string(file)
        .map_err(|error| problem(format!("{error}. Name a file that can be read.")))?;
    let demo: Demo = serde_json::from_str(&text).map_err(|error| {
        problem(format!("{error}. It must hold a project and its jobs in the forms of the API."))
    })?;
    let project = http::project_form(demo.project, None).map_err(|fault| problem(fault.to_string()))?;
    let (source, target) = (&project.source.endpoint, &project.target.endpoint);
    http::job_rows(source, target, &demo.jobs).map_err(|fault| problem(fault.to_string()))?;
    if store.projects().await?.iter().any(|row| row.name == project.name) {
        return Ok(());
    }
    let id = store.create_project(&project).await?;
    store.create_jobs(id, &demo.jobs).await?;
    store.log_activity("system", "project.create", &project.name).await?;
    Ok(())
}
