//! Adding mailboxes to a project one by one, and the way to bring a whole list.

use leptos::prelude::*;
use shared::{folder::FolderPath, id::ProjectId, job::NewJob, live::ProjectLive, project::ProjectView};

use super::missing::NotFound;
use crate::{
    api,
    components::{
        Form, Icon, IconName, Notices, Operators, PageHead, SecretField, Submission, Submit, TextField, crumb,
    },
    live::live,
    load::load,
    view::amount::counted,
};

/// The page.
#[component]
pub(crate) fn AddMailboxesPage(id: ProjectId) -> impl IntoView {
    let project = load(move || api::project(id));
    project
        .view_or(|project| view! { <Add project=project/> }.into_any(), || view! { <NotFound/> }.into_any())
}

#[component]
fn Add(project: ProjectView) -> impl IntoView {
    let id = project.row.id;
    let home = format!("/projects/{id}");
    let needs = [project.source.secret_per_mailbox(), project.target.secret_per_mailbox()];
    let stream = live::<ProjectLive>(&format!("/projects/{id}"));
    let known = Memo::new(move |_| stream.with(|live| live.as_ref().map_or(0, |live| live.project.jobs)));
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name, home.clone())];
    let below = view! {
        <p class="hint">{move || match known.get() {
            0 => "No mailboxes yet.".into(),
            number => format!("{} so far.", counted(number, "mailbox", "mailboxes")),
        }}</p>
    };
    view! {
        <PageHead title="Add mailboxes" crumbs=crumbs below=below.into_any()>
            <a class="button" href=home data-test="to-project">"Back to the project"</a>
        </PageHead>
        <Operators doing="add mailboxes" asked="add the mailbox"><Ways id=id needs=needs/></Operators>
    }
}

/// One mailbox, or a whole list.
#[component]
fn Ways(id: ProjectId, needs: [bool; 2]) -> impl IntoView {
    view! {
        <div class="sides">
            <One id=id needs=needs/>
            <section class="card" aria-label="A whole list">
                <h2>"A whole list"</h2>
                <p>"Bring a file or paste from a spreadsheet. Every row is looked at before anything is stored, and rules make the names that a row lacks."</p>
                <div class="form-actions">
                    <a class="button" href=format!("/projects/{id}/list") data-test="bring-list">
                        <Icon name=IconName::Upload/>
                        "Bring a list"
                    </a>
                </div>
            </section>
        </div>
    }
}

#[component]
fn One(id: ProjectId, needs: [bool; 2]) -> impl IntoView {
    let notices = Notices::here();
    let [source_needs, target_needs] = needs;
    let fields: [RwSignal<String>; 5] = std::array::from_fn(|_| RwSignal::default());
    let [source_user, source_secret, target_user, target_secret, folder] = fields;
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let secret = |needed: bool, secret: RwSignal<String>| needed.then(|| secret.get_untracked());
        let below = FolderPath::parse(folder.get_untracked().trim());
        let job = NewJob {
            source_user: source_user.get_untracked().trim().into(),
            source_secret: secret(source_needs, source_secret),
            target_user: target_user.get_untracked().trim().into(),
            target_secret: secret(target_needs, target_secret),
            below: (!below.0.is_empty()).then_some(below),
        };
        let name = job.source_user.clone();
        submission.send(async move { api::add_jobs(id, &[job]).await }, move |_| {
            fields.iter().for_each(|field| field.set(String::new()));
            notices.say(format!("{name} was added."));
            crate::browser::focus_soon("input[name='jobs[0].source_user']");
        });
    });
    view! {
        <section class="card" aria-label="One mailbox">
            <h2>"One mailbox"</h2>
            <Form submission=submission on_submit=submit test="add-one">
                <TextField name="jobs[0].source_user" label="Login name on the source" value=source_user/>
                {source_needs.then(|| view! {
                    <SecretField name="jobs[0].source_secret" label="Password or token on the source" value=source_secret/>
                })}
                <TextField name="jobs[0].target_user" label="Login name on the target" value=target_user/>
                {target_needs.then(|| view! {
                    <SecretField name="jobs[0].target_secret" label="Password or token on the target" value=target_secret/>
                })}
                <TextField
                    name="jobs[0].below"
                    label="Folder on the target to go below"
                    value=folder
                    hint="Nothing: to the top. A mailbox that goes into one where another goes already needs a folder of its own."
                />
                <Submit text="Add mailbox" test="add-one-submit"/>
            </Form>
        </section>
    }
}
