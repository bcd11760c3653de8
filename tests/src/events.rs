//! Reads a live stream: server-sent events, each a whole snapshot.

use std::time::Duration;

/// A stream that was opened.
#[derive(Debug)]
pub struct Events {
    answer: reqwest::Response,
    buffer: Vec<u8>,
}

impl Events {
    pub(crate) fn new(answer: reqwest::Response) -> Self {
        let kind = answer.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert!(kind.is_some_and(|kind| kind.starts_with("text/event-stream")), "{kind:?}");
        Self { answer, buffer: Vec::new() }
    }

    /// The next snapshot; none when the server ended the stream or said nothing for so long.
    pub async fn next<T: serde::de::DeserializeOwned>(&mut self, patience: Duration) -> Option<T> {
        tokio::time::timeout(patience, self.read()).await.ok().flatten()
    }

    async fn read<T: serde::de::DeserializeOwned>(&mut self) -> Option<T> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<_> = self.buffer.drain(..end + 2).collect();
                if let Some(data) = event.strip_prefix(b"data: ") {
                    return Some(serde_json::from_slice(data).expect("an event holds a snapshot"));
                }
            }
            self.buffer.extend(self.answer.chunk().await.ok()??);
        }
    }

    /// The first snapshot that fits, of those that come in time.
    pub async fn until<T: serde::de::DeserializeOwned + std::fmt::Debug>(
        &mut self,
        patience: Duration,
        fits: impl Fn(&T) -> bool,
    ) -> T {
        let deadline = tokio::time::Instant::now() + patience;
        let mut last = None;
        loop {
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            match self.next::<T>(left).await {
                Some(snapshot) if fits(&snapshot) => return snapshot,
                Some(snapshot) => last = Some(snapshot),
                None => panic!("no fitting snapshot within {patience:?}; the last was {last:#?}"),
            }
        }
    }
}
