//! What the sources say, key by key, each value with the name of its source in every error.

use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroU16,
    path::{Path, PathBuf},
    str::FromStr,
};

use config::{FileFormat, Source as _};
use secrecy::SecretString;

use super::{Config, ENV_PREFIX, Environment, LogFormat, PublicUrl, paths};
use crate::store::LeaseTimes;

/// Settings that cannot be used, in a sentence.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read, or is no TOML.
    #[error(
        "Reading the settings file {path} failed: {detail}. Correct the file, or name another with --config."
    )]
    File {
        /// Which file.
        path: String,
        /// What happened.
        detail: String,
    },
    /// No such key.
    #[error("There is no setting called {key}. The settings are: {}. Correct or remove it.", KEYS.join(", "))]
    Unknown {
        /// The key with its source.
        key: String,
    },
    /// The value cannot be used.
    #[error("The value of {key} cannot be used: {detail}.")]
    Value {
        /// The key with its source.
        key: String,
        /// What is wrong and what would be right.
        detail: String,
    },
    /// The panel would be reachable in clear text from elsewhere.
    #[error("{0}")]
    ClearText(String),
}

/// Where a value came from.
pub(super) enum Source {
    File(PathBuf),
    Environment,
    Flag,
}

impl Source {
    /// The key as this source spells it, with where it stands.
    fn spell(&self, key: &str) -> String {
        match self {
            Self::File(path) => format!("{key} in {}", path.display()),
            Self::Environment => format!("the environment variable {ENV_PREFIX}{}", key.to_uppercase()),
            Self::Flag => format!("--{}", key.replace('_', "-")),
        }
    }
}

/// Every key there is.
const KEYS: [&str; 14] = [
    "listen",
    "metrics_listen",
    "public_url",
    "dns_server",
    "database",
    "data_dir",
    "key_file",
    "log_file",
    "log_format",
    "log_level",
    "workers",
    "lease_seconds",
    "web_root",
    "trusted_proxies",
];

/// Variables under our prefix that are no setting of the server: the file's own name, and what the command line reads.
const OTHER_VARIABLES: [&str; 7] = ["BIN", "CONFIG", "PASSWORD", "TARGET_PASSWORD", "SERVER", "TOKEN", "PIN"];

/// Values set so far; a later source overwrites an earlier one.
#[derive(Default)]
pub(super) struct Layer {
    listen: Option<SocketAddr>,
    metrics_listen: Option<SocketAddr>,
    public_url: Option<PublicUrl>,
    dns_server: Option<SocketAddr>,
    database: Option<SecretString>,
    data_dir: Option<PathBuf>,
    key_file: Option<PathBuf>,
    log_file: Option<PathBuf>,
    log_format: Option<LogFormat>,
    log_level: Option<tracing::Level>,
    workers: Option<NonZeroU16>,
    lease: Option<LeaseTimes>,
    web_root: Option<PathBuf>,
    trusted_proxies: Option<Vec<IpAddr>>,
}

