//! Any IMAP mailbox as a target.

mod alone;
mod large;
mod marks;
mod open;
mod repair;
mod store;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use shared::{
    check::Side,
    endpoint::{ImapEndpoint, Preset},
};
use tokio::sync::mpsc;

use super::{Moved, OpenFolder, Remark, Remarked, StoreNews, StoreResult, Target, Window, Wish};
use crate::{
    account::Account,
    baseline::Baseline,
    error::ConnectorError,
    model::{Folder, Inventory, ItemMeta, Room},
    source::{
        Source,
        imap::{self, ImapSource},
    },
    validate::{Keeps, KeywordRule},
    wire::imap::{
        look::Wanted,
        session::{ImapSession, Permanent, Way},
    },
};

/// Any IMAP mailbox as a target.
#[derive(Debug)]
pub(super) struct ImapTarget {
    pub(super) side: ImapSource,
}

pub(super) async fn connect(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapTarget, ConnectorError> {
    Ok(ImapTarget { side: imap::connect(endpoint, account, as_side).await? })
}

#[async_trait]
impl Target for ImapTarget {
    fn as_source(&mut self) -> &mut dyn Source {
        &mut self.side
    }

    async fn open(
        &mut self,
        wishes: &[Wish<'_>],
    ) -> Result<Vec<Result<OpenFolder, ConnectorError>>, ConnectorError> {
        open::open(&mut self.side.session, wishes).await
    }

    async fn store(
        &mut self,
        windows: mpsc::Receiver<Window>,
        news: &mpsc::UnboundedSender<StoreNews>,
    ) -> Result<(), ConnectorError> {
        store::store(&mut self.side.session, windows, news).await
    }

    fn takes_several(&self) -> bool {
        self.side.session.listing.profile.multiappend
    }

    async fn store_pieces(
        &mut self,
        folder: &OpenFolder,
        item: &ItemMeta,
        bytes: u64,
        pieces: mpsc::Receiver<Bytes>,
    ) -> Result<StoreResult, ConnectorError> {
        large::store(&mut self.side.session, folder, item, bytes, pieces).await
    }

    async fn carry_marks(
        &mut self,
        folder: &OpenFolder,
        remarks: &[Remark],
    ) -> Result<Vec<Remarked>, ConnectorError> {
        marks::carry(&mut self.side.session, folder, remarks).await
    }

    async fn move_items(
        &mut self,
        from: &OpenFolder,
        to: &OpenFolder,
        uids: &[u32],
    ) -> Result<Moved, ConnectorError> {
        marks::move_items(&mut self.side.session, from, to, uids).await
    }

    async fn put_in_order(&mut self, folders: &[&OpenFolder]) -> Result<(), ConnectorError> {
        match self.side.session.listing.profile.preset {
            // These number a message once, when it is stored.
            Preset::Dovecot | Preset::Cyrus | Preset::Zimbra | Preset::Carbonio => return Ok(()),
            _ => {}
        }
        let folders: Vec<(&Folder, Wanted<'_>)> =
            folders.iter().map(|folder| (&folder.folder, Wanted::Nothing)).collect();
        // A folder that cannot be opened any more is told of by the comparison.
        self.side.session.look(&folders, Way::Write, |_| {}).await.map(drop)
    }

    async fn inventory(
        &mut self,
        folder: &OpenFolder,
        baseline: Option<&Baseline>,
    ) -> Result<Inventory, ConnectorError> {
        let session = &mut self.side.session;
        let looks = session.look_since(&[(&folder.folder, baseline)], Way::Write, |_| {}).await?;
        let look = looks.into_iter().next();
        look.unwrap_or_else(|| Err(session.connection.broken("no answer"))).map(Inventory::from)
    }

    async fn those(&mut self, folder: &OpenFolder, uids: &[u32]) -> Result<Inventory, ConnectorError> {
        marks::those(&mut self.side.session, folder, uids).await.map(Inventory::from)
    }

    fn settle(&self) -> &'static [Duration] {
        self.side.session.listing.profile.settle
    }

    async fn room(&mut self) -> Result<Room, ConnectorError> {
        self.side.session.room().await
    }
}

fn storing(session: &ImapSession, folder: &Folder) -> String {
    format!("storing messages in folder {} on {}", folder.path, session.peer())
}

fn keyword_rule(permanent: Option<&Permanent>) -> KeywordRule {
    match permanent {
        None => KeywordRule::All,
        Some(permanent) if permanent.any => KeywordRule::All,
        Some(permanent) if permanent.keywords.is_empty() => KeywordRule::None,
        Some(permanent) => {
            KeywordRule::Only(permanent.keywords.iter().map(|keyword| keyword.to_ascii_lowercase()).collect())
        }
    }
}

fn permanent(keeps: &Keeps) -> Option<Permanent> {
    match &keeps.keywords {
        KeywordRule::All => None,
        KeywordRule::None => Some(Permanent::default()),
        KeywordRule::Only(keywords) => {
            Some(Permanent { any: false, keywords: keywords.iter().cloned().collect() })
        }
    }
}
