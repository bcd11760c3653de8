//! The few things asked of the browser directly: title, focus, storage, theme, files, waiting.

use std::{cell::Cell, time::Duration};

use js_sys::{Array, Promise, Reflect};
use leptos::prelude::{document, request_animation_frame, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, FileReader, HtmlAnchorElement, HtmlElement, HtmlInputElement, Storage, Url};

const THEME: &str = "theme";

/// Which colours the admin wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    System,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::System => "System colours",
            Self::Light => "Light colours",
            Self::Dark => "Dark colours",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The theme chosen earlier in this browser.
pub(crate) fn theme() -> Theme {
    let word = storage().and_then(|storage| storage.get_item(THEME).ok().flatten());
    Theme::ALL.into_iter().find(|theme| word.as_deref() == Some(theme.word())).unwrap_or(Theme::System)
}

/// Applies the theme chosen earlier.
pub(crate) fn remember_theme() {
    apply(theme());
}

/// Applies a theme and keeps the choice. A browser without storage forgets it; nothing else is lost.
pub(crate) fn choose_theme(theme: Theme) {
    apply(theme);
    if let Some(storage) = storage() {
        let _ = storage.set_item(THEME, theme.word());
    }
}

fn apply(theme: Theme) {
    let Some(root) = document().document_element() else { return };
    let _ = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.word()),
    };
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Names the page in the browser's tab and history.
pub(crate) fn set_title(title: &str) {
    document().set_title(&format!("{title} · carbonio-migrate"));
}

/// Takes away the static shell that stood in while the module was loading.
pub(crate) fn remove_shell() {
    if let Some(shell) = document().get_element_by_id("shell") {
        shell.remove();
    }
}

/// Moves the keyboard to the first element that matches, once it is on the page.
pub(crate) fn focus_soon(selector: &'static str) {
    request_animation_frame(move || {
        if let Ok(Some(element)) = document().query_selector(selector) {
            focus(&element);
        }
    });
}

/// Moves the keyboard to an element.
pub(crate) fn focus(element: &web_sys::Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Takes the keyboard to a page's heading, except on the first page: nobody came there from another.
pub(crate) fn arrive(heading: &web_sys::Element) {
    thread_local! {
        static ARRIVED: Cell<bool> = const { Cell::new(false) };
    }
    if ARRIVED.replace(true) {
        focus(heading);
    }
}

/// Whether nobody can see this page now.
pub(crate) fn hidden() -> bool {
    document().hidden()
}

/// Takes what stands behind `#token=` in the address, and the whole fragment out of the address and the history.
pub(crate) fn take_token() -> Option<String> {
    let location = window().location();
    let token = location.hash().ok()?.strip_prefix("#token=")?.to_owned();
    if let (Ok(history), Ok(path)) = (window().history(), location.pathname()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
    Some(token)
}

/// The file chosen in a field, with its name.
pub(crate) fn chosen_file(field: &HtmlInputElement) -> Option<(String, Blob)> {
    let files = Reflect::get(field, &"files".into()).ok()?;
    let file = Reflect::get_u32(&files, 0).ok()?.dyn_into::<Blob>().ok()?;
    let name = Reflect::get(&file, &"name".into()).ok()?.as_string()?;
    Some((name, file))
}

/// A file's contents in Base64; none when the browser cannot read it.
pub(crate) async fn base64(file: &Blob) -> Option<String> {
    let reader = FileReader::new().ok()?;
    let read = Promise::new(&mut |resolve, reject| {
        reader.set_onload(Some(&resolve));
        reader.set_onerror(Some(&reject));
    });
    reader.read_as_data_url(file).ok()?;
    JsFuture::from(read).await.ok()?;
    let address = reader.result().ok()?.as_string()?;
    // An empty file has no comma.
    Some(address.split_once(',').map(|(_, contents)| contents.to_owned()).unwrap_or_default())
}

/// Hands text to the browser as a file. Spreadsheets know by its first character that it is UTF-8.
pub(crate) fn save_text(name: &str, text: &str) {
    let save = || {
        let text = Array::of1(&format!("\u{feff}{}", text.trim_start_matches('\u{feff}')).into());
        let address = Url::create_object_url_with_blob(&Blob::new_with_str_sequence(&text).ok()?).ok()?;
        let link = document().create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
        link.set_href(&address);
        link.set_download(name);
        link.click();
        Url::revoke_object_url(&address).ok()
    };
    // A browser that can do none of this has no way to be told.
    let _ = save();
}

/// An id no other element of the page has.
pub(crate) fn unique_id() -> String {
    thread_local! {
        static NEXT: Cell<u32> = const { Cell::new(0) };
    }
    let number = NEXT.get();
    NEXT.set(number + 1);
    format!("e{number}")
}

/// Waits.
pub(crate) async fn sleep(time: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        let millis = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis);
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}
