//! Rounds against a server that lets in whom it knows: who is asked, who is not any more, and what is made of it.

pub(crate) mod stub;

use std::{sync::Arc, time::Duration};

use engine::account::Account;
use shared::{
    check::Side,
    endpoint::{Endpoint, ImapEndpoint, Login, Tls},
    id::{AdminId, ProjectId},
    import::{AskView, ImportAnswer, ImportForm, Said},
    job::NewJob,
    limits::Limits,
    project::Options,
};
use tokio::{runtime::Handle, time::sleep};

use self::stub::{RIGHT, Stub};
use super::{Asks, Door, Pair, Round, Unsaid};
use crate::{
    guest::Guests,
    import::{Answers, Import, Known, RowKey},
    store::Visits,
};

const ANNA: AdminId = AdminId(1);
const MOVE: ProjectId = ProjectId(1);

fn endpoint(stub: &Stub, login: Login) -> Endpoint {
    let plain = ImapEndpoint { port: stub.port(), tls: Tls::None, ..ImapEndpoint::new("127.0.0.1", login) };
    Endpoint::Imap(plain)
}

fn admin() -> Login {
    Login::AuthorizationId { admin: "root".into() }
}

/// Two systems and the way into them.
struct Scene {
    source: Stub,
    target: Stub,
    logins: [Login; 2],
    secrets: [&'static str; 2],
    known: Option<&'static str>,
    guests: Guests,
    asks: Asks,
}

impl Scene {
    /// Both know these mailboxes.
    async fn new(mailboxes: &[&str], logins: [Login; 2]) -> Self {
        let (source, target) = (Stub::start(mailboxes).await, Stub::start(mailboxes).await);
        let (guests, asks) = (Guests::new(), Asks::default());
        Self { source, target, logins, secrets: [RIGHT; 2], known: None, guests, asks }
    }

    fn way(&self, side: Side) -> (&Stub, &Login, &'static str) {
        match side {
            Side::Source => (&self.source, &self.logins[0], self.secrets[0]),
            Side::Target => (&self.target, &self.logins[1], self.secrets[1]),
        }
    }

    fn account(&self, side: Side, user: &str, secret: Option<&str>) -> Account {
        let (stub, login, shared) = self.way(side);
        let secret = secret.unwrap_or(shared).to_owned();
        self.guests.equip(side, Account::new(endpoint(stub, login.clone()), user.into(), secret.into()))
    }

    /// Begins a round over these rows: a name, and a password where it has one of its own.
    fn begin(&self, rows: &[(&str, Option<&str>)], answers: Answers) -> (String, Vec<RowKey>) {
        let key = |(user, secret): &(&str, Option<&str>)| answers.key(&job(user, *secret));
        let keys: Vec<_> = rows.iter().map(key).collect();
        let pair = |((user, secret), key): (&(&str, Option<&str>), &RowKey)| Pair {
            key: *key,
            source: self.account(Side::Source, user, *secret),
            target: self.account(Side::Target, user, *secret),
        };
        let pairs: Vec<_> = rows.iter().zip(&keys).map(pair).collect();
        let door = |side| {
            let known = self.known.map(|user| self.account(side, user, None));
            Door::new(
                side,
                Options::default(),
                self.account(side, rows[0].0, rows[0].1),
                known,
                Visits::default(),
            )
        };
        let join = |side| {
            let (stub, login, _) = self.way(side);
            self.guests.join(side, &endpoint(stub, login.clone()), &Limits::default()).expect("no hours")
        };
        let round = Round {
            pairs,
            left: 0,
            source: door(Side::Source),
            target: door(Side::Target),
            limits: [join(Side::Source), join(Side::Target)],
        };
        (self.asks.begin(&Handle::current(), ANNA, MOVE, answers, round).expect("an id"), keys)
    }

