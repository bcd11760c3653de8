//! Says that the server's own disk is full.

use leptos::prelude::*;
use shared::disk::FullDisk;

use crate::view::{amount::bytes, safe::clean};

/// A banner with how much is free and where, while no pass runs on this server for lack of room.
#[component]
pub(crate) fn DiskBanner(#[prop(into)] disk: Signal<Option<FullDisk>>) -> impl IntoView {
    let told = move || {
        disk.get().map(|disk| {
            let told = full_disk("This server's", &disk);
            view! {
                <p class="banner" data-test="disk-full">
                    {told} " Nothing is lost; other nodes, where there are any, go on."
                </p>
            }
        })
    };
    view! { <div role="status">{told}</div> }
}

/// That a disk is full, what follows, and what to do. `whose` begins the sentence: "Its".
pub(crate) fn full_disk(whose: &str, disk: &FullDisk) -> String {
    let FullDisk { place, free, size, wanted } = disk;
    format!(
        "{whose} disk is full: {} are free of {}, on the disk of {}. It moves no mailbox. Make room there: from {} on, it \
         moves mailboxes again by itself.",
        bytes(*free),
        bytes(*size),
        clean(place),
        bytes(*wanted)
    )
}
