//! One of the mail systems, running.

use std::time::UNIX_EPOCH;

use servers::{
    courier::Courier,
    cyrus::Cyrus,
    dovecot::{Dovecot, Storage},
    imap::Imap,
    imap4d::Imap4d,
};

/// The mailbox on both sides; imap4d wants a domain.
pub(super) const USER: &str = "anna@old.example";

/// Which mail system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Maildir,
    Mdbox,
    Cyrus,
    Courier,
    Imap4d,
}

/// A running mail system.
pub(super) enum System {
    Dovecot(Storage, Dovecot),
    Cyrus(Cyrus),
    Courier(Courier),
    Imap4d(Imap4d),
}

impl System {
    /// Starts it with an empty mailbox of [`USER`].
    pub(super) fn start(kind: Kind) -> Self {
        let dovecot = |storage| {
            let separator = match storage {
                Storage::Maildir => '.',
                Storage::Mdbox => '/',
            };
            Dovecot::builder().storage(storage).separator(separator).start().expect("Dovecot starts")
        };
        let system = match kind {
            Kind::Maildir => Self::Dovecot(Storage::Maildir, dovecot(Storage::Maildir)),
            Kind::Mdbox => Self::Dovecot(Storage::Mdbox, dovecot(Storage::Mdbox)),
            Kind::Cyrus => Self::Cyrus(Cyrus::start().expect("Cyrus starts")),
            Kind::Courier => Self::Courier(Courier::start().expect("Courier starts")),
            Kind::Imap4d => Self::Imap4d(Imap4d::start().expect("imap4d starts")),
        };
        system.open().logout();
        system
    }

    /// The port that speaks clear text.
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Dovecot(_, server) => server.plain_port(),
            Self::Cyrus(server) => server.plain_port(),
            Self::Courier(server) => server.plain_port(),
            Self::Imap4d(server) => server.plain_port(),
        }
    }

    /// Opens the mailbox with the independent client.
    pub(super) fn open(&self) -> Imap {
        let opened = match self {
            Self::Dovecot(_, server) => server.open(USER),
            Self::Cyrus(server) => server.open(USER),
            Self::Courier(server) => server.open(USER),
            Self::Imap4d(server) => server.open(USER),
        };
        opened.expect("opens")
    }

    /// Whether a date is nothing but the present moment: imap4d takes dates from the Date header, and from its clock
    /// where there is none.
    pub(super) fn tells_now(&self, date: i64) -> bool {
        let now = UNIX_EPOCH.elapsed().expect("a clock after 1970").as_secs().cast_signed();
        match self {
            Self::Imap4d(_) => (now - 600..=now + 600).contains(&date),
            Self::Dovecot(..) | Self::Cyrus(_) | Self::Courier(_) => false,
        }
    }
}
