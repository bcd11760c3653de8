//! Values that only exist when they are good.

use std::{fmt, net::IpAddr, str::FromStr};

/// The form of the log file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogFormat {
    /// One line of text for each event.
    #[default]
    Human,
    /// One JSON object for each event.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// The address admins type: a scheme, a host and perhaps a port, and nothing behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl {
    https: bool,
    /// Host and port as a browser sends them in `Host`: lower case, without the scheme's own port.
    authority: String,
}

impl PublicUrl {
    /// Whether browsers speak TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.https
    }

    /// Host and port as a browser sends them in `Host`.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it means this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback_host(&self.authority)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority)
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!("{text:?} is not an address such as https://migrate.example.org, with nothing behind it")
        };
        let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        let (host, port) = split_authority(&authority);
        if host.is_empty()
            || !authority.chars().all(fits)
            || port.is_some_and(|port| port.parse::<u16>().is_err())
        {
            return Err(wrong());
        }
        let own_port = if https { "443" } else { "80" };
        let authority = if port == Some(own_port) { host.to_owned() } else { authority };
        Ok(Self { https, authority })
    }
}

/// Whether a `Host` header means this machine.
pub(crate) fn is_loopback_host(authority: &str) -> bool {
    let (host, _) = split_authority(authority);
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Splits host and port; an IPv6 address keeps its brackets.
fn split_authority(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{PublicUrl, is_loopback_host};

    fn check(text: &str, shown: Option<&str>) {
        assert_eq!(text.parse::<PublicUrl>().ok().map(|url| url.to_string()).as_deref(), shown, "{text}");
    }

    #[test]
    fn a_public_url_is_scheme_host_and_port_only() {
        check("https://Migrate.Example.org/", Some("https://migrate.example.org"));
        check("https://migrate.example.org:443", Some("https://migrate.example.org"));
        check("https://migrate.example.org:8443", Some("https://migrate.example.org:8443"));
        check("http://[::1]:7080", Some("http://[::1]:7080"));
        for wrong in
            ["migrate.example.org", "ftp://x", "https://", "https://x/y", "https://u@x", "https://x:port"]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_address() {
        for host in ["localhost", "LOCALHOST:7080", "127.0.0.1", "127.8.9.1:1", "[::1]:7080"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1:80", "", "127.0.0.1.example:80"] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }
}
