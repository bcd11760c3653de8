//! Every mail system there is a harness for as source, and each of them but imap4d as target, in every pair: nothing is lost, nothing is
//! doubled, every difference is named message by message, the source is untouched, a second run sends nothing.

mod fill;
mod judge;
mod letter;
mod system;

use servers::tap::Tap;
use shared::cause::Cause;
use tests::{cli::Cli, mailbox::Mailbox};

use system::{Kind, System, USER};

/// Migrates the awkward corpus, as far as the source takes it, and lets the independent judge look.
#[track_caller]
fn migrate(from: Kind, to: Kind) {
    let (source, target) = (System::start(from), System::start(to));
    fill::fill(&source);
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
        }
    };
}

from!(from_dovecot_with_maildir, Maildir);
from!(from_dovecot_with_mdbox, Mdbox);
from!(from_cyrus, Cyrus);
from!(from_courier, Courier);
from!(from_imap4d, Imap4d);
