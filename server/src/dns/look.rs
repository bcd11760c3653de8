//! What DNS says of one domain: its mail servers with their addresses, as the zone itself says where it can be asked.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
};

use futures_util::future::{join, join_all};
use hickory_proto::{
    op::Message,
    rr::{Name, RData, RecordType},
};

use super::{
    ask::{Asker, Silence, Zones, in_time},
    name::parse,
};

/// So many mail servers of a domain are looked at, the preferred ones.
pub(super) const HOSTS_MAX: usize = 10;
/// So many addresses of one host.
const ADDRESSES_MAX: usize = 16;
/// So many servers of a zone are asked.
const ZONE_SERVERS_MAX: usize = 3;
/// A zone begins so many labels above a name at most.
const ABOVE_MAX: usize = 4;
/// An alias of an alias, and so on: no further.
const ALIASES_MAX: usize = 8;

/// A mail server with its addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host {
    /// None: the domain itself, which has no MX record.
    pub(super) preference: Option<u16>,
    pub(super) name: Name,
    pub(super) ttl: u32,
    pub(super) addresses: BTreeSet<IpAddr>,
}

/// What DNS says of a domain.
#[derive(Debug)]
pub(super) enum Answer {
    /// It told.
    Told {
        /// The mail servers, the preferred ones first; none: no mail can arrive.
        hosts: Vec<Host>,
        /// Whether the zone's own server said so.
        of_zone: bool,
        /// How long other servers may still give another answer than the zone, in seconds; none: they give the same.
        stale: Option<u32>,
        /// Whether it has more mail servers than are looked at.
        more: bool,
    },
    /// It did not tell.
    Silent(Silence),
    /// It is no name that could be asked for.
    NoName,
}

/// One of the two systems: its name and its addresses.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) name: Option<Name>,
    pub(super) addresses: BTreeSet<IpAddr>,
}

/// Where one of the two systems is.
pub(super) async fn system(asker: &Asker, host: &str) -> System {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return System { name: None, addresses: BTreeSet::from([address]) };
    }
    match parse(host) {
        Some(name) => System { addresses: addresses(asker, &name).await.0, name: Some(name) },
        None => System::default(),
    }
}

/// Asks for a domain's mail servers.
pub(super) async fn domain(asker: &Asker, domain: &str) -> Answer {
    let Some(name) = parse(domain) else { return Answer::NoName };
    let told = match asker.ask(&name, RecordType::MX).await {
        Ok(told) => told,
        Err(why) => return Answer::Silent(why),
    };
    let mut servers = mail_servers(&told, &name);
    let (mut of_zone, mut stale) = (told.metadata.authoritative, None);
    if let (false, Some(zones)) = (of_zone, asker.zones)
        && let Some(Some(own)) = in_time(of_the_zone(asker, zones, &name)).await
    {
        let newer = mail_servers(&own, &name);
        let names = |servers: &[Host]| -> BTreeSet<(Option<u16>, Name)> {
            servers.iter().map(|host| (host.preference, host.name.clone())).collect()
        };
        // An alias without what it leads to, which another zone holds, says nothing of mail servers.
        if !newer.is_empty() || own.answers.is_empty() {
            let differs = names(&newer) != names(&servers);
            // How long others remember that there was no mail server, nobody told.
            stale = servers.iter().map(|host| host.ttl).max().filter(|_| differs);
            (servers, of_zone) = (newer, true);
        }
    }
    if servers.is_empty() {
        // Mail goes to the address of the name itself then (RFC 5321, section 5.1).
        let (addresses, ttl, authoritative) = addresses(asker, &name).await;
        let own = Host { preference: None, name, ttl, addresses };
        let hosts = if own.addresses.is_empty() { Vec::new() } else { vec![own] };
        return Answer::Told { hosts, of_zone: authoritative, stale, more: false };
    }
    let more = servers.len() > HOSTS_MAX;
    servers.truncate(HOSTS_MAX);
    let found = join_all(servers.iter().map(|host| addresses(asker, &host.name))).await;
    for (host, (addresses, ..)) in servers.iter_mut().zip(found) {
        host.addresses = addresses;
    }
    // "." says that the domain takes no mail (RFC 7505).
    servers.retain(|host| !host.name.is_root());
    Answer::Told { hosts: servers, of_zone, stale, more }
}

