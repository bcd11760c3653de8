//! The programs that tests start: real servers and a real browser.

pub(crate) mod unpacked;

use std::{fs, path::Path};

use crate::{debian, problem::Problem, tool};

/// A Debian package and how to see, on any system, that what it brings is there.
struct Need {
    package: &'static str,
    is_there: fn() -> bool,
}

const MAIL_SERVER: Need = Need { package: "dovecot-imapd", is_there: has_dovecot };
const ALL: [Need; 5] = [
    MAIL_SERVER,
    Need { package: "chromium", is_there: || tool::find("chromium").is_some() },
    Need { package: "chromium-driver", is_there: || tool::find("chromedriver").is_some() },
    Need { package: "postgresql", is_there: has_postgres },
    Need { package: "faketime", is_there: || tool::find("faketime").is_some() },
];

/// Installs what the tests need and is missing.
pub(crate) fn provide() -> Result<(), Problem> {
    install(&ALL, "for the tests")
}

/// Installs what the demo needs and is missing.
pub(crate) fn provide_mail_server() -> Result<(), Problem> {
    install(&[MAIL_SERVER], "for the demo's mail servers")
}

/// Installs what measuring and tormenting need and is missing: a peer to compare with, and a way to lock a ledger.
pub(crate) fn provide_for_trials() -> Result<(), Problem> {
    let needs = [
        MAIL_SERVER,
        Need { package: "isync", is_there: || tool::find("mbsync").is_some() },
        Need { package: "sqlite3", is_there: || tool::find("sqlite3").is_some() },
    ];
    install(&needs, "for the trials")
}

fn install(needs: &[Need], for_what: &str) -> Result<(), Problem> {
    let missing = missing(needs);
    if missing.is_empty() { Ok(()) } else { debian::install(&missing, for_what) }
}

fn missing(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().filter(|need| !(need.is_there)()).map(|need| need.package).collect()
}

/// The IMAP part is a package of its own.
fn has_dovecot() -> bool {
    let imap = ["/usr/lib/dovecot/imap", "/usr/libexec/dovecot/imap"];
    tool::find("dovecot").is_some() && imap.iter().any(|file| Path::new(file).is_file())
}

/// Debian keeps the server programs off the PATH, in a folder for each version.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut programs = versions.map(|version| version.path().join("bin/postgres"));
    programs.any(|program| program.is_file()) || tool::find("postgres").is_some()
}

#[cfg(test)]
mod tests {
    use super::{Need, missing};

    #[test]
    fn only_what_is_not_there_is_installed() {
        let needs = [
            Need { package: "here", is_there: || true },
            Need { package: "gone", is_there: || false },
            Need { package: "lost", is_there: || false },
        ];
        assert_eq!(missing(&needs), ["gone", "lost"]);
        assert_eq!(missing(&needs[..1]), [""; 0]);
    }
}
