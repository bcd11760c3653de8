//! What was added, and what was left out.

use leptos::prelude::*;
use shared::{id::ProjectId, import::ImportDone};

use crate::{
    browser,
    components::{Empty, Icon, IconName},
    view::amount::counted,
};

/// What came of a list. No `Debug`: the rows that were left out hold passwords.
#[derive(Clone)]
pub(super) struct Outcome {
    pub(super) done: ImportDone,
    /// The rows that were left out, as a file.
    pub(super) rest: Option<String>,
}

/// Says it, and leads on.
#[component]
pub(super) fn Done(id: ProjectId, outcome: Outcome, again: Callback<()>) -> impl IntoView {
    let Outcome { done, rest } = outcome;
    let title = format!("{} added", counted(done.added, "mailbox was", "mailboxes were"));
    let save = rest.map(|rest| {
        view! {
            <button type="button" class="button" data-test="bad-rows" on:click=move |_| browser::save_text("bad-rows.csv", &rest)>
                <Icon name=IconName::Download/>
                "Download what was left out"
            </button>
        }
    });
    browser::focus_soon("[data-test='to-list']");
    view! {
        <Empty icon=IconName::Check title=title text=told(done)>
            <div class="form-actions">
                <a class="button primary" href=format!("/projects/{id}") data-test="to-list">"To the mailboxes"</a>
                {save}
                <button type="button" class="button" on:click=move |_| again.run(())>"Bring another list"</button>
            </div>
        </Empty>
    }
}

/// What was left out, in words.
fn told(done: ImportDone) -> String {
    let bad = (done.bad > 0).then(|| counted(done.bad, "row with a problem", "rows with a problem"));
    let excluded =
        (done.excluded > 0).then(|| counted(done.excluded, "account by its name", "accounts by their names"));
    let parts: Vec<String> = bad.into_iter().chain(excluded).collect();
    if parts.is_empty() {
        return "Every row of the list is a mailbox now. Nothing starts before you say so.".into();
    }
    format!(
        "Left out: {}. The file says why, row by row; corrected, bring it as it is. It is offered until you leave this page.",
        parts.join(" and ")
    )
}

#[cfg(test)]
mod tests {
    use super::{ImportDone, told};

    #[test]
    fn what_was_left_out_is_told_by_its_reason() {
        let told = |bad, excluded| told(ImportDone { added: 1, bad, excluded });
        assert!(told(2, 1).starts_with("Left out: 2 rows with a problem and 1 account by its name."));
        assert!(told(0, 3).starts_with("Left out: 3 accounts by their names."));
        assert!(told(0, 0).starts_with("Every row"));
    }
}
