//! Connections that are cut, stall or lie at any byte of a session.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
};
use tokio::time::Instant;

use crate::{
    pass::{PassOrder, PassOutcome},
    testing::{
        clock,
        scene::{Scene, aborted, findings},
        server::{Cover, Fuse, Server},
    },
};

/// Longest silence of a server that is waited for.
const PATIENCE: u64 = 120;

async fn short() -> Scene {
    Scene::new("INBOX: a b%", "INBOX:").await
}

/// The same fault at every byte of a short session of one side, each in a mailbox of its own.
fn at_every_byte(what: &str, fuse: fn(usize) -> Fuse, on: fn(&Scene) -> &Server, heard: bool) {
    clock::run(async {
        let whole = short().await;
        whole.finish().await;
        let tally = on(&whole).tally();
        let bytes = if heard { tally.heard } else { tally.said };
        assert!(bytes > 300, "only {bytes} bytes were said");
        for at in 0..bytes {
            let mut scene = short().await;
            on(&scene).light(fuse(at));
            scene.case = format!("{what} at byte {at} of {bytes}");
            let outcome = scene.finish().await;
            assert!(!on(&scene).lit(), "it never blew; {}", scene.case);
            scene.check_all_is_there();
            let unexpected = findings(&outcome).iter().filter(|finding| finding.cause != Cause::Recovered);
            assert_eq!(unexpected.count(), 0, "{}", scene.case);
        }
        println!("{what}: {bytes} cases");
    });
}

#[test]
fn a_source_may_be_cut_off_after_every_byte_it_says() {
    at_every_byte("the source said", Fuse::Said, |scene| &scene.source, false);
}

#[test]
fn a_target_may_be_cut_off_after_every_byte_it_says() {
    at_every_byte("the target said", Fuse::Said, |scene| &scene.target, false);
}

#[test]
fn a_source_may_be_cut_off_after_every_byte_it_hears() {
    at_every_byte("the source heard", Fuse::Heard, |scene| &scene.source, true);
}

#[test]
fn a_target_may_be_cut_off_after_every_byte_it_hears() {
    at_every_byte("the target heard", Fuse::Heard, |scene| &scene.target, true);
}

/// What a pass over TLS is told, both keys pinned.
fn covered_order(scene: &Scene) -> PassOrder {
    let mut order = scene.order(PassKind::Initial);
    for (account, server) in [(&mut order.source, &scene.source), (&mut order.target, &scene.target)] {
        let shared::endpoint::Endpoint::Imap(endpoint) = &mut account.endpoint;
        endpoint.pin = Some(server.pin());
    }
    order
}

/// Passes over TLS until one comes to its end.
async fn covered(scene: &Scene) -> PassOutcome {
    for _ in 0..5 {
        let outcome = scene.run(covered_order(scene)).await;
        if outcome.end == PassEnd::Finished {
            return outcome;
        }
    }
    panic!("five passes in a row did not come to their end; {}", scene.case);
}

#[test]
fn a_line_may_break_within_any_tls_record_of_either_side_its_handshake_included() {
    clock::run(async {
        for cover in [Cover::Tls, Cover::Starttls] {
            let scene = async || {
                let scene = short().await;
                for server in [&scene.source, &scene.target] {
                    server.habits(|habits| habits.cover = cover);
                }
                scene
            };
            let whole = scene().await;
            covered(&whole).await;
            for side in [0, 1] {
                let (bytes, _) = [&whole.source, &whole.target][side].wear();
                assert!(bytes > 2000, "only {bytes} bytes were sent");
                for at in (0..bytes).step_by(61) {
                    let mut scene = scene().await;
                    scene.case = format!("{cover:?}: side {side} broke at byte {at} of {bytes}");
                    let server = [&scene.source, &scene.target][side];
                    server.break_line_at(&[at]);
                    let outcome = covered(&scene).await;
                    scene.check_all_is_there();
                    let unexpected = findings(&outcome).iter().filter(|it| it.cause != Cause::Recovered);
                    assert_eq!(unexpected.count(), 0, "{}", scene.case);
                }
            }
        }
    });
}

