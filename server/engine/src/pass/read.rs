//! Reads items of a folder and keeps only what recognises them.

use shared::cause::Cause;

use crate::{
    error::ConnectorError,
    fingerprint::fingerprint,
    matching::Seen,
    model::{Folder, ItemMeta},
    source::{Arrival, ItemSink, Part, Source},
};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub seen: Vec<Seen>,
    pub failed: Vec<(ItemMeta, Cause, String)>,
}

/// Reads items and takes their fingerprints; the bytes are dropped at once. `on` is told each item's bytes.
pub(super) async fn read(
    source: &mut dyn Source,
    folder: &Folder,
    items: &[ItemMeta],
    part: Part,
    on: impl Fn(u64) + Send,
) -> Result<Read, ConnectorError> {
    let (sink, mut arrivals) = ItemSink::new();
    let fetch = async move { source.fetch(folder, items, part, &sink).await };
    let take = async {
        let mut read = Read::default();
        while let Some(arrival) = arrivals.recv().await {
            match arrival {
                Arrival::Item(item, _held) => {
                    on(item.meta.size);
                    let message_id = message_id(&item.body);
                    read.seen.push(Seen {
                        fingerprint: fingerprint(&item.body),
                        message_id,
                        meta: item.meta,
                    });
                }
                Arrival::Failed { item, cause, detail } => read.failed.push((item, cause, detail)),
            }
        }
        Ok(read)
    };
    let ((), read) = tokio::try_join!(fetch, take)?;
    Ok(read)
}

/// The Message-ID of a message (RFC 5322, section 3.6.4) as it stands there, cut to 200 characters.
fn message_id(body: &[u8]) -> Option<String> {
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
