//! The checklist against servers of every kind: the failing step, its cause, and no secret anywhere.

use shared::{
    cause::Cause,
    check::{CheckReport, StepName, StepStatus},
    endpoint::{Endpoint, ImapEndpoint, Login, Preset, Tls},
};
use tokio::{net::TcpListener, sync::watch};

use super::check;
use crate::{
    account::Account,
    testing::{
        clock,
        mailbox::Mailbox,
        server::{ADMIN, Cover, Greeting, Habits, SECRET, Server, USER},
    },
};

async fn report(endpoint: ImapEndpoint, secret: &str) -> CheckReport {
    let (sender, seen) = watch::channel(CheckReport::waiting());
    let account = Account::new(Endpoint::Imap(endpoint), USER.into(), secret.into());
    check(&account.endpoint, Some(&account), sender).await;
    let report = seen.borrow().clone();
    assert!(report.done);
    report
}

/// The steps before a failed one have passed or were not needed, and those after it were not tried.
fn failed(report: &CheckReport) -> (StepName, Cause, String) {
    let at = report.steps.iter().position(|step| matches!(step.status, StepStatus::Failed { .. }));
    let at = at.unwrap_or_else(|| panic!("nothing failed: {report:?}"));
    for (before, step) in report.steps.iter().enumerate() {
        let untried = step.status == StepStatus::Waiting;
        // With STARTTLS the greeting comes before TLS.
        let swapped = matches!(step.name, StepName::Tls | StepName::Greeting);
        assert!(before == at || swapped || untried == (before > at), "{report:?}");
    }
    let StepStatus::Failed { cause, detail, advice } = &report.steps[at].status else { unreachable!() };
    assert_eq!(advice, cause.advice());
    (report.steps[at].name, *cause, detail.clone())
}

/// Checks a server with habits, and says which step fails why. Its log is given too.
async fn with(
    habits: impl FnOnce(&mut Habits),
    change: impl FnOnce(&mut ImapEndpoint),
) -> (CheckReport, Vec<String>) {
    let server = Server::start(Mailbox::written("INBOX: a | Sent:")).await.with(habits);
    let mut endpoint = server.endpoint();
    change(&mut endpoint);
    let report = report(endpoint, SECRET).await;
    assert!(!format!("{report:?}").contains(SECRET));
    (report, server.log())
}

fn fails(
    step: StepName,
    cause: Cause,
    habits: impl FnOnce(&mut Habits),
    change: impl FnOnce(&mut ImapEndpoint),
) -> String {
    clock::run(async {
        let (report, log) = with(habits, change).await;
        let (found_step, found_cause, detail) = failed(&report);
        assert_eq!((found_step, found_cause), (step, cause), "{detail}");
        if step < StepName::Login {
            assert!(
                !log.iter().any(|line| line.starts_with("LOGIN") || line.starts_with("AUTHENTICATE")),
                "{log:?}"
            );
        }
        detail
    })
}

fn raw(bytes: &[u8]) -> impl FnOnce(&mut Habits) {
    let greeting = Greeting::Raw(bytes.to_vec());
    move |habits| habits.greeting = greeting
}

#[test]
fn a_good_server_passes_every_step() {
    clock::run(async {
        let (report, log) = with(|habits| habits.room = Some((4 << 20, "NO")), |_| {}).await;
        assert!(report.passed(), "{report:?}");
        let detail = |name: StepName| {
            let step = report.steps.iter().find(|step| step.name == name).expect("every step");
            match &step.status {
                StepStatus::Passed { detail } | StepStatus::Skipped { detail } => detail.clone(),
                other => panic!("{name:?} is {other:?}"),
            }
        };
        assert_eq!(detail(StepName::Dns), "127.0.0.1");
        assert_eq!(detail(StepName::Greeting), "ready");
        assert_eq!(detail(StepName::Namespace), "2 folders, 0 left out; separator “/”, prefix none");
        assert_eq!(detail(StepName::Quota), "4.0 MiB free of 4.0 MiB");
        assert!(detail(StepName::Capabilities).starts_with("Dovecot: "));
        let writes = ["SELECT", "APPEND", "CREATE", "SUBSCRIBE", "STORE"];
        assert!(!log.iter().any(|line| writes.iter().any(|word| line.starts_with(word))), "{log:?}");
    });
}

#[test]
fn the_quota_is_told_for_bytes_and_for_messages() {
    clock::run(async {
        let quota = async |tells: &'static str| {
            let (report, _) = with(|habits| habits.tells_room = Some(tells), |_| {}).await;
            let step =
                report.steps.into_iter().find(|step| step.name == StepName::Quota).expect("every step");
            step.status
        };
        let passed = |detail: &str| StepStatus::Passed { detail: detail.into() };
        assert_eq!(quota("MESSAGE 7 10").await, passed("3 more messages of 10"));
        assert_eq!(
            quota("STORAGE 1024 4096 MESSAGE 7 10").await,
            passed("3.0 MiB free of 4.0 MiB, 3 more messages of 10")
        );
        assert!(matches!(quota("STORAGE 1 0").await, StepStatus::Skipped { .. }));
    });
}