/// The mail servers in an answer, the preferred ones first.
fn mail_servers(message: &Message, name: &Name) -> Vec<Host> {
    let owners = aliases(message, name);
    let of = message.answers.iter().filter(|record| owners.contains(&record.name.to_lowercase()));
    let hosts = of.filter_map(|record| match &record.data {
        RData::MX(mx) => Some(Host {
            preference: Some(mx.preference),
            name: mx.exchange.to_lowercase(),
            ttl: record.ttl,
            addresses: BTreeSet::new(),
        }),
        _ => None,
    });
    let hosts: BTreeSet<Host> = hosts.collect();
    hosts.into_iter().collect()
}

/// A name and what it is an alias of in an answer.
fn aliases(message: &Message, name: &Name) -> BTreeSet<Name> {
    let mut owners = BTreeSet::from([name.to_lowercase()]);
    for _ in 0..ALIASES_MAX {
        let next: Vec<_> = message
            .answers
            .iter()
            .filter(|record| owners.contains(&record.name.to_lowercase()))
            .filter_map(|record| match &record.data {
                RData::CNAME(alias) => Some(alias.0.to_lowercase()),
                _ => None,
            })
            .collect();
        owners.extend(next);
    }
    owners
}

/// The addresses of a host, their time to live, and whether they were told with authority. What is not told is none.
async fn addresses(asker: &Asker, name: &Name) -> (BTreeSet<IpAddr>, u32, bool) {
    if name.is_root() {
        return (BTreeSet::new(), 0, false);
    }
    let (four, six) = join(asker.ask(name, RecordType::A), asker.ask(name, RecordType::AAAA)).await;
    let mut found = BTreeSet::new();
    let (mut shortest, mut authoritative) = (u32::MAX, true);
    for message in [four, six].into_iter().flatten() {
        let owners = aliases(&message, name);
        for record in message.answers.iter().filter(|record| owners.contains(&record.name.to_lowercase())) {
            let address = match &record.data {
                RData::A(four) => IpAddr::V4(four.0),
                RData::AAAA(six) => IpAddr::V6(six.0),
                _ => continue,
            };
            if found.len() < ADDRESSES_MAX {
                found.insert(address);
                shortest = shortest.min(record.ttl);
                authoritative &= message.metadata.authoritative;
            }
        }
    }
    let ttl = if found.is_empty() { 0 } else { shortest };
    (found, ttl, authoritative)
}

/// What a server of the name's own zone says with authority. None: none of them answers this machine.
async fn of_the_zone(asker: &Asker, zones: Zones, name: &Name) -> Option<Message> {
    let mut zone = name.clone();
    let mut servers = Vec::new();
    for _ in 0..ABOVE_MAX {
        // Servers of top-level domains know nothing of ours, and are not ours to ask.
        if zone.num_labels() < 2 {
            return None;
        }
        if let Ok(told) = asker.ask(&zone, RecordType::NS).await {
            servers = told
                .answers
                .iter()
                .filter(|record| record.name.to_lowercase() == zone)
                .filter_map(|record| match &record.data {
                    RData::NS(server) => Some(server.0.to_lowercase()),
                    _ => None,
                })
                .take(ZONE_SERVERS_MAX)
                .collect();
        }
        if !servers.is_empty() {
            break;
        }
        zone = zone.base_name();
    }
    for server in servers {
        let (places, ..) = addresses(asker, &server).await;
        for address in places.into_iter().filter(|address| zones.may_ask(*address)).take(2) {
            let server = SocketAddr::new(address, zones.port);
            if let Some(told) = Asker::ask_zone(server, name, RecordType::MX).await {
                return Some(told);
            }
        }
    }
    None
}
