//! How a Dovecot is to behave.

use crate::{certificate::Certificate, dovecot::Dovecot, error::Result};

/// Every user's password; with characters that must be quoted on the wire.
pub const PASSWORD: &str = "corr\"ct\\horse";
/// The master user, who may open every mailbox.
pub const MASTER: &str = "migrator";
/// What `doveadm` of another machine has to know.
pub const DOVEADM_PASSWORD: &str = "battery";
/// The master user's password.
pub const MASTER_PASSWORD: &str = "battery staple";

/// How messages lie on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// A file for each message; can be filled directly.
    Maildir,
    /// Dovecot's own multi-message files.
    Mdbox,
}

/// Whether the server offers TLS.
#[derive(Debug, Clone)]
pub enum Encryption {
    /// Neither STARTTLS nor a port with implicit TLS.
    None,
    /// Both, with a fresh self-signed certificate.
    SelfSigned,
    /// Both, with this certificate.
    With(Box<Certificate>),
}

/// Which special-use folders there are from the first login on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialUse {
    /// None.
    None,
    /// Sent, Drafts, Trash, Junk, Archive.
    English,
    /// Sent Items, Drafts, Deleted Items, Junk E-mail, Archive.
    Outlook,
    /// Gesendet, Entwürfe, Papierkorb, Spam, Archiv.
    German,
    /// The German names, without telling clients what they are for.
    GermanUnmarked,
}

impl SpecialUse {
    /// Attribute and name of each folder.
    pub fn folders(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::None => &[],
            Self::English => &[
                ("\\Sent", "Sent"),
                ("\\Drafts", "Drafts"),
                ("\\Trash", "Trash"),
                ("\\Junk", "Junk"),
                ("\\Archive", "Archive"),
            ],
            Self::Outlook => &[
                ("\\Sent", "Sent Items"),
                ("\\Drafts", "Drafts"),
                ("\\Trash", "Deleted Items"),
                ("\\Junk", "Junk E-mail"),
                ("\\Archive", "Archive"),
            ],
            Self::German | Self::GermanUnmarked => &[
                ("\\Sent", "Gesendet"),
                ("\\Drafts", "Entwürfe"),
                ("\\Trash", "Papierkorb"),
                ("\\Junk", "Spam"),
                ("\\Archive", "Archiv"),
            ],
        }
    }

    /// The name that another set of folders gives to the folder with this name here; the name itself where no set
    /// knows it.
    pub fn rename(self, name: &str, to: Self) -> String {
        let here = self.folders().iter().find(|(_, own)| *own == name);
        let there = here.and_then(|(role, _)| to.folders().iter().find(|(other, _)| other == role));
        there.map_or(name, |(_, name)| *name).to_owned()
    }

    /// Whether clients are told what the folders are for.
    pub(super) fn marked(self) -> bool {
        match self {
            Self::None | Self::English | Self::Outlook | Self::German => true,
            Self::GermanUnmarked => false,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) separator: char,
    pub(super) prefix: String,
    pub(super) storage: Storage,
    pub(super) encryption: Encryption,
    pub(super) special_use: SpecialUse,
    pub(super) escape_names: bool,
    pub(super) quota_kib: Option<u64>,
    pub(super) max_message: Option<u64>,
    pub(super) capability: Option<String>,
    pub(super) mechanisms: String,
    pub(super) virtual_folders: bool,
    pub(super) public: bool,
    pub(super) shared: bool,
    pub(super) wire_log: bool,
    pub(super) doveadm: bool,
    pub(super) compress: bool,
    /// None: every user there may be.
    pub(super) users: Option<Vec<String>>,
}

/// Describes a Dovecot and starts it. Without further words: `/` between folder names, Maildir, self-signed TLS,
/// English special-use folders, names escaped as needed, no quota.
#[derive(Debug, Clone)]
pub struct Builder(Options);

