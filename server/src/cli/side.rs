//! One side of the migration, with nothing left to decide but its secret.

use std::{net::IpAddr, path::PathBuf};

use engine::account::Account;
use secrecy::SecretString;
use shared::{
    check::Side,
    endpoint::{Compress, Endpoint, ImapEndpoint, Login, Preset, Tls},
};

use super::{
    Problem,
    args::{CompressArg, SourceArgs, System, TargetArgs, TlsArg},
};

/// The name a master login is made of, where none is given.
const MASTER_TEMPLATE: &str = "{user}*{admin}";

/// One side of the migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SideOrder {
    /// Which side.
    pub(super) side: Side,
    /// Where and how.
    pub(super) endpoint: ImapEndpoint,
    /// The mailbox's login name.
    pub(super) user: String,
    /// The file with the password or token; none: environment or prompt.
    pub(super) secret_file: Option<PathBuf>,
}

impl SideOrder {
    /// The mailbox in words, and the identity its ledger is bound to. A host has no blanks, so it reads one way only.
    pub(super) fn label(&self) -> String {
        format!("{} at {}", self.user, self.endpoint.host)
    }

    /// Who logs in: the mailbox's user or an admin.
    pub(super) fn login_name(&self) -> &str {
        match &self.endpoint.login {
            Login::Password | Login::Token { .. } => &self.user,
            Login::AuthorizationId { admin } | Login::Master { admin, .. } => admin,
        }
    }

    /// With its secret, as the engine wants it.
    pub(super) fn account(&self, secret: SecretString) -> Account {
        Account::new(Endpoint::Imap(self.endpoint.clone()), self.user.clone(), secret)
    }
}

/// What was typed for one side, under its own flag names.
struct Typed {
    side: Side,
    prefix: &'static str,
    system: Option<System>,
    host: Option<String>,
    port: Option<u16>,
    tls: TlsArg,
    pin: Option<String>,
    user: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    login_as: Option<String>,
    master: Option<String>,
    template: Option<String>,
    preset: Option<Preset>,
    compress: CompressArg,
}

impl TryFrom<SourceArgs> for SideOrder {
    type Error = Problem;

    fn try_from(args: SourceArgs) -> Result<Self, Problem> {
        Typed {
            side: Side::Source,
            prefix: "--",
            system: args.source,
            host: args.host,
            port: args.port,
            tls: args.tls,
            pin: args.pin,
            user: args.user,
            password_file: args.password_file,
            token_file: args.token_file,
            login_as: args.login_as,
            master: args.master,
            template: args.master_template,
            preset: args.source_preset,
            compress: args.compress,
        }
        .settle()
    }
}

impl TryFrom<TargetArgs> for SideOrder {
    type Error = Problem;

    fn try_from(args: TargetArgs) -> Result<Self, Problem> {
        Typed {
            side: Side::Target,
            prefix: "--target-",
            system: Some(args.target),
            host: args.target_host,
            port: args.target_port,
            tls: args.target_tls,
            pin: args.target_pin,
            user: args.target_user,
            password_file: args.target_password_file,
            token_file: args.target_token_file,
            login_as: args.target_login_as,
            master: args.target_master,
            template: args.target_master_template,
            preset: args.target_preset,
            compress: args.target_compress,
        }
        .settle()
    }
}

impl Typed {
    fn settle(self) -> Result<SideOrder, Problem> {
        match self.system {
            Some(System::Imap) => {}
            None => {
                return Err(Problem::arguments(
                    "Say what system the mailbox is on: --source imap. See --help.",
                ));
            }
        }
        let prefix = self.prefix;
        let host = host(given(prefix, "host", self.host)?, prefix)?;
        let user = name(given(prefix, "user", self.user)?, prefix, "user")?;
        let tls = match self.tls {
            TlsArg::Implicit => Tls::Implicit,
            TlsArg::Starttls => Tls::Starttls,
            TlsArg::None => cleartext(&host, prefix)?,
        };
        let login = match (self.login_as, self.master, &self.token_file) {
            (Some(admin), ..) => Login::AuthorizationId { admin: name(admin, prefix, "login-as")? },
            (None, Some(admin), _) => Login::Master {
                admin: name(admin, prefix, "master")?,
                template: template(self.template.unwrap_or_else(|| MASTER_TEMPLATE.into()), prefix)?,
            },
            (None, None, Some(_)) => Login::Token { client: None },
            (None, None, None) => Login::Password,
        };
        let pin = self.pin.map(|pin| fingerprint(&pin, prefix)).transpose()?;
        let port = self.port.unwrap_or(tls.default_port());
        let compress = match self.compress {
            CompressArg::Auto => Compress::Auto,
            CompressArg::On => Compress::On,
            CompressArg::Off => Compress::Off,
        };
        let endpoint = ImapEndpoint { host, port, tls, pin, login, preset: self.preset, compress };
        Ok(SideOrder { side: self.side, endpoint, user, secret_file: self.password_file.or(self.token_file) })
    }
}

fn given(prefix: &str, flag: &str, value: Option<String>) -> Result<String, Problem> {
    value.ok_or_else(|| Problem::arguments(format!("{prefix}{flag} is missing. See --help.")))
}

/// A bare host name or address, in lower case and without a final dot: two spellings are one mailbox.
fn host(text: String, prefix: &str) -> Result<String, Problem> {
    let bare = text.trim().trim_start_matches('[').trim_end_matches([']', '.']).to_ascii_lowercase();
    let refused =
        |advice: &str| Err(Problem::arguments(format!("{prefix}host {text:?} is no host name: {advice}")));
    if bare.parse::<IpAddr>().is_ok() {
        return Ok(bare);
    }
    if bare.contains("://") {
        return refused("give the name alone, without imap:// or https://.");
    }
    if let Some((_, port)) = bare.split_once(':') {
        return refused(&format!("give the port with {prefix}port {port}."));
    }
    if bare.is_empty()
        || bare.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '@'))
    {
        return refused("give a name such as imap.example.org.");
    }
    Ok(bare)
}

fn name(text: String, prefix: &str, flag: &str) -> Result<String, Problem> {
    if text.trim().is_empty() || text.contains(char::is_control) {
        return Err(Problem::arguments(format!(
            "{prefix}{flag} {text:?} is no login name: it is empty or has control characters."
        )));
    }
    Ok(text)
}

fn template(text: String, prefix: &str) -> Result<String, Problem> {
    if !text.contains("{user}") {
        return Err(Problem::arguments(format!(
            "{prefix}master-template {text:?} names no mailbox: write {{user}} where its login name goes, and {{admin}} \
             where the admin's goes."
        )));
    }
    name(text, prefix, "master-template")
}

/// A name may still turn out to be another machine: the connection is refused then.
fn cleartext(host: &str, prefix: &str) -> Result<Tls, Problem> {
    match host.parse::<IpAddr>() {
        Ok(address) if !address.to_canonical().is_loopback() => Err(Problem::arguments(format!(
            "{prefix}tls none would send the password in the clear to {host}: it is allowed to this machine only. Choose \
             {prefix}tls implicit (port 993) or {prefix}tls starttls (port 143)."
        ))),
        Ok(_) | Err(_) => Ok(Tls::None),
    }
}

fn fingerprint(text: &str, prefix: &str) -> Result<String, Problem> {
    let digits = text.replace([':', ' '], "").to_ascii_lowercase();
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Problem::arguments(format!(
            "{prefix}pin {text:?} is no SHA-256 of a certificate: give its 64 hexadecimal digits, as shown when a \
             certificate is refused."
        )));
    }
    Ok(digits)
}
