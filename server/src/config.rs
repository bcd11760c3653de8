//! The server's settings: from flags, environment, file and defaults, in this order of precedence.

mod flags;
mod layer;
mod paths;
mod values;

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU16, path::PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use flags::{NodeFlags, ServeFlags, SettingFlags, StoreFlags};
pub(crate) use layer::ConfigError;
use layer::{Layer, Source};
pub(crate) use paths::default_data_dir;
pub(crate) use values::{LogFormat, PublicUrl, is_loopback_host};

use crate::store::LeaseTimes;

/// What every environment variable of ours begins with.
const ENV_PREFIX: &str = "CARBONIO_MIGRATE_";

/// Where the settings file is looked for when none is named.
const DEFAULT_FILE: &str = "/etc/carbonio-migrate/config.toml";

/// The environment as a plain value, so that a test can bring its own.
pub(crate) type Environment = BTreeMap<String, String>;

/// Settings with nothing left to decide.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the panel listens; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Where numbers for Prometheus are told; none: nowhere.
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// The DNS server that is asked for the checklists of cutovers; none: those of the system.
    pub(crate) dns_server: Option<SocketAddr>,
    /// The address admins type, when it is not the one listened on.
    pub(crate) public_url: Option<PublicUrl>,
    /// The database's URL; none: SQLite in the data directory. May hold a password.
    pub(crate) database: Option<SecretString>,
    /// Where database, keys and the set-up token are kept.
    pub(crate) data_dir: PathBuf,
    /// The log file.
    pub(crate) log_file: PathBuf,
    /// The log file's form.
    pub(crate) log_format: LogFormat,
    /// How much is logged.
    pub(crate) log_level: tracing::Level,
    /// How many mailboxes move at once on this node.
    pub(crate) workers: NonZeroU16,
    /// How long leases last.
    pub(crate) lease: LeaseTimes,
    /// The file of the key that seals endpoint secrets; none: in the data directory.
    pub(crate) key_file: Option<PathBuf>,
    /// Serves the panel from this folder instead of the one built in.
    pub(crate) web_root: Option<PathBuf>,
    /// Addresses whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<std::net::IpAddr>,
}

impl Config {
    /// Settings from this process's surroundings.
    pub(crate) fn load(flags: &SettingFlags) -> Result<Self, ConfigError> {
        Self::from_parts(flags, &std::env::vars().collect())
    }

