//! Reads items of folders and keeps only what recognises them.

use shared::{cause::Cause, check::Side};
use tokio::sync::mpsc;

use super::{
    large,
    suspects::{Company, Condemned, Doing, Portions, Suspects},
};
use crate::{
    error::{ConnectorError, Reach},
    fingerprint::{Fingerprinter, brief, fingerprint, stable},
    matching::Seen,
    model::{Folder, ItemMeta},
    source::{Arrival, FetchOrder, ItemSink, MOVING_KIB, Part, READING_KIB, Source},
};

/// What was read of one folder.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub seen: Vec<Seen>,
    pub failed: Vec<(ItemMeta, Cause, String)>,
}

impl Read {
    /// Adds what was read after it.
    pub(super) fn extend(&mut self, more: Self) {
        self.seen.extend(more.seen);
        self.failed.extend(more.failed);
    }
}

/// How much of each fingerprint is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halves {
    /// The loose one only of content some server may rewrite.
    Brief,
    Both,
    /// Both, and what stays where a server writes messages anew.
    All,
}

/// How items are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct How<'a> {
    /// Whose items they are.
    pub side: Side,
    pub part: Part,
    pub halves: Halves,
    /// What is to be read last or not at all.
    pub suspects: &'a Suspects,
}

/// Reads items of several folders and takes their fingerprints; the bytes are dropped at once. `on` is told each item's
/// bytes. Gives one for each order.
pub(super) async fn read(
    source: &mut dyn Source,
    orders: &[FetchOrder<'_>],
    how: How<'_>,
    on: &(impl Fn(u64) + Send + Sync),
) -> Result<Vec<Read>, ConnectorError> {
    let mut reads: Vec<Read> = orders.iter().map(|_| Read::default()).collect();
    let Portions { first, company, apart, condemned } =
        how.suspects.portions(&[Doing::Reading(how.side)], orders);
    for Condemned { order, item, cause, detail } in condemned {
        reads[order].failed.push((item, cause, detail));
    }
    for (at, item) in &first {
        read_portion(source, &only(orders, *at, std::slice::from_ref(item)), how, on, &mut reads).await?;
    }
    let company = orders.iter().zip(&company).map(|(order, items)| FetchOrder { items, ..*order });
    read_portion(source, &company.collect::<Vec<_>>(), how, on, &mut reads).await?;
    for (at, items) in &apart {
        read_portion(source, &only(orders, *at, items), how, on, &mut reads).await?;
    }
    Ok(reads)
}

/// The same orders, with these items of one of them and nothing else.
fn only<'a>(orders: &[FetchOrder<'a>], at: usize, items: &'a [ItemMeta]) -> Vec<FetchOrder<'a>> {
    let orders = orders.iter().enumerate();
    orders
        .map(|(order, wanted)| FetchOrder { items: if order == at { items } else { &[] }, ..*wanted })
        .collect()
}