#[test]
fn a_line_that_breaks_while_it_is_set_up_again_is_tried_again_in_the_same_pass() {
    clock::run(async {
        for cover in [Cover::Tls, Cover::Starttls] {
            for side in [0, 1] {
                let mut scene = short().await;
                scene.case = format!("{cover:?}, side {side}");
                for server in [&scene.source, &scene.target] {
                    server.habits(|habits| habits.cover = cover);
                }
                let server = [&scene.source, &scene.target][side];
                // In mid-session, then at the first byte, within a handshake, and within a login.
                server.break_line_at(&[2400, 0, 300, 1100]);
                let outcome = scene.run(covered_order(&scene)).await;
                assert_eq!((outcome.end, server.wear().1), (PassEnd::Finished, false), "{}", scene.case);
                scene.check_all_is_there();
            }
        }
    });
}

#[test]
fn a_connection_of_which_half_is_gone_is_noticed_in_time_at_any_byte() {
    clock::run(async {
        for side in [0, 1] {
            let whole = short().await;
            whole.finish().await;
            let bytes = [&whole.source, &whole.target][side].tally().said;
            for at in (0..bytes).step_by(29) {
                let mut scene = short().await;
                [&scene.source, &scene.target][side].light(Fuse::Stalls(at));
                scene.case = format!("silent after byte {at} of side {side}");
                let began = Instant::now();
                scene.finish().await;
                let took = began.elapsed();
                assert!(took <= Duration::from_secs(PATIENCE + 5), "{took:?}; {}", scene.case);
                scene.check_all_is_there();
            }
        }
    });
}

#[test]
fn a_server_that_rests_is_waited_for_and_one_that_sleeps_is_asked_anew() {
    clock::run(async {
        for (seconds, logins) in [(1, 1), (60, 1), (PATIENCE - 1, 1), (600, 2)] {
            let scene = Scene::new("INBOX: a b c", "INBOX:").await;
            scene.source.habits(|habits| habits.dawdles = Some((2, Duration::from_secs(seconds))));
            let awake = async {
                tokio::time::sleep(Duration::from_secs(PATIENCE)).await;
                scene.source.habits(|habits| habits.dawdles = None);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                _ = scene.finish() => {}
                () = awake => unreachable!("it waits for ever"),
            }
            scene.check_all_is_there();
            assert_eq!(scene.source.heard("LOGIN"), logins, "{seconds} s");
        }
    });
}

#[test]
fn a_message_that_is_shorter_than_announced_is_never_stored() {
    clock::run(async {
        for told in [
            // The end comes too early, in four ways.
            b"* 1 FETCH (UID 1 BODY[] {20}\r\n0123456789012345678".to_vec(),
            b"* 1 FETCH (UID 1 BODY[] {20}\r\n0123456789012345678)\r\n{tag} OK done\r\n".to_vec(),
            b"* 1 FETCH (UID 1 BODY[] {20}\r\n01234567890123456789\r\n{tag} OK done\r\n".to_vec(),
            b"* 1 FETCH (UID 1 BODY[] {20}\r\n)\r\n{tag} OK done\r\n".to_vec(),
        ] {
            for batches in [1, 2] {
                let mut scene = Scene::new("INBOX: a b | Sent: c", "INBOX:").await;
                scene.case = told.escape_ascii().to_string();
                scene.source.light_on("UID FETCH 1", Fuse::Says(batches + 1, told.clone()));
                scene.finish().await;
                scene.check_all_is_there();
            }
        }
    });
}

#[test]
fn edge_157_a_key_that_changes_while_the_pass_runs_ends_it_and_gets_no_password() {
    clock::run(async {
        for side in [0, 1] {
            let scene = Scene::new("INBOX: a b c", "INBOX:").await;
            let server = [&scene.source, &scene.target][side];
            server.habits(|habits| habits.cover = Cover::Tls);
            scene.source.habits(|habits| habits.dawdles = Some((1, Duration::from_secs(5))));
            let mut order = scene.order(PassKind::Initial);
            let account = [&mut order.source, &mut order.target];
            let shared::endpoint::Endpoint::Imap(endpoint) = &mut account[side].endpoint;
            endpoint.pin = Some(server.pin());
            let somebody = async {
                tokio::time::sleep(Duration::from_secs(3)).await;
                server.habits(|habits| habits.other_key = true);
                server.light(Fuse::Said(0));
            };
            let (outcome, ()) = tokio::join!(scene.run(order), somebody);
            let (cause, message) = aborted(&outcome);
            assert_eq!(cause, Cause::TlsPin, "{message}");
            assert_eq!(server.heard("LOGIN"), 1, "only the pinned one got the password");
        }
    });
}
