//! Where one message stands in several folders at once: looks which, so that each is moved as often as the project wants.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    rules::LabelPolicy,
};

use super::course::{Course, about_folder};
use crate::{
    error::ConnectorError,
    labels::{Elsewhere, Foreign, Labelled, elsewhere},
    mapping::MappedFolder,
    model::{Folder, Inventory},
    source::Source,
};

/// What was seen: what of each folder belongs to others, and what would not tell.
#[derive(Debug, Default)]
pub(super) struct Labels {
    of: BTreeMap<Vec<u8>, Elsewhere>,
    /// Folders that hold all and would not tell which messages: nothing of them can be moved.
    refused: BTreeMap<Vec<u8>, ConnectorError>,
    policy: LabelPolicy,
}

impl Labels {
    /// What of a folder belongs to others.
    pub(super) fn of(&self, folder: &Folder) -> Option<&Elsewhere> {
        self.of.get(&folder.wire)
    }

    /// An inventory without what belongs to other folders.
    pub(super) fn own(
        &self,
        folder: &Folder,
        inventory: Result<Inventory, ConnectorError>,
    ) -> Result<Inventory, ConnectorError> {
        if let Some(refused) = self.refused.get(&folder.wire) {
            return Err(refused.clone());
        }
        let mut inventory = inventory?;
        if let Some(elsewhere) = self.of(folder) {
            elsewhere.take_out(&mut inventory);
        }
        Ok(inventory)
    }

    /// Whether a folder can have changed although nothing in it did: what others hold decides what is its own.
    pub(super) fn can_change(&self, folder: &Folder) -> bool {
        folder.holds_all || (self.of.contains_key(&folder.wire) && self.policy == LabelPolicy::First)
    }
}

/// Looks which messages stand in which folders. `beside` are the folders that stay behind.
pub(super) async fn look(
    course: &Course,
    source: &mut dyn Source,
    mapped: &[MappedFolder],
    beside: &[Folder],
) -> Result<Labels, ConnectorError> {
    let policy = course.order.options.gmail_labels;
    let wanted = policy == LabelPolicy::First || mapped.iter().any(|folder| folder.source.holds_all);
    if !wanted {
        return Ok(Labels::default());
    }
    let moved = mapped.iter().map(|folder| (&folder.source, true));
    let mut all: Vec<(&Folder, bool)> = moved.chain(beside.iter().map(|folder| (folder, false))).collect();
    // First what holds all: what is filed elsewhere meanwhile is seen there afterwards.
    all.sort_by_key(|(folder, _)| !folder.holds_all);
    let folders: Vec<&Folder> = all.iter().map(|(folder, _)| *folder).collect();
    let mut told = source.identities(&folders).await?;
    let mut labels = Labels { policy, ..Labels::default() };
    for (folder, told) in folders.iter().zip(&mut told) {
        let Err(error) = told else { continue };
        if folder.holds_all {
            labels.refused.insert(folder.wire.clone(), error.clone());
        }
        *told = Ok(Vec::new());
    }
    let told: Vec<_> = told.into_iter().map(Result::unwrap_or_default).collect();
    let labelled: Vec<Labelled<'_>> = all
        .iter()
        .zip(&told)
        .map(|((folder, moved), identities)| Labelled { folder, moved: *moved, identities })
        .collect();
    labels.of = folders.iter().map(|folder| folder.wire.clone()).zip(elsewhere(&labelled, policy)).collect();
    Ok(labels)
}

/// What is said of folders that hold all.
pub(super) fn tell(mapped: &[MappedFolder], labels: &Labels) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in mapped {
        let Some((others, Foreign { unshown, .. })) = labels.of(&folder.source).and_then(Elsewhere::foreign)
        else {
            continue;
        };
        let path = &folder.source.path;
        let detail = format!(
            "{others} of its messages stand in other folders and are moved, or stay behind, with those; what was only \
             archived goes to \"{}\".",
            folder.target
        );
        findings.push(about_folder(path, Severity::Info, Cause::FolderAllMail, detail));
        if *unshown > 0 {
            let detail = format!(
                "{unshown} messages have a label whose folder does not show them over IMAP: they go to \"{}\".",
                folder.target
            );
            findings.push(about_folder(path, Severity::Warning, Cause::LabelHidden, detail));
        }
    }
    findings
}
