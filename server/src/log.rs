//! Logging: to stderr for people, to a daily file for keeping; and what a panic may say.
//!
//! Ids go in as fields (`project.id`, `job.id`, `pass.id`), never a subject, an address or a secret. Libraries that would
//! print whole protocol lines are capped, whatever level is asked for.

use std::{io::IsTerminal as _, path::Path};

use tracing::{Level, level_filters::LevelFilter};
use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{Config, LogFormat};

/// How many daily files are kept.
const KEPT_FILES: usize = 14;

/// Libraries and the most they may say: some print whole commands, logins included, or every statement.
const CAPS: [(&str, LevelFilter); 12] = [
    ("async_imap", LevelFilter::WARN),
    ("imap_proto", LevelFilter::WARN),
    ("rustls", LevelFilter::WARN),
    ("tokio_rustls", LevelFilter::WARN),
    ("sqlx", LevelFilter::WARN),
    ("sea_orm", LevelFilter::WARN),
    ("sea_orm_migration", LevelFilter::WARN),
    ("hyper", LevelFilter::WARN),
    ("mio", LevelFilter::WARN),
    ("actix_http", LevelFilter::INFO),
    ("actix_server", LevelFilter::WARN),
    ("actix_web", LevelFilter::INFO),
];

/// Writes what is left when it is dropped.
pub(crate) type LogGuard = WorkerGuard;

/// The log file could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "Opening the log file {path} failed: {detail}. Make its folder writable for this user, or set log_file."
)]
pub(crate) struct LogError {
    path: String,
    detail: String,
}

/// Starts logging for the whole process.
pub(crate) fn start(config: &Config) -> Result<LogGuard, LogError> {
    let (file, guard) = tracing_appender::non_blocking(daily(&config.log_file)?);
    let to_file = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(file);
    let to_file = match config.log_format {
        LogFormat::Human => to_file.boxed(),
        LogFormat::Json => to_file.json().flatten_event(true).boxed(),
    };
    let to_people = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    tracing_subscriber::registry()
        .with(to_file.with_filter(filter(config.log_level)))
        .with(to_people.with_filter(filter(config.log_level)))
        .init();
    std::panic::set_hook(Box::new(report_panic));
    Ok(guard)
}

/// What is let through: ours at the wanted level, capped libraries at no more than their cap.
fn filter(level: Level) -> Targets {
    let wanted = LevelFilter::from_level(level);
    Targets::new().with_default(wanted).with_targets(CAPS.map(|(target, cap)| (target, cap.min(wanted))))
}

/// A file a day named `NAME.YYYY-MM-DD.log`, with `NAME.log` always pointing to today's.
fn daily(path: &Path) -> Result<RollingFileAppender, LogError> {
    let error = |detail: String| LogError { path: path.display().to_string(), detail };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|cause| error(cause.to_string()))?;
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let name = text(path.file_name()).ok_or_else(|| error("it names no file".into()))?;
    RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(text(path.file_stem()).unwrap_or_default())
        .filename_suffix(text(path.extension()).unwrap_or_default())
        .latest_symlink(name)
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(|cause| {
            error(std::error::Error::source(&cause).map_or(cause.to_string(), ToString::to_string))
        })
}

/// Says where a panic happened and gives it a number to find it by; never what it said, which may hold mail.
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place =
        panic.location().map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
    let mut id = [0; 4];
    // Without randomness the place alone must do: a hook must not fail.
    let _ = getrandom::fill(&mut id);
    tracing::error!(panic.place = %place, panic.id = %hex::encode(id), "an error inside carbonio-migrate");
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::filter;

    #[test]
    fn protocol_libraries_stay_capped_at_any_level() {
        let trace = filter(Level::TRACE);
        assert!(trace.would_enable("carbonio_migrate::runner", &Level::TRACE));
        assert!(!trace.would_enable("async_imap::client", &Level::INFO));
        assert!(!trace.would_enable("sqlx::query", &Level::INFO));
        assert!(trace.would_enable("sqlx::query", &Level::WARN));
        let error = filter(Level::ERROR);
        assert!(!error.would_enable("async_imap", &Level::WARN), "a cap never raises the level");
    }
}
