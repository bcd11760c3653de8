//! What `--help` says beyond the arguments: how to begin, where passwords come from, and the exit codes.

use std::fmt::Write as _;

use super::Exit;

/// A line each: the width of the terminal breaks them.
const BEFORE_CODES: &str = "\
Move one mailbox without a server:
  carbonio-migrate --source imap --host old.example --user anna@old.example \\
                   --target-host new.example --target-user anna@new.example --report report/

Add --dry-run first to see the plan. Run the same command again later to copy what is new since: what was copied is \
remembered in the ledger and never copied twice, not even after a crash. Nothing is written to the source and nothing \
deleted from the target. Every run ends with a comparison of both mailboxes and its verdict.

Passwords are never given on the command line. They are taken from --password-file and --target-password-file, else \
from the environment (CARBONIO_MIGRATE_PASSWORD and CARBONIO_MIGRATE_TARGET_PASSWORD), else asked for on the terminal.

A certificate that no known authority signed is refused, and its SHA-256 is shown. Compare it with the server's own and \
give it as --pin or --target-pin.

Ctrl-C ends the run after the messages in flight, a second one at once. Either way the same command goes on from there.

Exit codes:
";

/// The text after the arguments.
pub(super) fn after() -> String {
    let mut text = String::from(BEFORE_CODES);
    for exit in Exit::ALL {
        // Writing to a string has nothing to fail on.
        let _ = writeln!(text, "  {:>2}  {}", exit.code(), exit.explained());
    }
    text
}
