//! The parsers, one by one, for fuzzing. What a server or a file may hold goes in; nothing comes out but a panic.

use bytes::Bytes;
use shared::{check::Side, folder::FolderPath};
use tokio::sync::mpsc;

use crate::{
    baseline::Baseline,
    error::ConnectorError,
    guest,
    model::{Flags, Folder, Inventory, ItemMeta, SystemFlags},
    source::{Arrival, FetchOrder, ItemSink, Part, READING_KIB, Source, imap::ImapSource},
    target::{self, Remark, Target as _, Wish},
    wire::imap::{self, session::ImapSession},
};

/// Most folders and items that are asked for: what comes after says nothing new.
const FEW: usize = 8;

/// One answer of a server, and what stands in brackets in it.
pub fn response(bytes: &[u8]) {
    imap::fuzzing::response(bytes);
}

/// A folder's name on the wire. What it reads as can be written, and reads as the same then.
pub fn name(bytes: &[u8]) {
    let (name, valid) = imap::utf7::decode(bytes);
    let wire = imap::utf7::encode(&name);
    assert_eq!(wire.as_bytes() == bytes, valid);
    assert_eq!(imap::utf7::decode(wire.as_bytes()), (name, true));
}

/// The date a server received a message at. What is read can be written, and reads as the same then.
pub fn date(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(received) = imap::date::parse(text) {
        // The last second of the year 9999 may be followed by a leap second, which nobody can write.
        if !text.contains("60") {
            imap::fuzzing::write_date(received);
        }
    }
}

/// The words of a refusal.
pub fn hint(bytes: &[u8]) {
    imap::fuzzing::hint(&String::from_utf8_lossy(bytes));
}

/// A compiled time zone: what it says of moments, the farthest included.
pub fn zone(bytes: &[u8]) {
    guest::zone::try_file(bytes);
}

/// All that a server says after a login, while its mailbox is read as a source.
pub fn source(bytes: &[u8]) {
    let _ = read_source(bytes);
}

/// The same, and what came of it.
///
/// # Errors
///
/// In words, what of it could not be understood.
pub fn read_source(bytes: &[u8]) -> Result<(), String> {
    run(async {
        let mut source = ImapSource::over(enter(bytes, Side::Source).await?);
        read(&mut source).await
    })
}

/// All that a server says after a login, while its mailbox is written to as a target.
pub fn target(bytes: &[u8]) {
    let _ = write_target(bytes);
}

/// The same, and what came of it.
///
/// # Errors
///
/// In words, what of it could not be understood.
pub fn write_target(bytes: &[u8]) -> Result<(), String> {
    run(async {
        let mut target = target::over(ImapSource::over(enter(bytes, Side::Target).await?));
        let listing = target.as_source().folders().await?;
        let there: Vec<&Folder> = listing.folders.iter().take(FEW).collect();
        let wanted = FolderPath::new(["New"]);
        let mut wishes: Vec<Wish<'_>> = there
            .iter()
            .map(|folder| Wish { path: &folder.path, existing: Some(folder), subscribe: true })
            .collect();
        wishes.push(Wish { path: &wanted, existing: None, subscribe: true });
        for open in target.open(&wishes).await?.into_iter().flatten() {
            let baseline = Baseline::of(&open.folder, &target.inventory(&open, None).await?);
            if baseline.is_some() {
                target.inventory(&open, baseline.as_ref()).await?;
            }
            target.those(&open, &[1, 3]).await?;
            let before = Flags::default();
            let mut now = Flags::default();
            now.system.insert(SystemFlags::NAMES[3].0);
            target.carry_marks(&open, &[Remark { target: 1, before, now }]).await?;
            target.move_items(&open, &open, &[1, 2, 3]).await?;
        }
        target.room().await?;
        Ok(())
    })
}

/// The login names in all that a server says to an admin who asks for its users.
///
/// # Errors
///
/// In words, what of it could not be understood.
pub fn read_users(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    run(async {
        names = imap::fuzzing::users(Bytes::copy_from_slice(bytes)).await?;
        Ok(())
    })?;
    Ok(names)
}

async fn enter(bytes: &[u8], side: Side) -> Result<ImapSession, ConnectorError> {
    imap::fuzzing::enter(Bytes::copy_from_slice(bytes), side).await
}

/// Everything a pass reads of a source.
async fn read(source: &mut dyn Source) -> Result<(), ConnectorError> {
    let listing = source.folders().await?;
    let folders: Vec<&Folder> = listing.folders.iter().take(FEW).collect();
    source.standings(&folders).await?;
    source.amounts(&folders).await?;
    let whole: Vec<(&Folder, Option<&Baseline>)> = folders.iter().map(|folder| (*folder, None)).collect();
    let inventories = source.inventories(&whole, &|_| {}).await?;
    let inventories: Vec<Inventory> = inventories.into_iter().map(Result::unwrap_or_default).collect();
    let baselines: Vec<Option<Baseline>> =
        folders.iter().zip(&inventories).map(|(folder, listed)| Baseline::of(folder, listed)).collect();
    let since: Vec<(&Folder, Option<&Baseline>)> =
        folders.iter().zip(&baselines).map(|(folder, baseline)| (*folder, baseline.as_ref())).collect();
    if baselines.iter().any(Option::is_some) {
        source.inventories(&since, &|_| {}).await?;
    }
    let orders: Vec<FetchOrder<'_>> = folders
        .iter()
        .zip(&inventories)
        .map(|(folder, inventory)| FetchOrder {
            folder,
            validity: inventory.validity,
            items: &inventory.items[..inventory.items.len().min(FEW)],
        })
        .collect();
    let (sink, mut arrivals) = ItemSink::new(READING_KIB);
    let mut large: Option<ItemMeta> = None;
    let taken = async {
        while let Some(arrival) = arrivals.recv().await {
            if let Arrival::Large { item, .. } = arrival {
                large = Some(item);
            }
        }
    };
    let fetched = async {
        let sink = sink;
        source.fetch(&orders, Part::Whole, &sink).await
    };
    let (fetched, ()) = tokio::join!(fetched, taken);
    fetched?;
    let Some((folder, item)) = folders.first().copied().zip(large) else { return Ok(()) };
    let (pieces, mut received) = mpsc::channel(4);
    let streamed = async {
        let pieces = pieces;
        source.stream(folder, &item, &pieces).await
    };
    let (streamed, ()) = tokio::join!(streamed, async { while received.recv().await.is_some() {} });
    streamed
}

/// Runs to its end, which comes when the server has nothing more to say.
fn run(session: impl Future<Output = Result<(), ConnectorError>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(session).map_err(|error| error.explained())
}
