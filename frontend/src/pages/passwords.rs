//! New passwords for many mailboxes of a project at once: a list, of which all rows are stored or none.

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::ProjectId,
    import::FILE_MAX,
    project::ProjectView,
    secrets::{SecretsDone, SecretsForm},
};

use super::missing::NotFound;
use crate::{
    api,
    components::{
        ChosenFile, FileField, Form, LinesField, Notices, Operators, PageHead, Submission, Submit, crumb,
    },
    load::load,
    session::Session,
    view::amount::counted,
};

/// The page.
#[component]
pub(crate) fn PasswordsPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project
        .view_or(|project| view! { <Enter project=project/> }.into_any(), || view! { <NotFound/> }.into_any())
}

/// The way to the page, where mailboxes have passwords of their own.
#[component]
pub(super) fn PasswordsStrip(id: ProjectId, needs: [bool; 2]) -> impl IntoView {
    let session = Session::here();
    let shown = move || needs.contains(&true) && session.may(Role::Operator);
    view! {
        <Show when=shown>
            <section class="card danger-zone">
                <div>
                    <h2>"Passwords of the mailboxes"</h2>
                    <p>"Stored for each mailbox, sealed, until they are forgotten. When many changed, bring them as one list."</p>
                </div>
                <a class="button" href=format!("/projects/{id}/passwords") data-test="enter-passwords">
                    "Enter passwords again"
                </a>
            </section>
        </Show>
    }
}

#[component]
fn Enter(project: ProjectView) -> impl IntoView {
    let id = project.row.id;
    let home = format!("/projects/{id}");
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name, home.clone())];
    let needs = [project.source.secret_per_mailbox(), project.target.secret_per_mailbox()];
    let below = view! { <p class="hint">"All rows are stored, or none. What runs goes on with the passwords it began with."</p> };
    view! {
        <PageHead title="Enter passwords again" crumbs=crumbs below=below.into_any()>
            <a class="button" href=home.clone() data-test="to-project">"Back to the project"</a>
        </PageHead>
        <Operators doing="enter passwords" asked="enter the passwords">
            {match needs {
                [false, false] => view! { <OfAdmins id=id/> }.into_any(),
                [true, _] | [_, true] => view! { <List id=id needs=needs/> }.into_any(),
            }}
        </Operators>
    }
}

/// Where no mailbox has a password of its own.
#[component]
fn OfAdmins(id: ProjectId) -> impl IntoView {
    view! {
        <section class="card">
            <p>
                "An admin logs in for all mailboxes on both sides. Change the admins' passwords in the "
                <a href=format!("/projects/{id}/settings")>"project's settings"</a> "."
            </p>
        </section>
    }
}

#[component]
fn List(id: ProjectId, needs: [bool; 2]) -> impl IntoView {
    let notices = Notices::here();
    let (file, text) = (RwSignal::new(None::<ChosenFile>), RwSignal::new(String::new()));
    // The newer of the two counts.
    Effect::new(move |_| {
        if file.with(Option::is_some) {
            text.set(String::new());
        }
    });
    Effect::new(move |_| {
        if text.with(|text| !text.is_empty()) && file.with_untracked(Option::is_some) {
            file.set(None);
        }
    });
    let submission = Submission::new();
    let problems = RwSignal::new(Vec::<String>::new());
    let submit = Callback::new(move |()| {
        let brought = file.with_untracked(|file| file.as_ref().map(|file| file.base64.clone()));
        let pasted = brought.is_none().then(|| text.get_untracked());
        let form = SecretsForm { text: pasted, file: brought };
        problems.set(Vec::new());
        submission.send_or(
            async move { api::renew_secrets(id, &form).await },
            move |done| {
                // Passwords stay on no screen for longer than they are needed.
                file.set(None);
                text.set(String::new());
                notices.say(stored(done));
            },
            move |failure| {
                problems.set(failure.messages());
                crate::browser::focus_soon("[data-test=bad-passwords]");
            },
        );
    });
    view! {
        <section class="card" aria-label="The list">
            <p class="hint">{wanted(needs)}</p>
            <p class="hint">"An empty cell leaves the stored password. A first row may name the columns: source user, source password, target user, target password; then they may have any order."</p>
            <Form submission=submission on_submit=submit test="passwords-form">
                <Problems problems=problems/>
                <div class="sides">
                    <FileField
                        name="file"
                        label="A file"
                        hint=format!("CSV, text or XLSX, up to {} MiB.", FILE_MAX / 1024 / 1024)
                        accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain"
                        most=FILE_MAX
                        value=file
                        on_refused=Callback::new(move |()| {
                            file.set(None);
                            text.set(String::new());
                        })
                    />
                    <LinesField name="text" label="Or pasted from a spreadsheet" value=text rows=7/>
                </div>
                <Submit text="Store passwords" test="store-passwords"/>
            </Form>
        </section>
    }
}

/// Every row that is wrong, a line each.
#[component]
fn Problems(problems: RwSignal<Vec<String>>) -> impl IntoView {
    move || {
        let problems = problems.get();
        (!problems.is_empty()).then(|| {
            let lines: Vec<_> = problems.into_iter().map(|problem| view! { <li>{problem}</li> }).collect();
            view! {
                <div class="alert tone-bad" role="alert" tabindex="-1" data-test="bad-passwords">
                    <div>
                        <p>"Nothing was stored."</p>
                        <ul>{lines}</ul>
                    </div>
                </div>
            }
        })
    }
}

/// What stands in a row, in the order of columns without names.
fn wanted(needs: [bool; 2]) -> String {
    let [source, target] = needs;
    let mut columns = vec!["its name on the source"];
    columns.extend(source.then_some("its password there"));
    columns.push("its name on the target (may be left out)");
    columns.extend(target.then_some("its password there"));
    let last = columns.pop().unwrap_or_default();
    format!("One mailbox a row: {}, {last}.", columns.join(", "))
}

/// What is said once they are stored.
fn stored(done: SecretsDone) -> String {
    let SecretsDone { stored, lacking } = done;
    let stored = counted(stored, "mailbox", "mailboxes");
    match lacking {
        0 => format!("Passwords of {stored} stored. Start again to go on."),
        1 => format!("Passwords of {stored} stored. 1 mailbox still has none that it needs."),
        more => {
            let more = crate::view::locale::count(more);
            format!("Passwords of {stored} stored. {more} mailboxes still have none that they need.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SecretsDone, stored, wanted};

    #[test]
    fn a_row_is_told_in_the_order_of_its_columns() {
        let told = "One mailbox a row: its name on the source, its password there, its name on the target (may be left out).";
        assert_eq!(wanted([true, false]), told);
        assert!(wanted([false, true]).ends_with("(may be left out), its password there."));
    }

    #[test]
    fn mailboxes_that_still_lack_a_password_are_told() {
        let told = |stored_, lacking| stored(SecretsDone { stored: stored_, lacking });
        assert_eq!(told(1, 0), "Passwords of 1 mailbox stored. Start again to go on.");
        assert!(told(2, 1).ends_with("1 mailbox still has none that it needs."));
        assert!(told(2, 7).ends_with("7 mailboxes still have none that they need."));
    }
}
