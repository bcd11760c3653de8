//! The folder that `--report` names: made and tried before the pass, filled after it, one whole file at a time.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use shared::report::{Report, ReportFormat};

use super::Problem;
use crate::report;

/// A folder that reports can be written to.
#[derive(Debug)]
pub(super) struct ReportFolder {
    path: PathBuf,
    /// Folders that were made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl ReportFolder {
    /// Makes the folder and tries it, so that a wrong path is known before hours of copying and not after.
    pub(super) fn prepare(path: &Path) -> Result<Self, Problem> {
        let problem = |error| {
            Problem::file(
                "Preparing the report folder",
                path,
                error,
                "Name a folder that this user may write to.",
            )
        };
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = path.ancestors().take_while(missing).map(Path::to_owned).collect();
        fs::create_dir_all(path).map_err(problem)?;
        let folder = Self { path: path.to_owned(), made };
        let trial = folder.unfinished("trial");
        let tried = File::create(&trial).and_then(|_| fs::remove_file(&trial));
        if let Err(error) = tried {
            folder.abandon();
            return Err(problem(error));
        }
        Ok(folder)
    }

    /// Writes the report in all its forms; a reader sees the old file or the new one, never half of one.
    pub(super) fn write(&self, report: &Report) -> Result<Vec<PathBuf>, Problem> {
        let mut written = Vec::new();
        for format in ReportFormat::ALL {
            let name = format!("report.{}", format.extension());
            let file = self.path.join(&name);
            self.put(&file, &name, &report::render(report, format).bytes).map_err(|error| {
                let advice = "Make room or name another folder, and run the same command with --verify-only.";
                Problem::file("Writing the report", &file, error, advice)
            })?;
            written.push(fs::canonicalize(&file).unwrap_or(file));
        }
        Ok(written)
    }

    /// Takes away what was made for a report that will not come. A folder somebody else put something in stays.
    pub(super) fn abandon(self) {
        for folder in self.made {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    fn put(&self, file: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.unfinished(name);
        let mut writer = OpenOptions::new().write(true).create(true).truncate(true).open(&unfinished)?;
        writer
            .write_all(bytes)
            .and_then(|()| writer.sync_all())
            .and_then(|()| fs::rename(&unfinished, file))
            .inspect_err(|_| drop(fs::remove_file(&unfinished)))?;
        File::open(&self.path)?.sync_all()
    }

    fn unfinished(&self, name: &str) -> PathBuf {
        self.path.join(format!(".{name}.{}.unfinished", std::process::id()))
    }
}

#[cfg(test)]
mod tests {
    use super::ReportFolder;
    use crate::{cli::Exit, report::sample};

    fn names(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("is a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("is readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn three_whole_files_are_written_and_replaced() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a/b");
        let folder = ReportFolder::prepare(&path).expect("is made");
        folder.write(&sample::report()).expect("writes");
        let first = std::fs::read(path.join("report.json")).expect("is there");
        folder.write(&sample::perfect()).expect("writes again");
        assert_ne!(std::fs::read(path.join("report.json")).expect("is there"), first);
        assert_eq!(names(&path), ["report.csv", "report.html", "report.json"]);
    }

    #[test]
    fn an_abandoned_folder_leaves_nothing_that_was_not_there_before() {
        let dir = tempfile::tempdir().expect("a folder");
        ReportFolder::prepare(&dir.path().join("a/b")).expect("is made").abandon();
        assert!(names(dir.path()).is_empty());
        ReportFolder::prepare(dir.path()).expect("was there").abandon();
        assert!(dir.path().exists());
        let used = ReportFolder::prepare(&dir.path().join("c/d")).expect("is made");
        std::fs::write(dir.path().join("c/note"), "mine").expect("written");
        used.abandon();
        assert_eq!(names(&dir.path().join("c")), ["note"]);
    }

    #[test]
    fn a_path_that_is_a_file_is_refused_before_the_pass() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for path in [file.path().to_owned(), file.path().join("below")] {
            let problem = ReportFolder::prepare(&path).expect_err("refused");
            assert_eq!(problem.exit, Exit::Files);
            assert!(problem.message.contains(&*path.to_string_lossy()), "{}", problem.message);
        }
    }
}
