//! The audit log: append only, by every node one after the other.

use sea_orm::{FromQueryResult, Value};
use shared::{
    audit::{ActivityQuery, ActivityRow, AuditProof, BrokenLine, Outcome},
    time::Timestamp,
};

use super::{
    Store, StoreError,
    db::Tx,
    sql::Sql,
    words::{clean, from_word, now},
};
use crate::{
    audit::{BEGINNING, Deed, Hash, Line, Walk, seal},
    report::words::moment,
};

/// Lines on one page of the log.
pub(crate) const ACTIVITY_PAGE: i64 = 100;
/// Lines that are read at once where all are needed.
const STRETCH: i64 = 1000;

#[derive(FromQueryResult)]
struct Record {
    id: i64,
    at: i64,
    who: String,
    action: String,
    subject: String,
    address: Option<String>,
    outcome: String,
    hash: Vec<u8>,
}

#[derive(FromQueryResult)]
struct Head {
    id: i64,
    hash: Vec<u8>,
}

#[derive(FromQueryResult)]
struct Earlier {
    at: i64,
    who: String,
    action: String,
    subject: String,
}

/// Who changed settings last, and when.
#[derive(FromQueryResult)]
struct Changed {
    who: String,
    at: i64,
}

const COLUMNS: &str = "SELECT id, at, who, action, subject, address, outcome, hash FROM audit";

impl Record {
    fn row(self) -> Result<ActivityRow, StoreError> {
        let Self { id, at, who, action, subject, address, outcome, hash } = self;
        Ok(ActivityRow {
            id,
            at: Timestamp::from_millis(at),
            who,
            action,
            subject,
            address,
            outcome: from_word("outcome", &outcome)?,
            hash: hex::encode(hash),
        })
    }

    /// None when the outcome is no word of ours: somebody changed it.
    fn line(&self) -> Option<Line<'_>> {
        let Self { id, at, who, action, subject, address, outcome, hash: _ } = self;
        let outcome = from_word("outcome", outcome).ok()?;
        let deed = Deed { who, action, subject, address: address.as_deref(), outcome };
        Some(Line { id: *id, at: *at, deed })
    }
}

impl Store {
    /// Adds a line about something done on this host: who (a login name or `system`), what (a stable word such as
    /// `job.start`), to what (in words).
    pub(crate) async fn log_activity(
        &self,
        who: &str,
        action: &str,
        subject: &str,
    ) -> Result<(), StoreError> {
        self.log(&Deed { who, action, subject, address: None, outcome: Outcome::Done }).await
    }

    /// Adds a line. Of several nodes one writes at a time, so that each line follows the one before.
    pub(crate) async fn log(&self, deed: &Deed<'_>) -> Result<(), StoreError> {
        let tx = self.db().begin("Writing the audit log").await?;
        self.append(&tx, now().millis(), deed).await?;
        tx.commit().await
    }

