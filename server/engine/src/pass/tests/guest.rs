//! Passes as good guests: refused logins are not repeated, patience is kept, hours are obeyed, tokens are renewed.

use std::{
    num::{NonZeroU16, NonZeroU64},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use shared::{
    cause::Cause,
    check::Side,
    endpoint::{Endpoint, Grant, Login, TokenClient},
    limits::{Limits, read_hours},
    pass::{PassEnd, PassKind},
    time::Timestamp,
};
use tokio::time::Instant;

use crate::{
    guest::{Gate, Wall},
    pass::{PassOrder, PassOutcome},
    testing::{
        clock,
        scene::Scene,
        server::{ADMIN, Fuse, TOKEN},
    },
    token::{TokenAnswer, TokenOrder, Tokens},
};

fn gate(limits: &Limits) -> Arc<Gate> {
    let begin = Instant::now();
    // Monday 2026-11-23, 12:00:00Z, when the test begins.
    let noon = Timestamp::from_millis(1_795_435_200_000);
    let wall = Wall::new(move || {
        noon.plus_millis(i64::try_from(begin.elapsed().as_millis()).expect("a short test"))
    });
    Gate::new(limits, wall).expect("a zone that is known")
}

#[test]
fn edge_159_two_refused_logins_and_not_one_more_on_the_wire() {
    clock::run(async {
        let scene = Scene::new("INBOX: a", "INBOX:").await;
        let mut order = scene.order(PassKind::Initial);
        order.target.gate = gate(&Limits::default());
        order.target.secret = "wrong".into();
        let mut causes = Vec::new();
        for _ in 0..5 {
            let PassEnd::Aborted { cause, .. } = scene.run(order.clone()).await.end else {
                panic!("aborted")
            };
            causes.push(cause);
        }
        assert_eq!(causes[..2], [Cause::LoginRefused; 2]);
        assert_eq!(causes[2..], [Cause::LoginHeld; 3]);
        assert_eq!(scene.target.heard("LOGIN"), 2);
        // Another secret is another chance.
        order.target.secret = scene.order(PassKind::Initial).target.secret;
        assert_eq!(scene.run(order).await.end, PassEnd::Finished);
    });
}

/// A mailbox that an admin logs in for on the target, under a gate of its own.
async fn of_an_admin(login: Login) -> (Scene, PassOrder) {
    let scene = Scene::new("INBOX: a", "INBOX:").await;
    let mut order = scene.order(PassKind::Initial);
    order.target.gate = gate(&Limits::default());
    let Endpoint::Imap(endpoint) = &mut order.target.endpoint;
    endpoint.login = login;
    (scene, order)
}

fn by_authorization_id() -> Login {
    Login::AuthorizationId { admin: ADMIN.into() }
}

fn by_master() -> Login {
    Login::Master { admin: ADMIN.into(), template: "{user}*{admin}".into() }
}

/// How often the target was asked to let an admin in for a mailbox.
fn asked(scene: &Scene) -> usize {
    scene.target.heard("AUTHENTICATE")
}

#[test]
fn edge_159_mailboxes_that_are_not_there_keep_no_others_of_an_admin_waiting() {
    clock::run(async {
        let (scene, order) = of_an_admin(by_authorization_id()).await;
        assert_eq!(scene.run(order.clone()).await.end, PassEnd::Finished);
        let before = asked(&scene);
        // The server refuses them in the words in which it refuses a wrong password.
        for number in 1..=4 {
            let mut missing = order.clone();
            missing.target.user = format!("ghost{number}@mail.example");
            let PassEnd::Aborted { cause, message } = scene.run(missing).await.end else { panic!("aborted") };
            assert_eq!(cause, Cause::LoginNotAllowed, "{message}");
            assert!(message.contains("the same login opens other mailboxes"), "{message}");
        }
        assert_eq!(asked(&scene) - before, 8, "each is tried once and proved once");
        assert_eq!(scene.run(order).await.end, PassEnd::Finished);
        scene.check_all_is_there();
    });
}

#[test]
fn edge_159_a_mailbox_that_is_unavailable_while_others_open_fails_alone_and_nobody_waits_for_it() {
    clock::run(async {
        let (scene, order) = of_an_admin(by_master()).await;
        assert_eq!(scene.run(order.clone()).await.end, PassEnd::Finished);
        // As Dovecot 2.3 answers a master user for a mailbox that its user database does not have.
        let internal = "NO [UNAVAILABLE] Internal error occurred. Refer to server log for more information.";
        scene.target.habits(|habits| habits.instead.push(("LOGIN \"ghost", internal)));
        let mut missing = order.clone();
        missing.target.user = "ghost@mail.example".into();
        let PassEnd::Aborted { cause, message } = scene.run(missing.clone()).await.end else {
            panic!("aborted")
        };
        assert_eq!(cause, Cause::LoginNotAllowed, "{message}");
        assert_eq!(scene.target.heard("LOGIN \"ghost"), 4, "two times, each once more after a moment");
        // Or it says nothing at all.
        scene
            .target
            .habits(|habits| habits.instead = vec![("LOGIN \"ghost", "* BYE Internal login failure")]);
        let PassEnd::Aborted { cause, message } = scene.run(missing).await.end else { panic!("aborted") };
        assert_eq!(cause, Cause::LoginNotAllowed, "{message}");
        assert_eq!(scene.target.heard("LOGIN \"ghost"), 8);
        assert_eq!(order.target.gate.waits(), None, "the server is well");
        assert_eq!(scene.run(order).await.end, PassEnd::Finished);
    });
}

#[test]
fn edge_159_a_mailbox_whose_part_of_the_server_is_started_anew_goes_on_by_itself() {
    clock::run(async {
        let (scene, order) = of_an_admin(by_master()).await;
        scene.target.habits(|habits| habits.instead.push(("LOGIN \"other", "OK welcome")));
        let mut other = order.clone();
        other.target.user = "other@mail.example".into();
        // It opens, which is all that is wanted of it.
        assert_ne!(scene.run(other).await.end, PassEnd::Finished);
        let away = ("LOGIN \"anna", "NO [UNAVAILABLE] Internal error occurred.");
        scene.target.habits(|habits| habits.instead.push(away));
        let started = async {
            tokio::time::sleep(Duration::from_secs(20)).await;
            assert_eq!(scene.target.heard("LOGIN \"anna"), 2, "twice, and not before half a minute again");
            assert_eq!(order.target.gate.waits(), None, "the other parts are well");
            scene.target.habits(|habits| habits.instead.truncate(1));
        };
        let (outcome, ()) = tokio::join!(scene.run(order.clone()), started);
        assert_eq!(outcome.end, PassEnd::Finished);
        scene.check_all_is_there();
    });
}

#[test]
fn edge_159_a_mailbox_that_waited_for_its_turn_is_tried_once_more_as_any_other() {
    clock::run(async {
        let (scene, mut order) = of_an_admin(by_master()).await;
        let limits = Limits { connections: NonZeroU16::MIN, ..Limits::default() };
        order.target.gate = gate(&limits);
        scene.target.habits(|habits| habits.instead.push(("LOGIN \"other", "OK welcome")));
        let mut other = order.clone();
        other.target.user = "other@mail.example".into();
        assert_ne!(scene.run(other).await.end, PassEnd::Finished);
        let away = ("LOGIN \"anna", "NO [UNAVAILABLE] Internal error occurred.");
        scene.target.habits(|habits| habits.instead.push(away));
        let slot = order.target.gate.slot("somebody else").await;
        let turn = async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            drop(slot);
            tokio::time::sleep(Duration::from_secs(20)).await;
            scene.target.habits(|habits| habits.instead.truncate(1));
        };
        let (outcome, ()) = tokio::join!(scene.run(order.clone()), turn);
        assert_eq!(outcome.end, PassEnd::Finished);
        scene.check_all_is_there();
    });
}

