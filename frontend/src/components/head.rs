//! The head of a page: where one is, the title, what can be done.

use leptos::{html, prelude::*};

use crate::browser;

/// One step of the way to this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crumb {
    title: String,
    href: String,
}

/// A step of the way.
pub(crate) fn crumb(title: impl Into<String>, href: impl Into<String>) -> Crumb {
    Crumb { title: title.into(), href: href.into() }
}

/// Names the page in the browser too, and takes the keyboard there: to a screen reader, that is the news of a new page.
#[component]
pub(crate) fn PageHead(
    #[prop(into)] title: Signal<String>,
    #[prop(optional, into)] crumbs: Signal<Vec<Crumb>>,
    /// A line below the title.
    #[prop(optional)]
    below: Option<AnyView>,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    Effect::new(move |_| browser::set_title(&title.get()));
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            browser::arrive(&heading);
        }
    });
    view! {
        <header class="page-head">
            <div class="page-title">
                {move || Some(crumbs.get()).filter(|crumbs| !crumbs.is_empty()).map(trail)}
                <h1 tabindex="-1" node_ref=heading><bdi>{title}</bdi></h1>
                {below}
            </div>
            {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}

fn trail(crumbs: Vec<Crumb>) -> impl IntoView {
    let steps: Vec<_> = crumbs
        .into_iter()
        .map(|crumb| view! { <li><a href=crumb.href><bdi>{crumb.title}</bdi></a></li> })
        .collect();
    view! { <nav class="crumbs" aria-label="Breadcrumbs"><ol>{steps}</ol></nav> }
}
