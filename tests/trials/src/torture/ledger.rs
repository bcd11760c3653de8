//! Where the ledger of a round lies: on a file system of its own that can be filled up or lose its power, where we may mount
//! one.

mod image;

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use servers::{
    Error, Result,
    error::Doing,
    process::{Ask, Guarded},
};

use self::image::Image;

/// Room while the disk is not full.
const ROOM: &str = "size=64m";
/// What the ledger consists of.
const FILES: [&str; 2] = ["ledger.db", "ledger.db-wal"];

/// A folder for one ledger.
#[derive(Debug)]
pub(super) struct LedgerDisk {
    folder: PathBuf,
    kind: Kind,
}

/// What the folder is.
#[derive(Debug)]
enum Kind {
    /// Any folder: we may mount nothing.
    Plain,
    /// In memory; it can be filled up.
    Small,
    /// In an image; its power can be cut.
    Image(Image),
}

impl LedgerDisk {
    /// Makes the folder and mounts a file system there, if we may: one whose power can be cut, or one that can be filled up.
    pub(super) fn new(folder: PathBuf, can_lose_power: bool) -> Result<Self> {
        fs::create_dir(&folder).doing(|| format!("making {}", folder.display()))?;
        let image = if can_lose_power { Image::mount(&folder) } else { None };
        let kind = match image {
            Some(image) => Kind::Image(image),
            None if mount(&["-t", "tmpfs", "-o", ROOM, "tmpfs"], &folder) => Kind::Small,
            None => Kind::Plain,
        };
        Ok(Self { folder, kind })
    }

    /// The ledger's file.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("ledger.db")
    }

    /// Whether it can be filled up.
    pub(super) const fn can_be_full(&self) -> bool {
        matches!(self.kind, Kind::Small)
    }

    /// What the disk holds at this moment, when its power can be cut. Nobody may be writing to it.
    pub(super) fn held(&self) -> Result<Option<Vec<u8>>> {
        match &self.kind {
            Kind::Image(image) => image.held().map(Some),
            Kind::Plain | Kind::Small => Ok(None),
        }
    }

    /// The disk is back after its power was cut, with what it held then. Tells what is wrong with the ledger.
    pub(super) fn come_back(&mut self, held: &[u8]) -> Result<Option<String>> {
        match &mut self.kind {
            Kind::Image(image) => image.come_back(held)?,
            Kind::Plain | Kind::Small => {
                return Err(Error::new("cutting the power of a disk that cannot lose it"));
            }
        }
        self.unsound()
    }

    /// What SQLite finds wrong with the ledger; nothing when there is none yet. It looks at a copy.
    fn unsound(&self) -> Result<Option<String>> {
        let copy = tempfile::tempdir().doing(|| "making a folder".into())?;
        for name in FILES {
            if let Err(error) = fs::copy(self.folder.join(name), copy.path().join(name))
                && error.kind() != ErrorKind::NotFound
            {
                return Err(error).doing(|| format!("copying {name}"));
            }
        }
        if !copy.path().join("ledger.db").exists() {
            return Ok(None);
        }
        let mut check = Command::new("sqlite3");
        check.arg(copy.path().join("ledger.db")).arg("PRAGMA integrity_check");
        let output = check.output().doing(|| "running sqlite3".into())?;
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Ok((said.trim() != "ok").then(|| said.trim().to_owned()))
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
            FILES.map(|name| {
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
        if self.can_be_full() {
            let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
        }
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(options).arg(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
