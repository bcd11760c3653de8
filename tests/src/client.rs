//! A client of the API: cookies, the header that proves the panel sent it, JSON.

use serde_json::Value;
use shared::{
    auth::LoginForm,
    error::ApiError,
    id::{JobId, ProjectId},
    job::{JobAction, JobView, NewJob},
    project::{Options, ProjectForm},
};

use crate::{events::Events, mailbox::Mailbox};

/// A browser's share of the API.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    asked: String,
}

/// The way of TLS that clients of this process use: built with the whole product, the HTTP client has none of its own.
pub(crate) fn trust() {
    // A second time it is there already.
    _ = rustls::crypto::ring::default_provider().install_default();
}

impl Reply {
    /// Fails the test unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} answered {}", self.asked, self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.read()
    }

    /// The body as a value of the API.
    #[track_caller]
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()))
    }

    /// The body as an error; every refusal must have one.
    #[track_caller]
    pub fn error(&self) -> ApiError {
        assert!(self.status >= 400, "{} answered {}", self.asked, self.status);
        self.read()
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// A client of a server, nobody logged in.
    pub fn new(url: &str) -> Self {
        trust();
        // A connection that lay idle may be closed by the server at the very moment it is used again.
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .expect("a client");
        Self { http, url: url.into() }
    }

    /// Whether the server takes requests and its database answers.
    pub async fn is_ready(&self) -> bool {
        let asked = self.http.get(format!("{}/readyz", self.url)).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let request = request.build().expect("a request");
        let asked = format!("{} {}", request.method(), request.url().path());
        let answer = self.http.execute(request).await.unwrap_or_else(|error| panic!("{asked}: {error}"));
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap_or_else(|error| panic!("{asked}: {error}")).to_vec();
        Reply { status, headers, body, asked }
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.url)).header("X-CM", "1")
    }

    /// Any request as it is built; for what no panel would send.
    pub async fn raw(
        &self,
        method: &str,
        path: &str,
        build: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Reply {
        let method = method.parse().expect("a method");
        self.send(build(self.http.request(method, format!("{}{path}", self.url)))).await
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(reqwest::Method::GET, path)).await
    }

    /// Makes, or asks for something.
    pub async fn post(&self, path: &str, body: &(impl serde::Serialize + ?Sized)) -> Reply {
        self.send(self.request(reqwest::Method::POST, path).json(body)).await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, body: &(impl serde::Serialize + ?Sized)) -> Reply {
        self.send(self.request(reqwest::Method::PUT, path).json(body)).await
    }

    /// Changes in part.
    pub async fn patch(&self, path: &str, body: &(impl serde::Serialize + ?Sized)) -> Reply {
        self.send(self.request(reqwest::Method::PATCH, path).json(body)).await
    }

    /// Removes.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(reqwest::Method::DELETE, path)).await
    }

    /// Logs in.
    pub async fn log_in(&self, name: &str, password: &str) -> Reply {
        self.post("/session", &LoginForm { name: name.into(), password: password.into() }).await
    }

    /// Makes a project with one mailbox and returns both ids.
    pub async fn make_project(&self, name: &str, source: &Mailbox, target: &Mailbox) -> (ProjectId, JobId) {
        let (project, jobs) = self.make_project_of(name, &[(source.clone(), target.clone())]).await;
        (project, jobs[0])
    }

    /// Makes a project with several mailboxes; the first pair says where both sides are.
    pub async fn make_project_of(&self, name: &str, pairs: &[(Mailbox, Mailbox)]) -> (ProjectId, Vec<JobId>) {
        let (source, target) = &pairs[0];
        let options = Options::default();
        let form = ProjectForm { name: name.into(), source: source.side(), target: target.side(), options };
        let made = self.post("/projects", &form).await.expect(201).json();
        let project = ProjectId(made["row"]["id"].as_i64().expect("an id"));
        let jobs: Vec<_> = pairs.iter().map(|(source, target)| job(source, target)).collect();
        let made = self.post(&format!("/projects/{project}/jobs"), &jobs).await.expect(201).json();
        let rows = made.as_array().expect("rows");
        (project, rows.iter().map(|row| JobId(row["id"].as_i64().expect("an id"))).collect())
    }

    /// Asks a job to do something.
    pub async fn act(&self, job: JobId, action: JobAction) -> Reply {
        self.post(&format!("/jobs/{job}/actions"), &serde_json::json!({ "action": action })).await
    }

    /// A job with all its page shows.
    pub async fn job(&self, job: JobId) -> JobView {
        self.get(&format!("/jobs/{job}")).await.expect(200).read()
    }

    /// The status of a live stream, which has no end.
    pub async fn head_of(&self, path: &str) -> u16 {
        let answer = self.request(reqwest::Method::GET, path).send().await.expect("an answer");
        answer.status().as_u16()
    }

    /// A live stream.
    pub async fn live(&self, path: &str) -> Events {
        let request = self.request(reqwest::Method::GET, &format!("/live{path}"));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "/live{path}");
        Events::new(answer)
    }
}

fn job(source: &Mailbox, target: &Mailbox) -> NewJob {
    NewJob {
        source_user: source.user.clone(),
        source_secret: source.own_secret(),
        target_user: target.user.clone(),
        target_secret: target.own_secret(),
        below: None,
    }
}
