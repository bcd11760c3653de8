//! Which folder an item belongs to where one message stands in several at once, as Gmail's do. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use shared::{
    cause::Cause,
    folder::{FolderPath, Role},
    rules::LabelPolicy,
};

use crate::model::{Folder, Identity, Inventory, ItemId};

#[cfg(test)]
mod tests;

/// A folder of the source, and which messages stand in it.
#[derive(Debug, Clone, Copy)]
pub struct Labelled<'a> {
    /// The folder.
    pub folder: &'a Folder,
    /// Whether it is moved; otherwise a rule leaves it behind, and what stands in it with it.
    pub moved: bool,
    /// Its items; none where the server would not tell.
    pub identities: &'a [Identity],
}

/// What of a folder belongs to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere {
    /// Of a folder that holds all: what is not its own.
    foreign: Option<Foreign>,
    /// What is moved with another folder because the project wants one copy only.
    left_to: BTreeMap<ItemId, FolderPath>,
}

/// What stands in a folder that holds all and belongs to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foreign {
    items: BTreeSet<ItemId>,
    /// The last item that was looked at: of what came later nobody knows yet where it belongs.
    last: Option<ItemId>,
    /// Items that are its own although their labels name a folder: that folder does not show them.
    pub unshown: usize,
}

impl Elsewhere {
    /// Takes out of an inventory what belongs to other folders.
    pub fn take_out(&self, inventory: &mut Inventory) {
        if let Some(foreign) = &self.foreign {
            let own = |id: &ItemId| !foreign.items.contains(id) && Some(id) <= foreign.last.as_ref();
            inventory.items.retain(|item| own(&item.id));
            inventory.unmarked.retain(own);
        }
    }

    /// Why an item stays behind; none: it belongs to this folder.
    pub fn by_rule(&self, item: &ItemId) -> Option<(Cause, String)> {
        let folder = self.left_to.get(item)?;
        let detail = format!("It stands in \"{folder}\" too and is moved there; the project wants one copy.");
        Some((Cause::OtherLabel, detail))
    }

    /// How many items belong to other folders, and how many are its own all the same; none: it does not hold all.
    pub fn foreign(&self) -> Option<(usize, &Foreign)> {
        self.foreign.as_ref().map(|foreign| (foreign.items.len(), foreign))
    }
}

/// Decides for every folder; one answer for each, at its position.
///
/// A message is known by its number alone, never by its Message-ID or its labels' names: what a label names and its
/// folder does not show would be in no folder at all.
pub fn elsewhere(folders: &[Labelled<'_>], policy: LabelPolicy) -> Vec<Elsewhere> {
    let mut standing: HashSet<u64> = HashSet::new();
    let mut first: HashMap<u64, usize> = HashMap::new();
    let mut order: Vec<usize> = (0..folders.len()).filter(|at| !folders[*at].folder.holds_all).collect();
    order.sort_by_cached_key(|at| rank(folders[*at].folder));
    for at in order {
        for message in folders[at].identities.iter().filter_map(|identity| identity.message) {
            standing.insert(message);
            if folders[at].moved {
                first.entry(message).or_insert(at);
            }
        }
    }
    let of = |at: usize| {
        let Labelled { folder, identities, .. } = folders[at];
        match policy {
            _ if folder.holds_all => {
                let mut foreign =
                    Foreign { last: identities.iter().map(|it| it.item.clone()).max(), ..Foreign::default() };
                for Identity { item, message, labelled } in identities {
                    if message.map_or(*labelled, |message| standing.contains(&message)) {
                        foreign.items.insert(item.clone());
                    } else {
                        foreign.unshown += usize::from(*labelled);
                    }
                }
                Elsewhere { foreign: Some(foreign), ..Elsewhere::default() }
            }
            LabelPolicy::Copies => Elsewhere::default(),
            LabelPolicy::First => {
                let left = identities.iter().filter_map(|identity| {
                    let first = *first.get(&identity.message?)?;
                    (first != at).then(|| (identity.item.clone(), folders[first].folder.path.clone()))
                });
                Elsewhere { left_to: left.collect(), ..Elsewhere::default() }
            }
        }
    };
    (0..folders.len()).map(of).collect()
}

/// Which of several labels a message is moved with: INBOX, Sent, Drafts, then the user's own by their path.
fn rank(folder: &Folder) -> (bool, Option<Role>, Vec<String>, FolderPath) {
    let role = folder.role.filter(|role| matches!(role, Role::Inbox | Role::Sent | Role::Drafts));
    let names = folder.path.0.iter().map(|name| name.to_lowercase()).collect();
    (role.is_none(), role, names, folder.path.clone())
}
