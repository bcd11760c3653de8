//! Answers a mail server's question whether a login is right, on a socket in the file system.
//!
//! Where a server has its logins checked by another process, that process is a thread of ours: so any user springs into
//! existence, nothing has to be prepared, and nothing is left when the test ends.

use std::{
    fs,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::error::{Doing, Result};

/// How long a server may take to put its question.
const PATIENCE: Duration = Duration::from_secs(10);

/// The socket, answered until the value is dropped.
#[derive(Debug)]
pub(crate) struct Gate {
    path: PathBuf,
    closed: Arc<AtomicBool>,
}

impl Gate {
    /// Answers on a socket that is made here. An error of one conversation ends only that conversation: the server then
    /// refuses the login, which the test sees.
    pub(crate) fn open(
        path: &Path,
        answer: impl Fn(UnixStream) -> std::io::Result<()> + Send + 'static,
    ) -> Result<Self> {
        let doing = || format!("answering logins on {}", path.display());
        let listener = UnixListener::bind(path).doing(doing)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).doing(doing)?;
        let gate = Self { path: path.to_owned(), closed: Arc::default() };
        let closed = Arc::clone(&gate.closed);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = answer(stream);
            }
        });
        Ok(gate)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // One more connection wakes the listener, which then ends.
        let _ = UnixStream::connect(&self.path);
    }
}
