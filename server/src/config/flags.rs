//! The settings as flags of the command line.

use std::path::PathBuf;

use clap::Args;

/// The heading of the help under which the settings stand.
const HEADING: &str =
    "Settings (each is also a key of the file, and CARBONIO_MIGRATE_<NAME> in the environment)";

/// Where everything is kept: needed by `serve` and `admin` alike.
///
/// Values stay text here: one place reads flags, environment and file alike, so that they accept the same.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct StoreFlags {
    /// Settings file in TOML [default: /etc/carbonio-migrate/config.toml, when present]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where database, keys and the set-up token are kept [default: /opt/zextras/conf/carbonio-migrate on a Carbonio
    /// host, else ~/.local/share/carbonio-migrate]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<String>,

    /// Database: sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME [default: SQLite in the data directory]. Prefer the
    /// file or the environment when it holds a password
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// File of the key that seals stored passwords; made at first start [default: key/master.key in the
    /// data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<String>,
}

/// What every node needs: `serve` and `worker` alike.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct NodeFlags {
    #[command(flatten)]
    pub(crate) store: StoreFlags,

    /// Log file, a new one each day, 14 days kept [default: /opt/zextras/log/carbonio-migrate.log on a Carbonio host,
    /// else carbonio-migrate.log in the data directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) log_file: Option<String>,

    /// Form of the log file: json or human [default: human]
    #[arg(long, value_name = "FORM")]
    pub(crate) log_format: Option<String>,

    /// How much is logged: error, warn, info, debug or trace [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,

    /// Address and port to tell Prometheus numbers at, such as 127.0.0.1:9464; anybody who reaches it reads them: how
    /// many and how much, never a name [default: none]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) metrics_listen: Option<String>,

    /// How many mailboxes move at once on this machine [default: 8]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) workers: Option<String>,

    /// How many seconds a node may say nothing before others take its mailboxes [default: 60]
    #[arg(long, value_name = "NUMBER", hide_short_help = true)]
    pub(crate) lease_seconds: Option<String>,
}

/// Every setting of the server.
#[derive(Debug, Default, Clone, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct SettingFlags {
    #[command(flatten)]
    pub(crate) node: NodeFlags,

    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:7080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,

    /// The address admins type, such as `https://migrate.example.org` when a TLS proxy stands in front
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,

    /// DNS server that is asked where mail goes, for the checklists of cutovers; the only one then [default: those of
    /// /etc/resolv.conf, and the servers of the domains' own zones]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) dns_server: Option<String>,

    /// Serve the panel from this folder instead of the one built in
    #[arg(long, value_name = "FOLDER")]
    pub(crate) web_root: Option<String>,

    /// Addresses of proxies whose X-Forwarded-For is believed, with commas between
    #[arg(long, value_name = "ADDRESSES")]
    pub(crate) trusted_proxies: Option<String>,
}

impl SettingFlags {
    /// The keys that were given, with their text.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let node = &self.node;
        [
            ("data_dir", &node.store.data_dir),
            ("database", &node.store.database),
            ("key_file", &node.store.key_file),
            ("log_file", &node.log_file),
            ("log_format", &node.log_format),
            ("log_level", &node.log_level),
            ("metrics_listen", &node.metrics_listen),
            ("workers", &node.workers),
            ("lease_seconds", &node.lease_seconds),
            ("listen", &self.listen),
            ("public_url", &self.public_url),
            ("dns_server", &self.dns_server),
            ("web_root", &self.web_root),
            ("trusted_proxies", &self.trusted_proxies),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.as_deref()?)))
    }
}

/// Flags of `serve`.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct ServeFlags {
    #[command(flatten)]
    pub(crate) settings: SettingFlags,

    /// Make this project at start, with its mailboxes, when none of its name exists: a JSON file
    /// `{ "project": …, "jobs": [ … ] }` in the forms of the API
    #[arg(long, value_name = "FILE", help_heading = "Demonstration")]
    pub(crate) demo_project: Option<PathBuf>,
}
