//! What clients said to a server, command by command: the proof of what was and was not sent.
//!
//! Dovecot writes what it reads from each session after the login into a file of its own, every line with the time
//! before it. Here the times are taken off, literals are stepped over, and the commands remain.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The log of one server.
#[derive(Debug, Clone)]
pub struct WireLog {
    directory: PathBuf,
    seen: BTreeSet<PathBuf>,
}

/// One command as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// In capitals; with its second word for `UID …`: `UID FETCH`.
    pub name: String,
    /// What followed the name on its first line, cut at the first literal.
    pub arguments: String,
}

/// Commands that change a mailbox. SELECT and CLOSE are among them: they clear `\Recent` and may expunge.
const WRITING: [&str; 18] = [
    "APPEND",
    "CREATE",
    "DELETE",
    "RENAME",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "STORE",
    "UID STORE",
    "COPY",
    "UID COPY",
    "MOVE",
    "UID MOVE",
    "EXPUNGE",
    "UID EXPUNGE",
    "SELECT",
    "CLOSE",
    "SETACL",
    "SETMETADATA",
];

impl Command {
    /// Whether the command changes a mailbox.
    pub fn writes(&self) -> bool {
        WRITING.contains(&self.name.as_str())
    }
}

impl WireLog {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory, seen: BTreeSet::new() }
    }

    /// The log from now on: sessions that began before are left out.
    #[must_use]
    pub fn from_now(&self) -> Self {
        Self { directory: self.directory.clone(), seen: self.sessions() }
    }

    fn sessions(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "in"))
            .collect()
    }

    /// Every command of every session, in order within a session.
    pub fn commands(&self) -> Vec<Command> {
        self.sessions().difference(&self.seen).flat_map(|path| read(path)).collect()
    }

    /// How many commands of a name were sent, such as `APPEND` or `UID STORE`.
    pub fn count(&self, name: &str) -> usize {
        self.commands().iter().filter(|command| command.name == name).count()
    }

    /// Every command that changes a mailbox.
    pub fn writing(&self) -> Vec<Command> {
        self.commands().into_iter().filter(Command::writes).collect()
    }
}

fn read(path: &Path) -> Vec<Command> {
    commands(&without_times(&fs::read(path).unwrap_or_default()))
}

fn without_times(log: &[u8]) -> Vec<u8> {
    let mut stream = Vec::with_capacity(log.len());
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        let after = line.iter().position(|byte| *byte == b' ').map_or(line.len(), |space| space + 1);
        stream.extend_from_slice(&line[after..]);
    }
    stream
}

pub(crate) fn commands(stream: &[u8]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut rest = stream;
    let mut within = false;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]);
        let line = line.trim_end_matches('\r');
        if !within {
            commands.extend(command(line));
        }
        // After a literal the same command goes on.
        let literal = literal(line);
        within = literal.is_some();
        rest = &rest[(end + 1 + literal.unwrap_or(0)).min(rest.len())..];
    }
    commands
}

/// The length of the literal that a line announces: `{5}`, `{5+}`, `~{5}`.
fn literal(line: &str) -> Option<usize> {
    let inside = line.strip_suffix('}')?;
    let digits = &inside[inside.rfind('{')? + 1..];
    digits.strip_suffix('+').unwrap_or(digits).parse().ok()
}

/// None for lines that are no command, such as `DONE` or an answer to a challenge.
fn command(line: &str) -> Option<Command> {
    let (_tag, rest) = line.split_once(' ')?;
    let (mut name, mut arguments) = rest.split_once(' ').unwrap_or((rest, ""));
    if name.eq_ignore_ascii_case("UID") {
        let (second, after) = arguments.split_once(' ').unwrap_or((arguments, ""));
        name = &rest[..name.len() + 1 + second.len()];
        arguments = after;
    }
    Some(Command { name: name.to_ascii_uppercase(), arguments: arguments.into() })
}

#[cfg(test)]
mod tests {
    use super::{commands, without_times};

    fn check(log: &str, names: &[&str]) {
        let found = commands(&without_times(log.as_bytes()));
        let found: Vec<_> = found.iter().map(|command| command.name.as_str()).collect();
        assert_eq!(found, names);
    }

    #[test]
    fn literals_are_stepped_over() {
        check(
            "1.1 a APPEND INBOX {9+}\r\n1.1 b STORE\r\n1.1  {2+}\r\n1.1 xy\r\n1.1 c uid fetch 1 FLAGS\r\n1.1 DONE\r\n",
            &["APPEND", "UID FETCH"],
        );
    }

    #[test]
    fn a_literal_cut_off_by_the_end_ends_the_log() {
        check(
            "1.1 a EXAMINE INBOX\r\n1.1 b APPEND INBOX {800}\r\n1.1 Subject: x\r\n",
            &["EXAMINE", "APPEND"],
        );
    }
}
