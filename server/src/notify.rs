//! Tells people: looks for changes of state, puts them into the outbox, and sends what is due.

mod mail;
mod news;
mod webhook;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use shared::notify::{NotifyTest, Occasion};
use tokio::{sync::watch, time::sleep};

pub(crate) use mail::address_problem;
pub(crate) use webhook::url_problem;

use crate::{
    guest::Guests,
    store::{Notice, Store, StoreError, Ways},
};

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(5);

/// Who tells.
#[derive(Debug)]
pub(crate) struct Notifier {
    pub(crate) store: Store,
    pub(crate) guests: Guests,
    pub(crate) data_dir: PathBuf,
    /// Where this server listens: no webhook goes there.
    pub(crate) own: SocketAddr,
}

impl Notifier {
    /// Tells until told to stop.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut seen = news::Seen::default();
        while !*stop.borrow() {
            if let Err(error) = self.round(&mut seen).await {
                tracing::warn!(%error, "telling of news failed; it is tried again");
            }
            tokio::select! { () = sleep(ROUND) => {} _ = stop.changed() => {} }
        }
    }

    async fn round(&self, seen: &mut news::Seen) -> Result<(), StoreError> {
        let ways = self.store.notify_ways().await?;
        let reminder = ways.settings.reminder_days;
        let facts = news::of_projects(&self.store.standings().await?, reminder, now());
        self.store.tell_of(&facts).await?;
        for (occasion, text) in seen.on_this_node(&self.guests, &self.data_dir) {
            self.store.tell(occasion, &text).await?;
        }
        self.send(&ways).await
    }

    /// Sends what is due: mails of one occasion to one address as one.
    async fn send(&self, ways: &Ways) -> Result<(), StoreError> {
        let taken = self.store.take_notices().await?;
        let mut mails: BTreeMap<(&str, Occasion), Vec<&Notice>> = BTreeMap::new();
        for notice in &taken {
            if notice.is_mail {
                mails.entry((&notice.recipient, notice.occasion)).or_default().push(notice);
            } else {
                let sent = webhook::send(ways, &notice.recipient, self.own, &body(notice)).await;
                self.settle(&[notice], sent).await?;
            }
        }
        for ((recipient, occasion), notices) in mails {
            let lines: Vec<_> = notices.iter().map(|notice| notice.text.as_str()).collect();
            let sent = mail::send(ways, recipient, occasion, &lines).await;
            self.settle(&notices, sent).await?;
        }
        Ok(())
    }

    async fn settle(&self, notices: &[&Notice], sent: Result<(), String>) -> Result<(), StoreError> {
        if let Err(error) = &sent {
            tracing::warn!(%error, "a notification was not sent; it is tried again");
        }
        self.store.settle_notices(notices, sent.is_ok()).await
    }
}

/// Sends a test at once, to an admin's address and to the webhook, and says what came of it.
pub(crate) async fn test(ways: &Ways, address: Option<&str>, own: SocketAddr) -> NotifyTest {
    let text = "This is a test: notifications of carbonio-migrate arrive here.";
    let word = |sent: Result<(), String>| sent.map_or_else(|why| why, |()| "sent".into());
    let mail = match address {
        Some(address) => word(mail::send(ways, address, Occasion::Test, &[text]).await),
        None => "You have no address for notifications: enter one under your account.".into(),
    };
    let webhook = match &ways.settings.webhook {
        Some(url) => {
            let body = serde_json::json!({ "occasion": "test", "at": shared::time::Timestamp::from_millis(now()), "text": text });
            word(webhook::send(ways, url, own, &body.to_string()).await)
        }
        None => "There is no webhook.".into(),
    };
    NotifyTest { mail, webhook }
}

fn body(notice: &Notice) -> String {
    serde_json::json!({
        "id": notice.id,
        "occasion": notice.occasion,
        "at": shared::time::Timestamp::from_millis(notice.at),
        "text": notice.text,
    })
    .to_string()
}

fn now() -> i64 {
    shared::time::Timestamp::from(std::time::SystemTime::now()).millis()
}

#[cfg(test)]
mod tests;