#[test]
fn edge_159_a_server_that_is_unavailable_for_all_is_waited_for() {
    clock::run(async {
        let (scene, order) = of_an_admin(by_master()).await;
        assert_eq!(scene.run(order.clone()).await.end, PassEnd::Finished);
        scene.target.habits(|habits| habits.instead.push(("LOGIN", "NO [UNAVAILABLE] Come back later")));
        let mut other = order.clone();
        other.target.user = "bert@mail.example".into();
        let waits = async {
            while order.target.gate.waits().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            outcome = scene.run(other) => panic!("{:?}", outcome.end),
            () = waits => {}
        }
    });
}

#[test]
fn edge_159_an_admins_password_that_was_changed_is_sent_twice_and_no_more() {
    clock::run(async {
        let (scene, order) = of_an_admin(by_authorization_id()).await;
        assert_eq!(scene.run(order.clone()).await.end, PassEnd::Finished);
        scene.target.habits(|habits| {
            habits.instead.push(("AUTHENTICATE", "NO [AUTHENTICATIONFAILED] not any more"));
        });
        let before = asked(&scene);
        let mut causes = Vec::new();
        for number in 0..4 {
            let mut other = order.clone();
            other.target.user = format!("user{number}@mail.example");
            let PassEnd::Aborted { cause, .. } = scene.run(other).await.end else { panic!("aborted") };
            causes.push(cause);
        }
        assert_eq!(causes[0], Cause::LoginRefused);
        assert_eq!(causes[1..], [Cause::LoginHeld; 3]);
        assert_eq!(asked(&scene) - before, 2, "once, and once to prove it");
    });
}

