//! What stands in the fields of a project's form, and what it comes to.

use std::num::NonZeroU16;

use leptos::prelude::*;
use shared::{
    check::{CheckForm, Side, StoredSecret},
    endpoint::{Compress, Endpoint, ImapEndpoint, Login, Preset, Tls, TokenClient},
    id::ProjectId,
    project::{Options, ProjectForm, ProjectView, SideForm, VerifyDepth},
};

use super::{limits::LimitsDraft, rules::RulesDraft};
use crate::api::http::{Failure, both};

/// The login methods, without what belongs to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Password,
    AuthorizationId,
    Master,
    Token,
}

impl Method {
    /// Whether an admin logs in for all mailboxes.
    pub(super) const fn has_admin(self) -> bool {
        match self {
            Self::AuthorizationId | Self::Master => true,
            Self::Password | Self::Token => false,
        }
    }
}

/// A project's form.
#[derive(Clone, Copy)]
pub(crate) struct ProjectDraft {
    pub(super) name: RwSignal<String>,
    pub(super) source: SideDraft,
    pub(super) target: SideDraft,
    pub(super) verify: RwSignal<VerifyDepth>,
    pub(super) parallel: RwSignal<String>,
    pub(super) day_one: RwSignal<String>,
    pub(super) rules: RulesDraft,
    pub(super) source_limits: LimitsDraft,
    pub(super) target_limits: LimitsDraft,
}

/// One side of it.
#[derive(Clone, Copy)]
pub(super) struct SideDraft {
    pub(super) side: Side,
    pub(super) host: RwSignal<String>,
    pub(super) port: RwSignal<String>,
    pub(super) tls: RwSignal<Tls>,
    pub(super) pin: RwSignal<Option<String>>,
    pub(super) preset: RwSignal<Option<Preset>>,
    pub(super) compress: RwSignal<Compress>,
    pub(super) method: RwSignal<Method>,
    pub(super) admin: RwSignal<String>,
    pub(super) template: RwSignal<String>,
    pub(super) secret: RwSignal<String>,
    /// How tokens are fetched, where the API set it.
    client: RwSignal<Option<TokenClient>>,
    /// The project whose stored secret may be used instead of a new one.
    pub(super) stored: Option<ProjectId>,
    pub(super) test_user: RwSignal<String>,
    pub(super) test_secret: RwSignal<String>,
}

impl ProjectDraft {
    /// A form to fill in.
    pub(crate) fn new() -> Self {
        let options = Options::default();
        Self {
            name: RwSignal::default(),
            source: SideDraft::new(Side::Source),
            target: SideDraft::new(Side::Target),
            verify: RwSignal::new(options.verify),
            parallel: RwSignal::new(options.parallel.to_string()),
            day_one: RwSignal::default(),
            rules: RulesDraft::of(&options),
            source_limits: LimitsDraft::of(Side::Source, &options.source_limits),
            target_limits: LimitsDraft::of(Side::Target, &options.target_limits),
        }
    }

    /// The form of a project that is there.
    pub(crate) fn of(project: &ProjectView) -> Self {
        let stored = |has_secret: bool| has_secret.then_some(project.row.id);
        Self {
            name: RwSignal::new(project.row.name.clone()),
            source: SideDraft::of(Side::Source, &project.source, stored(project.source_has_secret)),
            target: SideDraft::of(Side::Target, &project.target, stored(project.target_has_secret)),
            verify: RwSignal::new(project.options.verify),
            parallel: RwSignal::new(project.options.parallel.to_string()),
            day_one: RwSignal::new(project.options.day_one.map(|days| days.to_string()).unwrap_or_default()),
            rules: RulesDraft::of(&project.options),
            source_limits: LimitsDraft::of(Side::Source, &project.options.source_limits),
            target_limits: LimitsDraft::of(Side::Target, &project.options.target_limits),
        }
    }

    /// The same, with what was typed.
    pub(crate) fn typed(project: &ProjectView, form: ProjectForm) -> Self {
        let ProjectForm { name, source, target, options } = form;
        let secrets = [source.secret, target.secret];
        let mut project = ProjectView { options, ..project.clone() };
        (project.row.name, project.source, project.target) = (name, source.endpoint, target.endpoint);
        let draft = Self::of(&project);
        for (side, secret) in [draft.source, draft.target].into_iter().zip(secrets) {
            side.secret.set(secret.unwrap_or_default());
        }
        draft
    }

    /// What is to be saved, or which fields cannot be read as what they should be.
    pub(crate) fn form(self) -> Result<ProjectForm, Failure> {
        let name = Some(self.name.get().trim().to_owned())
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Failure::invalid("name", "Give the project a name."));
        let parallel =
            self.parallel.get().trim().parse::<u16>().ok().filter(|parallel| *parallel > 0).ok_or_else(
                || {
                    Failure::invalid(
                        "options.parallel",
                        "Enter how many mailboxes move at once, as a whole number such as 4.",
                    )
                },
            );
        let days = self.day_one.get();
        let days = days.trim();
        let day_one = match (days.is_empty(), days.parse::<NonZeroU16>()) {
            (true, _) => Ok(None),
            (false, Ok(days)) => Ok(Some(days)),
            (false, Err(_)) => {
                Err(Failure::invalid("options.day_one", "Enter a number of days such as 30, or nothing."))
            }
        };
        let sides = both(self.source.form(), self.target.form());
        let rules = self.rules.fill(Options { verify: self.verify.get(), ..Options::default() });
        let runs = both(parallel, day_one);
        let limits = both(self.source_limits.limits(), self.target_limits.limits());
        let ((name, (source, target)), (options, ((parallel, day_one), (source_limits, target_limits)))) =
            both(both(name, sides), both(rules, both(runs, limits)))?;
        let options = Options { parallel, day_one, source_limits, target_limits, ..options };
        Ok(ProjectForm { name, source, target, options })
    }
}

