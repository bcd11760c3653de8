//! Which messages stand in folders, where folders are labels (Gmail's X-GM-EXT-1): the same message has the same
//! X-GM-MSGID under every label.

use std::collections::{HashSet, VecDeque};

use bytes::Bytes;
use shared::{cause::Cause, folder::Role};

use super::UNDER_WAY;
use crate::{
    error::{ConnectorError, Reach},
    model::{Folder, Identity, ItemId},
    wire::imap::{
        connection::{Data, Step, Tag},
        fetch,
        session::{Asked, FolderState, ImapSession, Way},
        utf7,
    },
};

/// What a command that is under way is about: the position of its folder.
enum About {
    Opening(usize),
    Listing(usize),
}

impl ImapSession {
    /// Which messages the items of folders are; an error that reaches the folder for one that will not tell.
    pub(crate) async fn identities(
        &mut self,
        folders: &[&Folder],
    ) -> Result<Vec<Result<Vec<Identity>, ConnectorError>>, ConnectorError> {
        let labels = Labels::of(&self.listing.folders);
        let mut told: Vec<Result<Vec<Identity>, ConnectorError>> =
            folders.iter().map(|_| Ok(Vec::new())).collect();
        let mut states: Vec<FolderState> = folders.iter().map(|_| FolderState::default()).collect();
        let mut waiting = (0..folders.len()).filter(|at| folders[*at].selectable);
        let mut under_way: VecDeque<(Tag, About)> = VecDeque::new();
        loop {
            let sent = under_way.len();
            while under_way.len() < UNDER_WAY * 2
                && let Some(at) = waiting.next()
            {
                let Asked(opening) = self.ask_folder(folders[at], Way::Read);
                under_way.push_back((opening, About::Opening(at)));
                let labels = if folders[at].holds_all { " X-GM-LABELS" } else { "" };
                let command = format!("UID FETCH 1:* (UID X-GM-MSGID{labels})");
                under_way.push_back((self.connection.queue(command.as_bytes()), About::Listing(at)));
            }
            if under_way.is_empty() {
                return Ok(told);
            }
            if under_way.len() > sent {
                self.flush().await?;
            }
            match (self.connection.step().await?, under_way.front()) {
                (Step::Data(data), Some((_, About::Opening(at)))) => states[*at].read(&data),
                (Step::Data(data), Some((_, About::Listing(at)))) => {
                    if let Ok(told) = &mut told[*at] {
                        told.extend(self.read_identity(&data, &labels));
                    }
                }
                (Step::Data(_), _) => {}
                (Step::End(tag, condition), Some((expected, about))) if *expected == tag => {
                    let refused = match *about {
                        About::Opening(at) => {
                            self.opened(folders[at], &condition).err().map(|error| (at, error))
                        }
                        // Some servers take no range over an empty folder.
                        About::Listing(at)
                            if condition.is_ok() || (states[at].exists == 0 && !condition.passes()) =>
                        {
                            None
                        }
                        About::Listing(at) => {
                            let doing = format!(
                                "asking which messages are in folder {} on {}",
                                folders[at].path,
                                self.peer()
                            );
                            let (reach, cause) = (Reach::Folder, Cause::FolderUnreadable);
                            Some((at, self.connection.refused(&condition, reach, cause, doing)))
                        }
                    };
                    under_way.pop_front();
                    match refused {
                        // What follows a refusal is refused too: the first says why.
                        Some((at, error)) if error.reach == Reach::Folder && told[at].is_ok() => {
                            told[at] = Err(error)
                        }
                        Some((_, error)) if error.reach != Reach::Folder => return Err(error),
                        Some(_) | None => {}
                    }
                }
                (Step::End(..), _) => return Err(self.connection.broken("answers in another order")),
            }
        }
    }

    fn read_identity(&mut self, data: &Data, labels: &Labels) -> Option<Identity> {
        let fetched = fetch::read(data, &mut self.keywords)?;
        let uid = fetched.uid?;
        // Unasked news of flags tells neither.
        if fetched.message.is_none() && fetched.flags.is_some() {
            return None;
        }
        let labelled = fetched.labels.unwrap_or_default().iter().any(|label| labels.name_a_folder(label));
        Some(Identity { item: ItemId::Uid(uid), message: fetched.message, labelled })
    }
}

/// The labels that name a folder of the user's own.
struct Labels {
    names: HashSet<Bytes>,
    /// The same as a reader sees them: servers do not always spell them alike.
    read: HashSet<String>,
    roles: HashSet<Role>,
}

impl Labels {
    fn of(folders: &[Folder]) -> Self {
        let own = || folders.iter().filter(|folder| !folder.holds_all && folder.selectable);
        Self {
            names: own().map(|folder| Bytes::copy_from_slice(&folder.wire)).collect(),
            read: own().map(|folder| utf7::decode(&folder.wire).0).collect(),
            roles: own().filter_map(|folder| folder.role).collect(),
        }
    }

    /// Starred, Important and Muted are marks: no folder is theirs.
    fn name_a_folder(&self, label: &Bytes) -> bool {
        let system = label.strip_prefix(b"\\").map(<[u8]>::to_ascii_lowercase);
        match system.as_deref() {
            Some(b"inbox") => self.roles.contains(&Role::Inbox),
            Some(b"sent") => self.roles.contains(&Role::Sent),
            Some(b"draft" | b"drafts") => self.roles.contains(&Role::Drafts),
            Some(b"trash") => self.roles.contains(&Role::Trash),
            Some(b"spam" | b"junk") => self.roles.contains(&Role::Junk),
            Some(_) => false,
            None => self.names.contains(label) || self.read.contains(&utf7::decode(label).0),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::folder::FolderPath;

    use super::*;

    fn folder(wire: &str, role: Option<Role>) -> Folder {
        let path = FolderPath::new(wire.split('/'));
        Folder { path, wire: wire.into(), role, selectable: true, subscribed: false, holds_all: false }
    }

    #[test]
    fn edge_086_a_label_names_a_folder_whatever_its_spelling_and_marks_name_none() {
        let labels = Labels::of(&[
            folder("INBOX", Some(Role::Inbox)),
            folder("[Google Mail]/Gesendet", Some(Role::Sent)),
            folder("Work/B&APw-ro", None),
            folder(" odd  ^ name ", None),
        ]);
        let names = |label: &str| labels.name_a_folder(&Bytes::copy_from_slice(label.as_bytes()));
        assert!(names("\\Inbox") && names("\\Sent"));
        assert!(names("Work/B&APw-ro") && names("Work/Büro") && names(" odd  ^ name "));
        assert!(!names("\\Draft"), "the folder of that use is not shown");
        assert!(!names("\\Starred") && !names("\\Important") && !names("\\Muted"));
        assert!(!names("Hidden") && !names("work/büro"));
    }
}
