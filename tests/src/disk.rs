//! A small disk of its own that can be filled up, where this machine lets us mount one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A small disk.
#[derive(Debug)]
pub struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts one of so many MiB; none where we may not.
    pub fn mount(mib: u64) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("disk-").tempdir().expect("a directory");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(dir.path());
        let mounted = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        mounted.is_ok_and(|status| status.success()).then_some(Self { dir })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Fills it up but for so many KiB.
    pub fn fill(&self, left_kib: u64) {
        self.empty();
        let free = self.free_kib();
        let ballast = vec![0; usize::try_from(free.saturating_sub(left_kib) * 1024).expect("a small disk")];
        fs::write(self.ballast(), ballast).expect("there is as much room as it says");
    }

    /// Gives the room back.
    pub fn empty(&self) {
        let _ = fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.dir.path().join("ballast")
    }

    fn free_kib(&self) -> u64 {
        let output =
            Command::new("df").args(["-k", "--output=avail"]).arg(self.path()).output().expect("runs df");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().nth(1).and_then(|line| line.trim().parse().ok()).expect("df tells how much is free")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