impl Default for Builder {
    fn default() -> Self {
        Self(Options {
            separator: '/',
            prefix: String::new(),
            storage: Storage::Maildir,
            encryption: Encryption::SelfSigned,
            special_use: SpecialUse::English,
            escape_names: true,
            quota_kib: None,
            max_message: None,
            capability: None,
            mechanisms: "plain login".into(),
            virtual_folders: false,
            public: false,
            shared: false,
            wire_log: true,
            doveadm: false,
            compress: false,
            users: None,
        })
    }
}

impl Builder {
    /// What stands between the parts of a folder's name.
    #[must_use]
    pub fn separator(mut self, separator: char) -> Self {
        self.0.separator = separator;
        self
    }

    /// What every folder but INBOX begins with, such as `INBOX.`; ends with the separator.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.0.prefix = prefix.into();
        self
    }

    /// How messages lie on disk.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        self.0.storage = storage;
        self
    }

    /// Whether and with which certificate TLS is offered.
    #[must_use]
    pub fn encryption(mut self, encryption: Encryption) -> Self {
        self.0.encryption = encryption;
        self
    }

    /// Which special-use folders there are.
    #[must_use]
    pub fn special_use(mut self, special_use: SpecialUse) -> Self {
        self.0.special_use = special_use;
        self
    }

    /// Whether names may hold the other separator and a leading `~` (Dovecot's `listescape`); true by default.
    #[must_use]
    pub fn escape_names(mut self, escape: bool) -> Self {
        self.0.escape_names = escape;
        self
    }

    /// How many KiB each mailbox may hold.
    #[must_use]
    pub fn quota_kib(mut self, kib: u64) -> Self {
        self.0.quota_kib = Some(kib);
        self
    }

    /// The largest message accepted, in bytes.
    #[must_use]
    pub fn max_message(mut self, bytes: u64) -> Self {
        self.0.max_message = Some(bytes);
        self
    }

    /// The capabilities told, in place of Dovecot's own; what is left out is only not told.
    #[must_use]
    pub fn capability(mut self, words: &str) -> Self {
        self.0.capability = Some(words.into());
        self
    }

    /// The SASL mechanisms offered, such as `plain login`.
    #[must_use]
    pub fn mechanisms(mut self, words: &str) -> Self {
        self.0.mechanisms = words.into();
        self
    }

    /// Adds a namespace with virtual folders: `Virtual` with `All` and `Flagged`.
    #[must_use]
    pub fn virtual_folders(mut self) -> Self {
        self.0.virtual_folders = true;
        self
    }

    /// Adds a public namespace: `Public` with the folder `Notices`.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.0.public = true;
        self
    }

    /// Adds a namespace `shared` in which users see folders that others share with them (SETACL).
    #[must_use]
    pub fn shared(mut self) -> Self {
        self.0.shared = true;
        self
    }

    /// Keeps no log of what clients say: [`Dovecot::wire`] stays empty, and speed can be measured.
    #[must_use]
    pub fn without_wire_log(mut self) -> Self {
        self.0.wire_log = false;
        self
    }

    /// Lets a `doveadm` elsewhere synchronise mailboxes with this server, by [`DOVEADM_PASSWORD`].
    #[must_use]
    pub fn doveadm(mut self) -> Self {
        self.0.doveadm = true;
        self
    }

    /// Offers to compress what is said (COMPRESS=DEFLATE). What is said from then on stands compressed in the log too.
    #[must_use]
    pub fn compress(mut self) -> Self {
        self.0.compress = true;
        self
    }

    /// Has these users and no others.
    #[must_use]
    pub fn users(mut self, users: &[&str]) -> Self {
        self.0.users = Some(users.iter().map(|user| (*user).to_owned()).collect());
        self
    }

    /// Starts the server and waits until it greets.
    pub fn start(self) -> Result<Dovecot> {
        Dovecot::from_options(self.0)
    }
}
