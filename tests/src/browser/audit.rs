//! The accessibility audit of a page, by axe-core.

use std::fmt;

use serde_json::Value;

use super::Browser;

/// Something that keeps people out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// How bad it is: `serious` or `critical`.
    pub impact: String,
    /// The rule's name.
    pub rule: String,
    /// What the rule asks for.
    pub help: String,
    /// The elements at fault.
    pub nodes: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {} at {}", self.impact, self.rule, self.help, self.nodes.join(" | "))
    }
}

const RUN: &str = "const done = arguments[arguments.length - 1];
    const only = arguments[0] ? { runOnly: { type: 'rule', values: ['color-contrast'] } } : {};
    axe.run(document, { resultTypes: ['violations'], ...only })
        .then(result => done(result.violations), error => done(String(error)))";

/// Every serious and critical violation on the page as it stands, or only those of its colours.
pub(super) async fn serious(browser: &Browser, only_colours: bool) -> Vec<Violation> {
    if browser.script("return typeof axe", vec![]).await != "object" {
        browser.script(&script(), vec![]).await;
    }
    let found = browser.client.execute_async(RUN, vec![only_colours.into()]).await.expect("the audit runs");
    let found = found.as_array().unwrap_or_else(|| panic!("the audit failed: {found}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let nodes = |violation: &Value| {
        let nodes = violation["nodes"].as_array().cloned().unwrap_or_default();
        nodes
            .iter()
            .map(|node| format!("{} ({})", text(&node["html"]), text(&node["any"][0]["message"])))
            .collect()
    };
    found
        .iter()
        .filter(|violation| violation["impact"] == "serious" || violation["impact"] == "critical")
        .map(|violation| Violation {
            impact: text(&violation["impact"]),
            rule: text(&violation["id"]),
            help: text(&violation["help"]),
            nodes: nodes(violation),
        })
        .collect()
}

/// The script of axe-core: named by `AXE_JS`.
fn script() -> String {
    let path = std::env::var_os("AXE_JS");
    let path = path
        .expect("AXE_JS names the file axe.min.js of axe-core; `cargo xtask test` fetches it and sets this");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.to_string_lossy()))
}
