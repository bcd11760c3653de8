//! Pictograms, drawn as strokes on a 20 by 20 grid. They repeat what a word beside them says.

use leptos::prelude::*;

/// Which pictogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IconName {
    Activity,
    Archive,
    Arrow,
    Check,
    Chevron,
    Clock,
    Cross,
    Download,
    Drafts,
    Folder,
    Gear,
    Inbox,
    Info,
    Junk,
    Leave,
    Moon,
    Person,
    Persons,
    Plus,
    Print,
    Projects,
    Screen,
    Sent,
    Sun,
    Trash,
    Upload,
    Warning,
}

impl IconName {
    const fn strokes(self) -> &'static str {
        match self {
            Self::Activity => "M2.5 10.5h3.5l2.5-6 3.5 11.5 2.5-5.5h3",
            Self::Archive => "M3 4.5h14v3.5H3zM4.5 8v8h11V8M8 11h4",
            Self::Arrow => "M3.5 10h13M12 5.5l4.5 4.5-4.5 4.5",
            Self::Check => "M4 10.5l4 4 8-9",
            Self::Chevron => "M7.5 5l5 5-5 5",
            Self::Clock => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4.2l2.8 1.8",
            Self::Cross => "M5 5l10 10M15 5L5 15",
            Self::Download => "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
            Self::Drafts => "M4 16l.8-3.4 8.4-8.4 2.6 2.6-8.4 8.4zM11.5 6l2.5 2.5",
            Self::Folder => "M2.5 5h5l1.8 2h8.2v8.5h-15z",
            Self::Gear => {
                "M10 7.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM10 2.5v2.2M10 15.3v2.2M2.5 10h2.2M15.3 10h2.2M4.7 4.7l1.6 1.6M13.7 13.7l1.6 1.6M15.3 4.7l-1.6 1.6M6.3 13.7l-1.6 1.6"
            }
            Self::Inbox => "M3 11l2-6.5h10L17 11v5H3zM3 11h4l1 2h4l1-2h4",
            Self::Info => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9v4.5M10 6.3v.4",
            Self::Junk => "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM5.2 5.2l9.6 9.6",
            Self::Leave => "M8 3.5H4v13h4M8.5 10h8M13 6.5l3.5 3.5-3.5 3.5",
            Self::Moon => "M16 11.8A6.8 6.8 0 1 1 8.2 4a5.4 5.4 0 0 0 7.8 7.8z",
            Self::Person => "M10 3.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM4 16.5c.6-3.2 2.8-5 6-5s5.4 1.8 6 5",
            Self::Persons => {
                "M7.5 4a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.5 16c.4-2.900 2.200-4.500 5-4.500s4.600 1.600 5 4.500M13 4.300a2.600 2.600 0 0 1 0 4.900M14.500 11.900c1.700.6 2.700 2 3 4.100"
            }
            Self::Plus => "M10 4v12M4 10h12",
            Self::Print => "M6 7.500V3.500h8v4M6 13.500H3.500v-6h13v6H14M6 11.500h8v5H6z",
            Self::Projects => {
                "M3 6.500h11M10.800 3.300L14 6.500l-3.200 3.200M17 13.500H6M9.200 10.300L6 13.500l3.200 3.200"
            }
            Self::Screen => "M3 4h14v9H3zM10 13v3M6.500 16.500h7",
            Self::Sent => "M3 10l14-6-4.500 13-3-5.500zM9.500 11.500L17 4",
            Self::Sun => {
                "M10 6.800a3.200 3.200 0 1 0 0 6.400 3.200 3.200 0 0 0 0-6.400zM10 2.500v1.500M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M15.300 4.700l-1 1M5.700 14.300l-1 1"
            }
            Self::Trash => {
                "M4 5.500h12M8 5.500v-2h4v2M5.500 5.500l.7 11h7.600l.7-11M8.500 8.500v5M11.500 8.500v5"
            }
            Self::Upload => "M10 12.5v-9M6 7l4-4 4 4M4 16.5h12",
            Self::Warning => "M10 3.500l7.500 13h-15zM10 8.500v4M10 14.300v.4",
        }
    }
}

/// A pictogram; hidden from screen readers, which get the word beside it.
#[component]
pub(crate) fn Icon(name: IconName) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=name.strokes()></path>
        </svg>
    }
}