    async fn ended(&self, id: &str) -> AskView {
        for _ in 0..600 {
            let view = self.asks.read(ANNA, id).expect("is there");
            if view.done {
                return view;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not end: {:?}", self.asks.read(ANNA, id));
    }

    /// A whole round: how it ended, and what was said of each row.
    async fn round(&self, rows: &[(&str, Option<&str>)]) -> (AskView, Vec<Option<ImportAnswer>>) {
        let (id, keys) = self.begin(rows, Answers::default());
        let view = self.ended(&id).await;
        // The keys of a round are those of its own answers.
        let answers = self.asks.answers(ANNA, MOVE, &id).expect("are there");
        (view, keys.into_iter().map(|key| answers.of(key).cloned()).collect())
    }
}

fn job(user: &str, secret: Option<&str>) -> NewJob {
    let secret = secret.map(str::to_owned);
    NewJob {
        source_user: user.into(),
        source_secret: secret.clone(),
        target_user: user.into(),
        target_secret: secret,
        below: None,
    }
}

/// `open`, `refused` or `unknown`.
fn word(said: &Said) -> &'static str {
    match said {
        Said::Open => "open",
        Said::Refused { .. } => "refused",
        Said::Unknown { .. } => "unknown",
    }
}

fn words(answers: &[Option<ImportAnswer>]) -> Vec<String> {
    let told = |answer: &Option<ImportAnswer>| match answer {
        Some(answer) => format!("{}/{}", word(&answer.source), word(&answer.target)),
        None => "not asked".into(),
    };
    answers.iter().map(told).collect()
}

#[tokio::test]
async fn a_wrong_password_concerns_its_own_row_alone() {
    let scene = Scene::new(&["anna", "bert", "carl", "dora"], [Login::Password, Login::Password]).await;
    let rows: Vec<(&str, Option<&str>)> = vec![
        ("anna", Some("wrong")),
        ("bert", Some("wrong")),
        ("nobody", Some(RIGHT)),
        ("carl", Some(RIGHT)),
        ("dora", Some(RIGHT)),
    ];
    let (view, answers) = scene.round(&rows).await;
    assert_eq!(
        words(&answers),
        ["refused/refused", "refused/refused", "refused/refused", "open/open", "open/open"]
    );
    assert_eq!((view.total, view.asked, view.opened, view.refused, view.unknown), (5, 5, 2, 3, 0));
    assert_eq!(view.stopped, None);
    let carl = answers[3].as_ref().expect("an answer");
    assert_eq!((carl.holds, carl.free, carl.limit), (Some(500), Some(1024), Some(2048)));
    assert_eq!((scene.source.logins(), scene.target.logins()), (5, 5), "each login once");
    let kept = scene.asks.lock().values().any(|ask| ask.doors.upgrade().is_some());
    assert!(!kept, "no password outlives its round");
    for (answer, secret) in answers.iter().zip(["wrong", "wrong", RIGHT]) {
        assert!(!format!("{answer:?}").contains(secret), "{answer:?}");
    }
}

#[tokio::test]
async fn where_an_admin_logs_in_mailboxes_that_are_not_there_do_not_lock_the_admin_out() {
    let scene = Scene::new(&["anna", "bert"], [admin(), admin()]).await;
    let rows = [("anna", None), ("x1", None), ("x2", None), ("x3", None), ("x4", None), ("bert", None)];
    let (view, answers) = scene.round(&rows).await;
    let expected = ["open/open", "refused/refused", "refused/refused", "refused/refused", "refused/refused"];
    assert_eq!(words(&answers)[..5], expected);
    assert_eq!(words(&answers)[5], "open/open");
    assert_eq!(view.stopped, None);
    // Ten, and one more for each refusal, which proves that the admin's login still stands.
    assert_eq!((scene.source.logins(), scene.target.logins()), (10, 10));
    assert_eq!(scene.source.sizes(), 2, "a proof opens a mailbox and asks nothing more");
}

#[tokio::test]
async fn a_proof_that_fails_in_passing_does_not_speak_against_the_admins_login() {
    let scene = Scene { known: Some("bert"), ..Scene::new(&["anna", "bert"], [admin(), admin()]).await };
    scene.source.hang_up_on("bert");
    let (view, answers) = scene.round(&[("x1", None), ("anna", None)]).await;
    assert_eq!(words(&answers), ["unknown/refused", "open/open"]);
    assert_eq!(view.stopped, None);
    let source = answers[0].as_ref().map(|answer| format!("{:?}", answer.source)).expect("an answer");
    assert!(!source.contains("admin's login"), "{source}");
}

#[tokio::test]
async fn a_mailbox_that_opened_in_a_pass_proves_the_admins_login_from_the_first_row_on() {
    let scene = Scene { known: Some("bert"), ..Scene::new(&["bert"], [admin(), admin()]).await };
    let (view, answers) = scene.round(&[("x1", None), ("x2", None), ("x3", None)]).await;
    assert_eq!(words(&answers), ["refused/refused"; 3]);
    assert_eq!((view.refused, view.stopped), (3, None));
}

#[tokio::test]
async fn an_admins_wrong_password_is_sent_twice_and_nobody_knows_of_the_rows() {
    let mut scene = Scene::new(&["anna", "bert", "carl", "dora"], [admin(), Login::Password]).await;
    scene.secrets = ["wrong", RIGHT];
    let rows = [("anna", None), ("bert", None), ("carl", None), ("dora", None)];
    let (view, answers) = scene.round(&rows).await;
    assert_eq!(scene.source.logins(), 2);
    let words = words(&answers);
    assert!(words.iter().all(|word| !word.starts_with("refused")), "{words:?}");
    let stopped = view.stopped.expect("a sentence");
    assert!(stopped.contains("admin's login on the source is refused"), "{stopped}");
    assert_eq!(view.refused, 0);
}

#[tokio::test]
async fn a_system_that_is_not_there_is_not_asked_for_every_row() {
    let scene = Scene::new(&["anna"], [Login::Password, Login::Password]).await;
    scene.target.close();
    let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
    let rows: Vec<(&str, Option<&str>)> = names.iter().map(|name| (name.as_str(), Some(RIGHT))).collect();
    let (view, answers) = scene.round(&rows).await;
    assert!(view.asked < 12, "{view:?}");
    assert!(view.stopped.is_some_and(|why| why.contains("target")), "why it ended");
    assert_eq!(words(&answers)[39], "not asked");
}

#[tokio::test]
async fn a_round_is_stopped_by_its_admin_alone_and_what_was_said_counts() {
    let scene = Scene::new(&["anna", "bert"], [Login::Password, Login::Password]).await;
    scene.target.hold();
    let (id, _) = scene.begin(&[("anna", Some(RIGHT)), ("bert", Some("wrong"))], Answers::default());
    assert!(scene.asks.read(AdminId(2), &id).is_none() && !scene.asks.stop(AdminId(2), &id));
    for (admin, project, why) in [
        (AdminId(2), MOVE, Unsaid::Gone),
        (ANNA, ProjectId(2), Unsaid::Gone),
        // What was said may be taken back when it ends.
        (ANNA, MOVE, Unsaid::Running),
    ] {
        assert_eq!(scene.asks.answers(admin, project, &id).err(), Some(why));
    }
    assert!(!scene.asks.read(ANNA, &id).expect("is there").done);
    assert!(scene.asks.stop(ANNA, &id));
    let view = scene.ended(&id).await;
    assert_eq!((view.asked, view.stopped.as_deref()), (0, Some("It was stopped.")));
    // Another round goes on from there.
    scene.target.let_go();
    let answers = scene.asks.answers(ANNA, MOVE, &id).expect("are there");
    let (id, keys) = scene.begin(&[("anna", Some(RIGHT))], answers);
    assert_eq!(scene.ended(&id).await.opened, 1);
    assert!(scene.asks.answers(ANNA, MOVE, &id).is_ok_and(|answers| answers.of(keys[0]).is_some()));
}

#[test]
fn what_was_said_stands_on_the_row_and_several_rows_of_one_target_are_added_up() {
    let login = |login| Endpoint::Imap(ImapEndpoint::new("mail.example", login));
    let list = "source user,target user,folder\na@x.example,a@y.example,\nb@x.example,a@y.example,From b\nc@x.example,c@y.example,\n\
                d@x.example,d@y.example,\ne@x.example,,";
    let form = ImportForm { text: Some(list.into()), ..ImportForm::default() };
    let read = || {
        let read = Import::read(&form, &login(admin()), &login(admin()), &Known::default());
        read.map_err(|refused| refused.message).expect("reads")
    };
    let mut answers = Answers::default();
    let import = read();
    let (rows, left) = import.unasked(10, &answers);
    assert_eq!((rows.len(), left), (4, 0), "the last has no name on the target");
    let keys: Vec<_> = rows.into_iter().map(|(key, _)| key).collect();
    let open = |holds, free| ImportAnswer {
        source: Said::Open,
        target: Said::Open,
        holds: Some(holds),
        free,
        limit: free.map(|free| free + 1),
    };
    answers.keep(keys[0], open(600, Some(1000)));
    answers.keep(keys[1], open(600, Some(1000)));
    answers.keep(keys[2], open(600, Some(1000)));
    let unknown = Said::Unknown { detail: "The target did not answer.".into() };
    answers.keep(keys[3], ImportAnswer { target: unknown, ..open(9_000, None) });
    let mut import = read();
    import.hear(&answers);
    let seen = import.preview(&form);
    let problems: Vec<Vec<&str>> =
        seen.shown.iter().map(|row| row.problems.iter().map(|problem| problem.title()).collect()).collect();
    let small = "Target mailbox too small";
    assert_eq!(problems, [vec![small], vec![small], vec![], vec![], vec!["No name on the target"]]);
    assert!(seen.shown[0].problems[0].to_string().starts_with("2 rows bring 1.2 kB, the target mailbox has"));
    assert_eq!(
        (seen.good, seen.bad, seen.unasked),
        (2, 3, 1),
        "of the fourth nobody knows: it may be asked again"
    );
    let (again, _) = import.unasked(10, &answers);
    assert_eq!(again.into_iter().map(|(key, _)| key).collect::<Vec<_>>(), [keys[3]]);
    let file = crate::import::bad_rows(&import).expect("writes");
    assert!(String::from_utf8(file).expect("UTF-8").contains("Raise its quota, or move less."));
    let lines: Vec<u64> = import.good().into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 5]);
    let shared: Arc<Answers> = Arc::new(answers);
    let mut other = job("a@x.example", Some("another"));
    other.target_user = "a@y.example".into();
    assert!(shared.of(shared.key(&other)).is_none(), "another password is another row");
}