#[test]
fn edge_159_before_an_admin_opened_anything_two_refusals_are_enough() {
    clock::run(async {
        let (scene, mut order) = of_an_admin(by_authorization_id()).await;
        order.target.secret = "wrong".into();
        for _ in 0..4 {
            assert!(matches!(scene.run(order.clone()).await.end, PassEnd::Aborted { .. }));
        }
        assert_eq!(asked(&scene), 2);
    });
}

#[test]
fn edge_146_everybody_who_uses_a_server_waits_as_long_as_it_asked_one_of_them() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b", "INBOX:").await;
        let gate = gate(&Limits::default());
        let mut order = scene.order(PassKind::Initial);
        order.target.gate = Arc::clone(&gate);
        let throttled = "{tag} BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds\r\n";
        scene.target.light_on("APPEND", Fuse::Says(1, throttled.as_bytes().to_vec()));
        let began = Instant::now();
        let other = async {
            while gate.waits().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let held = Instant::now();
            let _slot = gate.slot("somebody else").await;
            held.elapsed()
        };
        let (outcome, other) = tokio::join!(scene.run(order), other);
        assert_eq!(outcome.end, PassEnd::Finished);
        assert!((178_000..180_000).contains(&other.as_millis()), "{other:?}");
        assert!((178..185).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        scene.check_all_is_there();
    });
}

#[test]
fn edge_166_a_pass_waits_for_the_hours_and_holds_no_connection_meanwhile() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b | Sent: c", "INBOX:").await;
        let hours = read_hours("14:00-15:00").expect("hours");
        let mut order = scene.order(PassKind::Initial);
        order.source.gate = gate(&Limits { hours, ..Limits::default() });
        let began = Instant::now();
        let watch = async {
            tokio::time::sleep(Duration::from_secs(7100)).await;
            assert!(scene.source.log().is_empty() && scene.target.log().is_empty());
        };
        let (outcome, ()) = tokio::join!(scene.run(order), watch);
        assert_eq!(outcome.end, PassEnd::Finished);
        assert!((7200..7210).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        scene.check_all_is_there();
    });
}

#[test]
fn bandwidth_is_kept_on_both_sides() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c d e f g h", "INBOX:").await;
        let bytes: u64 = {
            let plan = scene.pass(PassKind::DryRun).await.plan.expect("a plan");
            plan.folders.iter().map(|folder| folder.bytes).sum()
        };
        let rate = Limits { bytes_per_second: NonZeroU64::new(bytes / 10), ..Limits::default() };
        let mut order = scene.order(PassKind::Initial);
        order.target.gate = gate(&rate);
        let began = Instant::now();
        assert_eq!(scene.run(order).await.end, PassEnd::Finished);
        // The copy and the reading of the comparison, less the first second of each idle bucket.
        assert!((17.0..23.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
        scene.check_all_is_there();
    });
}

