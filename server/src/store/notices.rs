//! Notifications: settings, choices, what stood last, and the outbox.

use sea_orm::FromQueryResult;
use secrecy::SecretString;
use shared::{
    id::AdminId,
    notify::{NotifyChoice, NotifyForm, NotifySettings, NotifyView, Occasion},
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::Sql,
    words::{clean, from_json, from_word, json, now},
};
use crate::secret::Place;

const MAIL: Place = Place { table: "notify", row: 1, column: "mail_secret" };
const WEBHOOK: Place = Place { table: "notify", row: 1, column: "webhook_secret" };

/// How long a node may take to send what it took.
const TAKEN_MILLIS: i64 = 2 * 60 * 1000;
/// Of one occasion an address gets one mail in this time at most.
const QUIET_MILLIS: i64 = 60 * 60 * 1000;
/// The first pause after a failure; it doubles, up to an hour.
const PAUSE_MILLIS: i64 = 30 * 1000;
/// So many failures and it is given up: about a day.
const ATTEMPTS: i64 = 30;
/// Settled notices are kept this long.
const KEPT_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;

/// A state that is told of when it changes: the name, how it stands now, and what to say when it rose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) name: String,
    pub(crate) value: i64,
    pub(crate) occasion: Occasion,
    pub(crate) text: String,
}

/// How a project stands.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub(crate) struct Standing {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) jobs: i64,
    pub(crate) failed: i64,
    /// Complete, with or without exceptions, or left out on purpose.
    pub(crate) done: i64,
    pub(crate) updated: i64,
    pub(crate) has_secret: bool,
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) id: i64,
    pub(crate) at: i64,
    pub(crate) occasion: Occasion,
    pub(crate) text: String,
    pub(crate) is_mail: bool,
    pub(crate) recipient: String,
    attempts: i64,
}

#[derive(FromQueryResult)]
struct NoticeRecord {
    id: i64,
    at: i64,
    occasion: String,
    text: String,
    channel: String,
    recipient: String,
    attempts: i64,
}

#[derive(FromQueryResult)]
struct SettingsRecord {
    settings: String,
    mail_secret: Option<Vec<u8>>,
    webhook_secret: Option<Vec<u8>>,
}

/// The settings with their secrets opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ways {
    pub(crate) settings: NotifySettings,
    pub(crate) mail_secret: Option<SecretString>,
    pub(crate) webhook_secret: Option<SecretString>,
}

impl Store {
    /// How this installation tells, with secrets.
    pub(crate) async fn notify_ways(&self) -> Result<Ways, StoreError> {
        let record: Option<SettingsRecord> = self
            .db()
            .reading("Reading the settings of notifications")
            .one("SELECT settings, mail_secret, webhook_secret FROM notify WHERE id = 1", [])
            .await?;
        let Some(record) = record else { return Ok(Ways::default()) };
        Ok(Ways {
            settings: from_json("settings of notifications", &record.settings)?,
            mail_secret: self.open_sealed(MAIL, record.mail_secret.as_deref())?,
            webhook_secret: self.open_sealed(WEBHOOK, record.webhook_secret.as_deref())?,
        })
    }

    /// How this installation tells, without secrets.
    pub(crate) async fn notify_view(&self) -> Result<NotifyView, StoreError> {
        let ways = self.notify_ways().await?;
        Ok(NotifyView {
            mail_has_secret: ways.mail_secret.is_some(),
            webhook_has_secret: ways.webhook_secret.is_some(),
            settings: ways.settings,
        })
    }

    /// Keeps new settings. A secret that was entered for another server is forgotten.
    pub(crate) async fn set_notify(&self, form: &NotifyForm) -> Result<(), StoreError> {
        let before = self.notify_ways().await?.settings;
        let tx = self.db().begin("Keeping the settings of notifications").await?;
        tx.run(
            "INSERT INTO notify (id, settings) VALUES (1, ?)
             ON CONFLICT (id) DO UPDATE SET settings = excluded.settings",
            [json("settings of notifications", &form.settings)?.into()],
        )
        .await?;
        let login = |settings: &NotifySettings| {
            settings.mail.as_ref().map(|mail| (mail.host.clone(), mail.port, mail.tls, mail.user.clone()))
        };
        for (place, entered, moved) in [
            (MAIL, &form.mail_secret, login(&before) != login(&form.settings)),
            (WEBHOOK, &form.webhook_secret, before.webhook != form.settings.webhook),
        ] {
            match entered {
                Some(secret) => self.put_secret(&tx, place, secret).await?,
                None if moved => self.put_secret(&tx, place, "").await?,
                None => {}
            }
        }
        tx.commit().await
    }

