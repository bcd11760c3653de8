//! Where the ledger of a round lies: on a file system of its own that can be filled up, where we may mount one.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use servers::{
    Result,
    error::Doing,
    process::{Ask, Guarded},
};

/// Room while the disk is not full.
const ROOM: &str = "size=64m";

/// A folder for one ledger.
#[derive(Debug)]
pub(super) struct LedgerDisk {
    folder: PathBuf,
    mounted: bool,
}

impl LedgerDisk {
    /// Makes the folder and mounts a small file system there, if we may.
    pub(super) fn new(folder: PathBuf) -> Result<Self> {
        fs::create_dir(&folder).doing(|| format!("making {}", folder.display()))?;
        let mounted = mount(&["-t", "tmpfs", "-o", ROOM, "tmpfs"], &folder);
        Ok(Self { folder, mounted })
    }

    /// The ledger's file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("ledger.db")
    }

    /// Whether it can be filled up.
    pub(super) fn can_be_full(&self) -> bool {
        self.mounted
    }

    /// Leaves room for this many more bytes.
    pub(super) fn fill(&self, left: u64) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let used: u64 =
            entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.blocks() * 512).sum();
        mount(&["-o", &format!("remount,size={}", used + left)], &self.folder);
    }

    /// Gives the room back.
    pub(super) fn empty(&self) {
        mount(&["-o", &format!("remount,{ROOM}")], &self.folder);
    }

    /// Waits for the ledger to be written to, this many times; whether it was.
    pub(super) fn written(&self, times: u64, patience: Duration) -> bool {
        let state = || {
            ["ledger.db", "ledger.db-wal"].map(|name| {
                let file = fs::metadata(self.folder.join(name)).ok();
                file.map(|file| (file.len(), file.mtime(), file.mtime_nsec()))
            })
        };
        let (deadline, mut last) = (Instant::now() + patience, state());
        let mut seen = 0;
        while seen < times {
            if Instant::now() > deadline {
                return false;
            }
            std::thread::sleep(Duration::from_micros(100));
            let now = state();
            seen += u64::from(now != last);
            last = now;
        }
        true
    }

    /// Holds the database's write lock for a while, as a backup of the file does.
    pub(super) fn lock(&self, while_: Duration) -> Result<()> {
        let mut command = Command::new("sqlite3");
        command.arg(self.file()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let script =
            format!(".timeout 5000\nBEGIN IMMEDIATE;\n.shell sleep {}\nROLLBACK;\n", while_.as_secs_f64());
        let input = self.folder.with_extension("sql");
        fs::write(&input, script).doing(|| format!("writing {}", input.display()))?;
        let file = fs::File::open(&input).doing(|| format!("opening {}", input.display()))?;
        let mut holder = Guarded::start(command.stdin(file), None)?;
        holder.wait(while_ + Duration::from_secs(10));
        holder.stop(Ask::Terminate, Duration::from_secs(1));
        Ok(())
    }
}

impl Drop for LedgerDisk {
    fn drop(&mut self) {
        if self.mounted {
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(options).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