impl SideDraft {
    fn new(side: Side) -> Self {
        Self {
            side,
            host: RwSignal::default(),
            port: RwSignal::new(Tls::Implicit.default_port().to_string()),
            tls: RwSignal::new(Tls::Implicit),
            pin: RwSignal::default(),
            preset: RwSignal::default(),
            compress: RwSignal::default(),
            method: RwSignal::new(Method::Password),
            admin: RwSignal::default(),
            template: RwSignal::new("{user}*{admin}".into()),
            secret: RwSignal::default(),
            client: RwSignal::default(),
            stored: None,
            test_user: RwSignal::default(),
            test_secret: RwSignal::default(),
        }
    }

    fn of(side: Side, endpoint: &Endpoint, stored: Option<ProjectId>) -> Self {
        let mut draft = Self::new(side);
        draft.stored = stored;
        let Endpoint::Imap(imap) = endpoint;
        draft.host.set(imap.host.clone());
        draft.port.set(imap.port.to_string());
        draft.tls.set(imap.tls);
        draft.pin.set(imap.pin.clone());
        draft.preset.set(imap.preset);
        draft.compress.set(imap.compress);
        let method = match &imap.login {
            Login::Password => Method::Password,
            Login::Token { client } => {
                draft.client.set(client.clone());
                Method::Token
            }
            Login::AuthorizationId { admin } => {
                draft.admin.set(admin.clone());
                Method::AuthorizationId
            }
            Login::Master { admin, template } => {
                draft.admin.set(admin.clone());
                draft.template.set(template.clone());
                Method::Master
            }
        };
        draft.method.set(method);
        draft
    }

    /// The names of the fields: the paths by which the server speaks of them.
    pub(super) const fn names(self) -> &'static Names {
        match self.side {
            Side::Source => &SOURCE,
            Side::Target => &TARGET,
        }
    }

    fn form(self) -> Result<SideForm, Failure> {
        Ok(SideForm { endpoint: self.endpoint()?, secret: self.secret() })
    }

    fn secret(self) -> Option<String> {
        let secret = self.secret.get();
        (self.method.get().has_admin() && !secret.is_empty()).then_some(secret)
    }

    fn endpoint(self) -> Result<Endpoint, Failure> {
        let names = self.names();
        let given = |value: RwSignal<String>, field: &str, problem: &str| {
            let value = value.get().trim().to_owned();
            if value.is_empty() { Err(Failure::invalid(field, problem)) } else { Ok(value) }
        };
        let host = given(self.host, names.host, "Enter the host name of the mail server.");
        let port = self.port.get().trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
            Failure::invalid(names.port, "Enter the port as a number between 1 and 65535, usually 993.")
        });
        let admin = || given(self.admin, names.admin, "Enter the login name of the admin.");
        let template = || given(self.template, names.template, "Enter the template, such as {user}*{admin}.");
        let login = match self.method.get() {
            Method::Password => Ok(Login::Password),
            Method::Token => Ok(Login::Token { client: self.client.get() }),
            Method::AuthorizationId => admin().map(|admin| Login::AuthorizationId { admin }),
            Method::Master => {
                both(admin(), template()).map(|(admin, template)| Login::Master { admin, template })
            }
        };
        let ((host, port), login) = both(both(host, port), login)?;
        Ok(Endpoint::Imap(ImapEndpoint {
            host,
            port,
            tls: self.tls.get(),
            pin: self.pin.get(),
            login,
            preset: self.preset.get(),
            compress: self.compress.get(),
        }))
    }

    /// What is to be checked: up to the login, or with a mailbox as far as that leads.
    pub(super) fn check(self) -> Result<CheckForm, Failure> {
        let endpoint = self.endpoint()?;
        let user = Some(self.test_user.get().trim().to_owned()).filter(|user| !user.is_empty());
        let secret = if self.method.get().has_admin() {
            self.secret()
        } else {
            Some(self.test_secret.get()).filter(|secret| !secret.is_empty())
        };
        let stored = match (&user, &secret, self.stored) {
            (Some(_), None, Some(project)) if self.method.get().has_admin() => {
                Some(StoredSecret { project, side: self.side })
            }
            _ => None,
        };
        Ok(CheckForm { endpoint, user, secret, stored, side: Some(self.side) })
    }
}

/// Names of the fields of one side.
pub(super) struct Names {
    pub(super) host: &'static str,
    pub(super) port: &'static str,
    pub(super) tls: &'static str,
    pub(super) preset: &'static str,
    pub(super) compress: &'static str,
    pub(super) method: &'static str,
    pub(super) admin: &'static str,
    pub(super) template: &'static str,
    pub(super) secret: &'static str,
    pub(super) test_user: &'static str,
    pub(super) test_secret: &'static str,
}

macro_rules! names {
    ($side:literal) => {
        Names {
            host: concat!($side, ".endpoint.host"),
            port: concat!($side, ".endpoint.port"),
            tls: concat!($side, ".endpoint.tls"),
            preset: concat!($side, ".endpoint.preset"),
            compress: concat!($side, ".endpoint.compress"),
            method: concat!($side, ".endpoint.login.method"),
            admin: concat!($side, ".endpoint.login.admin"),
            template: concat!($side, ".endpoint.login.template"),
            secret: concat!($side, ".secret"),
            test_user: concat!($side, ".user"),
            test_secret: concat!($side, ".test_secret"),
        }
    };
}

const SOURCE: Names = names!("source");
const TARGET: Names = names!("target");
