//! The choice between the system's colours, light and dark.

use leptos::prelude::*;

use super::icon::{Icon, IconName};
use crate::browser::{self, Theme};

/// Three buttons, of which one is pressed.
#[component]
pub(crate) fn ThemeSwitch() -> impl IntoView {
    let (chosen, set_chosen) = signal(browser::theme());
    let buttons = Theme::ALL.map(|theme| {
        let icon = match theme {
            Theme::System => IconName::Screen,
            Theme::Light => IconName::Sun,
            Theme::Dark => IconName::Moon,
        };
        let choose = move |_| {
            browser::choose_theme(theme);
            set_chosen.set(theme);
        };
        let pressed = move || if chosen.get() == theme { "true" } else { "false" };
        view! {
            <button type="button" aria-pressed=pressed aria-label=theme.title() title=theme.title() on:click=choose>
                <Icon name=icon/>
            </button>
        }
    });
    view! { <div class="theme" role="group" aria-label="Colours">{buttons.collect_view()}</div> }
}
