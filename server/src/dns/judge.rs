//! What the answers of DNS mean for a cutover, in words. Pure.

use hickory_proto::op::ResponseCode;
use shared::dns::{BatchDns, Course, DomainDns, MailHost, Points, SHORT_TTL};

use super::{
    ask::{PATIENCE, Silence},
    look::{Answer, HOSTS_MAX, Host, System},
    name::shown,
};
use crate::report::words::counted;

const ELSE: &str = "name another DNS server with --dns-server";

/// What DNS says of a domain, held against the two systems.
pub(super) fn domain(
    domain: String,
    mailboxes: u64,
    answer: Answer,
    source: &System,
    target: &System,
) -> DomainDns {
    let unknown = |domain, problem| DomainDns {
        domain,
        mailboxes,
        course: Course::Unknown,
        ttl: None,
        ttl_of_zone: false,
        hosts: Vec::new(),
        advice: Vec::new(),
        problem: Some(problem),
    };
    match answer {
        Answer::NoName => {
            let problem = format!("{domain} is no domain name. Correct the addresses of these mailboxes.");
            unknown(domain, problem)
        }
        Answer::Silent(why) => {
            let problem = problem(&domain, &why);
            unknown(domain, problem)
        }
        Answer::Told { hosts, of_zone, stale, more } => {
            let hosts: Vec<_> = hosts.into_iter().map(|host| mail_host(host, source, target)).collect();
            let ttl = hosts.iter().map(|host| host.ttl).min();
            let course = course(&hosts);
            let mut told = DomainDns {
                domain,
                mailboxes,
                course,
                ttl,
                ttl_of_zone: of_zone,
                hosts,
                advice: Vec::new(),
                problem: None,
            };
            told.advice = advice(&told, stale, more);
            told
        }
    }
}

fn mail_host(host: Host, source: &System, target: &System) -> MailHost {
    let named = |system: &System| system.name.as_ref().is_some_and(|name| *name == host.name);
    let placed = |system: &System| !system.addresses.is_disjoint(&host.addresses);
    // A name says more than an address, which a host may share with others.
    let points = match (named(source), named(target)) {
        (false, false) => match (placed(source), placed(target)) {
            (false, false) if host.addresses.is_empty() => Points::Unknown,
            (false, false) => Points::Elsewhere,
            (source, target) => one_of(source, target),
        },
        (source, target) => one_of(source, target),
    };
    MailHost {
        name: shown(&host.name),
        preference: host.preference,
        ttl: host.ttl,
        addresses: host.addresses.iter().map(ToString::to_string).collect(),
        points,
    }
}

const fn one_of(source: bool, target: bool) -> Points {
    match (source, target) {
        (true, false) => Points::Source,
        (false, true) => Points::Target,
        (true, true) | (false, false) => Points::Both,
    }
}

fn course(hosts: &[MailHost]) -> Course {
    let points: Vec<_> = hosts.iter().map(|host| host.points).collect();
    let all = |wanted: Points| points.iter().all(|points| *points == wanted);
    match points.first() {
        None => Course::Nowhere,
        Some(Points::Source) if all(Points::Source) => Course::Source,
        Some(Points::Target) if all(Points::Target) => Course::Target,
        Some(Points::Both) if all(Points::Both) => Course::Both,
        Some(Points::Unknown) if all(Points::Unknown) => Course::Unknown,
        Some(_) if points.iter().all(|points| matches!(points, Points::Elsewhere | Points::Unknown)) => {
            Course::Elsewhere
        }
        Some(_) => Course::Mixed,
    }
}

/// What it means and what to do.
fn advice(told: &DomainDns, stale: Option<u32>, more: bool) -> Vec<String> {
    let mut advice = vec![
        match told.course {
            Course::Source => "It points to the old system.",
            Course::Target => "It points to the new system: switched.",
            Course::Both => {
                "The two systems have one name or address: to which of them it points cannot be told from here."
            }
            Course::Mixed => {
                "Its mail servers lead to different places, so that mail may still arrive at the old one. Let all of them \
                 name the new system, and remove the others."
            }
            Course::Elsewhere => {
                "It points to neither of the two systems. Where that is a mail filter, let the filter deliver to the new \
                 system."
            }
            Course::Nowhere => {
                "No mail can arrive: it has no mail server and no address, or says that it takes no mail. Give it an MX \
                 record that names the new system."
            }
            Course::Unknown => {
                "Its mail servers have no address that could be found. Correct their names, or ask again."
            }
        }
        .to_owned(),
    ];
    if told.hosts.first().is_some_and(|host| host.preference.is_none()) {
        advice.push(
            "It has no MX record, and mail goes to the address of the name itself. Give it an MX record that names the new \
             system."
                .into(),
        );
    }
    if let Some(stale) = stale {
        advice.push(format!(
            "The zone says so already; other DNS servers may give the old answer for up to {} more.",
            duration(stale)
        ));
    }
    advice.extend(told.ttl.map(|ttl| match (told.course, ttl > SHORT_TTL, told.ttl_of_zone) {
        (Course::Target, true, _) => format!("Its time to live is {ttl} s, which may be long again now."),
        (_, true, _) => format!(
            "Its time to live is {ttl} s: lower it to {SHORT_TTL} s at least {} before the switch, so that the switch \
             takes effect within minutes.",
            duration(ttl)
        ),
        (_, false, true) => format!("Its time to live is {ttl} s: short enough."),
        (_, false, false) => format!(
            "In the DNS server's memory it lives for {ttl} s more; how long it lives in the zone was not told: the zone's \
             own servers were not asked, or do not answer this machine. Look into the zone itself."
        ),
    }));
    if more {
        advice.push(format!("Only its {HOSTS_MAX} preferred mail servers are shown."));
    }
    advice
}

