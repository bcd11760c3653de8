//! A disk whose power can be cut: a file system in an image, of which only what was written through is left.
//!
//! The kernel keeps what programs write and hands it to the disk when it is synced, or after a long while. So what the image
//! holds at any moment is what a disk would hold whose machine lost its power then.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use servers::{Error, Result, error::Doing};

/// The size of the disk in bytes.
const SIZE: u64 = 32 << 20;
/// So often the image is read until it did not change while it was.
const READS: usize = 50;

/// The image of a disk that is mounted somewhere.
#[derive(Debug)]
pub(super) struct Image {
    mounted_at: PathBuf,
    file: PathBuf,
    cuts: usize,
}

impl Image {
    /// Makes one beside a folder and mounts it there; none where we may not.
    pub(super) fn mount(folder: &Path) -> Option<Self> {
        let file = folder.with_extension("image0");
        fs::File::create(&file).and_then(|made| made.set_len(SIZE)).ok()?;
        let image = Self { mounted_at: folder.to_owned(), file, cuts: 0 };
        (quietly("mkfs.ext4", |make| make.args(["-q", "-F"]).arg(&image.file)) && image.attach())
            .then_some(image)
    }

    fn attach(&self) -> bool {
        // Nothing is written through but what is synced: the file system itself would do it every five seconds.
        let options = ["-t", "ext4", "-o", "loop,commit=600"];
        quietly("mount", |mount| mount.args(options).arg(&self.file).arg(&self.mounted_at))
    }

    fn detach(&self) {
        quietly("umount", |umount| umount.arg("-l").arg(&self.mounted_at));
    }

    /// What is on the disk now. Whoever writes to it has to stand still.
    pub(super) fn held(&self) -> Result<Vec<u8>> {
        let read = || fs::read(&self.file).doing(|| format!("reading {}", self.file.display()));
        let mut last = read()?;
        for _ in 0..READS {
            let now = read()?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
        Err(Error::new("reading a disk that nobody writes to: it goes on changing"))
    }

    /// The machine comes back with what its disk held; whoever wrote to it is gone.
    pub(super) fn come_back(&mut self, held: &[u8]) -> Result<()> {
        self.detach();
        let _ = fs::remove_file(&self.file);
        self.cuts += 1;
        // Another file: what the kernel still keeps for the old one must not get into it.
        self.file = self.mounted_at.with_extension(format!("image{}", self.cuts));
        fs::write(&self.file, held).doing(|| format!("writing {}", self.file.display()))?;
        if self.attach() { Ok(()) } else { Err(Error::new("mounting a disk after its power was cut")) }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.detach();
        let _ = fs::remove_file(&self.file);
    }
}

fn quietly(program: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) -> bool {
    let mut command = Command::new(program);
    arguments(&mut command).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::Image;

    #[test]
    fn only_what_was_synced_is_left_after_a_cut() {
        let dir = tempfile::tempdir().expect("a directory");
        let folder = dir.path().join("disk");
        fs::create_dir(&folder).expect("makes it");
        let Some(mut image) = Image::mount(&folder) else {
            eprintln!("not shown: this machine lets nobody mount an image");
            return;
        };
        let mut synced = fs::File::create(folder.join("synced")).expect("makes it");
        synced.write_all(b"one").expect("writes");
        synced.sync_all().expect("syncs");
        synced.write_all(b"two").expect("writes");
        fs::write(folder.join("kept"), b"in memory only").expect("writes");
        let held = image.held().expect("reads");
        drop(synced);
        image.come_back(&held).expect("mounts");
        assert_eq!(fs::read(folder.join("synced")).expect("is there"), b"one");
        assert!(!folder.join("kept").exists());
    }
}
