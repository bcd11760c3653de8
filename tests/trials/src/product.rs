//! The product's command line for one mailbox.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// One mailbox: port on loopback and user.
pub(crate) type Place = (u16, String);

/// A run of the product that remembers what it does in `ledger`; both passwords are in one file.
pub(crate) fn command(
    binary: &Path,
    source: &Place,
    target: &Place,
    secret: &Path,
    ledger: &Path,
    depth: &str,
) -> Command {
    let mut command = Command::new(binary);
    command.args(["--source", "imap", "--host", "127.0.0.1", "--tls", "none", "--no-progress"]);
    command.args(["--target-host", "127.0.0.1", "--target-tls", "none", "--verify", depth]);
    command.arg("--port").arg(source.0.to_string()).arg("--user").arg(&source.1);
    command.arg("--target-port").arg(target.0.to_string()).arg("--target-user").arg(&target.1);
    command.arg("--password-file").arg(secret).arg("--target-password-file").arg(secret);
    command.arg("--ledger").arg(ledger);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARBONIO_MIGRATE_") {
            command.env_remove(name);
        }
    }
    command
}

/// The ways of comparing, the cheapest first, as far as this build of the product has them.
pub(crate) fn depths(binary: &Path) -> Vec<&'static str> {
    let mut help = Command::new(binary);
    let help =
        help.arg("--help").stdin(Stdio::null()).output().map(|output| output.stdout).unwrap_or_default();
    // The closing comparison of listings costs least; where there is none, that of header blocks does.
    let cheapest = if String::from_utf8_lossy(&help).contains("listing") { "listing" } else { "headers" };
    vec![cheapest, "content"]
}
