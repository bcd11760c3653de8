//! Any IMAP mailbox as a source.

mod fetch;
mod stream;

use async_trait::async_trait;
use bytes::Bytes;
use shared::{check::Side, endpoint::ImapEndpoint};
use tokio::sync::mpsc;

use super::{FetchOrder, ItemSink, Listing, Part, Source};
use crate::{
    account::Account,
    baseline::Baseline,
    error::ConnectorError,
    model::{Folder, Identity, Inventory, ItemId, ItemMeta, Standing},
    wire::imap::{
        look::Wanted,
        session::{self, ImapSession, Way},
    },
};

/// Any IMAP mailbox as a source.
#[derive(Debug)]
pub(crate) struct ImapSource {
    pub(crate) session: ImapSession,
    /// Whether the folders that were listed at the login were told of.
    told: bool,
}

pub(crate) async fn connect(
    endpoint: &ImapEndpoint,
    account: &Account,
    as_side: Side,
) -> Result<ImapSource, ConnectorError> {
    Ok(ImapSource::over(session::open(endpoint, account, as_side).await?))
}

impl ImapSource {
    /// Over a session whose folders were just listed.
    pub(crate) fn over(session: ImapSession) -> Self {
        Self { session, told: false }
    }
}

#[async_trait]
impl Source for ImapSource {
    async fn folders(&mut self) -> Result<Listing, ConnectorError> {
        if std::mem::replace(&mut self.told, true) {
            self.session.list_again().await?;
        }
        Ok((&self.session.listing).into())
    }

    async fn inventories(
        &mut self,
        folders: &[(&Folder, Option<&Baseline>)],
        on: &(dyn Fn(usize) + Send + Sync),
    ) -> Result<Vec<Result<Inventory, ConnectorError>>, ConnectorError> {
        let places: Vec<usize> = (0..folders.len()).filter(|at| folders[*at].0.selectable).collect();
        let wanted: Vec<(&Folder, Option<&Baseline>)> = places.iter().map(|at| folders[*at]).collect();
        let looks = self.session.look_since(&wanted, Way::Read, |at| on(places[at])).await?;
        let mut inventories: Vec<Result<Inventory, ConnectorError>> =
            folders.iter().map(|_| Ok(Inventory::default())).collect();
        for (at, look) in places.into_iter().zip(looks) {
            inventories[at] = look.map(Inventory::from);
        }
        Ok(inventories)
    }

    async fn opened(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError> {
        if !self.session.numbers_changes() {
            return Ok(vec![None; folders.len()]);
        }
        let wanted: Vec<(&Folder, Wanted<'_>)> =
            folders.iter().map(|folder| (*folder, Wanted::Nothing)).collect();
        let looks = self.session.look(&wanted, Way::Read, |_| {}).await?;
        Ok(looks.into_iter().map(|look| Some(Inventory::from(look.ok()?).standing())).collect())
    }

    async fn standings(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError> {
        self.session.standings(folders).await
    }

    async fn amounts(&mut self, folders: &[&Folder]) -> Result<Vec<Option<Standing>>, ConnectorError> {
        self.session.amounts(folders).await
    }

    async fn identities(
        &mut self,
        folders: &[&Folder],
    ) -> Result<Vec<Result<Vec<Identity>, ConnectorError>>, ConnectorError> {
        self.session.identities(folders).await
    }

    async fn fetch(
        &mut self,
        orders: &[FetchOrder<'_>],
        part: Part,
        into: &ItemSink,
    ) -> Result<(), ConnectorError> {
        fetch::fetch(&mut self.session, orders, part, into).await
    }

    async fn stream(
        &mut self,
        folder: &Folder,
        item: &ItemMeta,
        into: &mpsc::Sender<Bytes>,
    ) -> Result<(), ConnectorError> {
        stream::stream(&mut self.session, folder, item, into).await
    }
}

fn uid(id: &ItemId) -> Option<u32> {
    match id {
        ItemId::Uid(uid) => Some(*uid),
        ItemId::Opaque(_) => None,
    }
}
