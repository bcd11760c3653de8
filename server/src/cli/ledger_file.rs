//! The ledger file of two mailboxes: where it is by default, and the lock that keeps it to one run at a time.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{Exit, Problem, order::LedgerPlace, side::SideOrder};
use crate::report::words::file_safe;

/// Characters of each user in a ledger's name: enough to recognise it, while its hash tells it from the others.
const READABLE: usize = 40;

/// Where the ledger of two mailboxes is kept. Ports are no part of it: they say how a mailbox is reached, not which.
pub(super) fn default_path(data_dir: &Path, source: &SideOrder, target: &SideOrder) -> PathBuf {
    let identity = [&source.endpoint.host, &source.user, &target.endpoint.host, &target.user];
    // No name holds a line end, so two different pairs never make one text.
    let hash = hex::encode(Sha256::digest(identity.map(String::as_str).join("\n")));
    let (from, to) = (file_safe(&source.user, READABLE), file_safe(&target.user, READABLE));
    let short = hash.get(..16).unwrap_or(&hash);
    data_dir.join("ledgers").join(format!("{from}-to-{to}-{short}.db"))
}

/// A ledger file that no other run uses. Dropping it, and every end of the process, gives it free.
#[derive(Debug)]
pub(super) struct LockedLedger {
    path: PathBuf,
    /// The operating system holds the lock as long as this is open, so nothing is left behind by a crash.
    _lock: File,
}

impl LockedLedger {
    /// Locks a ledger; makes the folder of a default one, and the file, readable for this user alone.
    pub(super) fn open(place: &LedgerPlace) -> Result<Self, Problem> {
        let path = match place {
            LedgerPlace::Chosen(path) => path.clone(),
            LedgerPlace::Default(path) => {
                let folder = path.parent().unwrap_or(Path::new("."));
                DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
                    Problem::file("Making the folder for ledgers", folder, error, DATA_DIR_ADVICE)
                })?;
                path.clone()
            }
        };
        let lock = lock(&path)?;
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        file.map_err(|error| Problem::file("Opening the ledger", &path, error, LEDGER_ADVICE))?;
        Ok(Self { path, _lock: lock })
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file as other folders see it too, for people.
    pub(super) fn shown(&self) -> PathBuf {
        fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

const DATA_DIR_ADVICE: &str = "Let this user write there, or name another data directory with --data-dir.";
const LEDGER_ADVICE: &str = "Name a file in an existing folder that this user may write to with --ledger.";

/// Takes `FILE.lock`. The file stays when the run ends: removing it would let two runs lock two files of one name.
fn lock(ledger: &Path) -> Result<File, Problem> {
    let mut name = ledger.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let problem = |error: io::Error| Problem::file("Locking the ledger by", &path, error, LEDGER_ADVICE);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(problem)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(taken(ledger, &mut file)),
        Err(TryLockError::Error(error)) => return Err(problem(error)),
    }
    let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(problem)?;
    Ok(file)
}

fn taken(ledger: &Path, file: &mut File) -> Problem {
    let mut holder = String::new();
    // Only to help a person find it; the lock itself does not depend on what stands in the file.
    let read = file.rewind().and_then(|()| file.take(32).read_to_string(&mut holder));
    let holder = match (read, holder.trim().parse::<u32>()) {
        (Ok(_), Ok(process)) => format!(" (process {process})"),
        _ => String::new(),
    };
    Problem::new(
        Exit::Locked,
        format!(
            "Locking the ledger {} failed: another run{holder} works on these mailboxes. Wait until it is done, or stop it.",
            ledger.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use shared::{
        check::Side,
        endpoint::{ImapEndpoint, Login},
    };

    use super::*;

    fn side(side: Side, host: &str, port: u16, user: &str) -> SideOrder {
        let endpoint = ImapEndpoint { port, ..ImapEndpoint::new(host, Login::Password) };
        SideOrder { side, endpoint, user: user.into(), secret_file: None }
    }

    fn path(source: (&str, u16, &str), target: (&str, u16, &str)) -> PathBuf {
        let source = side(Side::Source, source.0, source.1, source.2);
        default_path(Path::new("/data"), &source, &side(Side::Target, target.0, target.1, target.2))
    }

    #[test]
    fn two_mailboxes_have_one_ledger_whatever_the_ports() {
        let one = path(("old.example", 993, "anna@a"), ("new.example", 993, "anna@b"));
        assert_eq!(one, path(("old.example", 143, "anna@a"), ("new.example", 1143, "anna@b")));
        assert!(one.starts_with("/data/ledgers"), "{}", one.display());
        assert!(one.to_string_lossy().contains("anna@a-to-anna@b-"), "{}", one.display());
    }

    #[test]
    fn other_mailboxes_have_another_ledger_even_when_their_names_look_alike() {
        let pairs = [
            (("old.example", 993, "anna"), ("new.example", 993, "anna")),
            (("new.example", 993, "anna"), ("old.example", 993, "anna")),
            (("old.example", 993, "Anna"), ("new.example", 993, "anna")),
            (("old.example", 993, "anna"), ("new.example", 993, "anna2")),
            (("old.example", 993, "an/na"), ("new.example", 993, "anna")),
            (("old.example", 993, "an_na"), ("new.example", 993, "anna")),
        ];
        let paths: std::collections::BTreeSet<_> = pairs.map(|(source, target)| path(source, target)).into();
        assert_eq!(paths.len(), pairs.len());
        let long = "x".repeat(500);
        let name = path(("a", 1, &long), ("b", 1, &long));
        assert!(name.file_name().expect("a name").len() < 128);
    }

    #[test]
    fn edge_168_a_second_run_on_the_same_ledger_is_refused_until_the_first_ends() {
        let dir = tempfile::tempdir().expect("a folder");
        let place = LedgerPlace::Default(dir.path().join("new/ledgers/a.db"));
        let first = LockedLedger::open(&place).expect("locks");
        let problem = LockedLedger::open(&place).expect_err("is taken");
        assert_eq!(problem.exit, Exit::Locked);
        assert!(problem.message.contains(&std::process::id().to_string()), "{}", problem.message);
        drop(first);
        LockedLedger::open(&place).expect("is free again");
    }

    #[test]
    fn ledger_and_folder_are_for_this_user_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("ledgers/a.db");
        let ledger = LockedLedger::open(&LedgerPlace::Default(file.clone())).expect("locks");
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(ledger.path()), 0o600);
        assert_eq!(mode(file.parent().expect("a folder")), 0o700);
    }

    #[test]
    fn a_ledger_in_a_missing_folder_is_refused_and_nothing_is_made() {
        let dir = tempfile::tempdir().expect("a folder");
        let problem =
            LockedLedger::open(&LedgerPlace::Chosen(dir.path().join("typo/a.db"))).expect_err("refused");
        assert_eq!(problem.exit, Exit::Files);
        assert!(
            problem.message.contains("typo") && problem.message.contains("--ledger"),
            "{}",
            problem.message
        );
        assert!(!dir.path().join("typo").exists());
    }

    #[test]
    fn a_data_directory_that_cannot_be_made_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let place = LedgerPlace::Default(file.path().join("ledgers/a.db"));
        let problem = LockedLedger::open(&place).expect_err("refused");
        assert_eq!(problem.exit, Exit::Files);
        assert!(problem.message.contains("--data-dir"), "{}", problem.message);
    }
}
