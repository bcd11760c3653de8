//! Where a request may come from: the panel's own pages under its own name, and nowhere else.
//!
//! Cookies are `SameSite=Strict` already; this refuses forged requests also where a browser does not honour that, and
//! pages that point a name of their own at this machine (DNS rebinding).

use crate::config::{PublicUrl, is_loopback_host};

/// The names under which the panel answers.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    public_url: Option<PublicUrl>,
}

/// What a request says about where it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Arrival<'a> {
    /// `Host`.
    pub(crate) host: Option<&'a str>,
    /// `Origin`.
    pub(crate) origin: Option<&'a str>,
    /// `Sec-Fetch-Site`.
    pub(crate) fetch_site: Option<&'a str>,
    /// `Content-Type`.
    pub(crate) content_type: Option<&'a str>,
    /// Whether it has a body.
    pub(crate) has_body: bool,
    /// `X-CM`: a header no form can send.
    pub(crate) marker: Option<&'a str>,
}

impl Place {
    pub(crate) fn new(public_url: Option<PublicUrl>) -> Self {
        Self { public_url }
    }

    /// The host's name, as a word a password must not be made of.
    pub(crate) fn name(&self) -> &str {
        self.public_url.as_ref().map_or("localhost", PublicUrl::authority)
    }

    /// Says what is wrong with the name a request was sent to; none when it is ours.
    pub(crate) fn host_problem(&self, host: Option<&str>) -> Option<String> {
        let host = host.unwrap_or_default();
        let public = self.public_url.as_ref().is_some_and(|url| url.authority().eq_ignore_ascii_case(host));
        if public || is_loopback_host(host) {
            return None;
        }
        Some(match &self.public_url {
            Some(url) => format!("This server answers at {url} only. Use that address, or change public_url."),
            None => "This server answers at its loopback address only. To reach it from elsewhere, put a TLS proxy in \
                     front and set public_url."
                .into(),
        })
    }

    /// Says why a request that changes something is refused; none when the panel itself sent it.
    pub(crate) fn change_problem(&self, arrival: &Arrival<'_>) -> Option<&'static str> {
        let kind = arrival.content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
        if arrival.has_body && !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            return Some("The request was refused because its Content-Type is not application/json.");
        }
        if arrival.marker != Some("1") {
            return Some("The request was refused because it lacks the header `X-CM: 1`.");
        }
        if arrival.fetch_site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
            return Some("The request was refused because another site sent it.");
        }
        if arrival.origin.is_some_and(|origin| !self.is_own(origin, arrival.host.unwrap_or_default())) {
            return Some("The request was refused because a page of another origin sent it.");
        }
        None
    }

    /// Whether an origin is the panel's: the public one, or this machine's under the name the request was sent to.
    fn is_own(&self, origin: &str, host: &str) -> bool {
        let public = self.public_url.as_ref().is_some_and(|url| url.to_string().eq_ignore_ascii_case(origin));
        let here = is_loopback_host(host) && origin.eq_ignore_ascii_case(&format!("http://{host}"));
        public || here
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrival, Place};

    /// What the panel itself sends.
    fn own() -> Arrival<'static> {
        Arrival {
            host: Some("127.0.0.1:7080"),
            origin: Some("http://127.0.0.1:7080"),
            fetch_site: Some("same-origin"),
            content_type: Some("application/json; charset=utf-8"),
            has_body: true,
            marker: Some("1"),
        }
    }

    fn check(arrival: Arrival<'_>, accepted: bool) {
        let problem = Place::new(None).change_problem(&arrival);
        assert_eq!(problem.is_none(), accepted, "{arrival:?}: {problem:?}");
    }

    #[test]
    fn the_panel_and_programs_on_the_host_may_change_things() {
        check(own(), true);
        check(Arrival { origin: None, fetch_site: None, ..own() }, true);
        check(Arrival { content_type: None, has_body: false, ..own() }, true);
        check(Arrival { fetch_site: Some("none"), ..own() }, true);
    }

    #[test]
    fn forged_requests_are_refused() {
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
        {
            check(Arrival { content_type: Some(kind), ..own() }, false);
        }
        check(Arrival { content_type: None, ..own() }, false);
        check(Arrival { marker: None, ..own() }, false);
        check(Arrival { marker: Some("0"), ..own() }, false);
        check(Arrival { fetch_site: Some("cross-site"), ..own() }, false);
        check(Arrival { fetch_site: Some("same-site"), ..own() }, false);
        for origin in ["null", "http://evil.example", "http://127.0.0.1:7081", "https://127.0.0.1:7080"] {
            check(Arrival { origin: Some(origin), ..own() }, false);
        }
    }

    #[test]
    fn a_name_pointed_at_this_machine_by_somebody_else_is_refused() {
        let place = Place::new(None);
        assert_eq!(place.host_problem(Some("localhost:7080")), None);
        assert_eq!(place.host_problem(Some("[::1]:7080")), None);
        assert!(place.host_problem(Some("evil.example:7080")).is_some());
        assert!(place.host_problem(None).is_some());
    }

    #[test]
    fn behind_a_proxy_the_public_origin_counts() {
        let place = Place::new(Some("https://migrate.example.org".parse().expect("a URL")));
        assert_eq!(place.host_problem(Some("Migrate.example.org")), None);
        assert!(place.host_problem(Some("other.example.org")).is_some());
        let public = Arrival { origin: Some("https://migrate.example.org"), ..own() };
        assert_eq!(place.change_problem(&public), None);
        let plain = Arrival {
            host: Some("migrate.example.org"),
            origin: Some("http://migrate.example.org"),
            ..own()
        };
        assert!(place.change_problem(&plain).is_some());
    }
}
