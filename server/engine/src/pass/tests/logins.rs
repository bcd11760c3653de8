//! Logins in a running pass (edge cases 102, 145, 155, 158, 159), and that secrets turn up nowhere.

use std::time::Duration;

use secrecy::SecretString;
use shared::{
    cause::Cause,
    endpoint::{Endpoint, Login},
    pass::{PassEnd, PassKind},
    report::Verdict,
};
use tokio::time::Instant;

use crate::testing::{
    clock,
    scene::{Scene, aborted, verdict},
    server::{ADMIN, Fuse, Greeting, SECRET, TOKEN},
};

/// Runs a pass whose source is opened like this.
async fn opened_by(login: Login, secret: &str) -> (Scene, crate::pass::PassOutcome) {
    let scene = Scene::new("INBOX: a", "INBOX:").await;
    let mut order = scene.order(PassKind::Initial);
    let Endpoint::Imap(endpoint) = &mut order.source.endpoint;
    endpoint.login = login;
    order.source.secret = SecretString::from(secret);
    let outcome = scene.run(order).await;
    (scene, outcome)
}

#[test]
fn edge_102_every_way_to_log_in_opens_the_mailbox() {
    clock::run(async {
        let admin = || ADMIN.to_owned();
        for (login, secret) in [
            (Login::Password, SECRET),
            (Login::AuthorizationId { admin: admin() }, SECRET),
            (Login::Master { admin: admin(), template: "{user}*{admin}".into() }, SECRET),
            (Login::Token { client: None }, TOKEN),
        ] {
            let (_, outcome) = opened_by(login.clone(), secret).await;
            assert_eq!((outcome.end, outcome.counts.copied), (PassEnd::Finished, 1), "{login:?}");
        }
    });
}

#[test]
fn edge_159_a_wrong_password_or_token_is_tried_once_and_never_repeated() {
    clock::run(async {
        let admin = || ADMIN.to_owned();
        for login in [
            Login::Password,
            Login::AuthorizationId { admin: admin() },
            Login::Master { admin: admin(), template: "{user}*{admin}".into() },
            Login::Token { client: None },
        ] {
            for secret in ["canary-wr0ng", "canary \"quo\\ted\"", "canary&=base64?"] {
                let (scene, outcome) = opened_by(login.clone(), secret).await;
                assert_eq!(aborted(&outcome).0, Cause::LoginRefused, "{login:?}");
                assert_eq!(scene.source.heard("LOGIN") + scene.source.heard("AUTHENTICATE"), 1);
                // The server repeats what it is given; we do not.
                let told = format!("{outcome:?} {:?}", scene.ledger.findings());
                assert!(!told.contains("canary"), "{login:?} {told}");
                let encoded = data_encoding(&login, secret);
                assert!(!told.contains(&encoded), "{login:?} {told}");
            }
        }
    });
}

/// What a refused AUTHENTICATE carried, as a server could repeat it.
fn data_encoding(login: &Login, secret: &str) -> String {
    use crate::testing::server::USER;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    match login {
        Login::Token { .. } => STANDARD.encode(format!("user={USER}\x01auth=Bearer {secret}\x01\x01")),
        Login::Password | Login::Master { .. } => secret.to_owned(),
        Login::AuthorizationId { admin } => STANDARD.encode(format!("{USER}\0{admin}\0{secret}")),
    }
}

#[test]
fn nothing_that_can_be_shown_shows_a_secret() {
    clock::run(async {
        let scene = Scene::new("INBOX: a", "INBOX:").await;
        let order = scene.order(PassKind::Initial);
        scene.target.habits(|habits| habits.instead = vec![("APPEND", "NO I will not")]);
        let outcome = scene.pass(PassKind::Initial).await;
        let shown = format!("{order:?} {outcome:?} {:?} {:?}", scene.ledger.findings(), scene.ledger.all());
        assert!(!shown.contains(SECRET), "{shown}");
    });
}

#[test]
fn edge_145_a_server_with_too_many_connections_is_waited_for_and_not_hammered() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        scene.target.habits(|habits| {
            habits.greeting =
                Greeting::Last(b"* BYE [ALERT] Maximum number of connections exceeded\r\n".to_vec());
        });
        let began = Instant::now();
        let later = async {
            tokio::time::sleep(Duration::from_secs(100)).await;
            scene.target.habits(|habits| habits.greeting = Greeting::Words("welcome"));
            std::future::pending::<()>().await;
        };
        let outcome = scene.pass_until(crate::pass::Control::Go, later).await;
        assert_eq!((&outcome.end, verdict(&outcome)), (&PassEnd::Finished, Verdict::Perfect));
        assert!((100..140).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        assert!(scene.source.heard("LOGIN") < 15, "{} logins", scene.source.heard("LOGIN"));
        scene.check_all_is_there();
    });
}

