//! Notifications: what is told to whom, when something changes.

use serde::{Deserialize, Serialize};

use crate::endpoint::Tls;

/// Something worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Mailboxes failed.
    Failed,
    /// All mailboxes of a project are complete.
    Complete,
    /// A system asks for patience.
    Throttled,
    /// A login was refused twice and is not tried any more.
    LoginHeld,
    /// A node died, or lost its mailboxes to another.
    NodeLost,
    /// The disk of the data directory is nearly full.
    DiskLow,
    /// A project is complete for days and its credentials are still stored.
    Credentials,
    /// Nothing happened: somebody wants to see whether telling works.
    Test,
}

impl Occasion {
    /// Every occasion one can choose.
    pub const ALL: [Self; 7] = [
        Self::Failed,
        Self::Complete,
        Self::Throttled,
        Self::LoginHeld,
        Self::NodeLost,
        Self::DiskLow,
        Self::Credentials,
    ];

    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Complete => "complete",
            Self::Throttled => "throttled",
            Self::LoginHeld => "login-held",
            Self::NodeLost => "node-lost",
            Self::DiskLow => "disk-low",
            Self::Credentials => "credentials",
            Self::Test => "test",
        }
    }

    /// The words on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Failed => "Mailboxes failed",
            Self::Complete => "A project is complete",
            Self::Throttled => "A system asks for patience",
            Self::LoginHeld => "A login was refused twice",
            Self::NodeLost => "A node was lost",
            Self::DiskLow => "The disk is nearly full",
            Self::Credentials => "Credentials of a finished project are still stored",
            Self::Test => "A test",
        }
    }
}

/// Where mail is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Host name or address.
    pub host: String,
    /// TCP port: 465 for implicit TLS, 587 for STARTTLS.
    pub port: u16,
    /// How the connection is protected. Clear text goes to this machine only.
    pub tls: Tls,
    /// Login name; none: no login.
    #[serde(default)]
    pub user: Option<String>,
    /// The sender's address.
    pub from: String,
}

/// How this installation tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NotifySettings {
    /// Where mail is handed over; none: no mail is sent.
    pub mail: Option<MailServer>,
    /// The address every occasion is posted to; none: none is.
    pub webhook: Option<String>,
    /// After how many days a finished project's credentials are recalled; none: after 14.
    pub reminder_days: Option<u16>,
}

/// New settings. Secrets are write-only; an absent one leaves the stored one, as long as it goes to the same server.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NotifyForm {
    /// The settings.
    pub settings: NotifySettings,
    /// The password of the mail server.
    #[serde(default)]
    pub mail_secret: Option<String>,
    /// What webhooks are signed with.
    #[serde(default)]
    pub webhook_secret: Option<String>,
}

impl std::fmt::Debug for NotifyForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotifyForm").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// The settings as they are; secrets are never shown, only whether they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotifyView {
    /// The settings.
    pub settings: NotifySettings,
    /// Whether the mail server's password is stored.
    pub mail_has_secret: bool,
    /// Whether what webhooks are signed with is stored.
    pub webhook_has_secret: bool,
}

/// What one admin is told by mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NotifyChoice {
    /// The address; none: nothing is told.
    pub address: Option<String>,
    /// On which occasions.
    pub occasions: Vec<Occasion>,
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotifyTest {
    /// Of a mail to the admin who asked: `sent`, or why not.
    pub mail: String,
    /// Of a request to the webhook: `sent`, or why not.
    pub webhook: String,
}
