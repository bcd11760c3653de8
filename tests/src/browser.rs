//! A headless Chromium, driven over WebDriver: what a person at the panel sees and does.

mod audit;
mod driver;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

pub use audit::Violation;
use base64::{Engine, engine::general_purpose::STANDARD};
use driver::Driver;
use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{app::ADMIN_PASSWORD, artefacts};

/// How long anything on a page may take to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// The colours of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    // Dropped before the profile: the browser must not write into a directory that is gone.
    driver: Driver,
    profile: TempDir,
    errors: Vec<String>,
}

impl Browser {
    /// Starts a browser.
    pub async fn start() -> Self {
        let profile = tempfile::Builder::new().prefix("browser-").tempdir().expect("a directory");
        fs::create_dir(profile.path().join("downloads")).expect("a directory");
        let driver = Driver::start(profile.path()).await;
        let client = driver.open(profile.path()).await;
        Self { client, driver, profile, errors: Vec::new() }
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("going to {url}: {error}"));
    }

    /// Logs in at the page that asks for it.
    pub async fn log_in(&self, name: &str) {
        self.test("login-form").await;
        self.fill("name", name).await;
        self.fill("password", ADMIN_PASSWORD).await;
        self.click("login").await;
    }

    /// Where the browser is.
    pub async fn url(&self) -> String {
        self.client.current_url().await.expect("an address").to_string()
    }

    /// The element of a CSS selector, waited for.
    pub async fn css(&self, selector: &str) -> Element {
        match self.client.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => {
                let text = self.text("body").await;
                let kept = self.shot("failed").await;
                panic!("{selector} did not appear ({error}); see {}. The page says:\n{text}", kept.display());
            }
        }
    }

    /// The element with a test name, waited for.
    pub async fn test(&self, name: &str) -> Element {
        self.css(&format!("[data-test='{name}']")).await
    }

    /// Whether an element is there now.
    pub async fn has(&self, selector: &str) -> bool {
        self.client.find(Locator::Css(selector)).await.is_ok()
    }

    /// Clicks the element with a test name.
    pub async fn click(&self, name: &str) {
        self.click_css(&format!("[data-test='{name}']")).await;
    }

    /// Clicks the element of a CSS selector. A page that is drawing itself anew gets another chance.
    pub async fn click_css(&self, selector: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.css(selector).await.click().await {
                Ok(()) => return,
                Err(error) => {
                    assert!(Instant::now() < deadline, "clicking {selector}: {error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Types into the field of this name, in place of what stands there.
    pub async fn fill(&self, name: &str, value: &str) {
        let field = self.css(&format!("input[name='{name}'], textarea[name='{name}']")).await;
        field.clear().await.unwrap_or_else(|error| panic!("clearing {name}: {error}"));
        field.send_keys(value).await.unwrap_or_else(|error| panic!("typing into {name}: {error}"));
    }

    /// Chooses from a list that drops down.
    pub async fn select(&self, name: &str, word: &str) {
        let list = self.css(&format!("select[name='{name}']")).await;
        list.select_by_value(word).await.unwrap_or_else(|error| panic!("choosing {word} of {name}: {error}"));
    }

    /// Presses a radio button.
    pub async fn choose(&self, name: &str, word: &str) {
        self.click_css(&format!("input[name='{name}'][value='{word}']")).await;
    }

    /// Presses keys, wherever the focus is.
    pub async fn keys(&self, keys: &str) {
        let active = self.client.active_element().await.expect("something has the focus");
        active.send_keys(keys).await.expect("takes keys");
    }

    /// The text of an element.
    pub async fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.script(script, vec![json!(selector)]).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an element's text fits, and returns it.
    pub async fn until(&self, selector: &str, patience: Duration, fits: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + patience;
        loop {
            let text = self.text(selector).await;
            if fits(&text) {
                return text;
            }
            if Instant::now() > deadline {
                let kept = self.shot("failed").await;
                panic!("{selector} still says {text:?}; see {}", kept.display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Shows the panel as a system with these colours would.
    pub async fn theme(&self, theme: Theme) {
        let feature = json!({ "name": "prefers-color-scheme", "value": theme.word() });
        self.driver.command("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    /// Keeps a picture of the whole page among the artefacts.
    pub async fn shot(&self, name: &str) -> PathBuf {
        let size = self
            .script(
                "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight]",
                vec![],
            )
            .await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let order = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.driver.command("Page.captureScreenshot", order).await;
        let picture = STANDARD.decode(answer["data"].as_str().unwrap_or_default()).expect("a picture");
        artefacts::keep(&format!("panel-{name}.png"), &picture)
    }

    /// Keeps pictures of the page in both themes, and everything that is wrong with it: serious faults of accessibility,
    /// sideways scrolling, errors in the browser's console.
    pub async fn look(&mut self, name: &str) {
        for theme in Theme::ALL {
            self.theme(theme).await;
            // Colours fade over; a fault in the middle of it is none.
            tokio::time::sleep(Duration::from_millis(350)).await;
            let name = format!("{name}-{}", theme.word());
            self.shot(&name).await;
            // Only the colours are another matter in the dark.
            for violation in audit::serious(self, theme == Theme::Dark).await {
                self.errors.push(format!("{name}: {violation}"));
            }
        }
        self.theme(Theme::Light).await;
        let sideways = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        if self.script(sideways, vec![]).await.as_i64() != Some(0) {
            self.errors.push(format!("{name}: the page scrolls sideways"));
        }
        self.listen(name).await;
    }

    async fn listen(&mut self, name: &str) {
        for entry in self.driver.console().await {
            self.errors.push(format!("{name}: the console says {entry}"));
        }
    }

    /// A request was refused with this status, as it should be: the browser's console complains of every refusal.
    pub async fn refused(&mut self, status: u16) {
        let said = format!("the server responded with a status of {status} ");
        let (refusals, others): (Vec<_>, Vec<_>) =
            self.driver.console().await.into_iter().partition(|entry| entry.contains(&said));
        self.errors
            .extend(others.iter().map(|entry| format!("before the refusal: the console says {entry}")));
        assert_eq!(refusals.len(), 1, "refused with {status}: {refusals:?}");
    }

    /// Waits for a downloaded file whose name ends like this, and reads it.
    pub async fn downloaded(&self, ending: &str) -> (String, Vec<u8>) {
        let folder = self.profile.path().join("downloads");
        let deadline = Instant::now() + PATIENCE;
        loop {
            let files = fs::read_dir(&folder).expect("a folder").flatten().map(|entry| entry.path());
            if let Some(path) = files.into_iter().find(|path| path.to_string_lossy().ends_with(ending)) {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                return (name.unwrap_or_default(), fs::read(path).expect("reads"));
            }
            assert!(Instant::now() < deadline, "no file {ending} was downloaded");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Where the browser keeps its things.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// Closes the browser. Fails the test when anything was wrong with a page that was looked at.
    pub async fn close(mut self) {
        self.listen("at the end").await;
        let errors = std::mem::take(&mut self.errors);
        let _ = self.client.clone().close().await;
        assert!(errors.is_empty(), "{} faults:\n{}", errors.len(), errors.join("\n"));
    }
}
