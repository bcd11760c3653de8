//! Every command is answered with everything but what it asks for, for as long as it takes: each time for the right reason
//! the right thing happens, and nobody is left with an error that says nothing. LOGOUT is not among them: we never say it.

use std::time::Duration;

use shared::{
    cause::Cause,
    pass::{PassEnd, PassKind},
};
use tokio::time::{Instant, timeout};

use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        scene::{Scene, findings},
        server::{Habits, SECRET, Server},
    },
};

/// What an answer says, whatever the command was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// It passes by itself.
    Passing(Cause),
    /// So much patience is wanted.
    Throttled(Duration),
    /// Somebody has to do something.
    Human(Cause),
    /// The login does not hold.
    Login(Cause),
    /// The mailbox is full.
    Full,
    /// The folder is not there.
    NoFolder,
    TooBig,
    /// Nothing of the kind: it speaks of the command.
    Other,
    Goodbye,
    /// It is no IMAP.
    Nonsense,
}

const ANSWERS: [(&str, Says); 17] = [
    ("* BYE going down", Says::Goodbye),
    ("* ((", Says::Nonsense),
    ("NO [UNAVAILABLE] not now", Says::Passing(Cause::Unavailable)),
    ("NO [SERVERBUG] internal error", Says::Passing(Cause::ServerBug)),
    ("NO [INUSE] locked", Says::Passing(Cause::Busy)),
    ("NO [LIMIT] too many", Says::Throttled(Duration::from_secs(15))),
    (
        "BAD Request is throttled. Suggested Backoff Time: 178755 milliseconds",
        Says::Throttled(Duration::from_millis(178_755)),
    ),
    ("NO [OVERQUOTA] Quota exceeded", Says::Full),
    ("NO [TRYCREATE] no such mailbox", Says::NoFolder),
    ("BAD maximum message size exceeded", Says::TooBig),
    ("NO Message contains invalid header", Says::Other),
    ("NO [AUTHENTICATIONFAILED] who are you", Says::Login(Cause::LoginRefused)),
    ("NO [EXPIRED] too old", Says::Login(Cause::LoginExpired)),
    ("NO [CONTACTADMIN] call us", Says::Human(Cause::ContactAdmin)),
    ("NO [PRIVACYREQUIRED] TLS first", Says::Human(Cause::Privacy)),
    ("NO APPEND failed", Says::Other),
    ("BAD what?", Says::Other),
];

/// What a pass comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// To its end, as if nothing had been.
    GoesOn,
    /// To its end, and this is told.
    Tells(Cause),
    /// It ends at once.
    Ends(Cause),
    /// It tries again for a few minutes and gives up.
    GivesUp(Cause),
    /// It tries a few times more and gives up.
    GivesUpSoon(Cause),
    /// It waits as long as the server wants.
    Waits,
}

/// A command at which a server does not do what it should.
struct Place {
    command: &'static str,
    on: fn(&Scene) -> &Server,
    /// What it comes to when the answer speaks of the command, or of nothing that concerns it.
    other: Then,
    /// The pass that says it: a delta pass after an initial one, or that itself.
    kind: PassKind,
    habits: fn(&mut Habits),
}

const fn source(command: &'static str, other: Then) -> Place {
    Place { command, on: |scene| &scene.source, other, kind: PassKind::Initial, habits: |_| {} }
}

const fn target(command: &'static str, other: Then) -> Place {
    Place { on: |scene| &scene.target, ..source(command, other) }
}

