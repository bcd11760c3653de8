//! Whole lists: understood, judged, and never a panic whatever is brought.

mod workbook;

use std::time::Instant;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use shared::{
    endpoint::{Endpoint, ImapEndpoint, Login},
    import::{ImportForm, ImportPreview, ImportShow},
};

use super::{Import, Known, bad_rows};

fn endpoint(login: Login) -> Endpoint {
    Endpoint::Imap(ImapEndpoint::new("mail.example", login))
}

fn own() -> Endpoint {
    endpoint(Login::Password)
}

fn admin() -> Endpoint {
    endpoint(Login::AuthorizationId { admin: "root".into() })
}

fn read(form: &ImportForm, source: &Endpoint, target: &Endpoint) -> Import {
    Import::read(form, source, target, &Known::default())
        .map_err(|refused| refused.message)
        .expect("is understood")
}

fn pasted(text: &str) -> ImportForm {
    ImportForm { text: Some(text.into()), ..ImportForm::default() }
}

fn file(bytes: &[u8]) -> ImportForm {
    ImportForm { file: Some(STANDARD.encode(bytes)), ..ImportForm::default() }
}

/// What the rows say, a line each: number, both names, folder, and what is wrong.
fn told(preview: &ImportPreview) -> String {
    let rows = preview.shown.iter().map(|row| {
        let below = row.below.as_ref().map(|below| format!(" /{}", below.written())).unwrap_or_default();
        let problems: Vec<_> = row.problems.iter().map(|problem| problem.title()).collect();
        let below = if row.merged { below + " merged" } else { below };
        let renamed = if row.renamed { " renamed" } else { "" };
        let excluded = if row.excluded { " excluded" } else { "" };
        format!(
            "{} {}>{}{below}{renamed}{excluded} [{}]",
            row.line,
            row.source_user,
            row.target_user,
            problems.join("; ")
        )
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn check(form: &ImportForm, source: &Endpoint, target: &Endpoint, expected: &str) {
    let import = read(form, source, target);
    assert_eq!(told(&import.preview(form)), expected);
}

#[test]
fn a_list_is_read_in_every_usual_character_set_and_with_every_separator() {
    let text = "Quelle;Ziel\nJürgen@alt.example;jürgen@neu.example\n";
    let expected = "2 Jürgen@alt.example>jürgen@neu.example []";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect::<Vec<u8>>()
    };
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin")).collect();
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{feff}{text}").into_bytes(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        windows,
        text.replace(';', ",").into_bytes(),
        text.replace(';', "\t").replace('\n', "\r\n").into_bytes(),
        workbook::of(&[&["Quelle", "Ziel"], &["Jürgen@alt.example", "jürgen@neu.example"]]),
    ] {
        check(&file(&bytes), &admin(), &admin(), expected);
    }
}

#[test]
fn quotes_hold_separators_quotes_and_line_breaks() {
    let form = pasted(
        "source user,source password,target user,note\na@old.example,\"p,\"\"1\"\"\",a@new.example,\"two\nlines\"\n\
         b@old.example,x,b@new.example,",
    );
    let import = read(&form, &own(), &admin());
    assert_eq!(
        told(&import.preview(&form)),
        "2 a@old.example>a@new.example []\n4 b@old.example>b@new.example []"
    );
    assert_eq!(import.good()[0].1.source_secret.as_deref(), Some("p,\"1\""));
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_row_alone() {
    let form =
        pasted("a@old.example,a@new.example\n\"b@old.example,b@new.example\nc@old.example,c@new.example");
    let import = read(&form, &admin(), &admin());
    let counts = import.counts();
    assert_eq!((counts.good, counts.bad), (2, 1), "{}", told(&import.preview(&form)));
    assert!(told(&import.preview(&form)).contains("[Row cannot be read]"));
}

#[test]
fn every_bad_row_says_what_is_wrong_with_it() {
    let mut known = Known::default();
    known.add("known@old.example".into(), "known@new.example".into(), None);
    let form = pasted(
        "source user,source password,target user\n\
         a@old.example,x,a@new.example\n\
         b@old.example,,b@new.example\n\
         ,x,c@new.example\n\
         d@old.example,x,\n\
         known@old.example,x,known@new.example\n\
         a@old.example,y,a@new.example\n\
         e@old.example,x,a@new.example\n\
         f@old.example,x,known@new.example\n\
         g@odl.example,x,g@new.example\n\
         h@old.example,x,h@new.example\ni@old.example,x,i@new.example\nj@old.example,x,j@new.example",
    );
    let import =
        Import::read(&form, &own(), &admin(), &known).map_err(|refused| refused.message).expect("reads");
    let preview = import.preview(&form);
    let bad: Vec<_> =
        told(&preview).lines().filter(|line| !line.ends_with("[]")).map(str::to_owned).collect();
    assert_eq!(
        bad,
        [
            "3 b@old.example>b@new.example [No password for the source]",
            "4 >c@new.example [No name on the source]",
            "5 d@old.example> [No name on the target]",
            "6 known@old.example>known@new.example [In the project already]",
            "7 a@old.example>a@new.example [Twice in the list]",
            "8 e@old.example>a@new.example [Same place as another]",
            "9 f@old.example>known@new.example [Same place as another]",
            "10 g@odl.example>g@new.example [Unknown domain on the source]",
        ]
    );
    assert_eq!((preview.rows, preview.good, preview.bad), (12, 4, 8));
    assert!(
        !format!("{preview:?}").contains('x')
            || !serde_json::to_string(&preview).expect("json").contains("\"x\"")
    );
    let only_bad = ImportForm { show: ImportShow::Bad, limit: Some(2), offset: 6, ..form };
    let shown = import.preview(&only_bad);
    assert_eq!((shown.total, shown.shown.len()), (8, 2));
}

#[test]
fn several_mailboxes_become_one_when_all_but_one_have_a_folder_of_their_own() {
    let form = pasted(
        "Source,Target,Folder\na@old.example,team@new.example,\nb@old.example,team@new.example,From b\n\
         c@old.example,team@new.example,From b\nd@old.example,Team@new.example,Archive/From d",
    );
    check(
        &form,
        &admin(),
        &admin(),
        "2 a@old.example>team@new.example []\n3 b@old.example>team@new.example /From b []\n\
         4 c@old.example>team@new.example /From b [Same place as another]\n\
         5 d@old.example>Team@new.example /Archive/From d []",
    );
}

#[test]
fn a_rule_gives_all_but_one_of_those_that_go_to_one_mailbox_a_folder() {
    let mut known = Known::default();
    known.add("old@old.example".into(), "full@new.example".into(), None);
    let form = ImportForm {
        merge: Some("Old/From {name}".into()),
        ..pasted(
            "Source,Target,Folder\nsales@old.example,anna@new.example,\nAnna@old.example,anna@new.example,\n\
             info@old.example,anna@new.example,Info\nbert@old.example,bert@new.example,\n\
             b.ert@old.example,bert@new.example,\nmore@old.example,full@new.example,\n\
             sales@old.example,anna@new.example,",
        )
    };
    let import = Import::read(&form, &admin(), &admin(), &known)
        .map_err(|refused| refused.message)
        .expect("is understood");
    assert_eq!(
        told(&import.preview(&form)),
        "2 sales@old.example>anna@new.example /Old/From sales merged []\n\
         3 Anna@old.example>anna@new.example []\n4 info@old.example>anna@new.example /Info []\n\
         5 bert@old.example>bert@new.example []\n\
         6 b.ert@old.example>bert@new.example /Old/From b.ert merged []\n\
         7 more@old.example>full@new.example /Old/From more merged []\n\
         8 sales@old.example>anna@new.example /Old/From sales merged [Twice in the list]"
    );
}

#[test]
fn rows_of_each_sort_are_shown_alone_and_those_left_out_are_written_with_their_reason() {
    let form = pasted(
        "Source,Target\na@old.example,a@new.example\n,b@new.example\ngalsync.1@old.example,g@new.example",
    );
    let import = read(&form, &admin(), &admin());
    let lines = |show| {
        let shown = import.preview(&ImportForm { show, ..form.clone() });
        assert_eq!(shown.total, shown.shown.len() as u64);
        shown.shown.iter().map(|row| row.line).collect::<Vec<_>>()
    };
    let sorts = [ImportShow::All, ImportShow::Good, ImportShow::Bad, ImportShow::Excluded];
    assert_eq!(sorts.map(lines), [vec![2, 3, 4], vec![2], vec![3], vec![4]]);
    let written = String::from_utf8(bad_rows(&import).expect("writes")).expect("UTF-8");
    assert!(written.contains("\"g@new.example\",\"The name on the source is one of those"), "{written}");
    assert!(written.contains("source is empty") && !written.contains("\"a@old"), "{written}");
}

#[test]
fn rules_make_the_names_that_a_list_lacks_and_accounts_of_the_system_stay_behind() {
    let form = ImportForm {
        rename: vec!["{first}.{last} -> {first:1}{last}".into(), "@old.example -> @new.example".into()],
        ..pasted("email\nanna.berg@old.example\nbert@old.example\ngalsync.1@old.example\nspam.x@old.example")
    };
    check(
        &form,
        &admin(),
        &admin(),
        "2 anna.berg@old.example>aberg@new.example renamed []\n3 bert@old.example>bert@new.example renamed []\n\
         4 galsync.1@old.example>g1@new.example renamed excluded []\n\
         5 spam.x@old.example>sx@new.example renamed excluded []",
    );
    let all = ImportForm { exclude: Some(Vec::new()), ..form };
    assert_eq!(read(&all, &admin(), &admin()).counts().good, 4);
}

#[test]
fn bad_rows_are_corrected_and_brought_again() {
    let text = "source user,source password,target user\na@old.example,x,a@new.example\n\
                =cmd@old.example,'=x,\nb@old.example,=secret,";
    let form = pasted(text);
    let written = bad_rows(&read(&form, &own(), &admin())).expect("writes");
    let written = String::from_utf8(written).expect("UTF-8");
    assert!(written.contains("\"'=cmd@old.example\",\"''=x\""), "{written}");
    assert!(!written.contains("a@old.example\""), "good rows are no part of it: {written}");
    assert!(written.contains("no rule makes one"), "{written}");
    let again =
        ImportForm { rename: vec!["@old.example -> @new.example".into()], ..file(written.as_bytes()) };
    let jobs = read(&again, &own(), &admin()).good();
    let secrets: Vec<_> =
        jobs.iter().map(|(_, job)| job.source_secret.as_deref().unwrap_or_default()).collect();
    assert_eq!(secrets, ["'=x", "=secret"]);
    assert_eq!(jobs[0].1.source_user, "=cmd@old.example");
}

#[test]
fn rows_that_are_left_out_are_written_as_the_list_was() {
    for (separator, mark) in [(',', ""), (';', "\u{feff}"), ('\t', "")] {
        let text = format!("{mark}Source,Target\na@old.example,a@new.example\n,b@new.example")
            .replace(',', &separator.to_string());
        let form = file(text.as_bytes());
        let written = bad_rows(&read(&form, &admin(), &admin())).expect("writes");
        let written = String::from_utf8(written).expect("UTF-8");
        let begins = format!("{mark}\"Source\"{separator}\"Target\"{separator}\"Problem");
        assert!(written.starts_with(&begins), "{written:?}");
        let corrected = written.replace("\"\"", "\"b@old.example\"");
        let again = read(&file(corrected.as_bytes()), &admin(), &admin());
        assert_eq!(again.counts().good, 1, "{corrected:?}");
    }
}

#[test]
fn no_password_is_shown() {
    let form = pasted("a@old.example,canary-1,a@new.example,canary-2");
    let preview = read(&form, &own(), &own()).preview(&form);
    assert!(!serde_json::to_string(&preview).expect("json").contains("canary"));
    let shifted = ImportForm { columns: Some(vec![None, None, None, None]), ..form };
    let preview = read(&shifted, &own(), &own()).preview(&shifted);
    assert!(!serde_json::to_string(&preview).expect("json").contains("canary"));
}

#[test]
fn fifty_thousand_rows_are_judged_in_seconds() {
    let rows =
        (0..50_000).map(|n| format!("user{n}@old.example,secret {n},user{n}@new.example,\"secret, {n}\"\n"));
    let form = pasted(&rows.collect::<String>());
    let begun = Instant::now();
    let import = read(&form, &own(), &own());
    assert_eq!(import.counts().good, 50_000);
    assert_eq!(import.preview(&form).shown.len(), 50);
    let took = begun.elapsed();
    println!("50,000 rows in {took:?}");
    assert!(took.as_secs() < 10, "{took:?}");
    let quotes = pasted(&"\"user@old.example,user@new.example\n".repeat(50_000));
    let begun = Instant::now();
    assert_eq!(read(&quotes, &admin(), &admin()).counts().bad, 50_000);
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn a_workbook_that_grows_without_end_is_refused() {
    let bomb = workbook::bomb();
    assert!(bomb.len() < 1_000_000);
    let refused =
        Import::read(&file(&bomb), &admin(), &admin(), &Known::default()).err().expect("is refused");
    assert!(refused.message.contains("larger inside than outside"), "{}", refused.message);
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>";
    let sheet = format!(
        "{entities}<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&b;@old.example</t></is></c></row>\
         </sheetData></worksheet>"
    );
    let bytes = workbook::with_sheet(&sheet);
    let form = ImportForm { header: Some(false), ..file(&bytes) };
    assert!(told(&read(&form, &admin(), &admin()).preview(&form)).contains("&b;@old.example"));
}

#[test]
fn rows_may_have_any_number() {
    let row = |number: &str, name: &str| {
        format!("<row{number}><c r=\"A1\" t=\"inlineStr\"><is><t>{name}@old.example</t></is></c></row>")
    };
    let last = row(" r=\"18446744073709551615\"", "anna") + &row("", "bert");
    let bytes = workbook::with_sheet(&format!("<worksheet><sheetData>{last}</sheetData></worksheet>"));
    let form = ImportForm { header: Some(false), ..file(&bytes) };
    assert_eq!(read(&form, &admin(), &admin()).preview(&form).rows, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_brought_no_row_is_lost_and_nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let form = file(&bytes);
        if let Ok(import) = Import::read(&form, &own(), &admin(), &Known::default()) {
            let preview = import.preview(&form);
            prop_assert_eq!(preview.good + preview.bad + preview.excluded, preview.rows);
            bad_rows(&import).expect("writes");
        }
    }

    #[test]
    fn a_damaged_workbook_never_panics(at in 0_usize..2000, byte in any::<u8>(), cut in 0_usize..2000) {
        let mut bytes = workbook::of(&[&["Source", "Target"], &["a@old.example", "a@new.example"]]);
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % 50);
        let _ = Import::read(&file(&bytes), &own(), &admin(), &Known::default());
    }

    #[test]
    fn cells_survive_being_written_and_read(
        rows in proptest::collection::vec(proptest::collection::vec("[a-z=+@';,\"\\n\\t ]{0,12}", 3), 1..6)
    ) {
        let mut sheet = csv::WriterBuilder::new().from_writer(Vec::new());
        sheet.write_record(["source user", "source password", "note"]).expect("writes");
        for row in &rows {
            sheet.write_record(row).expect("writes");
        }
        let bytes = sheet.into_inner().expect("writes");
        let form = file(&bytes);
        if let Ok(import) = Import::read(&form, &own(), &admin(), &Known::default()) {
            let full = rows.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty()));
            let cells: Vec<_> = import.lines.iter().map(|line| line.cells.clone()).collect();
            prop_assert_eq!(cells, full.cloned().collect::<Vec<_>>());
        }
    }
}