/// Why DNS did not tell, and what to do.
fn problem(domain: &str, why: &Silence) -> String {
    match why {
        Silence::NoSuchName => format!(
            "DNS knows no {domain} (NXDOMAIN). Check the spelling in the mailboxes' addresses, and that the domain is \
             registered and its zone delegated."
        ),
        Silence::Refused { server, code: ResponseCode::ServFail } => format!(
            "The DNS server {server} could not find out about {domain} (SERVFAIL): the zone's servers do not answer it, or \
             the zone's signatures (DNSSEC) do not fit. Ask again in a minute; then look at the zone's servers, or {ELSE}."
        ),
        Silence::Refused { server, code: ResponseCode::Refused } => format!(
            "The DNS server {server} refuses to answer this machine (REFUSED). Let it answer, or {ELSE}."
        ),
        Silence::Refused { server, code } => format!(
            "The DNS server {server} said {} about {domain}. Look into its log, or {ELSE}.",
            code.to_str()
        ),
        Silence::Unreachable { server, detail } => format!(
            "The DNS server {server} cannot be reached: {detail}. Check /etc/resolv.conf and the way to port 53 over UDP and \
             TCP, or {ELSE}."
        ),
        Silence::Garbled { server } => format!(
            "What the DNS server {server} sent about {domain} is no answer to the question. Ask again; if it stays, {ELSE}."
        ),
        Silence::TooLate => format!(
            "No DNS server answered about {domain} within {} seconds. Check /etc/resolv.conf and the way to port 53 over \
             UDP and TCP, or {ELSE}.",
            PATIENCE.as_secs()
        ),
    }
}

/// It all in lines, for people.
pub(super) fn lines(told: &BatchDns) -> Vec<String> {
    let mut lines = Vec::new();
    for domain in &told.domains {
        let mailboxes = counted(domain.mailboxes, "mailbox");
        lines.push(format!("{} ({mailboxes}): {}", domain.domain, domain.course.title()));
        for host in &domain.hosts {
            let preference =
                host.preference.map_or_else(String::new, |preference| format!("MX {preference} "));
            let addresses = match host.addresses.as_slice() {
                [] => String::new(),
                addresses => format!(" ({})", addresses.join(" ")),
            };
            lines.push(format!(
                "  {preference}{}, TTL {} s, {}{addresses}",
                host.name,
                host.ttl,
                host.points.title()
            ));
        }
        lines.extend(domain.problem.iter().chain(&domain.advice).map(|sentence| format!("  {sentence}")));
    }
    lines.extend(told.notes());
    lines
}

/// So many seconds, in the largest unit that is not longer.
fn duration(seconds: u32) -> String {
    let (number, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds.div_ceil(60), "minute"),
        3600..86_400 => (seconds.div_ceil(3600), "hour"),
        86_400.. => (seconds.div_ceil(86_400), "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::{Course, MailHost, Points, course, duration};

    #[test]
    fn all_mail_servers_together_say_where_the_mail_goes() {
        let host = |points| MailHost {
            name: "mx.example".into(),
            preference: Some(10),
            ttl: 300,
            addresses: Vec::new(),
            points,
        };
        let check = |points: &[Points], wanted: Course| {
            let hosts: Vec<_> = points.iter().map(|points| host(*points)).collect();
            assert_eq!(course(&hosts), wanted, "{points:?}");
        };
        check(&[], Course::Nowhere);
        check(&[Points::Source, Points::Source], Course::Source);
        check(&[Points::Target], Course::Target);
        check(&[Points::Target, Points::Source], Course::Mixed);
        check(&[Points::Target, Points::Elsewhere], Course::Mixed);
        check(&[Points::Elsewhere, Points::Unknown], Course::Elsewhere);
        check(&[Points::Both], Course::Both);
        check(&[Points::Unknown], Course::Unknown);
    }

    #[test]
    fn durations_are_never_told_shorter_than_they_are() {
        for (seconds, words) in [
            (1, "1 second"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (3600, "1 hour"),
            (86_400, "1 day"),
            (90_000, "2 days"),
        ] {
            assert_eq!(duration(seconds), words);
        }
    }
}
