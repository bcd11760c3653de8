//! Values to test with.

use engine::{
    baseline::Baseline,
    ledger::{Entry, EntryState, FolderId, FolderRecord, Ledger, LedgerError},
    model::{Fingerprint, Flags, Folder, Inventory, ItemId, ItemMeta, Watermark},
    pass::PassOutcome,
};
use shared::{
    cause::Cause,
    endpoint::{Endpoint, ImapEndpoint, Login},
    finding::{Finding, ItemLabel, Severity, Subject},
    folder::FolderPath,
    id::{JobId, ProjectId},
    job::{JobAction, JobQuery, NewJob},
    pass::{Counts, PassEnd, PassKind},
    project::{Options, ProjectForm, SideForm, VerifyDepth},
    report::{Report, ReportSide, Totals, Verdict},
    time::Timestamp,
};

use crate::store::{Lease, Store};

pub(in crate::store) const NOON: Timestamp = Timestamp::from_millis(1_769_860_800_000);

/// A report with a verdict and nothing else to say.
pub(in crate::store) fn report(verdict: Verdict) -> Report {
    let side = |host: &str| ReportSide { host: host.into(), user: "anna".into() };
    Report {
        version: "0.0.0".into(),
        project: "Move".into(),
        created: NOON,
        pass: PassKind::Initial,
        depth: VerifyDepth::Content,
        source: side("old.example"),
        target: side("new.example"),
        verdict,
        sentence: "All is well.".into(),
        totals: Totals::default(),
        folders: Vec::new(),
        causes: Vec::new(),
        findings: Vec::new(),
        approved: None,
    }
}

/// How a pass ended, with a report when there is a verdict.
pub(in crate::store) fn ended(end: PassEnd, verdict: Option<Verdict>) -> PassOutcome {
    PassOutcome {
        end,
        counts: Counts::default(),
        plan: None,
        report: verdict.map(report),
        drift: None,
        inventory: None,
    }
}

pub(super) fn side(host: &str, login: Login, secret: Option<&str>) -> SideForm {
    let imap = ImapEndpoint::new(host, login);
    SideForm { endpoint: Endpoint::Imap(imap), secret: secret.map(str::to_owned) }
}

/// A project whose source is opened by an admin and whose target by each mailbox itself.
pub(super) fn project(name: &str, parallel: u16) -> ProjectForm {
    ProjectForm {
        name: name.into(),
        source: side("old.example", Login::AuthorizationId { admin: "root".into() }, Some("source-canary")),
        target: side("new.example", Login::Password, None),
        options: Options { parallel, ..Options::default() },
    }
}

pub(super) fn mailbox(name: &str) -> NewJob {
    NewJob {
        source_user: format!("{name}@old.example"),
        source_secret: None,
        target_user: format!("{name}@new.example"),
        target_secret: Some(format!("target-canary-{name}")),
        below: None,
    }
}

/// A project with mailboxes of these names.
pub(super) async fn jobs(store: &Store, parallel: u16, names: &[&str]) -> (ProjectId, Vec<JobId>) {
    let project = store.create_project(&project("Move", parallel)).await.expect("a project");
    let rows: Vec<_> = names.iter().map(|name| mailbox(name)).collect();
    (project, store.create_jobs(project, &rows).await.expect("jobs"))
}

/// The ids of a project's jobs as lists show them.
pub(super) async fn listed(store: &Store, project: ProjectId) -> Vec<JobId> {
    let page = store.job_page(project, &JobQuery::default()).await.expect("lists");
    page.rows.into_iter().map(|row| row.id).collect()
}

/// One job that was started and claimed.
pub(super) async fn claimed(store: &Store) -> Lease {
    let (_, jobs) = jobs(store, 4, &["anna"]).await;
    store.apply(jobs[0], JobAction::Start).await.expect("starts");
    store.claim().await.expect("claims").expect("there is one")
}

pub(super) fn folder(name: &str, items: u64) -> FolderRecord {
    FolderRecord {
        source: FolderPath::new([name]),
        target: FolderPath::new(["Moved", name]),
        role: None,
        source_validity: Some(7),
        bracket: Some(Watermark { validity: 9, next: 100 }),
        items,
        bytes: items * 1000,
        compared: None,
    }
}

fn marks() -> Flags {
    let mut marks = Flags { keywords: vec!["$Forwarded".into(), "work".into()], ..Flags::default() };
    marks.system.insert("\\Seen");
    marks
}

pub(super) fn entry(uid: u32, state: EntryState) -> Entry {
    let mut exact = [0; 16];
    exact[..4].copy_from_slice(&uid.to_be_bytes());
    let fingerprint = Some(Fingerprint { exact, loose: uid.is_multiple_of(2).then_some([uid as u8; 16]) });
    let marks = uid.is_multiple_of(3).then(marks);
    Entry { item: ItemId::Uid(uid), size: 1000, fingerprint, state, marks, deaths: 0 }
}

pub(super) fn copied(target: u32) -> EntryState {
    EntryState::Copied { target: Some(target), adopted: false }
}

pub(super) fn skipped() -> EntryState {
    EntryState::Skipped { cause: Cause::TooBig, detail: "NO [TOOBIG]".into() }
}

pub(super) fn finding(cause: Cause, severity: Severity, id: &str) -> Finding {
    let item = ItemLabel { id: id.into(), size: 12, received: Some(NOON), message_id: None };
    let subject = Subject { folder: Some(FolderPath::new(["日本語", "a/b"])), item: Some(item) };
    Finding { severity, cause, subject, detail: "The server's words.".into() }
}

/// What a side listed of a folder with so many messages.
pub(super) fn baseline(name: &str, messages: u32) -> Baseline {
    let folder = Folder {
        path: FolderPath::new([name]),
        wire: name.into(),
        role: None,
        selectable: true,
        subscribed: false,
        holds_all: false,
    };
    let item = |uid: u32| ItemMeta { id: ItemId::Uid(uid), size: 1000, received: None, flags: marks() };
    let inventory = Inventory {
        validity: 7,
        next: messages + 1,
        modseq: Some(5),
        messages,
        items: (1..=messages).map(item).collect(),
        ..Inventory::default()
    };
    Baseline::of(&folder, &inventory).expect("it is what was counted")
}

/// A folder with entries.
pub(super) async fn filled(ledger: &impl Ledger, name: &str, entries: &[Entry]) -> FolderId {
    let id = put_folder(ledger, &folder(name, entries.len() as u64)).await.expect("a folder");
    put_entries(ledger, id, entries).await.expect("entries");
    id
}

pub(super) async fn put_folder(ledger: &impl Ledger, folder: &FolderRecord) -> Result<FolderId, LedgerError> {
    Ok(ledger.put_folders(std::slice::from_ref(folder)).await?[0])
}

pub(super) async fn put_entries(
    ledger: &impl Ledger,
    folder: FolderId,
    entries: &[Entry],
) -> Result<(), LedgerError> {
    let entries: Vec<(FolderId, Entry)> = entries.iter().map(|entry| (folder, entry.clone())).collect();
    ledger.put_entries(&entries).await
}
