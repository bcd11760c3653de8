//! Whether the panel's inputs are the same as last time.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// A short name for the present content of the given files and folders together with some words.
pub(crate) fn stamp(root: &Path, inputs: &[&str], words: &[&str]) -> io::Result<String> {
    let mut files = BTreeMap::new();
    for input in inputs {
        collect(root, Path::new(input), &mut files)?;
    }
    Ok(of(&files, words))
}

/// Reads a file, or all files of a folder; hidden ones are an editor's.
fn collect(root: &Path, path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    let full = root.join(path);
    if !full.is_dir() {
        files.insert(path.to_owned(), fs::read(full)?);
        return Ok(());
    }
    for entry in fs::read_dir(full)? {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with('.') {
            collect(root, &path.join(name), files)?;
        }
    }
    Ok(())
}

fn of(files: &BTreeMap<PathBuf, Vec<u8>>, words: &[&str]) -> String {
    let mut hash = Sha256::new();
    let paths = files.iter().flat_map(|(path, content)| [path.as_os_str().as_encoded_bytes(), content]);
    for part in words.iter().map(|word| word.as_bytes()).chain(paths) {
        // With its length before it, no part can pass for the end of the one before.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::stamp;

    fn write(root: &Path, file: &str, content: &str) {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs::write(path, content).expect("file");
    }

    /// A stamp of `src` and `lock` after a change.
    fn after(change: impl Fn(&Path)) -> String {
        let folder = tempfile::tempdir().expect("folder");
        write(folder.path(), "src/deep/a.rs", "one");
        write(folder.path(), "src/b.rs", "two");
        write(folder.path(), "lock", "three");
        change(folder.path());
        stamp(folder.path(), &["src", "lock"], &["compiler 1"]).expect("stamp")
    }

    #[test]
    fn the_same_sources_have_the_same_stamp_anywhere() {
        assert_eq!(after(|_| ()), after(|_| ()));
    }

    #[test]
    fn every_change_that_matters_changes_the_stamp() {
        let before = after(|_| ());
        assert_ne!(before, after(|root| write(root, "src/deep/a.rs", "other")), "content");
        assert_ne!(before, after(|root| write(root, "src/c.rs", "")), "a new file");
        assert_ne!(
            before,
            after(|root| fs::remove_file(root.join("src/b.rs")).expect("remove")),
            "a lost file"
        );
        let moved = after(|root| fs::rename(root.join("src/b.rs"), root.join("src/c.rs")).expect("rename"));
        assert_ne!(before, moved, "a renamed file");
        assert_ne!(before, after(|root| write(root, "lock", "four")), "a single file");
    }

    #[test]
    fn what_is_no_input_does_not_change_the_stamp() {
        let before = after(|_| ());
        assert_eq!(before, after(|root| write(root, "notes.txt", "x")), "a file beside");
        assert_eq!(before, after(|root| write(root, "src/.b.rs.swp", "x")), "an editor's file");
    }

    #[test]
    fn another_compiler_changes_the_stamp() {
        let folder = tempfile::tempdir().expect("folder");
        let of = |word| stamp(folder.path(), &[], &[word]).expect("stamp");
        assert_ne!(of("compiler 1"), of("compiler 2"));
    }

    #[test]
    fn a_missing_input_is_an_error() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(stamp(folder.path(), &["gone"], &[]).is_err());
    }
}