fn places() -> Vec<Place> {
    use PassKind::Delta;
    vec![
        source("LOGIN", Then::Ends(Cause::LoginRefused)),
        Place {
            habits: |habits| habits.capabilities.push("LOGINDISABLED"),
            ..source("AUTHENTICATE", Then::Ends(Cause::LoginRefused))
        },
        source("CAPABILITY", Then::Ends(Cause::NotImap)),
        Place {
            habits: |habits| habits.capabilities.push("COMPRESS=DEFLATE"),
            ..source("COMPRESS", Then::GoesOn)
        },
        source("ID", Then::GoesOn),
        source("NAMESPACE", Then::GoesOn),
        // What the user subscribed to is known all the same.
        source("LIST", Then::Tells(Cause::FolderUnreadable)),
        Place { kind: Delta, ..source("STATUS", Then::Tells(Cause::FlagsCarried)) },
        source("EXAMINE", Then::Tells(Cause::FolderUnreadable)),
        source("UID FETCH 1:*", Then::Tells(Cause::ListedInPieces)),
        source("UID FETCH 1:3 (UID BODY", Then::GoesOn),
        Place {
            habits: |habits| habits.cannot(&["LIST-EXTENDED", "SPECIAL-USE"]),
            ..source("LSUB", Then::GoesOn)
        },
        Place {
            kind: Delta,
            habits: Habits::number_changes,
            ..source("ENABLE", Then::Tells(Cause::MovedAtSource))
        },
        target("LOGIN", Then::Ends(Cause::LoginRefused)),
        target("CAPABILITY", Then::Ends(Cause::NotImap)),
        target("ID", Then::GoesOn),
        target("NAMESPACE", Then::GoesOn),
        target(LITERAL, Then::GoesOn),
        target("EXAMINE", Then::Tells(Cause::FolderRefused)),
        target("UID FETCH 1:*", Then::Tells(Cause::ListedInPieces)),
        target("UID FETCH 1:3 (UID BODY", Then::GoesOn),
        Place { habits: |habits| habits.capabilities.push("UNSELECT"), ..target("UNSELECT", Then::GoesOn) },
        target("LIST", Then::Ends(Cause::NoFolders)),
        target("CREATE", Then::Tells(Cause::FolderRefused)),
        target("SUBSCRIBE", Then::Tells(Cause::SubscriptionLost)),
        target("SELECT", Then::Tells(Cause::FolderRefused)),
        target("APPEND", Then::Tells(Cause::Rejected)),
        Place { habits: |habits| habits.name = "Carbonio", ..target("NOOP", Then::GoesOn) },
        Place {
            habits: |habits| habits.refuses = |_| Some("NO APPEND failed"),
            ..target("GETQUOTAROOT", Then::Tells(Cause::Rejected))
        },
        Place { kind: Delta, ..target("UID STORE", Then::Tells(Cause::FlagsAltered)) },
        Place { kind: Delta, ..target("UID MOVE", Then::Tells(Cause::MovedAtSource)) },
    ]
}

/// A longer wait is waited for without a connection.
const LONG: Duration = Duration::from_secs(60);
/// What a refusal costs nothing of.
const OPTIONAL: [&str; 11] = [
    "COMPRESS",
    "ID",
    "NAMESPACE",
    "STATUS",
    "SUBSCRIBE",
    "NOOP",
    "GETQUOTAROOT",
    "LSUB",
    "ENABLE",
    LITERAL,
    "UNSELECT",
];
/// Tries whether a target takes a literal unasked.
const LITERAL: &str = "STATUS {5}";
/// What of it is asked once, and never again whatever the answer was.
const ONCE: [&str; 1] = ["UNSELECT"];
/// Before both sides were reached once only what passes by itself is waited for.
const EARLY: [&str; 10] = [
    "LOGIN",
    "AUTHENTICATE",
    "CAPABILITY",
    "COMPRESS",
    "ID",
    "NAMESPACE",
    "LIST",
    "LSUB",
    LITERAL,
    "GETQUOTAROOT",
];

fn expected(place: &Place, says: Says) -> Then {
    let early = EARLY.contains(&place.command);
    let optional = OPTIONAL.contains(&place.command);
    let login = matches!(place.command, "LOGIN" | "AUTHENTICATE");
    match says {
        // It may mean the login: that is not sent again and again.
        Says::Goodbye if login => Then::Ends(Cause::Disconnected),
        // It does not take them.
        Says::Goodbye if place.command == LITERAL => place.other,
        Says::Goodbye => Then::GivesUp(Cause::Unavailable),
        Says::Nonsense if early => Then::Ends(Cause::Protocol),
        // Each of them is asked for alone, and comes.
        Says::Nonsense if place.command.ends_with("BODY") => place.other,
        Says::Nonsense => Then::GivesUpSoon(Cause::Protocol),
        // No connection is held for so long, and every new one is told to wait again.
        Says::Throttled(pause) if optional && pause > LONG && !ONCE.contains(&place.command) => Then::Waits,
        _ if optional => place.other,
        // Each of them is asked for alone, and comes.
        Says::Passing(Cause::ServerBug) | Says::Human(_) if place.command.ends_with("BODY") => place.other,
        Says::Passing(cause) => Then::GivesUp(cause),
        Says::Throttled(_) => Then::Waits,
        Says::Human(cause) => Then::Ends(cause),
        Says::Login(cause) if login => Then::Ends(cause),
        Says::Login(_) if early => Then::Ends(Cause::LoginExpired),
        Says::Login(_) => Then::GivesUp(Cause::LoginExpired),
        Says::Full if matches!(place.command, "APPEND" | "CREATE") => Then::Ends(Cause::TargetFull),
        Says::NoFolder if place.command == "APPEND" => Then::GivesUp(Cause::FolderRefused),
        Says::TooBig if place.command == "APPEND" => Then::Tells(Cause::TooBig),
        Says::Full | Says::NoFolder | Says::TooBig | Says::Other => place.other,
    }
}

