//! One of the mail systems, running.

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
}
