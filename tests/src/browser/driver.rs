//! The program between us and the browser: sessions, and what WebDriver itself has no words for.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use servers::process::{Guarded, free_port, tail};

/// Nothing asks the network, nothing is left over from another run, and root may start it too.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--force-device-scale-factor=1",
    "--window-size=1280,900",
];

/// A running driver with at most one session.
#[derive(Debug)]
pub(super) struct Driver {
    _process: Guarded,
    url: String,
    http: reqwest::Client,
    session: std::sync::OnceLock<String>,
}

impl Driver {
    /// Starts it and waits until it answers.
    pub(super) async fn start(profile: &Path) -> Self {
        let port = free_port().expect("a port");
        let log = profile.join("driver.log");
        let file = fs::File::create(&log).expect("makes a file");
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        command.env("HOME", profile).env("TMPDIR", profile);
        let process = Guarded::start(&mut command, Some(profile))
            .unwrap_or_else(|error| panic!("{error}; install chromium and chromium-driver"));
        let url = format!("http://127.0.0.1:{port}");
        crate::client::trust();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let deadline = Instant::now() + Duration::from_secs(20);
        while http.get(format!("{url}/status")).send().await.is_err() {
            assert!(Instant::now() < deadline, "chromedriver does not answer: {}", tail(&log));
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        Self { _process: process, url, http, session: std::sync::OnceLock::new() }
    }

    /// Opens the browser.
    pub(super) async fn open(&self, profile: &Path) -> Client {
        let mut flags: Vec<_> = FLAGS.map(str::to_owned).into();
        flags.push(format!("--user-data-dir={}", profile.join("profile").display()));
        let settings = json!({
            "download.default_directory": profile.join("downloads"),
            "download.prompt_for_download": false,
        });
        let wanted = json!({
            "goog:chromeOptions": { "args": flags, "prefs": settings },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(wanted) = wanted else { unreachable!("it is an object") };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(wanted).connect(&self.url).await.expect("the browser starts");
        let session = client.session_id().await.expect("a session").unwrap_or_default();
        let _ = self.session.set(session);
        client
    }

    /// One command of the browser's own debugging protocol.
    pub(super) async fn command(&self, name: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": name, "params": parameters })).await
    }

    /// What the console complained about since it was last asked.
    pub(super) async fn console(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|message| !is_expected(message))
            .collect()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let session = self.session.get().map_or("", String::as_str);
        let url = format!("{}/session/{session}/{path}", self.url);
        let answer = self.http.post(url).json(&body).send().await.expect("the driver answers");
        let answer: Value = answer.json().await.expect("the driver answers in JSON");
        let value = answer["value"].clone();
        assert!(value["error"].is_null(), "{body}: {value}");
        value
    }
}

/// A browser reports every refused request as an error, also those that are part of the panel's way: asking who is
/// logged in before anybody is, and sending a form that the server finds fault with.
fn is_expected(message: &str) -> bool {
    message.contains("/api/v1/")
        && ["status of 400", "status of 401"].iter().any(|status| message.contains(status))
}
