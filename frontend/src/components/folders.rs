//! The folder tree of a mailbox with what stands on both sides.

use std::collections::BTreeSet;

use leptos::prelude::*;
use shared::{
    folder::{FolderPath, Role},
    job::FolderRow,
};

use super::{
    icon::{Icon, IconName},
    progress::Progress,
};
use crate::view::{
    amount::{bytes, counted, percent, share},
    locale::count,
    safe::clean,
    tree::{Branch, grow},
    words::{Tone, role_title},
};

/// The tree; rows with children fold.
#[component]
pub(crate) fn FolderTree(#[prop(into)] folders: Signal<Vec<FolderRow>>) -> impl IntoView {
    let branches =
        Memo::new(move |_| folders.with(|folders| grow(folders.iter().map(|folder| &folder.source))));
    let folded = RwSignal::new(BTreeSet::<FolderPath>::new());
    let shown = move || {
        let folded = folded.get();
        let hidden = |path: &FolderPath| {
            (1..path.0.len()).any(|depth| folded.contains(&FolderPath(path.0[..depth].to_vec())))
        };
        branches.get().into_iter().filter(|branch| !hidden(&branch.path)).collect::<Vec<_>>()
    };
    view! {
        <div class="table-box tall" tabindex="0" role="region" aria-label="Folders">
            <table class="table" data-test="folders">
                <thead>
                    <tr>
                        <th scope="col">"Folder"</th>
                        <th scope="col" class="number">"Source"</th>
                        <th scope="col" class="number">"Target"</th>
                        <th scope="col" class="number">"Left out"</th>
                        <th scope="col" class="number">"Size"</th>
                        <th scope="col" class="wide">"Progress"</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=shown
                        key=|branch| (branch.path.clone(), branch.index, branch.parent)
                        children=move |branch| view! { <Row branch=branch folders=folders folded=folded/> }
                    />
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(
    branch: Branch,
    folders: Signal<Vec<FolderRow>>,
    folded: RwSignal<BTreeSet<FolderPath>>,
) -> impl IntoView {
    let name = clean(branch.path.0.last().map_or("", String::as_str));
    let index = branch.index;
    let folder =
        Memo::new(move |_| index.and_then(|index| folders.with(|folders| folders.get(index).cloned())));
    let role = folder.with_untracked(|folder| folder.as_ref().and_then(|folder| folder.role));
    let path = branch.path.clone();
    let fold = branch.parent.then(|| {
        let is_folded = {
            let path = path.clone();
            move || folded.with(|folded| folded.contains(&path))
        };
        let toggle = move |_| {
            folded.update(|folded| {
                if !folded.remove(&path) {
                    folded.insert(path.clone());
                }
            });
        };
        view! {
            <button
                type="button"
                class="fold"
                aria-label=format!("Folders in {name}")
                aria-expanded=move || if is_folded() { "false" } else { "true" }
                on:click=toggle
            >
                <Icon name=IconName::Chevron/>
            </button>
        }
    });
    let source = branch.path.clone();
    let elsewhere = move || {
        let target = folder.with(|folder| folder.as_ref().map(|folder| folder.target.clone()))?;
        (target != source)
            .then(|| view! { <span class="renamed">"→ " <bdi>{clean(&target.to_string())}</bdi></span> })
    };
    let number = move |of: fn(&FolderRow) -> String| move || folder.with(|folder| folder.as_ref().map(of));
    let depth = format!("tree depth-{}", branch.depth.min(8));
    view! {
        <tr data-test="folder">
            <th scope="row">
                <div class=depth>
                    {fold}
                    <Icon name=role.map_or(IconName::Folder, role_icon)/>
                    <bdi title=role.map(role_title)>{name.clone()}</bdi>
                    {elsewhere}
                </div>
            </th>
            <td class="number">{number(|folder| count(folder.items))}</td>
            <td class="number">{number(|folder| count(folder.copied))}</td>
            <td class="number">{number(|folder| if folder.skipped == 0 { "–".into() } else { count(folder.skipped) })}</td>
            <td class="number">{number(|folder| bytes(folder.bytes))}</td>
            <td class="wide">{move || folder.get().map(|folder| bar(name.clone(), folder))}</td>
        </tr>
    }
}

fn bar(name: String, folder: FolderRow) -> AnyView {
    if folder.items == 0 {
        return view! { <span class="faint">"Empty"</span> }.into_any();
    }
    let done = share(folder.copied + folder.skipped, folder.items);
    let tone = match (folder.copied + folder.skipped >= folder.items, folder.skipped) {
        (false, _) => Tone::Busy,
        (true, 0) => Tone::Good,
        (true, _) => Tone::Warning,
    };
    let text = format!("{} of {}", count(folder.copied), counted(folder.items, "message", "messages"));
    view! {
        <div class="progress-line">
            <Progress fraction=done label=name text=text tone=tone/>
            <span class="number">{format!("{} %", percent(done))}</span>
        </div>
    }
    .into_any()
}

const fn role_icon(role: Role) -> IconName {
    match role {
        Role::Inbox => IconName::Inbox,
        Role::Sent => IconName::Sent,
        Role::Drafts => IconName::Drafts,
        Role::Trash => IconName::Trash,
        Role::Junk => IconName::Junk,
        Role::Archive => IconName::Archive,
    }
}
