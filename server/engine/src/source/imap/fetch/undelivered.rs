//! What the server did not deliver: gone, or a loss.

use std::collections::BTreeMap;

use shared::cause::Cause;

use super::{BATCH_ITEMS, End, rebuilt};
use crate::{
    error::ConnectorError,
    model::{ItemId, ItemMeta},
    source::{Arrival, FetchOrder, ItemSink, imap::uid},
    wire::imap::{
        look::Wanted,
        session::{ImapSession, Way},
    },
};

/// Says what became of messages that the server did not deliver, without a complaint: gone since they were listed (edge case
/// 11), or still there and not to be had, which is a loss.
pub(super) async fn tell(
    session: &mut ImapSession,
    orders: &[FetchOrder<'_>],
    undelivered: Vec<(usize, &ItemMeta)>,
    into: &ItemSink,
) -> Result<(), End> {
    let mut by_order: BTreeMap<usize, BTreeMap<u32, &ItemMeta>> = BTreeMap::new();
    for (order, item) in undelivered {
        by_order.entry(order).or_default().extend(uid(&item.id).map(|uid| (uid, item)));
    }
    for (order, items) in by_order {
        let FetchOrder { folder, validity, .. } = orders[order];
        let uids: Vec<u32> = items.keys().copied().collect();
        for uids in uids.chunks(BATCH_ITEMS) {
            // Opened anew: a session that is open may go on listing what is gone.
            let look = session.look_at(folder, Wanted::These(uids), Way::Read).await;
            let look = look.map_err(ConnectorError::anew)?;
            if look.state.validity != validity {
                return Err(rebuilt(folder, session.peer()).into());
            }
            for uid in uids {
                let listed = look.metas.binary_search_by(|meta| meta.id.cmp(&ItemId::Uid(*uid))).is_ok();
                let (cause, detail) = match listed {
                    true => (Cause::Unreadable, "the server lists it, and delivers nothing of it".to_owned()),
                    false => {
                        let folder = &folder.path;
                        (Cause::Vanished, format!("it was listed in {folder} but is no longer there"))
                    }
                };
                let item = items[uid].clone();
                into.send(Arrival::Failed { order, item, cause, detail }).await?;
            }
        }
    }
    Ok(())
}
