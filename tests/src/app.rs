//! The real server with a data directory of its own, set up or not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use servers::process::{Ask, Guarded, free_port, tail};
use shared::auth::{Role, SetupForm};
use tempfile::TempDir;

use crate::{binary, client::Client};

/// The first owner's login name.
pub const OWNER: &str = "olivia";
/// Every admin's password.
pub const ADMIN_PASSWORD: &str = "seven green bicycles";

const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
#[derive(Debug)]
pub struct TestApp {
    // Dropped first: the directory must not go while the server still writes to it.
    process: Option<Guarded>,
    dir: TempDir,
    arguments: Vec<String>,
    port: u16,
}

impl TestApp {
    /// Starts a fresh server on SQLite, not set up yet.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a fresh server with more arguments.
    pub async fn start_with(arguments: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("app-").tempdir().expect("a directory");
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let port = free_port().expect("a port");
        let mut app = Self { process: None, dir, arguments, port };
        app.resume().await;
        app
    }

    /// Starts a fresh server and makes the first owner; the client is logged in as that.
    pub async fn set_up() -> (Self, Client) {
        let app = Self::start().await;
        let client = app.make_owner().await;
        (app, client)
    }

    /// Starts the stopped server again with the same data, on the same port.
    pub async fn resume(&mut self) {
        let mut process = self.spawn();
        let deadline = Instant::now() + PATIENCE;
        let client = self.client();
        while !client.is_ready().await {
            if let Some(status) = process.ended() {
                panic!("the server ended at its start ({status}):\n{}", self.log());
            }
            assert!(Instant::now() < deadline, "the server was not ready in time:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.process = Some(process);
    }

    fn spawn(&self) -> Guarded {
        let mut command = binary::command();
        let data = self.data_dir();
        command.arg("serve").arg("--data-dir").arg(&data);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]).args(&self.arguments);
        let file = |name: &str| {
            let path = self.dir.path().join(name);
            fs::File::options().create(true).append(true).open(path).expect("opens a file")
        };
        command.stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        command.env("HOME", self.dir.path());
        // Nobody answers there: no test asks the machine's DNS. A flag names another.
        command.env("CARBONIO_MIGRATE_DNS_SERVER", "127.0.0.1:1");
        Guarded::start(&mut command, Some(self.dir.path())).expect("starts")
    }

    /// Asks the server to end and waits for it.
    pub fn stop(&mut self) -> Option<ExitStatus> {
        self.process.take().and_then(|mut process| process.stop(Ask::Terminate, PATIENCE))
    }

    /// Kills the server (SIGKILL).
    pub fn kill9(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Where the panel is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where its data is.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A folder of this server's own, beside its data.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The one-time token that makes the first owner, from the file beside the data.
    pub fn setup_token(&self) -> String {
        let path = self.data_dir().join("setup-token");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.trim().to_owned()
    }

    /// A client nobody is logged in with.
    pub fn client(&self) -> Client {
        Client::new(&self.url())
    }

    /// Makes the first owner; the client is logged in as that.
    pub async fn make_owner(&self) -> Client {
        let client = self.client();
        let form =
            SetupForm { token: self.setup_token(), name: OWNER.into(), password: ADMIN_PASSWORD.into() };
        client.post("/setup", &form).await.expect(201);
        client
    }

    /// Makes another admin with the owner's client and logs in as that.
    pub async fn make_admin(&self, owner: &Client, name: &str, role: Role) -> Client {
        let form = serde_json::json!({ "name": name, "password": ADMIN_PASSWORD, "role": role });
        owner.post("/admins", &form).await.expect(201);
        let client = self.client();
        client.log_in(name, ADMIN_PASSWORD).await.expect(200);
        client
    }

    /// The end of what the server printed and logged.
    pub fn log(&self) -> String {
        let files = [self.dir.path().join("stdout"), self.dir.path().join("stderr")];
        files.iter().map(|path| tail(path)).collect::<Vec<_>>().join("\n")
    }

    /// Everything the server printed and logged, whole.
    pub fn everything_logged(&self) -> String {
        let mut paths: Vec<_> = ["stdout", "stderr"].map(|name| self.dir.path().join(name)).into();
        let data = fs::read_dir(self.data_dir()).into_iter().flatten().flatten();
        paths.extend(data.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains(".log")));
        let texts = paths.iter().map(|path| fs::read(path).unwrap_or_default());
        texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect::<Vec<_>>().join("\n")
    }
}
