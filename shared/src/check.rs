//! The connection checklist: what was tried on an endpoint, step by step.

use serde::{Deserialize, Serialize};

use crate::{
    cause::Cause,
    endpoint::{Endpoint, Preset},
    id::ProjectId,
};

/// A request to check an endpoint with one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckForm {
    /// What to check.
    pub endpoint: Endpoint,
    /// The mailbox to open; none: stop before the login.
    #[serde(default)]
    pub user: Option<String>,
    /// The mailbox's (or the admin's) password or token.
    #[serde(default)]
    pub secret: Option<String>,
    /// Use the secret stored for this project's side instead.
    #[serde(default)]
    pub stored: Option<StoredSecret>,
    /// Which side it is of: its connections count with those of whoever else uses that system so. None: that of the stored
    /// secret, else the source.
    #[serde(default)]
    pub side: Option<Side>,
}

impl CheckForm {
    /// The side whose connections it counts with.
    pub fn of_side(&self) -> Side {
        self.stored.map(|stored| stored.side).or(self.side).unwrap_or(Side::Source)
    }
}

/// A check that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckStarted {
    /// Under which its checklist is read.
    pub id: String,
}

/// Names a stored secret without showing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StoredSecret {
    /// The project.
    pub project: ProjectId,
    /// Which side of it.
    pub side: Side,
}

/// One side of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The system that is left.
    Source,
    /// The system that is moved to.
    Target,
}

impl Side {
    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum StepName {
    /// The host name has an address.
    Dns,
    /// A TCP connection opens.
    Tcp,
    /// TLS is set up and the certificate trusted.
    Tls,
    /// The server greets as an IMAP server.
    Greeting,
    /// The login is accepted.
    Login,
    /// What the server can do.
    Capabilities,
    /// Where the user's folders are.
    Namespace,
    /// How much room is left.
    Quota,
}

impl StepName {
    /// Every step, in order.
    pub const ALL: [Self; 8] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Greeting,
        Self::Login,
        Self::Capabilities,
        Self::Namespace,
        Self::Quota,
    ];

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Dns => "Host name",
            Self::Tcp => "Connection",
            Self::Tls => "TLS",
            Self::Greeting => "IMAP greeting",
            Self::Login => "Login",
            Self::Capabilities => "Capabilities",
            Self::Namespace => "Folders",
            Self::Quota => "Quota",
        }
    }
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum StepStatus {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Good.
    Passed {
        /// What was seen.
        detail: String,
    },
    /// Not needed or not possible here; no harm.
    Skipped {
        /// Why.
        detail: String,
    },
    /// Not good: the steps after it were not tried.
    Failed {
        /// Why.
        cause: Cause,
        /// What was being done and what happened.
        detail: String,
        /// What to do.
        advice: String,
    },
}

/// One line of the checklist and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Which.
    pub name: StepName,
    /// How it went.
    pub status: StepStatus,
}

/// What a server's certificate says, so that a person can compare and pin it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CertificateCard {
    /// Who it was issued to.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The names it is for.
    pub names: Vec<String>,
    /// First moment of validity, as text.
    pub not_before: String,
    /// Last moment of validity, as text.
    pub not_after: String,
    /// Lower-case hexadecimal SHA-256 of the certificate's DER form: the value to pin.
    pub sha256: String,
    /// Whether it was accepted: by an authority this machine trusts, or by the pin.
    pub trusted: bool,
}

/// The checklist so far; `done` when nothing more will come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckReport {
    /// All steps in order.
    pub steps: Vec<Step>,
    /// The server's certificate, once it was seen.
    pub certificate: Option<CertificateCard>,
    /// Which product the server was recognised as, once it said enough.
    #[serde(default)]
    pub recognised: Option<Preset>,
    /// Whether it has come to its end.
    pub done: bool,
}

impl CheckReport {
    /// A checklist of which nothing was tried yet.
    pub fn waiting() -> Self {
        let steps = StepName::ALL.map(|name| Step { name, status: StepStatus::Waiting }).to_vec();
        Self { steps, certificate: None, recognised: None, done: false }
    }

    /// Whether every step that was tried passed.
    pub fn passed(&self) -> bool {
        self.done && !self.steps.iter().any(|step| matches!(step.status, StepStatus::Failed { .. }))
    }
}
