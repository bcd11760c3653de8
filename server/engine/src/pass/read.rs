//! Reads items of folders and keeps only what recognises them.

use shared::cause::Cause;

use super::large;
use crate::{
    error::{ConnectorError, Reach},
    fingerprint::{Fingerprinter, brief, fingerprint, stable},
    matching::Seen,
    model::ItemMeta,
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

/// Reads items of several folders and takes their fingerprints; the bytes are dropped at once. `on` is told each item's
/// bytes. Gives one for each order.
pub(super) async fn read(
    source: &mut dyn Source,
    orders: &[FetchOrder<'_>],
    part: Part,
    halves: Halves,
    on: &(impl Fn(u64) + Send + Sync),
) -> Result<Vec<Read>, ConnectorError> {
    let mut reads: Vec<Read> = orders.iter().map(|_| Read::default()).collect();
    let mut late = Vec::new();
    // What stays of a message that is written anew is only seen of what is held as a whole.
    let budget = match halves {
        Halves::Brief | Halves::Both => READING_KIB,
        Halves::All => MOVING_KIB,
    };
    let (sink, mut arrivals) = ItemSink::new(budget);
    let fetch = async { source.fetch(orders, part, &sink).await.map(|()| drop(sink)) };
    let take = async {
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
        Ok(())
    };
    tokio::try_join!(fetch, take)?;
    for (order, item) in late {
        let mut id = None;
        let fingerprinter = match halves {
            Halves::Brief => Fingerprinter::exact(),
            Halves::Both | Halves::All => Fingerprinter::new(),
        };
        let folder = orders[order].folder;
        let known = large::know(source, folder, &item, fingerprinter, |piece| id = message_id(piece)).await;
        match known {
            Ok(known) => {
                on(item.size);
                let fingerprint = known.fingerprint;
                let seen = Seen { fingerprint, message_id: id, meta: item, stable: None, anew: false };
                reads[order].seen.push(seen);
            }
            Err(error) if error.reach == Reach::Item => {
                reads[order].failed.push((item, error.cause, error.detail));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(reads)
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