#[test]
fn a_mailbox_that_an_admin_may_not_open_keeps_no_others_of_that_admin_waiting() {
    clock::run(async {
        for (answer, cause, tried) in [
            ("NO [AUTHORIZATIONFAILED] no such user", Cause::LoginNotAllowed, 4),
            ("NO [AUTHENTICATIONFAILED] no", Cause::LoginHeld, 2),
        ] {
            let scene = Scene::new("INBOX: a", "INBOX:").await;
            scene.source.habits(|habits| habits.instead = vec![("AUTHENTICATE", answer)]);
            let of_admin = || {
                let mut order = scene.order(PassKind::Initial);
                let Endpoint::Imap(endpoint) = &mut order.source.endpoint;
                endpoint.login = Login::AuthorizationId { admin: ADMIN.to_owned() };
                order
            };
            let gate = of_admin().source.gate;
            let mut last = None;
            for _ in 0..4 {
                let mut order = of_admin();
                order.source.gate = gate.clone();
                last = Some(aborted(&scene.run(order).await).0);
            }
            assert_eq!((last, scene.source.heard("AUTHENTICATE")), (Some(cause), tried), "{answer}");
        }
    });
}

#[test]
fn edge_145_a_login_that_is_refused_for_now_is_tried_again_later() {
    clock::run(async {
        for answer in ["NO [LIMIT] too many sessions", "NO [UNAVAILABLE] try later", "NO [INUSE] locked"] {
            let scene = Scene::new("INBOX: a b", "INBOX:").await;
            let answer = format!("{{tag}} {answer}\r\n").into_bytes();
            scene.target.light_on("LOGIN", Fuse::Says(1, answer));
            let outcome = scene.pass(PassKind::Initial).await;
            assert_eq!((outcome.end, scene.target.heard("LOGIN")), (PassEnd::Finished, 2));
        }
    });
}

#[test]
fn edge_158_a_login_that_expires_under_way_ends_the_pass_and_a_new_one_goes_on() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c | Sent: d", "INBOX:").await;
        scene.target.habits(|habits| habits.cannot(&["MULTIAPPEND"]));
        scene.target.light_on("APPEND", Fuse::After(2));
        let later = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            scene.target.habits(|habits| habits.instead = vec![("LOGIN", "NO [EXPIRED] not any more")]);
            std::future::pending::<()>().await;
        };
        let outcome = scene.pass_until(crate::pass::Control::Go, later).await;
        let (cause, message) = aborted(&outcome);
        assert_eq!(cause, Cause::LoginExpired);
        assert!(message.contains("not any more"), "{message}");
        assert_eq!(scene.target.heard("LOGIN"), 2, "refused once, not tried again");
        scene.target.habits(|habits| habits.instead.clear());
        scene.finish().await;
        scene.check_all_is_there();
    });
}

#[test]
fn edge_155_abilities_that_are_advertised_and_do_not_work_are_done_without() {
    clock::run(async {
        let scene = Scene::new("INBOX: a a b~ | Sent: c", "INBOX:").await;
        for side in [&scene.source, &scene.target] {
            side.habits(|habits| {
                habits.one_at_a_time = true;
                habits.instead = vec![
                    ("NAMESPACE", "BAD what?"),
                    ("LIST \"\" \"*\" RETURN", "NO what?"),
                    ("GETQUOTAROOT", "NO what?"),
                ];
            });
        }
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!((&outcome.end, verdict(&outcome)), (&PassEnd::Finished, Verdict::Perfect));
        scene.check_all_is_there();
    });
}

#[test]
fn a_mailbox_is_not_copied_into_itself() {
    clock::run(async {
        let scene = Scene::new("INBOX: a", "INBOX:").await;
        let mut order = scene.order(PassKind::Initial);
        order.target = order.source.clone();
        assert_eq!(aborted(&scene.run(order).await).0, Cause::SameMailbox);
        assert!(scene.source.log().is_empty());
    });
}
