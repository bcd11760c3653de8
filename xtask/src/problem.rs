//! Why a task could not go on, for the person who started it.

use std::{fmt, path::Path};

/// What was being done, what happened, what to do next.
#[derive(Debug)]
pub(crate) struct Problem {
    doing: String,
    happened: String,
    next: String,
}

impl Problem {
    /// Every problem has all three parts.
    pub(crate) fn new(
        doing: impl Into<String>,
        happened: impl fmt::Display,
        next: impl Into<String>,
    ) -> Self {
        Self { doing: doing.into(), happened: happened.to_string(), next: next.into() }
    }

    /// A file or folder could not be read or written.
    pub(crate) fn file(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::new(
            format!("{doing} {}", path.display()),
            error,
            "Look at the permissions and the free space there, then try again.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem while {}: {}\n{}", self.doing, self.happened, self.next)
    }
}
