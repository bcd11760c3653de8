//! Without a mouse: Tab, typing and Enter lead from the link to a new project.

use tests::{
    app::{ADMIN_PASSWORD, OWNER, TestApp},
    browser::Browser,
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Name or words of what has the focus.
async fn focus(browser: &Browser) -> String {
    let script =
        "const it = document.activeElement; return it.name || it.dataset?.test || it.innerText || it.tagName";
    browser.script(script, vec![]).await.as_str().unwrap_or_default().to_owned()
}

/// Presses Tab until the focus is there; it must be visible on the way.
async fn tab_to(browser: &Browser, wanted: &str) {
    let mut passed = Vec::new();
    for _ in 0..40 {
        let here = focus(browser).await;
        if here == wanted {
            return;
        }
        passed.push(here);
        browser.keys(TAB).await;
        let script = "const it = document.activeElement; const style = getComputedStyle(it);
            return it === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none'";
        let visible = browser.script(script, vec![]).await;
        assert_eq!(visible, true, "nobody sees that {} has the focus", focus(browser).await);
    }
    panic!("{wanted} cannot be reached by Tab; the focus went over {passed:?}");
}

#[tokio::test]
async fn everything_is_reached_without_a_mouse() {
    let app = TestApp::start().await;
    let browser = Browser::start().await;
    browser.go(&format!("{}/setup#token={}", app.url(), app.setup_token())).await;
    browser.test("token-from-link").await;
    tab_to(&browser, "name").await;
    browser.keys(OWNER).await;
    tab_to(&browser, "password").await;
    browser.keys(ADMIN_PASSWORD).await;
    browser.keys(ENTER).await;
    browser.test("empty").await;

    // The first stop on every page leads past the navigation.
    browser.go(&app.url()).await;
    browser.test("empty").await;
    browser.keys(TAB).await;
    assert_eq!(focus(&browser).await, "Skip to the page");
    browser.keys(ENTER).await;
    tab_to(&browser, "new-project").await;
    browser.keys(ENTER).await;
    browser.test("project-form").await;
    tab_to(&browser, "name").await;
    browser.keys("By keyboard").await;
    for side in ["source", "target"] {
        tab_to(&browser, &format!("{side}.endpoint.host")).await;
        browser.keys("mail.example").await;
    }
    tab_to(&browser, "save-project").await;
    browser.keys(ENTER).await;
    browser.test("add-one").await;
    browser.close().await;
}
