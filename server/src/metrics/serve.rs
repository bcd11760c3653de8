//! The listener: answers `GET /metrics`, and nothing else, to whoever can reach it.

use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use shared::check::Side;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{interval, timeout},
};

use super::{
    LEASE_LOSSES, THROTTLED,
    text::{Own, render},
    throttled,
};
use crate::{guest::Guests, store::Store};

/// A client that has not asked and read by then is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest head of a request.
const HEAD_MAX: usize = 8 * 1024;
/// How often it is looked which systems ask for patience.
const SAMPLE: Duration = Duration::from_secs(1);

/// Listens, before anything else begins.
pub(crate) async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// What is measured.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) store: Store,
    pub(crate) guests: Guests,
}

impl Metrics {
    /// Answers until told to stop.
    pub(crate) async fn run(self, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let mut sample = interval(SAMPLE);
        while !*stop.borrow() {
            tokio::select! {
                _ = sample.tick() => {
                    for side in self.guests.throttling() {
                        throttled(side);
                    }
                }
                client = listener.accept() => match client {
                    Ok((stream, _)) => {
                        let metrics = self.clone();
                        tokio::spawn(async move {
                            // A client that is gone has no use for an error.
                            let _ = timeout(PATIENCE, metrics.answer(stream)).await;
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "taking a request for metrics failed");
                        tokio::time::sleep(SAMPLE).await;
                    }
                },
                _ = stop.changed() => {}
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = Vec::new();
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut part = [0; 1024];
            let read = stream.read(&mut part).await?;
            if read == 0 || head.len() + read > HEAD_MAX {
                return Ok(());
            }
            head.extend_from_slice(&part[..read]);
        }
        let asked = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
        let (status, body) = match asked {
            b"GET /metrics HTTP/1.1" | b"GET /metrics HTTP/1.0" => match self.store.measure().await {
                Ok(measured) => ("200 OK", render(&measured, own())),
                Err(error) => {
                    tracing::error!(%error, "measuring failed");
                    ("503 Service Unavailable", "Measuring failed; see the log.\n".into())
                }
            },
            _ => ("404 Not Found", "There is /metrics here and nothing else.\n".into()),
        };
        let kind = "text/plain; version=0.0.4; charset=utf-8";
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }
}

fn own() -> Own {
    let seconds = |side| THROTTLED[super::index(side)].load(Ordering::Relaxed);
    Own {
        lease_losses: LEASE_LOSSES.load(Ordering::Relaxed),
        throttled: [seconds(Side::Source), seconds(Side::Target)],
    }
}