#[test]
fn connections_of_many_passes_stay_within_their_budget() {
    clock::run(async {
        let limits = Limits { connections: NonZeroU16::new(2).expect("some"), ..Limits::default() };
        let (source, target) = (gate(&limits), gate(&limits));
        let mut scenes = Vec::new();
        for _ in 0..5 {
            scenes.push(Scene::new("INBOX: a b | Sent: c", "INBOX:").await);
        }
        let passes = scenes.iter().map(|scene| {
            let mut order = scene.order(PassKind::Initial);
            (order.source.gate, order.target.gate) = (Arc::clone(&source), Arc::clone(&target));
            scene.run(order)
        });
        let outcomes = futures_util::future::join_all(passes).await;
        assert!(outcomes.iter().all(|outcome| outcome.end == PassEnd::Finished));
        scenes.iter().for_each(Scene::check_all_is_there);
        assert_eq!(source.view(Side::Source, "x").in_use, 0);
    });
}

/// A pass whose side is opened with tokens: the first expires at once, the second is refused, the third is good. Tells how many
/// were asked for.
async fn expiring(scene: &Scene, side: Side) -> (PassOutcome, u32) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let client = TokenClient {
        token_url: "https://token.example/".into(),
        client_id: "us".into(),
        scope: None,
        grant: Grant::ClientCredentials,
    };
    let mut order = scene.order(PassKind::Initial);
    let account = match side {
        Side::Source => &mut order.source,
        Side::Target => &mut order.target,
    };
    let Endpoint::Imap(imap) = &mut account.endpoint;
    imap.login = Login::Token { client: Some(client.clone()) };
    let fetch = Arc::new(move |_order: TokenOrder| {
        let count = counter.fetch_add(1, Ordering::Relaxed);
        async move {
            let access = if count == 1 { "stale".into() } else { TOKEN.into() };
            let lasts = (count == 0).then_some(Duration::from_millis(1));
            Ok(TokenAnswer { access, lasts, refresh_token: None })
        }
        .boxed()
    });
    account.tokens =
        Some(Tokens::new(TokenOrder { client, client_secret: None, refresh_token: None }, fetch));
    (scene.run(order).await, asked.load(Ordering::Relaxed))
}

#[test]
fn edge_158_a_token_that_expired_in_mid_run_is_renewed_and_the_pass_goes_on() {
    clock::run(async {
        let scene = Scene::new("INBOX: a b c | Sent: d", "INBOX:").await;
        scene.target.habits(|habits| habits.cannot(&["MULTIAPPEND"]));
        scene.target.light_on("APPEND", Fuse::After(2));
        let (outcome, asked) = expiring(&scene, Side::Target).await;
        assert_eq!((&outcome.end, asked), (&PassEnd::Finished, 3), "{outcome:?}");
        scene.check_all_is_there();
    });
}

#[test]
fn edge_158_a_token_may_expire_within_any_message() {
    clock::run(async {
        // Most of what is said and heard is within two messages.
        const MAILBOX: &str = "INBOX: a/6000 | Sent: d/6000";
        for side in [Side::Source, Side::Target] {
            for at in (1500..9000).step_by(500) {
                let mut scene = Scene::new(MAILBOX, "INBOX:").await;
                scene.case = format!("{side:?}, byte {at}");
                match side {
                    Side::Source => scene.source.light(Fuse::Said(at)),
                    Side::Target => scene.target.light(Fuse::Heard(at)),
                }
                let (outcome, asked) = expiring(&scene, side).await;
                assert_eq!((&outcome.end, asked), (&PassEnd::Finished, 3), "{}", scene.case);
                scene.check_all_is_there();
            }
        }
    });
}