    /// What an admin is told.
    pub(crate) async fn notify_choice(&self, admin: AdminId) -> Result<NotifyChoice, StoreError> {
        let choice: Option<String> = self
            .db()
            .reading("Reading what an admin is told")
            .cell("SELECT choice FROM notify_choice WHERE admin = ?", [admin.0.into()])
            .await?;
        choice.map_or_else(|| Ok(NotifyChoice::default()), |choice| from_json("choice of an admin", &choice))
    }

    /// Keeps what an admin is to be told.
    pub(crate) async fn set_notify_choice(
        &self,
        admin: AdminId,
        choice: &NotifyChoice,
    ) -> Result<(), StoreError> {
        let tx = self.db().begin("Keeping what an admin is told").await?;
        tx.run(
            "INSERT INTO notify_choice (admin, choice) VALUES (?, ?)
             ON CONFLICT (admin) DO UPDATE SET choice = excluded.choice",
            [admin.0.into(), json("choice of an admin", choice)?.into()],
        )
        .await?;
        tx.commit().await
    }

    /// How every project stands.
    pub(crate) async fn standings(&self) -> Result<Vec<Standing>, StoreError> {
        self.db()
            .reading("Looking for news")
            .all(
                "SELECT p.id, p.name, COUNT(j.id) AS jobs,
                    CAST(COALESCE(SUM(CASE WHEN j.state = 'failed' THEN 1 ELSE 0 END), 0) AS BIGINT) AS failed,
                    CAST(COALESCE(SUM(CASE WHEN j.state IN ('complete', 'exceptions', 'skipped') THEN 1 ELSE 0 END), 0)
                        AS BIGINT) AS done,
                    COALESCE(MAX(j.updated), p.created) AS updated,
                    (p.source_secret IS NOT NULL OR p.target_secret IS NOT NULL OR COUNT(j.source_secret) > 0
                        OR COUNT(j.target_secret) > 0) AS has_secret
                 FROM project p LEFT JOIN job j ON j.project = p.id
                 GROUP BY p.id, p.name, p.created, p.source_secret IS NOT NULL, p.target_secret IS NOT NULL
                 ORDER BY p.id",
                [],
            )
            .await
    }

    /// Compares how things stand with how they stood, and puts what rose into the outbox: once, however many nodes look.
    /// Tells how many notices that made.
    pub(crate) async fn tell_of(&self, facts: &[Fact]) -> Result<u64, StoreError> {
        if facts.is_empty() {
            return Ok(0);
        }
        let tx = self.db().begin("Keeping news").await?;
        if self.db().is_shared() {
            tx.cell::<String>("SELECT pg_advisory_xact_lock(7246971)::text", []).await?;
        }
        let mut made = 0;
        for fact in facts {
            let before: Option<i64> =
                tx.cell("SELECT value FROM notify_state WHERE name = ?", [fact.name.as_str().into()]).await?;
            if before == Some(fact.value) {
                continue;
            }
            tx.run(
                "INSERT INTO notify_state (name, value) VALUES (?, ?)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                [fact.name.as_str().into(), fact.value.into()],
            )
            .await?;
            if fact.value > before.unwrap_or(0) {
                made += self.put_notices(&tx, fact.occasion, &fact.text).await?;
            }
        }
        tx.commit().await?;
        Ok(made)
    }

    /// Puts something that happened on this node into the outbox.
    pub(crate) async fn tell(&self, occasion: Occasion, text: &str) -> Result<(), StoreError> {
        let tx = self.db().begin("Keeping news").await?;
        self.put_notices(&tx, occasion, text).await?;
        tx.commit().await
    }