#[test]
fn the_product_is_recognised_by_its_own_words_whatever_was_chosen() {
    clock::run(async {
        let named = async |name: &'static str, chosen| {
            let (report, _) = with(|habits| habits.name = name, |endpoint| endpoint.preset = chosen).await;
            report.recognised
        };
        assert_eq!(named("Dovecot", None).await, Some(Preset::Dovecot));
        assert_eq!(named("Zimbra 8.8.15 carbonio", Some(Preset::Dovecot)).await, Some(Preset::Carbonio));
        assert_eq!(named("some server", None).await, Some(Preset::Generic));
    });
}

#[test]
fn a_check_without_a_mailbox_stops_before_the_login() {
    clock::run(async {
        let server = Server::start(Mailbox::written("INBOX:")).await;
        let (sender, seen) = watch::channel(CheckReport::waiting());
        check(&Endpoint::Imap(server.endpoint()), None, sender).await;
        let report = seen.borrow().clone();
        assert!(report.passed());
        assert_eq!(server.heard("LOGIN"), 0);
    });
}

#[test]
fn a_name_that_nobody_knows_fails_at_dns() {
    // An empty label: no name server needs to be asked.
    fails(StepName::Dns, Cause::DnsFailed, |_| {}, |endpoint| endpoint.host = "no..such.host".into());
}

#[test]
fn a_port_where_nobody_listens_fails_at_tcp() {
    clock::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        drop(listener);
        let endpoint =
            ImapEndpoint { port, tls: Tls::None, ..ImapEndpoint::new("127.0.0.1", Login::Password) };
        let (step, cause, _) = failed(&report(endpoint, SECRET).await);
        assert_eq!((step, cause), (StepName::Tcp, Cause::ConnectRefused));
    });
}

#[test]
fn clear_text_goes_to_this_machine_only() {
    // An address for documentation: nothing is sent to it.
    let change = |endpoint: &mut ImapEndpoint| endpoint.host = "192.0.2.1".into();
    fails(StepName::Tcp, Cause::CleartextRefused, |_| {}, change);
}

#[test]
fn what_is_no_imap_server_is_told_at_the_greeting() {
    for greeting in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        b"220 mail.example ESMTP\r\n".to_vec(),
        b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        b"+OK POP3 ready\r\n".to_vec(),
        b"\x15\x03\x01\x00\x02\x02\x46\r\n\xff\xfe\r\n".to_vec(),
        b"* 3 EXISTS\r\n".to_vec(),
        b"m1 OK hello\r\n".to_vec(),
        b"* OK [CAPABILITY IMAP2] old\r\n".to_vec(),
        b"* LIST () {4000000000}\r\n".to_vec(),
        vec![b'x'; 2 << 20],
    ] {
        let shown = greeting[..greeting.len().min(40)].escape_ascii().to_string();
        let detail = fails(StepName::Greeting, Cause::NotImap, raw(&greeting), |_| {});
        assert!(detail.starts_with("Talking to 127.0.0.1 failed: "), "{shown}: {detail}");
    }
}

#[test]
fn a_server_that_says_nothing_or_goodbye_fails_at_the_greeting() {
    let at = StepName::Greeting;
    let detail = fails(at, Cause::TimedOut, |habits| habits.greeting = Greeting::Silence, |_| {});
    assert!(detail.contains("no answer within 15 seconds"), "{detail}");
    let bye =
        |habits: &mut Habits| habits.greeting = Greeting::Last(b"* BYE too many connections\r\n".to_vec());
    let detail = fails(at, Cause::Throttled, bye, |_| {});
    assert!(detail.contains("“too many connections”"), "{detail}");
    fails(at, Cause::Disconnected, |habits| habits.greeting = Greeting::Last(Vec::new()), |_| {});
    fails(at, Cause::Disconnected, |habits| habits.greeting = Greeting::Last(b"* OK hal".to_vec()), |_| {});
    fails(at, Cause::LoginUnavailable, raw(b"* PREAUTH welcome, root\r\n"), |_| {});
}

