//! Sessions that are compressed: nothing else changes, whatever goes wrong, and a server whose compression is no good does
//! without.

use shared::{cause::Cause, endpoint::Compress, pass::PassKind};

use super::faults::at_every_command;
use crate::testing::{
    clock,
    scene::{Scene, aborted, findings},
    server::{Fuse, Server},
};

const DEFLATE: &str = "COMPRESS=DEFLATE";

/// Both sides compress.
async fn scene() -> Scene {
    let scene = Scene::new("INBOX: a b~ b~ | Sent: c", "INBOX:").await;
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.push(DEFLATE));
    }
    scene
}

fn lit(fuse: fn(usize) -> Fuse, on: fn(&Scene) -> &Server) {
    at_every_command("a fault while compressed", scene, fuse, on);
}

#[test]
fn a_compressed_pass_is_like_any_other() {
    clock::run(async {
        let scene = scene().await;
        let outcome = scene.pass(PassKind::Initial).await;
        scene.check_all_is_there();
        assert!(findings(&outcome).is_empty());
        for side in [&scene.source, &scene.target] {
            let log = side.log();
            let at = |word| log.iter().position(|line| line.starts_with(word));
            assert!(at("COMPRESS") > at("LOGIN"), "never before the login: {log:?}");
            assert!(side.heard("COMPRESS") > 0);
        }
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn either_side_may_go_away_at_any_command_of_a_compressed_session() {
    lit(Fuse::Before, |scene| &scene.source);
    lit(Fuse::Before, |scene| &scene.target);
    lit(Fuse::After, |scene| &scene.target);
    lit(Fuse::Deaf, |scene| &scene.target);
}

#[test]
fn either_side_may_stop_answering_in_a_compressed_session() {
    lit(Fuse::Silent, |scene| &scene.source);
    lit(Fuse::Silent, |scene| &scene.target);
}

#[test]
fn either_side_may_talk_nonsense_in_a_compressed_session() {
    lit(|at| Fuse::Says(at, b"+-+ ((\"\r\n".to_vec()), |scene| &scene.source);
    lit(|at| Fuse::Says(at, b"m99999 OK but what\r\n".to_vec()), |scene| &scene.target);
    // However little it takes on the wire, a line has an end.
    lit(|at| Fuse::Says(at, vec![b'x'; 1 << 20 | 1]), |scene| &scene.source);
    lit(|at| Fuse::Says(at, b"* 1 FETCH (UID 1 BODY[] {4000000000}\r\n".to_vec()), |scene| &scene.source);
}

#[test]
fn a_server_that_offers_compression_and_refuses_it_goes_without() {
    clock::run(async {
        for answer in ["NO [COMPRESSIONACTIVE] it is", "BAD what?", "NO I would rather not"] {
            let scene = scene().await;
            scene.source.habits(|habits| habits.instead = vec![("COMPRESS", answer)]);
            let outcome = scene.pass(PassKind::Initial).await;
            scene.check_all_is_there();
            assert!(findings(&outcome).is_empty(), "{answer}");
            assert_eq!(scene.source.heard("COMPRESS"), scene.source.heard("LOGIN"), "asked once each");
        }
    });
}

#[test]
fn a_server_that_agrees_and_then_says_garbage_is_asked_again_without() {
    clock::run(async {
        for garbage in ["\u{fffd}\u{fffd}", "* OK in the clear all the same\r\n", "\r\n"] {
            for side in [0, 1] {
                let scene = scene().await;
                let server = [&scene.source, &scene.target][side];
                let answer = format!("{{tag}} OK deflated\r\n{garbage}").into_bytes();
                server.light_on("COMPRESS", Fuse::Says(1, answer));
                let outcome = scene.pass(PassKind::Initial).await;
                // The server itself deflates nothing here, and takes what it hears for commands.
                assert_eq!(scene.expected(), scene.target.mailbox().contents());
                assert!(findings(&outcome).is_empty(), "{garbage}");
                let server = [&scene.source, &scene.target][side];
                assert_eq!(server.heard("COMPRESS"), 1, "never again: {:?}", server.log());
            }
        }
    });
}

#[test]
fn nothing_is_compressed_by_itself_on_a_line_that_was_never_slow() {
    clock::run(async {
        for (slow, compress, asked) in [
            (false, Compress::Auto, false),
            (true, Compress::Auto, true),
            (true, Compress::Off, false),
            (false, Compress::On, true),
        ] {
            let scene = scene().await;
            let mut order = scene.order(PassKind::Initial);
            let shared::endpoint::Endpoint::Imap(endpoint) = &mut order.source.endpoint;
            endpoint.compress = compress;
            if slow {
                order.source.gate.note_slow_line();
            }
            scene.run(order).await;
            scene.check_all_is_there();
            assert_eq!(scene.source.heard("COMPRESS") > 0, asked, "{slow} {compress:?}");
        }
    });
}

#[test]
fn no_session_is_compressed_before_its_login() {
    clock::run(async {
        // The secret never goes through the compressor.
        let scene = scene().await;
        scene.source.habits(|habits| habits.instead = vec![("LOGIN", "NO [AUTHENTICATIONFAILED] no")]);
        let outcome = scene.pass(PassKind::Initial).await;
        let (cause, _) = aborted(&outcome);
        assert_eq!((cause, scene.source.heard("COMPRESS")), (Cause::LoginRefused, 0));
    });
}