impl Layer {
    /// Takes one value; lists have commas between their parts.
    pub(super) fn set(&mut self, key: &str, text: &str, source: &Source) -> Result<(), ConfigError> {
        let spelled = source.spell(key);
        let path = || match text {
            "" => Err(value(&spelled, "it is empty; a path is needed")),
            path => Ok(Some(PathBuf::from(path))),
        };
        match key {
            "listen" => {
                self.listen = Some(parse(&spelled, text, "an address and port such as 127.0.0.1:7080")?);
            }
            "metrics_listen" => {
                let address = parse(&spelled, text, "an address and port such as 127.0.0.1:9464")?;
                self.metrics_listen = Some(address);
            }
            "public_url" => {
                self.public_url = Some(text.parse().map_err(|error: String| value(&spelled, &error))?);
            }
            "dns_server" => {
                // Without a port it is the one where DNS is spoken.
                let bare = text.trim().parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
                let wanted = "an address and port such as 192.0.2.1:53";
                self.dns_server = Some(bare.or_else(|_| parse(&spelled, text, wanted))?);
            }
            "database" => self.database = Some(database(&spelled, text)?),
            "data_dir" => self.data_dir = path()?,
            "key_file" => self.key_file = path()?,
            "log_file" => self.log_file = path()?,
            "log_format" => self.log_format = Some(parse(&spelled, text, "json or human")?),
            "log_level" => {
                self.log_level = Some(parse(&spelled, text, "error, warn, info, debug or trace")?);
            }
            "workers" => self.workers = Some(parse(&spelled, text, "a number from 1 to 65535")?),
            "lease_seconds" => {
                let wanted = "a number from 4 to 3600";
                let seconds: NonZeroU16 = parse(&spelled, text, wanted)?;
                if !(4..=3600).contains(&seconds.get()) {
                    return Err(value(&spelled, &format!("{text:?} is not {wanted}")));
                }
                self.lease = Some(LeaseTimes::of_seconds(seconds));
            }
            "web_root" => self.web_root = path()?,
            "trusted_proxies" => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let proxies =
                    parts.map(|part| parse(&spelled, part, "an IP address (several with commas between)"));
                self.trusted_proxies = Some(proxies.collect::<Result<_, _>>()?);
            }
            _ => return Err(ConfigError::Unknown { key: spelled }),
        }
        Ok(())
    }

    /// Takes every key of a TOML file.
    pub(super) fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let file = |detail: String| ConfigError::File { path: path.display().to_string(), detail };
        let text = std::fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
        // Parsed from text: given a name, the reader would also try other endings than the one asked for.
        let parsed = config::File::from_str(&text, FileFormat::Toml);
        let keys = parsed.collect().map_err(|error| file(error.to_string().trim().replace('\n', " ")))?;
        let source = Source::File(path.to_owned());
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by(|one, two| one.0.cmp(&two.0));
        for (key, found) in keys {
            let unusable = || value(&source.spell(&key), "a text, a number or a list of texts is needed");
            let text = match found.clone().into_array() {
                Ok(parts) => {
                    let parts: Result<Vec<_>, _> =
                        parts.into_iter().map(config::Value::into_string).collect();
                    parts.map_err(|_| unusable())?.join(",")
                }
                Err(_) => found.into_string().map_err(|_| unusable())?,
            };
            self.set(&key, &text, &source)?;
        }
        Ok(())
    }

    /// Takes every variable under our prefix.
    pub(super) fn read_environment(&mut self, env: &Environment) -> Result<(), ConfigError> {
        let ours = env.iter().filter_map(|(name, text)| Some((name.strip_prefix(ENV_PREFIX)?, text)));
        for (name, text) in ours.filter(|(name, _)| !OTHER_VARIABLES.contains(name)) {
            self.set(&name.to_lowercase(), text, &Source::Environment)?;
        }
        Ok(())
    }

    /// Fills what nobody set with defaults and checks what must fit together.
    pub(super) fn resolve(self, env: &Environment) -> Result<Config, ConfigError> {
        let Some(data_dir) = self.data_dir.or_else(|| paths::data_dir(env)) else {
            return Err(value("data_dir", "it is not set and there is no home folder; set it"));
        };
        let listen = self.listen.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7080)));
        refuse_clear_text(listen, self.public_url.as_ref())?;
        Ok(Config {
            listen,
            metrics_listen: self.metrics_listen,
            public_url: self.public_url,
            dns_server: self.dns_server,
            database: self.database,
            log_file: self.log_file.unwrap_or_else(|| paths::log_file(&data_dir)),
            data_dir,
            log_format: self.log_format.unwrap_or_default(),
            log_level: self.log_level.unwrap_or(tracing::Level::INFO),
            workers: self.workers.unwrap_or(const { NonZeroU16::new(8).expect("eight is not zero") }),
            lease: self.lease.unwrap_or_default(),
            key_file: self.key_file,
            web_root: self.web_root,
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
        })
    }
}

/// Passwords and sessions must not cross a network in clear text.
fn refuse_clear_text(listen: SocketAddr, public_url: Option<&PublicUrl>) -> Result<(), ConfigError> {
    let problem = match public_url {
        Some(url) if url.is_https() => return Ok(()),
        Some(url) if !url.is_loopback() => {
            format!("public_url is {url}: over http the panel answers on this machine only")
        }
        Some(_) | None if !listen.ip().is_loopback() => {
            format!("listen is {listen}: over http the panel listens on loopback only")
        }
        Some(_) | None => return Ok(()),
    };
    Err(ConfigError::ClearText(format!(
        "{problem}, because passwords would cross the network in clear text. Put a TLS proxy in front and set \
         public_url to its https:// address, or listen on 127.0.0.1 and reach it through an SSH tunnel."
    )))
}

fn value(key: &str, detail: &str) -> ConfigError {
    ConfigError::Value { key: key.to_owned(), detail: detail.to_owned() }
}

fn parse<T: FromStr>(key: &str, text: &str, wanted: &str) -> Result<T, ConfigError> {
    text.trim().parse().map_err(|_| value(key, &format!("{text:?} is not {wanted}")))
}

/// The URL is not repeated in errors: it may hold a password.
fn database(key: &str, text: &str) -> Result<SecretString, ConfigError> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    match known.iter().any(|scheme| text.starts_with(scheme)) {
        true => Ok(SecretString::from(text)),
        false => Err(value(key, "it must begin with sqlite: or postgres://")),
    }
}