/// Reads what travels together.
async fn read_portion(
    source: &mut dyn Source,
    orders: &[FetchOrder<'_>],
    how: How<'_>,
    on: &(impl Fn(u64) + Send + Sync),
    reads: &mut [Read],
) -> Result<(), ConnectorError> {
    let items = orders.iter().map(|order| order.items.len()).sum::<usize>();
    if items == 0 {
        return Ok(());
    }
    // What stays of a message that is written anew is only seen of what is held as a whole.
    let budget = match how.halves {
        Halves::Brief | Halves::Both => READING_KIB,
        Halves::All => MOVING_KIB,
    };
    let (sink, arrivals) = ItemSink::new(budget);
    let left_behind = sink.left_behind();
    let fetch = async { source.fetch(orders, how.part, &sink).await.map(|()| drop(sink)) };
    let taken = async { Ok(take(arrivals, how.halves, on, reads).await) };
    let late = match tokio::try_join!(fetch, taken) {
        Ok(((), late)) => late,
        Err(error) => {
            let places = left_behind.take().into_iter();
            let places = places.map(|(order, item)| (orders[order].folder.path.clone(), item));
            let company = if items == 1 { Company::Nothing } else { Company::Others };
            how.suspects.suspect(Doing::Reading(how.side), places, company, &error);
            return Err(error);
        }
    };
    for (order, item) in late {
        let folder = orders[order].folder;
        match read_large(source, folder, &item, how.halves).await {
            Ok(seen) => {
                on(item.size);
                reads[order].seen.push(seen);
            }
            Err(error) if error.reach == Reach::Item => {
                reads[order].failed.push((item, error.cause, error.detail));
            }
            Err(error) => {
                let place = (folder.path.clone(), item.id);
                how.suspects.suspect(Doing::Reading(how.side), [place], Company::NothingForLong, &error);
                return Err(error);
            }
        }
    }
    let all = orders.iter().flat_map(|order| order.items.iter().map(|item| (&order.folder.path, &item.id)));
    how.suspects.came_through(&[Doing::Reading(how.side)], all);
    Ok(())
}

/// Takes the fingerprints of what arrives; gives what is too large to be held.
async fn take(
    mut arrivals: mpsc::Receiver<Arrival>,
    halves: Halves,
    on: &(impl Fn(u64) + Send + Sync),
    reads: &mut [Read],
) -> Vec<(usize, ItemMeta)> {
    let mut late = Vec::new();
    while let Some(arrival) = arrivals.recv().await {
        match arrival {
            Arrival::Item { order, item, held: _held } => {
                on(item.meta.size);
                let fingerprint = match halves {
                    Halves::Brief => brief(&item.body),
                    Halves::Both | Halves::All => fingerprint(&item.body),
                };
                let stable = match halves {
                    Halves::Brief | Halves::Both => None,
                    Halves::All => stable(&item.body),
                };
                let message_id = message_id(&item.body);
                let seen = Seen { fingerprint, message_id, meta: item.meta, stable, anew: false };
                reads[order].seen.push(seen);
            }
            Arrival::Large { order, item } => late.push((order, item)),
            Arrival::Failed { order, item, cause, detail } => {
                reads[order].failed.push((item, cause, detail));
            }
        }
    }
    late
}

/// Reads one item in pieces.
async fn read_large(
    source: &mut dyn Source,
    folder: &Folder,
    item: &ItemMeta,
    halves: Halves,
) -> Result<Seen, ConnectorError> {
    let mut id = None;
    let fingerprinter = match halves {
        Halves::Brief => Fingerprinter::exact(),
        Halves::Both | Halves::All => Fingerprinter::new(),
    };
    let known = large::know(source, folder, item, fingerprinter, |piece| id = message_id(piece)).await?;
    let meta = item.clone();
    Ok(Seen { fingerprint: known.fingerprint, message_id: id, meta, stable: None, anew: false })
}

/// The Message-ID of a message (RFC 5322, section 3.6.4) as it stands there, cut to 200 characters.
pub(super) fn message_id(body: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"message-id:";
    let mut lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let value = lines
        .by_ref()
        .take_while(|line| !line.is_empty())
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))
        .map(|line| &line[NAME.len()..])?;
    // A long one stands on the next line.
    let value = if value.trim_ascii().is_empty() { lines.next()? } else { value };
    let value = crate::wire::imap::encode::clean(&String::from_utf8_lossy(value.trim_ascii()), 200);
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::message_id;

    #[test]
    fn the_message_id_is_found_in_the_header_only() {
        let id = |text: &str| message_id(text.as_bytes());
        assert_eq!(id("From: a\r\nmessage-ID: <x@y>\r\n\r\nbody"), Some("<x@y>".into()));
        assert_eq!(id("Message-ID:\r\n <x@y>\r\n\r\n"), Some("<x@y>".into()));
        assert_eq!(id("From: a\r\n\r\nMessage-ID: <x@y>\r\n"), None);
        assert_eq!(id(""), None);
    }
}
