//! Says that the server's own disk is full.

use leptos::prelude::*;
use shared::disk::FullDisk;

use crate::view::amount::bytes;

/// A banner with how much is free and where, while no pass runs on this server for lack of room.
#[component]
pub(crate) fn DiskBanner(#[prop(into)] disk: Signal<Option<FullDisk>>) -> impl IntoView {
    let told =
        move || disk.get().map(|disk| view! { <p class="banner" data-test="disk-full">{told(&disk)}</p> });
    view! { <div role="status">{told}</div> }
}

fn told(disk: &FullDisk) -> String {
    let FullDisk { place, free, size, wanted } = disk;
    format!(
        "This server's disk is full: {} are free of {}, on the disk of {place}. This server moves no mailbox until {} are \
         free; other nodes, where there are any, go on. Nothing is lost; it goes on by itself then.",
        bytes(*free),
        bytes(*size),
        bytes(*wanted)
    )
}