    async fn append(&self, tx: &Tx<'_>, at: i64, deed: &Deed<'_>) -> Result<(), StoreError> {
        if self.db().is_shared() {
            tx.cell::<String>("SELECT pg_advisory_xact_lock(7246970)::text", []).await?;
        }
        let last: Option<Head> = tx.one("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", []).await?;
        let (id, before) = match last {
            Some(Head { id, hash }) => (id + 1, read_hash(&hash)?),
            None => (1, BEGINNING),
        };
        let (who, subject) = (clean(deed.who), clean(deed.subject));
        let deed = Deed { who: &who, subject: &subject, ..*deed };
        let hash = seal(&self.inner.sealer, &before, &Line { id, at, deed });
        tx.run(
            "INSERT INTO audit (id, at, who, action, subject, address, outcome, hash)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                id.into(),
                at.into(),
                deed.who.into(),
                deed.action.into(),
                deed.subject.into(),
                deed.address.into(),
                deed.outcome.word().into(),
                hash.to_vec().into(),
            ],
        )
        .await?;
        Ok(())
    }

    /// Takes over what was written before lines were sealed.
    pub(super) async fn adopt_activity(&self) -> Result<(), StoreError> {
        let reading = self.db().reading("Looking for older activity");
        if reading.cell::<i64>("SELECT id FROM activity LIMIT 1", []).await?.is_none() {
            return Ok(());
        }
        let tx = self.db().begin("Taking over older activity").await?;
        if self.db().is_shared() {
            tx.cell::<String>("SELECT pg_advisory_xact_lock(7246970)::text", []).await?;
        }
        let earlier: Vec<Earlier> =
            tx.all("SELECT at, who, action, subject FROM activity ORDER BY id", []).await?;
        for Earlier { at, who, action, subject } in earlier {
            let deed =
                Deed { who: &who, action: &action, subject: &subject, address: None, outcome: Outcome::Done };
            self.append(&tx, at, &deed).await?;
        }
        tx.run("DELETE FROM activity", []).await?;
        tx.commit().await
    }

    /// A page of the log, newest first.
    pub(crate) async fn activity(&self, filter: &ActivityQuery) -> Result<Vec<ActivityRow>, StoreError> {
        let mut conditions = vec!["id < ?"];
        let mut values: Vec<Value> = vec![filter.before.unwrap_or(i64::MAX).into()];
        if let Some(who) = filter.who.as_deref().filter(|who| !who.is_empty()) {
            conditions.push("who = ?");
            values.push(clean(who).into());
        }
        if let Some(action) = filter.action.as_deref().filter(|action| !action.is_empty()) {
            conditions.push("substr(action, 1, length(?)) = ?");
            values.extend([clean(action).into(), clean(action).into()]);
        }
        if let Some(outcome) = filter.outcome {
            conditions.push("outcome = ?");
            values.push(outcome.word().into());
        }
        if let Some(text) = filter.text.as_deref().filter(|text| !text.is_empty()) {
            conditions.push("lower(subject) LIKE ? ESCAPE '!'");
            let safe = clean(text).to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
            values.push(format!("%{safe}%").into());
        }
        values.push(ACTIVITY_PAGE.into());
        let sql = format!("{COLUMNS} WHERE {} ORDER BY id DESC LIMIT ?", conditions.join(" AND "));
        let records: Vec<Record> = self.db().reading("Reading the audit log").all(&sql, values).await?;
        records.into_iter().map(Record::row).collect()
    }

    /// Lines after one, oldest first: as many as are read at once.
    pub(crate) async fn activity_after(&self, after: i64) -> Result<Vec<ActivityRow>, StoreError> {
        self.stretch(after).await?.into_iter().map(Record::row).collect()
    }

    async fn stretch(&self, after: i64) -> Result<Vec<Record>, StoreError> {
        let sql = format!("{COLUMNS} WHERE id > ? ORDER BY id LIMIT ?");
        self.db().reading("Reading the audit log").all(&sql, [after.into(), STRETCH.into()]).await
    }

    /// Goes over the whole log. With `noted`, a line's hash in hexadecimal digits that was noted earlier, it is also told
    /// whether the log still holds that line.
    pub(crate) async fn prove_activity(&self, noted: Option<&str>) -> Result<AuditProof, StoreError> {
        let noted = noted.map(str::to_ascii_lowercase);
        let mut walk = Walk::new(&self.inner.sealer);
        let (mut found, mut broken) = (false, None);
        // Below every number a line could have been given past us.
        let mut after = i64::MIN;
        'log: loop {
            let records = self.stretch(after).await?;
            let Some(last) = records.last() else { break };
            after = last.id;
            for record in &records {
                let stepped = match record.line() {
                    Some(line) => walk.step(&line, &record.hash),
                    None => Err(BrokenLine {
                        id: record.id,
                        problem: format!("Line {} was changed past carbonio-migrate.", record.id),
                    }),
                };
                if let Err(line) = stepped {
                    broken = Some(line);
                    break 'log;
                }
                found |= noted.as_deref() == Some(hex::encode(walk.head).as_str());
            }
        }
        Ok(AuditProof {
            intact: broken.is_none() && (noted.is_none() || found),
            lines: walk.lines,
            head: hex::encode(walk.head),
            broken,
            holds: noted.map(|_| found),
        })
    }
}

/// What is said to somebody whose change was made from settings that are not those that are kept any more; the log
/// knows by the action and the subject of a change who made the last one.
pub(super) async fn changed_since(
    tx: &Tx<'_>,
    action: &str,
    subject: &str,
) -> Result<StoreError, StoreError> {
    // What was changed stands behind the subject.
    let sql = "SELECT who, at FROM audit WHERE action = ? AND (subject = ? OR substr(subject, 1, ?) = ?)
        ORDER BY id DESC LIMIT 1";
    let begins = format!("{subject}: ");
    let length = i32::try_from(begins.chars().count()).unwrap_or(i32::MAX);
    let last: Option<Changed> =
        tx.one(sql, [action.into(), subject.into(), length.into(), begins.into()]).await?;
    let changed = match last {
        Some(Changed { who, at }) => {
            format!("{who} changed these settings at {}", moment(Timestamp::from_millis(at)))
        }
        None => "Somebody changed these settings".into(),
    };
    Ok(StoreError::Changed(format!(
        "{changed}, after they were read here. Nothing was saved: load the settings anew, then change them."
    )))
}

fn read_hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        what: "line of the audit log",
        detail: "its hash has another length".into(),
    })
}
