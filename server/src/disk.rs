//! How much room there is for ledgers, database and log, and whether passes may go on.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use shared::{disk::FullDisk, size::size};

const GIB: u64 = 1 << 30;
/// People are told below this share of the disk, and in any case below one GiB of a disk that is not small itself.
const LOW_SHARE: u64 = 20;
/// Passes are held below this share, or below one GiB: what a log, a database and its journal need to come to rest. A small
/// machine's disk of 8 GiB keeps 0.4 GiB.
const LEAST_SHARE: u64 = 20;
/// They go on with twice as much, so that they do not come and go with each file.
const ENOUGH_SHARE: u64 = 10;

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) free: u64,
    pub(crate) size: u64,
}

impl Space {
    /// Of the disk on which a file lies. None when it cannot be asked, which is no reason to stop.
    pub(crate) fn of(place: &Path) -> Option<Self> {
        let disk = nix::sys::statvfs::statvfs(place).ok()?;
        Some(Self {
            free: disk.blocks_available().saturating_mul(disk.fragment_size()),
            size: disk.blocks().saturating_mul(disk.fragment_size()),
        })
    }

    /// Whether people should be told that it is nearly full.
    pub(crate) const fn is_low(self) -> bool {
        let Self { free, size } = self;
        free < size / LOW_SHARE && free < 10 * GIB || free < GIB && size > 2 * GIB
    }

    /// Whether passes have to be held.
    const fn is_too_little(self) -> bool {
        self.free < smaller(self.size / LEAST_SHARE, GIB)
    }

    /// What must be free for them to go on.
    const fn wanted(self) -> u64 {
        smaller(self.size / ENOUGH_SHARE, 2 * GIB)
    }
}

const fn smaller(one: u64, other: u64) -> u64 {
    if one < other { one } else { other }
}

/// The disk on which a file lies, and whether passes are held for lack of room. Cheap to clone; every clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    place: PathBuf,
    read: fn(&Path) -> Option<Space>,
    /// What was free when it was last looked, while that is too little.
    full: Arc<Mutex<Option<Space>>>,
}

impl Disk {
    pub(crate) fn of(place: &Path) -> Self {
        Self::read_by(place, Space::of)
    }

    /// The same, read in another way.
    pub(crate) fn read_by(place: &Path, read: fn(&Path) -> Option<Space>) -> Self {
        Self { place: place.to_owned(), read, full: Arc::default() }
    }

    /// Looks how much is free now: whether passes have to be held. Held once, they are until there is enough.
    pub(crate) fn look(&self) -> bool {
        // A disk that is far away may not answer for long; whoever asks how it stands does not wait for it.
        let space = (self.read)(&self.place);
        let mut full = self.full.lock().unwrap_or_else(PoisonError::into_inner);
        let was_held = full.is_some();
        *full = space.filter(|space| match was_held {
            true => space.free < space.wanted(),
            false => space.is_too_little(),
        });
        match (was_held, *full) {
            (false, Some(Space { free, size })) => {
                tracing::warn!(free, size, place = %self.place.display(), "the disk is full: passes are held")
            }
            (true, None) => {
                tracing::info!(place = %self.place.display(), "the disk has room again: passes go on")
            }
            (true, Some(_)) | (false, None) => {}
        }
        full.is_some()
    }

    /// How it stands, while passes are held, as of the last look.
    pub(crate) fn full(&self) -> Option<FullDisk> {
        let space = (*self.full.lock().unwrap_or_else(PoisonError::into_inner))?;
        let Space { free, size } = space;
        Some(FullDisk { place: self.place.display().to_string(), free, size, wanted: space.wanted() })
    }
}

/// In a sentence, how it stands.
pub(crate) fn told(full: &FullDisk) -> String {
    let FullDisk { place, free, size: all, wanted } = full;
    format!(
        "The disk of {place} has {} free of {}, which is too little to go on; {} must be.",
        size(*free),
        size(*all),
        size(*wanted)
    )
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{Disk, GIB, Space};

    fn space(free: u64, size: u64) -> Space {
        Space { free, size }
    }

    #[test]
    fn a_disk_is_low_by_share_and_by_bytes() {
        assert!(!space(50 * GIB, 100 * GIB).is_low());
        assert!(space(4 * GIB, 100 * GIB).is_low());
        assert!(!space(40 * GIB, 1000 * GIB).is_low(), "forty gigabytes are enough for anybody's ledger");
        assert!(space(GIB / 2, 10 * GIB).is_low());
    }

    #[test]
    fn passes_are_held_later_than_people_are_told() {
        for size in [8 * GIB, 20 * GIB, 40 * GIB, 500 * GIB, 10_000 * GIB] {
            let held =
                (0..1000).map(|part| space(size / 10_000 * part, size)).filter(|it| it.is_too_little());
            assert!(held.clone().count() > 0 && held.clone().all(Space::is_low), "of {size}");
            assert!(held.map(|it| it.free).max() < Some(GIB));
        }
        assert!(!space(GIB / 2, 8 * GIB).is_too_little(), "a small machine works with half a GiB");
    }

    /// What a file beside it says.
    fn written(place: &Path) -> Option<Space> {
        let free = fs::read_to_string(place.join("free")).ok()?.parse().ok()?;
        Some(space(free, 1000))
    }

    #[test]
    fn passes_are_held_below_five_percent_and_go_on_from_ten() {
        let dir = tempfile::tempdir().expect("a folder");
        let disk = Disk::read_by(dir.path(), written);
        let mut look = |free: u64| {
            fs::write(dir.path().join("free"), free.to_string()).expect("writes");
            disk.look()
        };
        let seen = [500, 50, 49, 50, 99, 100, 99, 50, 49].map(&mut look);
        assert_eq!(seen, [false, false, true, true, true, false, false, false, true]);
        let full = disk.full().expect("held");
        assert_eq!((full.free, full.size, full.wanted), (49, 1000, 100));
        assert!(super::told(&full).contains("has 49 B free of 1.0 kB"), "{}", super::told(&full));
        // A disk that cannot be asked holds nobody.
        fs::remove_file(dir.path().join("free")).expect("removes");
        assert!(!disk.look() && disk.full().is_none());
    }

    #[test]
    fn this_machine_s_disk_can_be_asked() {
        let space = Space::of(Path::new("/")).expect("tells");
        assert!(space.free <= space.size && space.size > 0);
        assert_eq!(Space::of(Path::new("/no/such/place")), None);
    }
}
