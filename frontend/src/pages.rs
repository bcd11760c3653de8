//! One file per page.

mod account;
mod activity;
mod add_mailboxes;
mod admins;
mod batch;
mod batch_form;
mod batches;
mod cutovers;
mod errors;
mod job;
mod login;
mod missing;
mod project;
mod project_form;
mod projects;
mod report;
mod settings;
mod setup;
mod shell;

pub(crate) use account::AccountPage;
pub(crate) use activity::ActivityPage;
pub(crate) use add_mailboxes::AddMailboxesPage;
pub(crate) use admins::AdminsPage;
pub(crate) use batch::BatchPage;
pub(crate) use batches::BatchesPage;
pub(crate) use cutovers::CutoversPage;
pub(crate) use errors::ErrorsPage;
pub(crate) use job::JobPage;
pub(crate) use login::LoginPage;
pub(crate) use missing::{NotFound, with_id};
pub(crate) use project::ProjectPage;
pub(crate) use projects::ProjectsPage;
pub(crate) use report::ReportPage;
pub(crate) use settings::{NewProjectPage, SettingsPage};
pub(crate) use setup::SetupPage;
pub(crate) use shell::{Banner, Shell};
