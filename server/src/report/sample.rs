//! A report with something of everything, for tests.

use shared::{
    cause::Cause,
    finding::{Finding, ItemLabel, Severity, Subject, by_cause},
    folder::{FolderPath, Role},
    pass::PassKind,
    project::VerifyDepth,
    report::{Report, ReportFolder, ReportSide, Totals, Verdict},
    time::Timestamp,
};

/// A mailbox of some size with losses, differences and renames.
pub(crate) fn report() -> Report {
    let folders = vec![
        folder("INBOX", "INBOX", Some(Role::Inbox), [1204, 1205, 1199, 1180, 1, 4, 5], 310_482_113),
        folder(
            "Projekte|日本語/受信箱",
            "Projekte|日本語_受信箱",
            None,
            [88, 88, 88, 88, 0, 0, 0],
            9_100_400,
        ),
        folder("Gesendete Objekte", "Sent", Some(Role::Sent), [2210, 2210, 2210, 2210, 0, 0, 0], 88_204_071),
        folder(OLD, OLD, Some(Role::Archive), [940, 940, 940, 912, 0, 0, 0], 1_204_331_870),
        folder("Trash", "Trash", Some(Role::Trash), [0; 7], 0),
    ];
    let findings = findings();
    let sentence =
        "4,438 of 4,442 messages are on the target; 4 are missing and 1 was changed, each with a cause.";
    Report {
        version: "0.1.0".into(),
        project: "Example GmbH → Carbonio".into(),
        created: Timestamp::from_millis(1_769_860_800_123),
        pass: PassKind::Delta,
        depth: VerifyDepth::Content,
        source: ReportSide { host: "imap.old.example".into(), user: "anna.müller@example.org".into() },
        target: ReportSide { host: "mail.new.example".into(), user: "anna@example.org".into() },
        verdict: Verdict::Investigate,
        sentence: sentence.into(),
        totals: sum(&folders),
        folders,
        causes: by_cause(&findings),
        findings,
        approved: None,
    }
}

/// The same mailbox with nothing to tell.
pub(crate) fn perfect() -> Report {
    let mut report = report();
    report.folders.truncate(3);
    for folder in &mut report.folders {
        let Totals { source_items: items, source_bytes: bytes, .. } = folder.totals;
        folder.totals = totals([items, items, items, items, 0, 0, 0], bytes, bytes);
    }
    report.totals = sum(&report.folders);
    report.verdict = Verdict::Perfect;
    report.sentence = "All 3,502 messages are on the target and nothing differs.".into();
    report.findings.clear();
    report.causes.clear();
    report
}

/// A finding in a folder (`a|b` is b in a; nothing is the whole mailbox), of a message or of the folder itself.
pub(crate) fn finding(
    severity: Severity,
    cause: Cause,
    folder: &str,
    item: Option<ItemLabel>,
    detail: &str,
) -> Finding {
    let folder = (!folder.is_empty()).then(|| FolderPath::new(folder.split('|')));
    Finding { severity, cause, subject: Subject { folder, item }, detail: detail.into() }
}

/// A message's label.
pub(crate) fn item(uid: u32, size: u64, message_id: Option<&str>) -> ItemLabel {
    let received = Some(Timestamp::from_millis(1_500_000_000_000 + i64::from(uid) * 86_461_000));
    ItemLabel { id: uid.to_string(), size, received, message_id: message_id.map(Into::into) }
}

const OLD: &str = "Archive|2019 – Übergabe & Abschluß";
const LONG_ID: &str =
    "<a-message-id-that-goes-on-and-on-0123456789-0123456789-0123456789@a.very.long.host.name.example.org>";

fn findings() -> Vec<Finding> {
    use Severity::{Info, Loss, Warning};
    let too_big =
        "The target answered: NO [LIMIT] Message size exceeds fixed maximum message size (52428800)";
    let rejected = "The target answered: NO Message contains invalid header";
    let bytes = "The target stored bare line feeds as CR LF: 2,048 bytes became 2,101.";
    let renamed = "“日本語/受信箱” became “日本語_受信箱”: the target separates folders with “/”.";
    let recovered = "3 messages of an interrupted pass were looked up: 2 were there, 1 was sent again.";
    let mut all = vec![
        finding(
            Loss,
            Cause::TooBig,
            "INBOX",
            Some(item(811, 62_914_560, Some("<20190302.7f3a@mail.example.org>"))),
            too_big,
        ),
        finding(Loss, Cause::TooBig, "INBOX", Some(item(907, 71_303_168, None)), too_big),
        finding(
            Loss,
            Cause::Rejected,
            "INBOX",
            Some(item(12, 4_112, Some("<no-date@broken.example>"))),
            rejected,
        ),
        finding(Loss, Cause::Rejected, "INBOX", Some(item(13, 991, Some(LONG_ID))), rejected),
        finding(
            Warning,
            Cause::BytesAltered,
            "INBOX",
            Some(item(44, 2_048, Some("<bare-lf@old.example>"))),
            bytes,
        ),
        finding(Info, Cause::FolderRenamed, "Projekte|日本語/受信箱", None, renamed),
        finding(Info, Cause::FolderVirtual, "[Gmail]|All Mail", None, "It carries \\All."),
        finding(Info, Cause::Recovered, "", None, recovered),
    ];
    for uid in 2000..2028 {
        let label = item(uid, 18_000 + u64::from(uid) * 7, Some(&format!("<{uid}.archive@old.example>")));
        all.push(finding(Warning, Cause::KeywordsLost, OLD, Some(label), "Not kept: $Label1, Wichtig"));
    }
    for uid in 300..319 {
        let label = item(uid, 7_000 + u64::from(uid), Some(&format!("<{uid}@old.example>")));
        let detail = "Source: \\Seen \\Answered; target: \\Seen";
        all.push(finding(Warning, Cause::FlagsAltered, "INBOX", Some(label), detail));
    }
    all
}

/// Numbers in the order source, target, matched, identical, altered, missing, extra.
fn totals(numbers: [u64; 7], source_bytes: u64, target_bytes: u64) -> Totals {
    let [source_items, target_items, matched, identical, altered, missing, extra] = numbers;
    Totals {
        source_items,
        source_bytes,
        target_items,
        target_bytes,
        matched,
        identical,
        altered,
        missing,
        left_out: 0,
        extra,
    }
}

fn folder(source: &str, target: &str, role: Option<Role>, numbers: [u64; 7], bytes: u64) -> ReportFolder {
    let path = |path: &str| FolderPath::new(path.split('|'));
    ReportFolder {
        source: path(source),
        target: path(target),
        role,
        totals: totals(numbers, bytes, bytes - bytes / 9),
    }
}

fn sum(folders: &[ReportFolder]) -> Totals {
    folders.iter().fold(Totals::default(), |sum, folder| {
        let part = &folder.totals;
        Totals {
            source_items: sum.source_items + part.source_items,
            source_bytes: sum.source_bytes + part.source_bytes,
            target_items: sum.target_items + part.target_items,
            target_bytes: sum.target_bytes + part.target_bytes,
            matched: sum.matched + part.matched,
            identical: sum.identical + part.identical,
            altered: sum.altered + part.altered,
            missing: sum.missing + part.missing,
            left_out: sum.left_out + part.left_out,
            extra: sum.extra + part.extra,
        }
    })
}
