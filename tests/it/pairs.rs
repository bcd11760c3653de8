//! Every mail system there is a harness for, as source and as target of every other: nothing is lost, nothing is
//! doubled, every difference is named message by message, the source is untouched, a second run sends nothing.

mod fill;
mod judge;
mod letter;
mod system;

use servers::{corpus::Corpus, tap::Tap};
use shared::{cause::Cause, finding::Finding, report::Verdict};
use tests::{cli::Cli, mailbox::Mailbox};

use system::{Kind, System, USER};

/// Migrates the awkward corpus, as far as the source takes it, and lets the independent judge look.
#[track_caller]
fn migrate(from: Kind, to: Kind) {
    let (source, target) = (System::start(from), System::start(to));
    let corpus = if to == Kind::Imap4d { fill::recognisable() } else { Corpus::awkward() };
    fill::fill(&source, &corpus);
    let before = letter::read(&source);
    assert!(before.iter().map(|folder| folder.letters.len()).sum::<usize>() >= 50, "the source is filled");
    let (read, written) = (tap(&source), tap(&target));
    let cli = Cli::new(Mailbox::at(read.port(), USER), Mailbox::at(written.port(), USER));

    let run = cli.run();
    let said = run.said();
    assert!(matches!(run.code, Some(0 | 3)), "{from:?} to {to:?} ended with {:?}:\n{said}", run.code);
    let after = letter::read(&target);
    let report = cli.report();
    let complaints = judge::complaints(&before, &after, &report);
    assert!(complaints.is_empty(), "{from:?} to {to:?}:\n{}\n{said}", complaints.join("\n"));
    assert_eq!(letter::read(&source), before, "{from:?} is untouched");
    assert_eq!(read.writing(), [], "{from:?} is only read");

    written.forget();
    let again = cli.run();
    assert!(matches!(again.code, Some(0 | 3)), "{from:?} to {to:?}, again:\n{}", again.said());
    // What the target refused is offered to it again, for its settings may have changed; all else is there.
    if !report.findings.iter().any(|finding| finding.cause == Cause::Rejected) {
        assert_eq!(written.count("APPEND"), 0, "{from:?} to {to:?}, a second run:\n{}", again.said());
    }
    assert_eq!(letter::read(&target), after, "{from:?} to {to:?}: a second run changes nothing");
}

fn tap(system: &System) -> Tap {
    Tap::start(system.port()).expect("starts")
}

macro_rules! from {
    ($module:ident, $source:ident) => {
        mod $module {
            use super::{Kind, migrate};

            #[test]
            fn everything_arrives_on_dovecot_with_maildir_or_is_named() {
                migrate(Kind::$source, Kind::Maildir);
            }

            #[test]
            fn everything_arrives_on_dovecot_with_mdbox_or_is_named() {
                migrate(Kind::$source, Kind::Mdbox);
            }

            #[test]
            fn everything_arrives_on_cyrus_or_is_named() {
                migrate(Kind::$source, Kind::Cyrus);
            }

            #[test]
            fn everything_arrives_on_courier_or_is_named() {
                migrate(Kind::$source, Kind::Courier);
            }

            #[test]
            fn everything_arrives_on_imap4d_or_is_named() {
                migrate(Kind::$source, Kind::Imap4d);
            }
        }
    };
}

from!(from_dovecot_with_maildir, Maildir);
from!(from_dovecot_with_mdbox, Mdbox);
from!(from_cyrus, Cyrus);
from!(from_courier, Courier);
from!(from_imap4d, Imap4d);

/// Nobody could tell what these three became, not even the one who stored them: imap4d does not tell numbers (UIDPLUS).
#[test]
fn what_imap4d_makes_unrecognisable_is_named_message_by_message() {
    let (source, target) = (System::start(Kind::Mdbox), System::start(Kind::Imap4d));
    fill::fill(&source, &Corpus::awkward());
    let before = letter::read(&source);
    let cli = Cli::new(Mailbox::at(source.port(), USER), Mailbox::at(target.port(), USER));
    let run = cli.run().ends_with(4);
    let report = cli.report();
    let missing: Vec<_> = report.findings.iter().filter(|finding| finding.cause == Cause::Missing).collect();
    assert!(!missing.is_empty() && report.totals.missing >= missing.len() as u64, "{}", run.said());
    let shown = |finding: &&Finding| {
        let (folder, item) = (finding.subject.folder.as_ref()?, finding.subject.item.as_ref()?);
        let folder = before.iter().find(|own| own.path == folder.0)?;
        Some(folder.letters.iter().find(|one| one.uid.to_string() == item.id)?.shown.clone())
    };
    let shown: Vec<_> = missing.iter().filter_map(shown).collect();
    assert_eq!(shown.len(), missing.len(), "each is named");
    assert!(shown.iter().any(|shown| shown.starts_with("From a@old.example Thu Feb")), "{shown:?}");
    assert_eq!(report.verdict, Verdict::Poor);
}