    /// Settings from flags and an environment. The file is the one named by either, else the default one when present.
    fn from_parts(flags: &SettingFlags, env: &Environment) -> Result<Self, ConfigError> {
        let mut layer = Layer::default();
        let named =
            flags.node.store.config.clone().or_else(|| env.get("CARBONIO_MIGRATE_CONFIG").map(PathBuf::from));
        let file = named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()));
        if let Some(path) = file {
            layer.read_file(&path)?;
        }
        layer.read_environment(env)?;
        for (key, value) in flags.given() {
            layer.set(key, value, &Source::Flag)?;
        }
        layer.resolve(env)
    }

    /// Whether several nodes may work on the database together.
    pub(crate) fn shares_database(&self) -> bool {
        self.database.as_ref().is_some_and(|url| !url.expose_secret().starts_with("sqlite:"))
    }

    /// Whether browsers reach the panel over TLS (ended by a proxy in front of it).
    pub(crate) fn secure(&self) -> bool {
        self.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError, Environment, NodeFlags, SettingFlags, StoreFlags};

    fn load(file: &str, env: &[(&str, &str)], flags: SettingFlags) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).expect("written");
        let mut env: Environment = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        env.insert("HOME".into(), "/home/anna".into());
        let store = StoreFlags { config: Some(path), ..flags.node.store.clone() };
        let node = NodeFlags { store, ..flags.node.clone() };
        Config::from_parts(&SettingFlags { node, ..flags }, &env)
    }

    fn listen(address: &str) -> SettingFlags {
        SettingFlags { listen: Some(address.into()), ..SettingFlags::default() }
    }

    #[track_caller]
    fn refused(file: &str, env: &[(&str, &str)], flags: SettingFlags, parts: &[&str]) {
        let error = load(file, env, flags).expect_err("refused").to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in: {error}");
        }
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let file = "listen = \"127.0.0.1:1\"\nworkers = 3\nlog_level = \"debug\"";
        let env = [("CARBONIO_MIGRATE_LISTEN", "127.0.0.1:2"), ("CARBONIO_MIGRATE_WORKERS", "5")];
        let config = load(file, &env, listen("127.0.0.1:3")).expect("loads");
        assert_eq!(config.listen.port(), 3, "the flag wins");
        assert_eq!(config.workers.get(), 5, "the environment wins over the file");
        assert_eq!(config.log_level, tracing::Level::DEBUG, "the file wins over the default");
        let config = load("", &[], SettingFlags::default()).expect("loads");
        assert_eq!(config.listen.to_string(), "127.0.0.1:7080");
        assert!(!config.secure());
    }

    #[test]
    fn a_bad_value_names_its_key_and_its_source() {
        refused("workers = 0", &[], SettingFlags::default(), &["workers", "config.toml", "0"]);
        let env = [("CARBONIO_MIGRATE_WORKERS", "many")];
        refused("", &env, SettingFlags::default(), &["CARBONIO_MIGRATE_WORKERS", "many"]);
        refused("", &[], listen("here"), &["--listen", "here"]);
    }

    #[test]
    fn a_lease_is_neither_too_short_to_be_renewed_nor_forgotten() {
        for seconds in ["0", "3", "3601", "soon"] {
            refused(
                &format!("lease_seconds = \"{seconds}\""),
                &[],
                SettingFlags::default(),
                &["lease_seconds"],
            );
        }
        let config = load("lease_seconds = 8", &[], SettingFlags::default()).expect("loads");
        assert_eq!(config.lease.heartbeat(), std::time::Duration::from_secs(2));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        refused("lisen = \"127.0.0.1:1\"", &[], SettingFlags::default(), &["lisen", "config.toml"]);
        refused("", &[("CARBONIO_MIGRATE_LISEN", "x")], SettingFlags::default(), &["CARBONIO_MIGRATE_LISEN"]);
    }

    #[test]
    fn a_database_password_is_in_no_error_and_no_debug() {
        let file = "database = \"mysql://admin:hunter2hunter2@db/x\"";
        refused(file, &[], SettingFlags::default(), &["database", "postgres://"]);
        let error = load(file, &[], SettingFlags::default()).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let good = load("database = \"postgres://admin:hunter2@db/x\"", &[], SettingFlags::default());
        assert!(!format!("{:?}", good.expect("loads")).contains("hunter2"));
    }

    #[test]
    fn clear_http_is_for_loopback_only() {
        refused("", &[], listen("0.0.0.0:7080"), &["public_url", "https"]);
        refused(
            "public_url = \"http://panel.example\"",
            &[],
            SettingFlags::default(),
            &["public_url", "https"],
        );
        let proxied =
            load("public_url = \"https://panel.example\"", &[], listen("0.0.0.0:7080")).expect("loads");
        assert!(proxied.secure());
        load("public_url = \"http://localhost:7080\"", &[], SettingFlags::default())
            .expect("loopback by name");
    }

    #[test]
    fn a_dns_server_is_an_address_with_or_without_a_port() {
        for (text, address) in [
            ("192.0.2.1", "192.0.2.1:53"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("2001:db8::1", "[2001:db8::1]:53"),
        ] {
            let config =
                load(&format!("dns_server = \"{text}\""), &[], SettingFlags::default()).expect("loads");
            assert_eq!(config.dns_server.map(|server| server.to_string()).as_deref(), Some(address));
        }
        refused(
            "dns_server = \"ns.example.org\"",
            &[],
            SettingFlags::default(),
            &["dns_server", "192.0.2.1:53"],
        );
    }

    #[test]
    fn a_list_of_proxies_comes_from_the_file_or_the_environment() {
        let file = "trusted_proxies = [\"10.0.0.1\", \"::1\"]";
        assert_eq!(load(file, &[], SettingFlags::default()).expect("loads").trusted_proxies.len(), 2);
        let env = [("CARBONIO_MIGRATE_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2")];
        assert_eq!(load("", &env, SettingFlags::default()).expect("loads").trusted_proxies.len(), 2);
        refused("trusted_proxies = [\"proxy\"]", &[], SettingFlags::default(), &["trusted_proxies", "proxy"]);
    }
}
