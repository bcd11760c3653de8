//! The mail servers that Debian installs only one of: fetched as packages and unpacked beside one another.
//!
//! Dovecot is installed; Cyrus, Courier and Mailutils lie in a folder of the target directory, or of /var/cache where
//! others than root must come to it, with those of their libraries that this machine lacks. Once they are there, nothing
//! is fetched again.

use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use servers::unpacked::{PLACE, Unpacked, VARIABLE};

use crate::{debian, place::Place, problem::Problem, tool};

/// What is always unpacked.
const SERVERS: [&str; 9] = [
    "courier-authlib",
    "courier-base",
    "courier-imap",
    "cyrus-common",
    "cyrus-imapd",
    "gamin",
    "libsasl2-modules",
    "libsasl2-modules-db",
    "mailutils-imap4d",
];

/// Libraries that they load: unpacked where the machine has them not installed.
const LIBRARIES: [&str; 36] = [
    "libcom-err2",
    "libcourier-unicode4",
    "libcrypt1",
    "libdb5.3",
    "libgamin0",
    "libgdbm6",
    "libglib2.0-0",
    "libgnutls30",
    "libgsasl18",
    "libgssapi-krb5-2",
    "libgssglue1",
    "libical3",
    "libicu72",
    "libidn12",
    "libidn2-0",
    "libjansson4",
    "libk5crypto3",
    "libkeyutils1",
    "libkrb5-3",
    "libkrb5support0",
    "libldap-2.5-0",
    "libmailutils9",
    "libmariadb3",
    "libnsl2",
    "libntlm0",
    "libpcre2-8-0",
    "libpcre3",
    "libpq5",
    "libsasl2-2",
    "libsqlite3-0",
    "libssl3",
    "libtirpc3",
    "libunistring2",
    "libwrap0",
    "libxapian30",
    "libxml2",
];

/// The programs that the tests start.
const PROGRAMS: [&str; 7] = [
    "usr/lib/courier/courier/imaplogin",
    "usr/lib/cyrus/bin/imapd",
    "usr/lib/cyrus/bin/master",
    "usr/libexec/gam_server",
    "usr/bin/imapd",
    "usr/sbin/couriertcpd",
    "usr/sbin/imap4d",
];

/// Written last, with what was asked for: without it a folder is what an interrupted run left.
const STAMP: &str = "packages";
/// Where they go when the target directory is somebody's own, such as root's: the servers run as nobody.
const FOR_ALL: &str = "/var/cache/carbonio-migrate/mail-servers";
const DOING: &str = "unpacking mail servers for the tests";

/// The folder with the servers; fetched once.
pub(crate) fn provide(place: &Place) -> Result<PathBuf, Problem> {
    if let Some(named) = env::var_os(VARIABLE) {
        return Ok(named.into());
    }
    let folder = if is_open_to_all(&place.target) { place.target.join(PLACE) } else { FOR_ALL.into() };
    if fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == asked_for()) {
        return Ok(folder);
    }
    let installed = installed();
    let missing = missing_libraries(&installed);
    let packages: Vec<_> = SERVERS.into_iter().chain(missing).collect();
    if !debian::has_apt() {
        let next = format!(
            "Unpack these packages of Debian 12 into one folder and name it in {VARIABLE}:\n  {}",
            packages.join(" ")
        );
        return Err(Problem::new(DOING, "there is no apt-get on this machine", next));
    }
    tool::say(&format!("fetching mail servers for the tests: {}", packages.join(" ")));
    empty(&folder)?;
    let archives = folder.join("archives");
    fs::create_dir_all(&archives).map_err(|error| Problem::file("making the folder", &archives, &error))?;
    debian::download(&packages, &archives, DOING)?;
    for archive in files(&archives)? {
        let mut unpack = Command::new("dpkg");
        tool::run(unpack.arg("-x").arg(&archive).arg(&folder), DOING)?;
    }
    remove(&archives)?;
    check(&folder)?;
    let stamp = folder.join(STAMP);
    fs::write(&stamp, asked_for()).map_err(|error| Problem::file("writing", &stamp, &error))?;
    Ok(folder)
}

/// Whether every user of the machine comes to a folder, as far as the way to it is there.
fn is_open_to_all(folder: &Path) -> bool {
    let closed = |folder: &Path| fs::metadata(folder).is_ok_and(|it| it.permissions().mode() & 0o001 == 0);
    !folder.ancestors().any(closed)
}

fn asked_for() -> String {
    let names: Vec<_> = SERVERS.into_iter().chain(LIBRARIES).collect();
    names.join("\n") + "\n"
}

/// The names of the libraries' packages that are installed. Debian complains about those it does not know; that is no
/// failure here.
fn installed() -> BTreeSet<String> {
    let mut query = Command::new("dpkg-query");
    query.args(["--show", "--showformat", "${db:Status-Status} ${Package}\\n"]).args(LIBRARIES);
    let output = query.output().map(|output| output.stdout).unwrap_or_default();
    let lines = String::from_utf8_lossy(&output);
    lines.lines().filter_map(|line| line.strip_prefix("installed ")).map(str::to_owned).collect()
}

fn missing_libraries(installed: &BTreeSet<String>) -> impl Iterator<Item = &'static str> {
    LIBRARIES.into_iter().filter(|name| !installed.contains(*name))
}

/// Whether every program finds every library that it names.
fn check(folder: &Path) -> Result<(), Problem> {
    let unpacked = Unpacked::at(folder.to_owned());
    for program in PROGRAMS {
        let mut ldd = Command::new("ldd");
        unpacked.lend_libraries(&mut ldd);
        let said = tool::read(ldd.arg(folder.join(program)), DOING)?;
        if let Some(library) = absent(&said) {
            let happened = format!("{program} finds no {library}");
            let next =
                "Install the Debian package with this library (`apt-file search` names it) and try again.";
            return Err(Problem::new(DOING, happened, next));
        }
    }
    Ok(())
}

/// The first library that is not found.
fn absent(said: &str) -> Option<&str> {
    let line = said.lines().find(|line| line.contains("=> not found"))?;
    line.split_whitespace().next()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let entries = fs::read_dir(folder).map_err(|error| Problem::file("reading", folder, &error))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn empty(folder: &Path) -> Result<(), Problem> {
    if folder.exists() { remove(folder) } else { Ok(()) }
}

fn remove(folder: &Path) -> Result<(), Problem> {
    fs::remove_dir_all(folder).map_err(|error| Problem::file("removing", folder, &error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{LIBRARIES, absent, missing_libraries};

    #[test]
    fn only_libraries_that_are_not_installed_are_fetched() {
        let all_but_one = LIBRARIES.iter().filter(|name| **name != "libical3").map(|name| (*name).to_owned());
        let installed: BTreeSet<_> = all_but_one.collect();
        assert_eq!(missing_libraries(&installed).collect::<Vec<_>>(), ["libical3"]);
    }

    #[test]
    fn a_library_that_is_not_found_is_named() {
        let said =
            "\tlinux-vdso.so.1 (0x7f)\n\tlibfam.so.0 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x7f)\n";
        assert_eq!(absent(said), Some("libfam.so.0"));
        assert_eq!(absent("\tlibc.so.6 => /lib/libc.so.6 (0x7f)\n"), None);
    }
}
