//! What stands around every page: the way through the panel, who is logged in, and whether the server answers.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use shared::auth::Role;

use crate::{
    api,
    components::{Icon, IconName, Notices, ThemeSwitch},
    connection::Connection,
    session::{Session, Standing},
};

/// The product's name and sign.
#[component]
pub(crate) fn Brand() -> impl IntoView {
    view! {
        <span class="brand">
            <span class="brand-sign" aria-hidden="true"><Icon name=IconName::Projects/></span>
            <span>"carbonio"<span class="brand-light">"-migrate"</span></span>
        </span>
    }
}

/// Says that the server does not answer, as long as it does not.
#[component]
pub(crate) fn Banner() -> impl IntoView {
    let connection = Connection::here();
    view! {
        <div class="banner-place" role="alert">
            <Show when=move || connection.is_lost()>
                <p class="banner" data-test="connection-lost">
                    <span class="spinner" aria-hidden="true"></span>
                    "Connection to the server lost, trying again. What is shown may be old."
                </p>
            </Show>
        </div>
    }
}

/// The frame of a page.
#[component]
pub(crate) fn Shell(children: Children) -> impl IntoView {
    let session = Session::here();
    let is_owner = move || session.may(Role::Owner);
    let skip = |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        crate::browser::focus_soon("#page");
    };
    view! {
        <a class="skip" href="#page" on:click=skip>"Skip to the page"</a>
        <div class="frame">
            <header class="rail">
                <a class="home" href="/" aria-label="carbonio-migrate, all projects"><Brand/></a>
                <nav class="ways" aria-label="Main">
                    <Way href="/" icon=IconName::Projects text="Projects" below=&["/projects", "/batches", "/jobs"]/>
                    <Way href="/nodes" icon=IconName::Screen text="Nodes" below=&["/nodes"]/>
                    <Way href="/activity" icon=IconName::Activity text="Activity" below=&["/activity"]/>
                    <Show when=is_owner>
                        <Way href="/admins" icon=IconName::Persons text="Admins" below=&["/admins"]/>
                    </Show>
                </nav>
                <Foot/>
            </header>
            <main class="page" id="page" tabindex="-1">{children()}</main>
        </div>
    }
}

#[component]
fn Way(
    href: &'static str,
    icon: IconName,
    text: &'static str,
    /// Addresses that begin like this belong here.
    below: &'static [&'static str],
) -> impl IntoView {
    let path = use_location().pathname;
    let here = move || {
        let here = path.with(|path| path == href || below.iter().any(|below| path.starts_with(below)));
        here.then_some("page")
    };
    view! { <a href=href aria-current=here><Icon name=icon/><span>{text}</span></a> }
}

#[component]
fn Foot() -> impl IntoView {
    let session = Session::here();
    let leave = move |_| {
        spawn_local(async move {
            match api::log_out().await {
                Ok(_) => session.set(Standing::Out),
                Err(failure) => Notices::here().fail(&failure),
            }
        });
    };
    let name = move || session.me().map(|me| me.name);
    let role = move || session.me().map(|me| me.role.title());
    let version = move || session.me().map(|me| format!("Version {}", me.version));
    view! {
        <div class="foot">
            <ThemeSwitch/>
            <div class="who">
                <a href="/account" class="account" title="Your account" data-test="account">
                    <Icon name=IconName::Person/>
                    <span class="account-name"><bdi>{name}</bdi><span class="faint">{role}</span></span>
                </a>
                <button type="button" class="bare" aria-label="Log out" title="Log out" data-test="logout" on:click=leave>
                    <Icon name=IconName::Leave/>
                </button>
            </div>
            <p class="small faint version">
                {version} " · " <a href=api::DOCS_LINK rel="external">"API"</a>
            </p>
        </div>
    }
}

/// The frame of the pages before the login.
#[component]
pub(crate) fn Outside(children: Children) -> impl IntoView {
    view! {
        <main class="outside" id="page">
            <div class="outside-card">
                <Brand/>
                {children()}
            </div>
            <div class="outside-foot"><ThemeSwitch/></div>
        </main>
    }
}
