//! The panel: a single-page app that talks to the server's REST interface and to nothing else.
#![expect(unreachable_pub, reason = "the component macro writes `pub` into what it makes")]

mod api;
mod app;
mod browser;
mod components;
mod connection;
mod live;
mod load;
mod pages;
mod session;
mod view;

use wasm_bindgen::prelude::wasm_bindgen;

/// Puts the panel in place of the page's static shell. Runs by itself once the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    browser::remember_theme();
    leptos::mount::mount_to_body(app::App);
    browser::remove_shell();
}
