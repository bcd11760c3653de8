//! Asks one system about one mailbox before it is moved: whether it opens, what it holds, what room it has. Writes nothing and
//! opens no folder.

#[cfg(test)]
mod tests;

use shared::{
    check::Side,
    endpoint::Endpoint,
    project::Options,
    rules::{DeletedPolicy, Filter, FolderRules},
};

use crate::{
    account::Account,
    error::ConnectorError,
    mapping::rules::Rules,
    model::{Allowance, Folder},
    wire::imap::session::{self, ImapSession},
};

/// Opens a mailbox of the source and tells how many bytes it holds in the folders that are moved: as the server adds them up
/// (STATUS SIZE, RFC 8438), else as its quota counts the whole mailbox, where all of it is moved. None: it tells neither, or
/// the options leave out messages, so that less is moved than it holds.
pub async fn source(account: &Account, options: &Options) -> Result<Option<u64>, ConnectorError> {
    let mut session = open(account, Side::Source).await?;
    if options.filter != Filter::default() || options.deleted != DeletedPolicy::Carry {
        return Ok(None);
    }
    if session.connection.capabilities.has("STATUS=SIZE") {
        return held(&mut session, options).await;
    }
    let FolderRules { include, exclude, .. } = &options.folders;
    if !include.is_empty() || !exclude.is_empty() {
        return Ok(None);
    }
    Ok(session.room().await?.bytes.map(|room| room.used))
}

/// Opens a mailbox of the target and tells how many bytes it may hold; none: it tells no limit.
pub async fn target(account: &Account) -> Result<Option<Allowance>, ConnectorError> {
    Ok(open(account, Side::Target).await?.listing.room.bytes)
}

/// Opens a mailbox and does nothing else: a login that is known to be good proves that it still is.
pub async fn knock(account: &Account, side: Side) -> Result<(), ConnectorError> {
    open(account, side).await.map(drop)
}

async fn open(account: &Account, side: Side) -> Result<ImapSession, ConnectorError> {
    let Endpoint::Imap(endpoint) = &account.endpoint;
    session::open(endpoint, account, side).await
}

/// What the folders hold that are moved, as far as the server tells.
async fn held(session: &mut ImapSession, options: &Options) -> Result<Option<u64>, ConnectorError> {
    let rules = Rules::new(&options.folders, session.listing.profile.preset)?;
    let ruled = rules.apply(session.listing.folders.clone());
    // What holds all holds nothing of its own that could be told apart here.
    let folders: Vec<&Folder> =
        ruled.folders.iter().filter(|folder| folder.selectable && !folder.holds_all).collect();
    // Of a folder that it does not tell of, nobody knows.
    let sizes: Option<Vec<u64>> = session.sizes(&folders).await?.into_iter().collect();
    Ok(sizes.map(|sizes| sizes.into_iter().fold(0, u64::saturating_add)))
}
