//! Writes a Maildir directly, for what no IMAP client can store: true NUL bytes, dates in the future, thousands of
//! messages in a second.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    corpus::Message,
    dovecot::Dovecot,
    error::{Doing, Error, Result},
    process::Identity,
    utf7,
};

/// Letters of a Maildir file name for the system flags.
const LETTERS: [(&str, char); 5] =
    [("\\Draft", 'D'), ("\\Flagged", 'F'), ("\\Answered", 'R'), ("\\Seen", 'S'), ("\\Deleted", 'T')];

/// One user's Maildir, written while the server does not look at it.
#[derive(Debug)]
pub struct Maildir {
    root: PathBuf,
    identity: Identity,
    separator: char,
    escape: bool,
    subscriptions: Vec<String>,
}

impl Maildir {
    /// The Maildir of a user of a server; made if it is not there. Subscriptions that are there are kept.
    pub fn new(server: &Dovecot, user: &str) -> Result<Self> {
        let home = server.user_dir(user);
        let identity = server.identity().clone();
        if !home.exists() {
            identity.make_dir(&home)?;
        }
        let root = home.join("Maildir");
        if !root.exists() {
            make_folder(&root, &identity)?;
        }
        let known = fs::read_to_string(root.join("subscriptions")).unwrap_or_default();
        let subscriptions = known.lines().skip(2).map(str::to_owned).collect();
        let (separator, escape) = (server.separator(), server.escapes_names());
        Ok(Self { root, identity, separator, escape, subscriptions })
    }

    /// Makes a folder if it is not there and adds messages to it.
    pub fn put(&self, path: &[String], messages: &[Message]) -> Result<()> {
        let folder = self.folder(path);
        if !folder.exists() {
            make_folder(&folder, &self.identity)?;
            let mark = folder.join("maildirfolder");
            fs::write(&mark, "").doing(|| format!("marking {}", folder.display()))?;
            self.identity.own(&mark)?;
        }
        let mut keywords = Keywords::default();
        let begun =
            fs::read_dir(folder.join("cur")).doing(|| format!("reading {}", folder.display()))?.count();
        for (number, message) in messages.iter().enumerate() {
            let letters = keywords.letters(&message.flags)?;
            // The server numbers new files in the order of their names.
            let name = format!("{:010}.M1P1.servers:2,{letters}", 1_000_000_000 + begun + number);
            write_message(&folder.join("cur").join(name), message, &self.identity)?;
        }
        if !keywords.0.is_empty() {
            let path = folder.join("dovecot-keywords");
            fs::write(&path, keywords.file()).doing(|| format!("writing {}", path.display()))?;
            self.identity.own(&path)?;
        }
        Ok(())
    }

    /// Subscribes to a folder, also to one that is not there.
    pub fn subscribe(&mut self, path: &[String]) -> Result<()> {
        // The file separates the parts of a name by tabs, and escapes them as on disk.
        let names: Vec<_> = path.iter().map(|name| self.on_disk(name)).collect();
        self.subscriptions.push(names.join("\t"));
        let file = self.root.join("subscriptions");
        let text = format!("V\t2\n\n{}\n", self.subscriptions.join("\n"));
        fs::write(&file, text).doing(|| format!("writing {}", file.display()))?;
        self.identity.own(&file)
    }

    /// Where a folder lies on disk.
    pub fn folder(&self, path: &[String]) -> PathBuf {
        if matches!(path, [only] if only.eq_ignore_ascii_case("INBOX")) {
            return self.root.clone();
        }
        let names: Vec<_> = path.iter().map(|name| self.on_disk(name)).collect();
        self.root.join(format!(".{}", names.join(".")))
    }

    fn on_disk(&self, name: &str) -> String {
        let wire = utf7::encode(name);
        if !self.escape {
            return wire;
        }
        let mut out = String::new();
        for (index, character) in wire.char_indices() {
            let special = matches!(character, '.' | '/' | '\\') || character == self.separator;
            if special || (index == 0 && character == '~') {
                out.push_str(&format!("\\{:02x}", u32::from(character)));
            } else {
                out.push(character);
            }
        }
        out
    }
}

fn make_folder(folder: &Path, identity: &Identity) -> Result<()> {
    for directory in ["", "cur", "new", "tmp"] {
        identity.make_dir(&folder.join(directory))?;
    }
    Ok(())
}

fn write_message(path: &Path, message: &Message, identity: &Identity) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let moment = u64::try_from(message.received).doing(|| "writing a date before 1970".into())?;
    let mut file = fs::File::create(path).doing(doing)?;
    file.write_all(&message.bytes).doing(doing)?;
    file.set_modified(UNIX_EPOCH + Duration::from_secs(moment)).doing(doing)?;
    identity.own(path)
}

/// The keywords of a folder and their letters: `a` for the first, `z` for the last.
#[derive(Debug, Default)]
struct Keywords(BTreeMap<String, u8>);

impl Keywords {
    fn letters(&mut self, flags: &[String]) -> Result<String> {
        let mut letters = Vec::new();
        for flag in flags {
            if let Some((_, letter)) = LETTERS.iter().find(|(name, _)| *name == flag) {
                letters.push(*letter);
                continue;
            }
            let next = self.0.len() as u8;
            if next >= 26 && !self.0.contains_key(flag) {
                return Err(Error::new("a Maildir folder holds 26 keywords at most"));
            }
            letters.push(char::from(b'a' + *self.0.entry(flag.clone()).or_insert(next)));
        }
        letters.sort_unstable();
        letters.dedup();
        Ok(letters.into_iter().collect())
    }

    fn file(&self) -> String {
        let mut lines: Vec<_> = self.0.iter().map(|(name, number)| (number, name)).collect();
        lines.sort_unstable();
        lines.iter().map(|(number, name)| format!("{number} {name}\n")).collect()
    }
}
