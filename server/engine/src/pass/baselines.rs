//! What both sides listed of folders when they were compared last, so that a pass over a changed folder asks only for what
//! changed (RFC 7162).
//!
//! A server may number changes wrongly, and then nobody can tell without listing all. So passes that are to look afresh do
//! not ask for baselines, what is kept is what they listed, and a comparison that finds something on the ground of a
//! baseline looks afresh before it says so ([`super::compare`]).

use shared::{check::Side, pass::PassKind};

use super::course::Course;
use crate::{
    baseline::Baseline,
    ledger::{FolderId, LedgerError},
    model::{Folder, Inventory},
};

/// Messages below which a listing costs less than remembering it.
const FEW: usize = 200;
/// Messages of a folder that are remembered at most: of a larger one all is listed, in no more memory than before.
const MOST: usize = 250_000;

/// The baselines of folders on one side, at their positions; none in a pass that looks at everything afresh.
pub(super) async fn of(
    course: &Course,
    side: Side,
    folders: &[Option<FolderId>],
) -> Result<Vec<Option<Baseline>>, LedgerError> {
    let known: Vec<FolderId> = match course.order.kind {
        PassKind::Initial | PassKind::Delta => folders.iter().flatten().copied().collect(),
        PassKind::DryRun | PassKind::Final | PassKind::Verify | PassKind::Probe => Vec::new(),
    };
    if known.is_empty() {
        return Ok(vec![None; folders.len()]);
    }
    let mut kept = course.ledger.baselines(side, &known).await?.into_iter();
    Ok(folders.iter().map(|id| id.and_then(|_| kept.next().flatten())).collect())
}

/// What is to be kept of an inventory, as it was listed; none when it is not worth it, or kept already.
pub(super) fn worth_keeping(
    folder: &Folder,
    inventory: &Inventory,
    before: Option<&Baseline>,
) -> Option<Baseline> {
    let worth_it = (FEW..=MOST).contains(&inventory.items.len());
    let known = inventory.based && before.is_some_and(|before| before.standing() == inventory.standing());
    if worth_it && !known { Baseline::of(folder, inventory) } else { None }
}