    /// A notice for the webhook, and one for each admin who wants to hear of it.
    async fn put_notices(&self, tx: &Tx<'_>, occasion: Occasion, text: &str) -> Result<u64, StoreError> {
        let settings: Option<String> = tx.cell("SELECT settings FROM notify WHERE id = 1", []).await?;
        let Some(settings) = settings else { return Ok(0) };
        let settings: NotifySettings = from_json("settings of notifications", &settings)?;
        let mut recipients: Vec<(&str, String)> = Vec::new();
        recipients.extend(settings.webhook.map(|url| ("webhook", url)));
        if settings.mail.is_some() {
            let choices: Vec<ChoiceRecord> = tx
                .all(
                    "SELECT c.choice FROM notify_choice c JOIN admin a ON a.id = c.admin WHERE a.enabled
                     ORDER BY a.id",
                    [],
                )
                .await?;
            for ChoiceRecord { choice } in choices {
                let choice: NotifyChoice = from_json("choice of an admin", &choice)?;
                let address = choice.address.filter(|_| choice.occasions.contains(&occasion));
                recipients.extend(address.map(|address| ("mail", address)));
            }
        }
        let now = now().millis();
        for (channel, recipient) in &recipients {
            tx.run(
                "INSERT INTO notice (at, occasion, text, channel, recipient, next_try, attempts)
                 VALUES (?, ?, ?, ?, ?, ?, 0)",
                [
                    now.into(),
                    occasion.word().into(),
                    clean(text).into(),
                    (*channel).into(),
                    recipient.as_str().into(),
                    now.into(),
                ],
            )
            .await?;
        }
        Ok(recipients.len() as u64)
    }

    /// Takes what is due. Nobody else takes it for two minutes; what is not settled by then is due again. Mails of an
    /// occasion that an address was told of within the hour wait for its end.
    pub(crate) async fn take_notices(&self) -> Result<Vec<Notice>, StoreError> {
        let now = now().millis();
        let tx = self.db().begin("Taking notices to send").await?;
        let sql = format!(
            "SELECT id, at, occasion, text, channel, recipient, attempts FROM notice
             WHERE settled IS NULL AND next_try <= ? ORDER BY id LIMIT 200{}",
            tx.locking()
        );
        let records: Vec<NoticeRecord> = tx.all(&sql, [now.into()]).await?;
        let mut taken = Vec::new();
        for record in records {
            let is_mail = record.channel == "mail";
            let mut next_try = now + TAKEN_MILLIS;
            let mut quiet = false;
            if is_mail {
                let last: Option<Option<i64>> = tx
                    .cell(
                        "SELECT MAX(settled) FROM notice WHERE channel = 'mail' AND recipient = ? AND occasion = ?",
                        [record.recipient.as_str().into(), record.occasion.as_str().into()],
                    )
                    .await?;
                if let Some(last) = last.flatten().filter(|last| last + QUIET_MILLIS > now) {
                    (next_try, quiet) = (last + QUIET_MILLIS, true);
                }
            }
            tx.run("UPDATE notice SET next_try = ? WHERE id = ?", [next_try.into(), record.id.into()])
                .await?;
            if !quiet {
                taken.push(Notice {
                    id: record.id,
                    at: record.at,
                    occasion: from_word("occasion", &record.occasion)?,
                    text: record.text,
                    is_mail,
                    recipient: record.recipient,
                    attempts: record.attempts,
                });
            }
        }
        tx.commit().await?;
        Ok(taken)
    }

    /// How many notices are not settled yet.
    #[cfg(test)]
    pub(crate) async fn waiting_notices(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM notice WHERE settled IS NULL";
        Ok(self.db().reading("Counting notices").cell(sql, []).await?.unwrap_or(0))
    }

    /// Keeps how sending went: what failed is tried again, later and later, and given up after about a day.
    pub(crate) async fn settle_notices(&self, notices: &[&Notice], sent: bool) -> Result<(), StoreError> {
        let now = now().millis();
        let tx = self.db().begin("Settling notices").await?;
        for notice in notices {
            let attempts = notice.attempts + 1;
            let settled = match (sent, attempts >= ATTEMPTS) {
                (true, _) => Some(now),
                (false, true) => Some(0),
                (false, false) => None,
            };
            let pause = (PAUSE_MILLIS << attempts.min(7)).min(QUIET_MILLIS);
            tx.run(
                "UPDATE notice SET settled = ?, attempts = ?, next_try = ? WHERE id = ?",
                [settled.into(), attempts.into(), (now + pause).into(), notice.id.into()],
            )
            .await?;
        }
        tx.run("DELETE FROM notice WHERE settled IS NOT NULL AND at < ?", [(now - KEPT_MILLIS).into()])
            .await?;
        tx.commit().await
    }
}

#[derive(FromQueryResult)]
struct ChoiceRecord {
    choice: String,
}
