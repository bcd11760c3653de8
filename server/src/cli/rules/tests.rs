//! Rules as typed, and what is said to those that make no sense.

use clap::Parser;
use shared::{
    folder::Role,
    rules::{LabelPolicy, ReceiptPolicy, RegexRule},
};

use super::*;

#[derive(Debug, Parser)]
struct Line {
    /// Stands for the flag that asks for a migration.
    #[arg(long)]
    source: bool,
    #[command(flatten)]
    rules: RulesArgs,
}

fn parse(words: &[&str]) -> Result<Rules, String> {
    let words = ["carbonio-migrate", "--source"].iter().chain(words);
    let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
    Rules::try_from(line.rules).map_err(|problem| problem.message)
}

#[track_caller]
fn refused(words: &[&str], part: &str) {
    let message = parse(words).expect_err("refused");
    assert!(message.contains(part), "{part:?} is not in: {message}");
}

#[test]
fn without_rules_everything_is_moved() {
    assert_eq!(parse(&[]), Ok(Rules::default()));
}

#[test]
fn every_rule_can_be_typed() {
    let rules = parse(&[
        "--include",
        "Work",
        "--include",
        "INBOX",
        "--exclude",
        "\\Trash",
        "--system-folders",
        "move",
        "--move",
        "Old/a\\=b=New",
        "--move",
        "=All",
        "--folder-regex",
        "s|^x/(.*)|y/$1|",
        "--folder-role",
        "Weg=Trash",
        "--folder-role",
        "Sent=none",
        "--newer-than",
        "2020-01-31",
        "--older-than",
        "90d",
        "--min-size",
        "1",
        "--max-size",
        "25M",
        "--deleted",
        "skip",
        "--oversized",
        "stop-before",
        "--gmail-labels",
        "first",
        "--read-receipts",
        "keep",
    ])
    .expect("makes sense");
    let folders = &rules.folders;
    assert_eq!(folders.include, ["Work", "INBOX"]);
    assert_eq!(
        (folders.exclude.as_slice(), folders.system.as_deref()),
        (&["\\Trash".to_owned()][..], Some(&[][..]))
    );
    let moves: Vec<_> = folders.moves.iter().map(|rule| (rule.from.written(), rule.to.written())).collect();
    assert_eq!(moves, [("Old/a=b".into(), "New".into()), (String::new(), "All".into())]);
    assert_eq!(folders.regex, [RegexRule { pattern: "^x/(.*)".into(), replacement: "y/$1".into() }]);
    let roles: Vec<_> = folders.roles.iter().map(|rule| (rule.path.written(), rule.role)).collect();
    assert_eq!(roles, [("Weg".into(), Some(Role::Trash)), ("Sent".into(), None)]);
    let filter = &rules.filter;
    assert_eq!(filter.newer_than.map(|age| age.to_string()).as_deref(), Some("2020-01-31"));
    assert_eq!(filter.older_than, Some(Age::Days(90)));
    assert_eq!((filter.min_bytes, filter.max_bytes), (Some(1), Some(25 << 20)));
    assert_eq!((rules.deleted, rules.oversized), (DeletedPolicy::Skip, OversizedPolicy::StopBefore));
    assert_eq!((rules.gmail_labels, rules.read_receipts), (LabelPolicy::First, ReceiptPolicy::Keep));
}

#[test]
fn what_makes_no_sense_is_refused_with_its_flag_and_what_to_write_instead() {
    refused(&["--move", "Old"], "as in Old/Lists=Lists");
    refused(&["--move", "="], "--move");
    refused(&["--move", "a=b", "--move", "A=c"], "another rule is about the same folder");
    refused(&["--folder-regex", "Old"], "write s|FROM|TO|");
    refused(&["--folder-regex", "s|a|b"], "write s|FROM|TO|");
    refused(&["--folder-regex", "s|(|b|"], "unclosed group");
    refused(&["--folder-role", "Old=bin"], "write FOLDER=ROLE");
    refused(&["--folder-role", "Old=inbox"], "INBOX is the inbox");
    refused(&["--include", ""], "names no folder");
    refused(&["--exclude", "\\Tresh"], "\\Trash");
    refused(&["--newer-than", "2024"], "2024-01-31");
    refused(&["--newer-than", "2024-02-01", "--older-than", "2024-01-01"], "No message can be moved");
    refused(&["--min-size", "2M", "--max-size", "1M"], "No message can be moved");
    refused(&["--max-size", "huge"], "--max-size");
    refused(&["--deleted", "keep"], "carry");
}
