//! Finding the accounts on the source, which becomes the list: where an admin logs in for all mailboxes, and the source lists
//! them to it.

use leptos::prelude::*;
use shared::{discovery::Discovered, endpoint::Endpoint, id::ProjectId};

use super::draft::Draft;
use crate::{
    api,
    components::{Alert, Submission},
    view::{amount::counted, safe::clean_sentence},
};

/// The button, and what came of it; where nobody logs in for all, why there is none.
#[component]
pub(super) fn FindAccounts(id: ProjectId, source: Endpoint, draft: Draft) -> impl IntoView {
    let Some(admin) = source.admin().map(str::to_owned) else {
        return view! {
            <p class="hint" data-test="no-find">
                "The accounts on the source cannot be found from here: each mailbox is opened with a login of its own, and such a login is not told of others."
            </p>
        }
        .into_any();
    };
    let host = source.host().to_owned();
    let finding = Submission::new();
    let found = RwSignal::new(None::<Found>);
    let find = move |_| {
        let before = untrack(move || Stands::of(draft));
        found.set(None);
        finding.send_or(
            async move { api::discover(id).await },
            move |discovered| {
                let kept = untrack(move || Stands::of(draft)) != before;
                let told = told(&discovered, kept);
                let list = (!kept).then_some(discovered.list);
                if let Some(list) = &list {
                    draft.text.set(list.clone());
                }
                found.set(Some(Found { told, list }));
            },
            move |failure| finding.tell(Some(failure)),
        );
    };
    let asking = format!("Asking {host} for its accounts…");
    let status = move || match finding.is_busy() {
        true => asking.clone(),
        // Of another list nothing is known.
        false => found.with(|found| match found {
            Some(Found { told, list: None }) => told.clone(),
            Some(Found { told, list: Some(list) }) if draft.text.with(|text| text == list) => told.clone(),
            Some(Found { .. }) | None => String::new(),
        }),
    };
    let problem = move || finding.general().map(|message| view! { <Alert message=message/> });
    view! {
        <div class="find" data-test="find">
            <p class="hint">
                "Or the source is asked for its accounts: it logs in to " <bdi>{host}</bdi> " as " <bdi>{admin}</bdi>
                ", opens no mailbox and writes nothing. Cyrus lists them to its admins; many servers list none. What it finds becomes the list, and each account goes to the mailbox of its own name; to make other names by rules, let the second column say nothing."
            </p>
            <div class="form-actions">
                <button
                    type="button"
                    class="button"
                    data-test="find-accounts"
                    aria-disabled=move || finding.is_busy().then_some("true")
                    on:click=find
                >
                    "Find the accounts on the source"
                    {move || finding.is_busy().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
                </button>
            </div>
            <p role="status" data-test="find-status">{status}</p>
            {problem}
        </div>
    }
    .into_any()
}

/// What was told of accounts that were found, and the list they became.
struct Found {
    told: String,
    /// None: another list was brought meanwhile.
    list: Option<String>,
}

/// Which list stands on the page.
#[derive(PartialEq, Eq)]
struct Stands {
    text: String,
    file: Option<String>,
}

impl Stands {
    fn of(draft: Draft) -> Self {
        let file = draft.file.with(|file| file.as_ref().map(|file| file.base64.clone()));
        Self { text: draft.text.get(), file }
    }
}

/// How many were found, and what is to be known besides.
fn told(discovered: &Discovered, kept: bool) -> String {
    let mut told = format!("Found {}.", counted(discovered.accounts.len() as u64, "account", "accounts"));
    if let Some(note) = &discovered.note {
        told.push_str(&format!(" {}", clean_sentence(note)));
    }
    if kept {
        told.push_str(
            " Another list was brought meanwhile and stays: find them once more to have them in its place.",
        );
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{Discovered, told};

    #[test]
    fn how_many_were_found_is_told_with_what_was_left_out_and_what_was_kept() {
        let found =
            Discovered { accounts: vec!["anna".into(), "bert".into()], note: None, list: String::new() };
        assert_eq!(told(&found, false), "Found 2 accounts.");
        let found = Discovered { note: Some("1 more name is left out.".into()), ..found };
        assert_eq!(told(&found, false), "Found 2 accounts. 1 more name is left out.");
        assert!(told(&found, true).ends_with("find them once more to have them in its place."));
    }
}
