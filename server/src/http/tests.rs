//! The whole site in memory: every route over a real database, without a socket.

mod access;
mod answers;
mod audit;
mod batches;
mod deleting;
mod discovery;
mod dns;
mod imports;
mod inventory;
mod sessions;
mod tokens;

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use actix_web::{
    App,
    dev::ServiceResponse,
    http::{Method, StatusCode},
    middleware::from_fn,
    test,
    web::Data,
};
use futures_util::{FutureExt as _, future::LocalBoxFuture};
use serde_json::{Value, json};
use shared::{auth::Role, time::Timestamp};
use tokio::sync::watch;

use crate::{
    app::Parts,
    auth::{Token, hash},
    clock::Clock,
    config::{Config, SettingFlags},
    disk::Disk,
    runner::Running,
    secret::Sealer,
    store::Store,
};

/// Answers requests.
type Site = Box<dyn Fn(test::TestRequest) -> LocalBoxFuture<'static, ServiceResponse>>;

/// A project from one system to another, with a password for each mailbox.
fn project_form(name: &str) -> Value {
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit", "pin": null,
            "login": { "method": "password" } } })
    };
    json!({ "name": name, "source": side("old.example"), "target": side("new.example") })
}

/// The parts of a site on a database of its own, under a clock of its own.
struct Bench {
    parts: Data<Parts>,
    clock: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
    _closing: watch::Sender<bool>,
}

impl Bench {
    async fn new() -> Self {
        Self::with(SettingFlags::default()).await
    }

    async fn with(mut flags: SettingFlags) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        flags.node.store.data_dir = Some(dir.path().display().to_string());
        // Nobody answers there: no test asks the system's DNS.
        flags.dns_server.get_or_insert_with(|| "127.0.0.1:1".into());
        let config = Config::load(&flags).expect("settings");
        let url = format!("sqlite:{}", dir.path().join("test.db").display());
        let store = Store::open(&url, Sealer::ephemeral().expect("a key")).await.expect("a database");
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let hands = Arc::clone(&clock);
        let tell = Clock::from_fn(move || Timestamp::from_millis(hands.load(Ordering::SeqCst)));
        let (sender, closing) = watch::channel(false);
        let parts =
            Parts::new(&config, store, Running::new(Disk::of(dir.path())), tell, closing).expect("parts");
        Self { parts: Data::new(parts), clock, _dir: dir, _closing: sender }
    }

    async fn site(&self) -> Site {
        let app = App::new()
            .app_data(self.parts.clone())
            .configure(|config| super::configure(config, None))
            .wrap(from_fn(super::guard))
            .wrap(from_fn(super::headers));
        let service = Rc::new(test::init_service(app).await);
        Box::new(move |request| {
            let service = Rc::clone(&service);
            async move { test::call_service(&*service, request.to_request()).await.map_into_boxed_body() }
                .boxed_local()
        })
    }

    fn pass_minutes(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// An admin of a role, logged in: the cookie's value.
    async fn admin(&self, name: &str, role: Role) -> String {
        let now = self.parts.clock.now();
        let id = self.parts.store.create_admin(name, "no hash", role, now).await.expect("an admin");
        let token = Token::generate().expect("random");
        self.parts.store.create_session(token.hash(), id, now).await.expect("a session");
        token.expose().to_owned()
    }

    /// Whether a session still lives, without counting as activity.
    async fn lives(&self, session: &str) -> bool {
        let found = self.parts.store.session(hash(session), self.parts.clock.now(), false).await;
        found.expect("looked up").is_some()
    }
}

/// A request as the panel sends it.
fn request(method: &str, path: &str, session: Option<&str>, body: Option<Value>) -> test::TestRequest {
    let method: Method = method.parse().expect("a method");
    let safe = method.is_safe();
    let mut request =
        test::TestRequest::with_uri(path).method(method).insert_header(("host", "127.0.0.1:7080"));
    if let Some(session) = session {
        request = request.insert_header(("cookie", format!("cm_session={session}")));
    }
    if !safe {
        request = request.insert_header(("x-cm", "1"));
    }
    match body {
        Some(body) => {
            let text = body.to_string();
            request
                .insert_header(("content-type", "application/json"))
                .insert_header(("content-length", text.len()))
                .set_payload(text)
        }
        None => request,
    }
}

/// Sends a request and returns status and body.
async fn send(site: &Site, request: test::TestRequest) -> (StatusCode, Value) {
    let answer = site(request).await;
    let status = answer.status();
    let body = test::read_body(answer).await;
    (status, serde_json::from_slice(&body).unwrap_or_default())
}