/// What it came to: no outcome after an hour is a wait.
fn came_to(outcome: Option<&PassOutcome>, took: Duration, expected: Then) -> Then {
    let Some(outcome) = outcome else { return Then::Waits };
    match &outcome.end {
        PassEnd::Aborted { cause, .. } if took < Duration::from_secs(1) => Then::Ends(*cause),
        PassEnd::Aborted { cause, .. } if took < Duration::from_secs(200) => Then::GivesUpSoon(*cause),
        PassEnd::Aborted { cause, .. } => Then::GivesUp(*cause),
        PassEnd::Finished => {
            // That a literal was not taken is told beside whatever else is.
            let told = findings(outcome).iter().map(|finding| finding.cause);
            let told: Vec<Cause> = told.filter(|cause| *cause != Cause::NotAsClaimed).collect();
            match expected {
                Then::Tells(cause) if told.contains(&cause) => expected,
                _ => told.first().map_or(Then::GoesOn, |cause| Then::Tells(*cause)),
            }
        }
        other => panic!("nobody asked for {other:?}"),
    }
}

async fn scene(place: &Place) -> Scene {
    let scene = Scene::new("INBOX: a b c | Sent: d | Work:", "INBOX:").await;
    scene.source.change(|mailbox| mailbox.subscribed.insert(b"Sent".to_vec()));
    let scene = Scene::of(scene.source.mailbox(), scene.target.mailbox()).await;
    for side in [&scene.source, &scene.target] {
        side.habits(|habits| habits.capabilities.extend(["CONDSTORE", "MOVE"]));
    }
    (place.on)(&scene).habits(place.habits);
    if place.kind == PassKind::Delta {
        scene.finish().await;
        scene.source.change(|mailbox| {
            mailbox.folder("INBOX").message(2).flags.insert("\\Flagged".into());
            let message = mailbox.folder("INBOX").take(1);
            mailbox.folder("Work").add(message);
        });
    }
    scene
}

async fn check(place: &Place, words: &'static str, says: Says, wrong: &mut Vec<String>) {
    let scene = scene(place).await;
    let server = (place.on)(&scene);
    server.habits(|habits| habits.instead.insert(0, (place.command, words)));
    let asked = server.heard(place.command);
    let began = Instant::now();
    let expected = expected(place, says);
    // What waits as long as it takes is not watched as long as what is given up after a day.
    let hours = if expected == Then::Waits { 1 } else { 30 };
    let outcome = timeout(Duration::from_secs(hours * 3600), scene.pass(place.kind)).await.ok();
    let took = began.elapsed();
    let case = format!("{} answered {words}", place.command);
    assert!(server.heard(place.command) > asked, "{case}: it was never asked");
    let then = came_to(outcome.as_ref(), took, expected);
    if then != expected {
        wrong.push(format!("{case}: {then:?} after {took:?}, not {expected:?}"));
    }
    if let Says::Throttled(pause) = says {
        let turns = u32::try_from(server.heard(place.command) - asked).expect("few");
        // Several are on their way before the first answer comes.
        assert!(took >= pause * (turns / 8), "{case}: asked {turns} times in {took:?}");
    }
    let Some(PassEnd::Aborted { cause, message }) = outcome.map(|outcome| outcome.end) else { return };
    assert!(!cause.title().is_empty() && message.ends_with(cause.advice()), "{case}: {message}");
    assert!(!message.contains(SECRET), "{case}: {message}");
    let said = words.rsplit_once(']').map_or(words, |(_, said)| said).trim_start_matches("* BYE");
    let said = said.trim_start_matches("BAD").trim_start_matches("NO").trim();
    let told = message.contains(said) || matches!(says, Says::Nonsense) || cause == Cause::NotImap;
    assert!(told, "{case}: the server's words are not told: {message}");
}

#[test]
fn whatever_a_command_is_answered_with_has_its_cause_its_reach_and_its_patience() {
    let mut wrong = Vec::new();
    let places = places();
    for place in &places {
        for (words, says) in ANSWERS {
            // A pass may wait for days: each on a clock of its own.
            clock::run(check(place, words, says, &mut wrong));
        }
    }
    println!("{} cases", places.len() * ANSWERS.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
