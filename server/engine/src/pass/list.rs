//! Lists folders of one side; one at which the connection ends again and again is left out, and the others are listed.

use std::sync::{Mutex, PoisonError};

use shared::{cause::Cause, check::Side};

use super::suspects::{Company, Doing, Suspects, When};
use crate::{
    baseline::Baseline,
    error::{ConnectorError, Reach, Retry},
    model::{Folder, Inventory, ItemId},
    source::Source,
};

/// What stands in folders, in their order ([`Source::inventories`]).
pub(super) async fn inventories(
    source: &mut dyn Source,
    (side, suspects): (Side, &Suspects),
    folders: &[(&Folder, Option<&Baseline>)],
    on: &(dyn Fn(usize) + Send + Sync),
) -> Result<Vec<Result<Inventory, ConnectorError>>, ConnectorError> {
    let doing = Doing::Listing(side);
    // Stands for all that a folder holds.
    let whole = ItemId::Opaque("".into());
    let mut listed: Vec<Option<Result<Inventory, ConnectorError>>> = folders.iter().map(|_| None).collect();
    let (mut first, mut company, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (folder, _)) in folders.iter().enumerate() {
        match suspects.when(doing, &(folder.path.clone(), whole.clone())) {
            When::First => first.push(vec![at]),
            When::Together => company.push(at),
            When::Apart | When::Alone => last.push(vec![at]),
            When::Never(detail) => {
                on(at);
                listed[at] = Some(Err(left_out(folder, side, detail)));
            }
        }
    }
    for portion in first.into_iter().chain([company]).chain(last) {
        let wanted: Vec<(&Folder, Option<&Baseline>)> = portion.iter().map(|at| folders[*at]).collect();
        // They end in their order.
        let asked: Vec<usize> = portion.iter().copied().filter(|at| folders[*at].0.selectable).collect();
        let waits = Mutex::new(asked.clone());
        let waiting = || waits.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |place: usize| {
            waiting().retain(|at| *at != portion[place]);
            on(portion[place]);
        };
        match source.inventories(&wanted, &ended).await {
            Ok(inventories) => {
                for (at, inventory) in portion.iter().zip(inventories) {
                    listed[*at] = Some(inventory);
                }
                // What cannot be opened is not asked about.
                if !asked.is_empty() {
                    let asked = asked.iter().map(|at| (&folders[*at].0.path, &whole));
                    suspects.came_through(&[doing], asked);
                }
            }
            Err(error) => {
                let culprit = waiting().first().map(|at| (folders[*at].0.path.clone(), whole.clone()));
                let company = if portion.len() == 1 { Company::Nothing } else { Company::Others };
                suspects.suspect(doing, culprit, company, &error);
                return Err(error);
            }
        }
    }
    Ok(listed.into_iter().flatten().collect())
}

fn left_out(folder: &Folder, side: Side, detail: String) -> ConnectorError {
    ConnectorError {
        reach: Reach::Folder,
        retry: Retry::Never,
        cause: Cause::FolderUnreadable,
        doing: format!("listing folder {} on the {}", folder.path, side.title()),
        detail,
    }
}
