//! The arguments of a migration without a server, as they are typed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use shared::endpoint::Preset;

use super::{help, limits::LimitArgs, rules::RulesArgs};

// The arguments of a migration without a server; none of them is needed by the other commands. Not a doc comment, here
// and on the parts: it would become the description of the whole program.
#[derive(Debug, Clone, Args)]
#[command(after_help = help::after())]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(super) source: SourceArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) rules: RulesArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

impl MigrateArgs {
    /// Whether a migration is asked for at all.
    pub(crate) fn is_given(&self) -> bool {
        self.source.source.is_some()
    }
}

// The mailbox that is left.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Source: the mailbox that is left (never written to)")]
pub(super) struct SourceArgs {
    /// What system the mailbox is on
    #[arg(long, value_name = "SYSTEM", requires_all = ["host", "user", "target_host", "target_user"])]
    pub(super) source: Option<System>,
    /// Host name or address
    #[arg(long, value_name = "HOST", requires = "source")]
    pub(super) host: Option<String>,
    /// TCP port [default: 993 for implicit TLS, else 143]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Option<u16>,
    /// How the connection is protected
    #[arg(long, value_name = "HOW", default_value = "implicit")]
    pub(super) tls: TlsArg,
    /// Trust exactly the certificate with this SHA-256 (64 hexadecimal digits, colons allowed)
    #[arg(long, value_name = "SHA256")]
    pub(super) pin: Option<String>,
    /// The mailbox's login name
    #[arg(long, value_name = "NAME", requires = "source")]
    pub(super) user: Option<String>,
    /// File whose first line is the password (with --login-as or --master: the admin's)
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    pub(super) password_file: Option<PathBuf>,
    /// File whose first line is an OAuth 2.0 access token (XOAUTH2)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["login_as", "master"])]
    pub(super) token_file: Option<PathBuf>,
    /// Log in as this admin, with the mailbox as authorization identity (AUTHENTICATE PLAIN)
    #[arg(long, value_name = "ADMIN", conflicts_with = "master")]
    pub(super) login_as: Option<String>,
    /// Log in as this admin, under a name made from --master-template
    #[arg(long, value_name = "ADMIN")]
    pub(super) master: Option<String>,
    /// The name made from mailbox and admin [default: {user}*{admin}]
    #[arg(long, value_name = "TEMPLATE", requires = "master", conflicts_with_all = ["login_as", "token_file"])]
    pub(super) master_template: Option<String>,
    /// Which product the server is, where its own words mislead: generic, dovecot, cyrus, courier, mailutils, zimbra,
    /// carbonio, exchange, microsoft365, gmail, yahoo, icloud, domino [default: recognised]
    #[arg(long, value_name = "PRODUCT")]
    pub(super) source_preset: Option<Preset>,
    /// Whether what is said is compressed on its way, where the server can (COMPRESS=DEFLATE)
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) compress: CompressArg,
}

// The mailbox that is moved to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Target: the mailbox that is moved to (never deleted from)")]
pub(super) struct TargetArgs {
    /// What system the mailbox is on
    #[arg(long, value_name = "SYSTEM", default_value = "imap")]
    pub(super) target: System,
    /// Host name or address
    #[arg(long, value_name = "HOST", requires = "source")]
    pub(super) target_host: Option<String>,
    /// TCP port [default: 993 for implicit TLS, else 143]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) target_port: Option<u16>,
    /// How the connection is protected
    #[arg(long, value_name = "HOW", default_value = "implicit")]
    pub(super) target_tls: TlsArg,
    /// Trust exactly the certificate with this SHA-256
    #[arg(long, value_name = "SHA256")]
    pub(super) target_pin: Option<String>,
    /// The mailbox's login name
    #[arg(long, value_name = "NAME", requires = "source")]
    pub(super) target_user: Option<String>,
    /// File whose first line is the password (with --target-login-as or --target-master: the admin's)
    #[arg(long, value_name = "FILE", conflicts_with = "target_token_file")]
    pub(super) target_password_file: Option<PathBuf>,
    /// File whose first line is an OAuth 2.0 access token (XOAUTH2)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["target_login_as", "target_master"])]
    pub(super) target_token_file: Option<PathBuf>,
    /// Log in as this admin, with the mailbox as authorization identity (AUTHENTICATE PLAIN)
    #[arg(long, value_name = "ADMIN", conflicts_with = "target_master")]
    pub(super) target_login_as: Option<String>,
    /// Log in as this admin, under a name made from --target-master-template
    #[arg(long, value_name = "ADMIN")]
    pub(super) target_master: Option<String>,
    /// The name made from mailbox and admin [default: {user}*{admin}]
    #[arg(long, value_name = "TEMPLATE", requires = "target_master",
          conflicts_with_all = ["target_login_as", "target_token_file"])]
    pub(super) target_master_template: Option<String>,
    /// Which product the server is, as for --source-preset [default: recognised]
    #[arg(long, value_name = "PRODUCT")]
    pub(super) target_preset: Option<Preset>,
    /// Whether what is said is compressed on its way, where the server can
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) target_compress: CompressArg,
}

// What is done and what is told about it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The run")]
pub(super) struct RunArgs {
    /// Show what would be done; not one write command is sent
    #[arg(long, requires = "source", conflicts_with = "verify_only")]
    pub(super) dry_run: bool,
    /// Compare both mailboxes and copy nothing
    #[arg(long, requires = "source")]
    pub(super) verify_only: bool,
    /// Send what the target refused before once more; it stays left out otherwise
    #[arg(long, requires = "source", conflicts_with_all = ["dry_run", "verify_only"])]
    pub(super) retry_refused: bool,
    /// How far the comparison looks: at whole messages, or at header blocks, sizes, dates and flags
    #[arg(long, value_name = "DEPTH", default_value = "content")]
    pub(super) verify: DepthArg,
    /// Write report.html, report.csv and report.json to this folder
    #[arg(long, value_name = "DIR", requires = "source")]
    pub(super) report: Option<PathBuf>,
    /// The file that remembers what was copied [default: one for these two mailboxes in the data directory]
    #[arg(long, value_name = "FILE", requires = "source")]
    pub(super) ledger: Option<PathBuf>,
    /// Where ledgers are kept [default: /opt/zextras/conf/carbonio-migrate on a Carbonio host, else
    /// ~/.local/share/carbonio-migrate]
    #[arg(long, value_name = "DIR", env = "CARBONIO_MIGRATE_DATA_DIR", hide_env_values = true)]
    pub(super) data_dir: Option<PathBuf>,
    /// Show no progress, only the closing table
    #[arg(long)]
    pub(super) no_progress: bool,
    /// Print nothing but errors
    #[arg(long, short)]
    pub(super) quiet: bool,
}

/// A mail system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum System {
    /// Any IMAP4rev1 server
    Imap,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsArg {
    /// TLS from the first byte
    Implicit,
    /// Clear text upgraded before anything else is said; never optional
    Starttls,
    /// Clear text; to this machine only
    None,
}

/// Whether what is said is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CompressArg {
    /// Where the line has shown that it is slow
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

/// How far a comparison looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DepthArg {
    /// Reads every message on both sides in full
    Content,
    /// Reads header blocks only
    Headers,
    /// Compares what both sides list: sizes, dates and flags
    Listing,
}
