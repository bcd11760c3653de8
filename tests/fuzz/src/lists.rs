//! Lists of mailboxes that an admin brings, and content that comes in pieces.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::fingerprint::{Fingerprinter, brief, fingerprint as whole};
use shared::{
    endpoint::{Endpoint, ImapEndpoint, Login},
    id::JobId,
    import::{ImportAnswer, ImportForm, ImportProblem, SHOWN_MAX, Said},
    secrets::SecretsForm,
};

use crate::{
    import::{self, Answers, Import, Known, Mailbox},
    seeds,
};

/// Content has the same fingerprint however it is cut, and a brief one is the beginning of a whole one. The first bytes say
/// where it is cut.
pub(crate) fn fingerprint(bytes: &[u8]) {
    let (cuts, content) = bytes.split_at(bytes.len().min(8));
    let mut pieces = Fingerprinter::new();
    let mut rest = content;
    for cut in cuts {
        let (piece, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        pieces.update(piece);
        rest = after;
    }
    pieces.update(rest);
    let found = whole(content);
    assert_eq!(pieces.finish(), found);
    let brief = brief(content);
    assert_eq!(brief.exact, found.exact);
    assert!(brief.loose.is_none_or(|loose| Some(loose) == found.loose));
}

/// A list as text; its first line is taken for the rules that make names of names.
pub(crate) fn text(bytes: &[u8]) {
    let (rules, list) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (&b""[..], bytes),
    };
    let rename = String::from_utf8_lossy(rules).split('\t').map(str::to_owned).collect();
    read(&ImportForm { file: Some(STANDARD.encode(list)), rename, ..ImportForm::default() });
}

/// A list as an XLSX file.
pub(crate) fn workbook(bytes: &[u8]) {
    read(&ImportForm { file: Some(STANDARD.encode(bytes)), ..ImportForm::default() });
}

/// A list as the sheet inside an XLSX file, which no change of the file's own bytes would reach.
pub(crate) fn sheet(bytes: &[u8]) {
    workbook(&seeds::workbook_of(bytes));
}

/// What a server says to an admin who asks for its users: each that it lists can be brought in a list, under its own name.
pub(crate) fn users(bytes: &[u8]) {
    let Ok(names) = engine::fuzzing::read_users(bytes) else { return };
    if names.is_empty() {
        return;
    }
    let text = Some(import::discovered(&names).expect("memory takes it"));
    let form =
        ImportForm { text, exclude: Some(Vec::new()), limit: Some(SHOWN_MAX), ..ImportForm::default() };
    let admin =
        Endpoint::Imap(ImapEndpoint::new("mail.example", Login::AuthorizationId { admin: "root".into() }));
    let list = Import::read(&form, &admin, &admin, &Known::default()).expect("it is a list");
    let rows = list.preview(&form).shown;
    assert_eq!(rows.len(), names.len().min(SHOWN_MAX as usize));
    for (row, name) in rows.iter().zip(&names) {
        assert_eq!((&row.source_user, &row.target_user), (name, name));
        assert!(
            !row.problems
                .iter()
                .any(|problem| matches!(problem, ImportProblem::BadName | ImportProblem::Unreadable)),
            "{row:?}"
        );
    }
}

fn read(form: &ImportForm) {
    passwords(form);
    let endpoint = |login| Endpoint::Imap(ImapEndpoint::new("mail.example", login));
    let mut known = Known::default();
    known.add("anna@old.example".into(), "anna@new.example".into(), None);
    for login in [Login::Password, Login::AuthorizationId { admin: "root".into() }] {
        let sides = (endpoint(login), endpoint(Login::Password));
        let Ok(mut list) = Import::read(form, &sides.0, &sides.1, &known) else { continue };
        let shown = list.preview(form);
        let counts = list.counts();
        assert_eq!(counts.good + counts.bad + counts.excluded, shown.rows);
        // What both systems say of some rows: one opens, others are refused.
        let mut answers = Answers::default();
        let (rows, left) = list.unasked(3, &answers);
        assert_eq!(rows.len() as u64 + left, counts.good);
        for (at, key) in rows.into_iter().map(|(key, _)| key).enumerate().collect::<Vec<_>>() {
            let said = if at == 0 { Said::Open } else { Said::Refused { detail: "No.".into() } };
            let answer =
                ImportAnswer { source: said, target: Said::Open, holds: Some(7), free: Some(9), limit: None };
            answers.keep(key, answer);
        }
        list.hear(&answers);
        let counts = list.counts();
        let returned = import::bad_rows(&list).expect("memory takes it");
        // What comes back corrected is read again.
        let form = ImportForm { file: Some(STANDARD.encode(returned)), ..ImportForm::default() };
        let _ = Import::read(&form, &sides.0, &sides.1, &known);
        assert_eq!(list.good().len() as u64, counts.good);
    }
}

/// The same list as one of passwords: what is found is of mailboxes that there are, each once.
fn passwords(form: &ImportForm) {
    let mailbox = |(id, name): (i64, &str)| Mailbox {
        id: JobId(id),
        source_user: format!("{name}@old.example"),
        target_user: format!("{name}@new.example"),
    };
    let mailboxes = [(1, "anna"), (2, "bert")].map(mailbox);
    let form = SecretsForm { text: None, file: form.file.clone() };
    for needs in [[true, true], [true, false], [false, true]] {
        match import::secrets(&form, needs, &mailboxes) {
            Ok(found) => assert!((1..=mailboxes.len()).contains(&found.len())),
            Err(refused) => assert!(!refused.is_empty()),
        }
    }
}
