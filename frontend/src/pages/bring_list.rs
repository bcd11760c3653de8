//! Bringing a list of mailboxes: a file, pasted text or the accounts that the source lists, how it is understood, what is wrong
//! with each row, and only then the mailboxes.

mod ask;
mod columns;
mod done;
mod draft;
mod find;
mod preview;
mod rows;
mod rules;

use leptos::prelude::*;
use shared::{
    endpoint::Endpoint,
    id::ProjectId,
    import::{FILE_MAX, ROWS_MAX},
    project::ProjectView,
};

use super::missing::NotFound;
use crate::{
    api,
    components::{Alert, FileField, LinesField, Operators, PageHead, Spinner, crumb},
    load::load,
    view::locale::count,
};
use columns::Columns;
use done::{Done, Outcome};
use draft::Draft;
use find::FindAccounts;
use preview::Preview;
use rows::Rows;
use rules::ListRules;

/// The page.
#[component]
pub(crate) fn BringListPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project
        .view_or(|project| view! { <Bring project=project/> }.into_any(), || view! { <NotFound/> }.into_any())
}

#[component]
fn Bring(project: ProjectView) -> impl IntoView {
    let id = project.row.id;
    let home = format!("/projects/{id}");
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), home.clone())];
    let needs = [project.source.secret_per_mailbox(), project.target.secret_per_mailbox()];
    let source = StoredValue::new(project.source);
    let outcome = RwSignal::new(None::<Outcome>);
    let steps = move || match outcome.get() {
        Some(it) => {
            view! { <Done id=id outcome=it again=Callback::new(move |()| outcome.set(None))/> }.into_any()
        }
        None => view! { <Steps id=id source=source.get_value() needs=needs outcome=outcome/> }.into_any(),
    };
    let below = view! { <p class="hint">"Nothing is stored before you add the mailboxes, and nothing starts by itself."</p> };
    view! {
        <PageHead title="Bring a list" crumbs=crumbs below=below.into_any()>
            <a class="button" href=home data-test="to-project">"Back to the project"</a>
        </PageHead>
        <Operators doing="bring a list" asked="bring the list">{steps}</Operators>
    }
}

#[component]
fn Steps(
    id: ProjectId,
    source: Endpoint,
    needs: [bool; 2],
    outcome: RwSignal<Option<Outcome>>,
) -> impl IntoView {
    let draft = Draft::new();
    let preview = Preview::of(id, draft);
    provide_context(preview.submission);
    let any = Memo::new(move |_| preview.seen.with(Option::is_some));
    let general = move || preview.submission.general().map(|message| view! { <Alert message=message/> });
    let waiting = move || (preview.busy.get() && !any.get()).then(|| view! { <Spinner/> });
    view! {
        <Source id=id source=source draft=draft needs=needs/>
        {general}
        {waiting}
        <Show when=move || any.get()>
            <div class="sides">
                <Columns draft=draft preview=preview/>
                <ListRules id=id draft=draft preview=preview/>
            </div>
            <Rows id=id draft=draft preview=preview outcome=outcome/>
        </Show>
    }
}

/// Where the list comes from.
#[component]
fn Source(id: ProjectId, source: Endpoint, draft: Draft, needs: [bool; 2]) -> impl IntoView {
    let [of_source, of_target] = needs;
    let mut wanted = vec!["the name on the source"];
    wanted.extend(of_source.then_some("its password there"));
    wanted.push("the name on the target");
    wanted.extend(of_target.then_some("its password there"));
    let last = wanted.pop().unwrap_or_default();
    let wanted = format!(
        "One mailbox a row: {} and {last}. Columns may have any order, and names.",
        wanted.join(", ")
    );
    let admins = match needs {
        [true, true] => None,
        [false, false] => {
            Some("An admin logs in for all mailboxes on both sides, so no passwords are needed.")
        }
        [false, true] => Some("An admin logs in for all mailboxes on the source, so it needs no passwords."),
        [true, false] => Some("An admin logs in for all mailboxes on the target, so it needs no passwords."),
    };
    let most = count(ROWS_MAX as u64);
    view! {
        <section class="card" aria-label="The list">
            <p class="hint">{wanted} " " {admins}</p>
            <div class="sides">
                <FileField
                    name="file"
                    label="A file"
                    hint=format!("CSV, text or XLSX, up to {} MiB and {most} rows.", FILE_MAX / 1024 / 1024)
                    accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain"
                    most=FILE_MAX
                    value=draft.file
                    on_refused=Callback::new(move |()| draft.clear())
                />
                <LinesField name="text" label="Or pasted from a spreadsheet" value=draft.text rows=7/>
            </div>
            <FindAccounts id=id source=source draft=draft/>
        </section>
    }
}