#[test]
fn edge_157_a_certificate_that_nobody_signed_is_shown_and_can_be_pinned() {
    clock::run(async {
        for cover in [Cover::Tls, Cover::Starttls] {
            let server =
                Server::start(Mailbox::written("INBOX: a")).await.with(|habits| habits.cover = cover);
            let endpoint = server.endpoint();
            let unknown = report(endpoint.clone(), SECRET).await;
            let (step, cause, _) = failed(&unknown);
            assert_eq!((step, cause), (StepName::Tls, Cause::TlsUntrusted));
            let card = unknown.certificate.expect("the certificate is shown");
            assert_eq!((card.sha256.as_str(), card.trusted), (server.pin().as_str(), false));
            assert_eq!(card.names, ["127.0.0.1"]);
            let pinned = ImapEndpoint { pin: Some(card.sha256), ..endpoint.clone() };
            let known = report(pinned.clone(), SECRET).await;
            assert!(known.passed(), "{known:?}");
            assert!(known.certificate.expect("shown again").trusted);
            // The server's key changes: somebody may be in between.
            server.habits(|habits| habits.other_key = true);
            let (step, cause, _) = failed(&report(pinned, SECRET).await);
            assert_eq!((step, cause), (StepName::Tls, Cause::TlsPin));
            assert_eq!(server.heard("LOGIN"), 1, "only the pinned one got the password");
        }
    });
}

#[test]
fn edge_157_starttls_that_is_missing_refused_or_tampered_with_is_never_done_without() {
    let starttls = |endpoint: &mut ImapEndpoint| endpoint.tls = Tls::Starttls;
    let tls = StepName::Tls;
    fails(tls, Cause::StarttlsMissing, |_| {}, starttls);
    let lying = raw(b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] hello\r\n");
    let detail = fails(tls, Cause::StarttlsMissing, lying, starttls);
    assert!(detail.contains("there is no TLS here"), "{detail}");
    fails(tls, Cause::StarttlsInjected, |habits| habits.cover = Cover::Injected, starttls);
}

#[test]
fn a_port_that_speaks_no_tls_or_only_tls_is_told_so() {
    let detail = fails(StepName::Tls, Cause::TlsFailed, |_| {}, |endpoint| endpoint.tls = Tls::Implicit);
    assert!(detail.contains("not TLS"), "{detail}");
    // It waits for the client's first word, and we for its own.
    fails(
        StepName::Greeting,
        Cause::TimedOut,
        |habits| habits.cover = Cover::Tls,
        |endpoint| endpoint.tls = Tls::None,
    );
}

#[test]
fn edge_159_a_refused_login_is_told_with_the_servers_words_and_without_the_secret() {
    clock::run(async {
        let server = Server::start(Mailbox::written("INBOX:")).await;
        let report = report(server.endpoint(), "canary-wr0ng").await;
        let (step, cause, detail) = failed(&report);
        assert_eq!((step, cause, server.heard("LOGIN")), (StepName::Login, Cause::LoginRefused, 1));
        assert!(detail.starts_with("Logging in to 127.0.0.1 failed: the server answered: “"), "{detail}");
        assert!(detail.contains(&format!("not {USER} with …”")), "{detail}");
    });
}

#[test]
fn logins_that_the_server_does_not_offer_are_not_tried() {
    let login = StepName::Login;
    let admin = || ADMIN.to_owned();
    let cause = Cause::LoginUnavailable;
    fails(
        login,
        cause,
        |habits| habits.cannot(&["AUTH=XOAUTH2"]),
        |endpoint| endpoint.login = Login::Token { client: None },
    );
    let no_plain = |habits: &mut Habits| habits.cannot(&["AUTH=PLAIN"]);
    fails(login, cause, no_plain, |endpoint| endpoint.login = Login::AuthorizationId { admin: admin() });
    let none = |habits: &mut Habits| {
        habits.cannot(&["AUTH=PLAIN"]);
        habits.capabilities.push("LOGINDISABLED");
    };
    fails(login, cause, none, |_| {});
    clock::run(async {
        let (report, log) = with(|habits| habits.capabilities.push("LOGINDISABLED"), |_| {}).await;
        assert!(report.passed() && log.iter().any(|line| line == "AUTHENTICATE PLAIN"), "{log:?}");
    });
}

#[test]
fn a_login_may_be_refused_for_now_answered_with_nonsense_or_not_at_all() {
    let instead = |answer: &'static str| move |habits: &mut Habits| habits.instead = vec![("LOGIN", answer)];
    fails(StepName::Login, Cause::Unavailable, instead("NO [UNAVAILABLE] later"), |_| {});
    fails(StepName::Login, Cause::Disconnected, instead("* BYE not you"), |_| {});
    fails(StepName::Login, Cause::LoginRefused, instead("BAD what?"), |_| {});
}

#[test]
fn a_mailbox_without_any_folder_fails_behind_the_login() {
    let none = |habits: &mut Habits| habits.instead = vec![("LIST", "OK none")];
    fails(StepName::Capabilities, Cause::NoFolders, none, |_| {});
}
