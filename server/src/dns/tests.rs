//! Against a scripted DNS server on loopback: usual zones, errors, silence, and hostile answers.

use std::time::{Duration, Instant};

use servers::dns::{Data, Dns as Server, Reply};
use shared::{
    cutover::Step,
    dns::{BatchDns, Course, DomainDns, Points},
    id::BatchId,
    time::Timestamp,
};

use super::{
    Dns, Domains,
    ask::{Asker, Zones},
    told,
};

fn address(text: &str) -> Data {
    Data::Address(text.parse().expect("an address"))
}

/// A server that knows both systems: the old one at 192.0.2.1, the new one at 192.0.2.2.
fn server() -> Server {
    let server = Server::start().expect("starts");
    server.set("imap.old.example", Reply::Records(vec![(60, address("192.0.2.1"))]));
    server.set("imap.new.example", Reply::Records(vec![(60, address("192.0.2.2"))]));
    server.set(
        "mx.old.example",
        Reply::Records(vec![(60, address("192.0.2.1")), (60, address("2001:db8::1"))]),
    );
    server.set("mx.new.example", Reply::Records(vec![(60, address("192.0.2.2"))]));
    server.set("filter.example", Reply::Records(vec![(60, address("198.51.100.1"))]));
    server
}

fn domains(names: &[&str]) -> Domains {
    Domains {
        source: "IMAP.old.example".into(),
        target: "imap.new.example".into(),
        list: names.iter().map(|name| ((*name).to_owned(), 2)).collect(),
        more: 0,
        nameless: 0,
    }
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

async fn ask(server: &Server, names: &[&str]) -> BatchDns {
    Dns::new(Some(server.address())).of_batch(BatchId(1), domains(names), false, now()).await
}

/// What a domain with this reply is told to be.
async fn one(reply: Reply) -> DomainDns {
    let server = server();
    server.set("a.example", reply);
    ask(&server, &["a.example"]).await.domains.remove(0)
}

#[tokio::test]
async fn mail_servers_are_told_with_preference_time_to_live_and_system() {
    let records = vec![(86_400, Data::mx(20, "filter.example")), (3600, Data::mx(10, "mx.old.example"))];
    let told = one(Reply::Records(records)).await;
    let hosts: Vec<_> =
        told.hosts.iter().map(|host| (host.preference, host.name.as_str(), host.ttl, host.points)).collect();
    assert_eq!(
        hosts,
        [
            (Some(10), "mx.old.example", 3600, Points::Source),
            (Some(20), "filter.example", 86_400, Points::Elsewhere)
        ]
    );
    assert_eq!(told.hosts[0].addresses, ["192.0.2.1", "2001:db8::1"]);
    assert_eq!((told.course, told.ttl, told.ttl_of_zone), (Course::Mixed, Some(3600), true));
    let advice = told.advice.join(" ");
    assert!(advice.contains("3600 s: lower it to 300 s at least 1 hour before"), "{advice}");
}

#[tokio::test]
async fn the_switch_is_seen_and_both_steps_are_held_against_it() {
    let server = server();
    server.set("a.example", Reply::Records(vec![(86_400, Data::mx(10, "mx.old.example"))]));
    let before = ask(&server, &["a.example"]).await;
    assert_eq!(before.domains[0].course, Course::Source);
    assert!(before.against(Step::Ttl).is_some_and(|told| told.contains("86400")), "{before:?}");
    assert!(before.against(Step::Mx).is_some_and(|told| told.contains("old system")), "{before:?}");
    assert!(before.lines.iter().any(|line| line.contains("MX 10 mx.old.example, TTL 86400 s, old system")));
    server.set("a.example", Reply::Records(vec![(300, Data::mx(10, "MX.new.example"))]));
    let after = ask(&server, &["a.example"]).await;
    assert_eq!(after.domains[0].course, Course::Target);
    assert_eq!(after.doubts, []);
    assert!(after.domains[0].advice[0].contains("switched"), "{after:?}");
    // By its very name, wherever that leads.
    server.set("a.example", Reply::Records(vec![(300, Data::mx(10, "imap.new.example"))]));
    assert_eq!(ask(&server, &["a.example"]).await.domains[0].course, Course::Target);
}

#[tokio::test]
async fn without_mx_the_domains_own_address_counts_and_a_domain_may_take_no_mail() {
    let told = one(Reply::Records(vec![(600, address("192.0.2.1"))])).await;
    assert_eq!((told.course, told.ttl, told.hosts[0].preference), (Course::Source, Some(600), None));
    assert!(told.advice.join(" ").contains("no MX record"), "{told:?}");
    for nothing in [Vec::new(), vec![(60, Data::Mx(0, Vec::new()))]] {
        let told = one(Reply::Records(nothing)).await;
        assert_eq!((told.course, told.hosts.len()), (Course::Nowhere, 0), "{told:?}");
    }
}

#[tokio::test]
async fn each_silence_has_its_own_words() {
    for (reply, parts) in [
        (Reply::Code(3), ["NXDOMAIN", "spelling"]),
        (Reply::Code(2), ["SERVFAIL", "--dns-server"]),
        (Reply::Code(5), ["REFUSED", "--dns-server"]),
        (Reply::NeverWhole, ["TCP", "port 53"]),
        (Reply::Bytes(b"HTTP/1.1 400".to_vec()), ["no answer to the question", "--dns-server"]),
    ] {
        let told = one(reply.clone()).await;
        let problem = told.problem.unwrap_or_default();
        assert!(parts.iter().all(|part| problem.contains(part)), "{reply:?}: {problem}");
        assert_eq!((told.course, told.ttl), (Course::Unknown, None));
    }
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_five_seconds_each() {
    let server = server();
    let names: Vec<String> = (0..20).map(|number| format!("a{number}.example")).collect();
    names.iter().for_each(|name| server.set(name, Reply::Silence));
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let begun = Instant::now();
    let told = ask(&server, &names).await;
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(
        told.domains
            .iter()
            .all(|domain| domain.problem.as_ref().is_some_and(|text| text.contains("5 seconds")))
    );
    assert_eq!(told.doubts, [], "what is not known speaks against nothing");
}

#[tokio::test]
async fn what_is_cut_off_is_asked_for_again_over_tcp() {
    let server = server();
    server.set("a.example", Reply::OverTcp(vec![(300, Data::mx(10, "mx.new.example"))]));
    let told = ask(&server, &["a.example"]).await;
    assert_eq!(told.domains[0].course, Course::Target);
    assert_eq!(server.asked_mx("a.example"), (1, 1));
}

#[tokio::test]
async fn answers_to_other_questions_are_not_believed() {
    let told = one(Reply::Forged(vec![(300, Data::mx(10, "mx.new.example"))])).await;
    assert_eq!((told.course, told.hosts[0].name.as_str()), (Course::Target, "mx.new.example"));
}

#[tokio::test]
async fn hostile_names_are_shown_without_their_bytes() {
    let labels = vec![b"\x1b[31m<img>".to_vec(), b"\xe2\x80\xaeexample".to_vec()];
    let told = one(Reply::Records(vec![(60, Data::Mx(1, labels))])).await;
    let name = &told.hosts[0].name;
    assert!(name.is_ascii() && name.contains("\\027") && !name.contains(['<', '\u{1b}']), "{name}");
    assert_eq!(told.course, Course::Unknown, "it has no address");
    // A zone with thousands of records does not fill the page.
    for (number, more) in [(900, true), (10, false)] {
        let many = (0..number).map(|number| (60, Data::mx(number, "filter.example"))).collect();
        let told = one(Reply::OverTcp(many)).await;
        assert_eq!(told.hosts.len(), 10);
        assert_eq!(told.advice.join(" ").contains("Only its 10 preferred"), more, "{told:?}");
    }
}

#[tokio::test]
async fn lines_name_addresses_where_there_are_any() {
    let server = server();
    let records = vec![(300, Data::mx(10, "mx.old.example")), (300, Data::mx(20, "gone.example"))];
    server.set("a.example", Reply::Records(records));
    let lines = ask(&server, &["a.example"]).await.lines;
    let ends = |name: &str, end: &str| lines.iter().any(|line| line.contains(name) && line.ends_with(end));
    assert!(ends("mx.old.example", "(192.0.2.1 2001:db8::1)"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("()")), "{lines:?}");
}

#[tokio::test]
async fn domains_beyond_ascii_are_asked_for_as_idna_and_names_that_are_none_not_at_all() {
    let server = server();
    server.set("xn--bcher-kva.example", Reply::Records(vec![(300, Data::mx(10, "mx.new.example"))]));
    let told = ask(&server, &["bücher.example", "not a domain"]).await;
    assert_eq!((told.domains[0].domain.as_str(), told.domains[0].course), ("bücher.example", Course::Target));
    assert!(told.domains[1].problem.as_ref().is_some_and(|text| text.contains("no domain name")));
}

#[tokio::test]
async fn two_systems_at_one_address_cannot_be_told_apart() {
    let server = server();
    server.set("imap.new.example", Reply::Records(vec![(60, address("192.0.2.1"))]));
    server.set("a.example", Reply::Records(vec![(300, Data::mx(10, "mx.old.example"))]));
    let told = ask(&server, &["a.example"]).await;
    assert_eq!((told.domains[0].course, told.doubts.len()), (Course::Both, 0));
}

#[tokio::test]
async fn the_zones_own_server_is_believed_rather_than_the_memory_of_another() {
    let (near, own) = (server(), Server::start().expect("starts"));
    near.speak_with_authority(false);
    near.set("a.example", Reply::Records(vec![(120, Data::mx(10, "mx.old.example"))]));
    let asker = |zones| Asker { servers: vec![near.address()], zones };
    // Nobody names the zone's servers: what is left in a memory is no statement about the zone.
    let here = Zones { port: own.address().port(), on_loopback: true };
    let vague = told(&asker(Some(here)), domains(&["a.example"]), now()).await;
    assert_eq!((vague.domains[0].ttl, vague.domains[0].ttl_of_zone), (Some(120), false));
    assert!(vague.domains[0].advice.join(" ").contains("for 120 s more"), "{vague:?}");

    near.set("example", Reply::Records(Vec::new()));
    near.set("sub.a.example", Reply::Records(vec![(120, Data::mx(10, "mx.old.example"))]));
    near.set(
        "a.example",
        Reply::Records(vec![(120, Data::mx(10, "mx.old.example")), (9, Data::Ns("ns.a.example".into()))]),
    );
    near.set("ns.a.example", Reply::Records(vec![(9, address("127.0.0.1"))]));
    own.set("a.example", Reply::Records(vec![(86_400, Data::mx(10, "mx.old.example"))]));
    own.set("sub.a.example", Reply::Records(vec![(300, Data::mx(10, "mx.new.example"))]));
    let exact = told(&asker(Some(here)), domains(&["a.example", "sub.a.example"]), now()).await;
    assert_eq!((exact.domains[0].ttl, exact.domains[0].ttl_of_zone), (Some(86_400), true));
    assert_eq!((exact.domains[1].course, exact.domains[1].ttl), (Course::Target, Some(300)));
    let advice = exact.domains[1].advice.join(" ");
    assert!(advice.contains("old answer for up to 2 minutes more"), "{advice}");
    // A mail server that is new has no old answer that others could give.
    near.set("new.a.example", Reply::Records(Vec::new()));
    own.set("new.a.example", Reply::Records(vec![(300, Data::mx(10, "mx.new.example"))]));
    // The zone holds an alias alone: what it leads to stands in another one.
    near.set(
        "alias.a.example",
        Reply::Records(vec![(120, Data::Alias("b.example".into())), (120, Data::mx(10, "mx.old.example"))]),
    );
    own.set("alias.a.example", Reply::Records(vec![(300, Data::Alias("b.example".into()))]));
    let names = domains(&["new.a.example", "alias.a.example"]);
    let other = told(&asker(Some(here)), names, now()).await;
    assert_eq!((other.domains[0].course, other.domains[0].ttl), (Course::Target, Some(300)));
    assert!(!other.domains[0].advice.join(" ").contains("old answer"), "{other:?}");
    let alias = &other.domains[1];
    assert_eq!((alias.course, alias.ttl, alias.ttl_of_zone), (Course::Source, Some(120), false));
    // Its address is this machine's: outside of tests nobody asks there.
    let shy = told(&asker(Some(Zones { on_loopback: false, ..here })), domains(&["a.example"]), now()).await;
    assert!(!shy.domains[0].ttl_of_zone);
}

#[tokio::test]
async fn what_was_told_is_good_for_a_while_unless_somebody_asks_afresh() {
    let server = server();
    server.set("a.example", Reply::Records(vec![(86_400, Data::mx(10, "mx.old.example"))]));
    let dns = Dns::new(Some(server.address()));
    let ask = async |of: Domains, afresh| dns.of_batch(BatchId(1), of, afresh, now()).await;
    ask(domains(&["a.example"]), false).await;
    ask(domains(&["a.example"]), false).await;
    ask(domains(&["a.example"]), true).await;
    assert_eq!(server.asked_mx("a.example").0, 1, "and a button that is held down asks nobody");
    tokio::time::sleep(super::KEPT_LEAST).await;
    ask(domains(&["a.example"]), false).await;
    assert_eq!(server.asked_mx("a.example").0, 1);
    ask(domains(&["a.example"]), true).await;
    assert_eq!(server.asked_mx("a.example").0, 2);
    let elsewhere = Domains { target: "mx.new.example".into(), ..domains(&["a.example"]) };
    ask(elsewhere, false).await;
    assert_eq!(server.asked_mx("a.example").0, 3, "the project leads to another system now");
}
