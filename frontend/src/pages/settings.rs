//! A new project, and the settings of one that is there.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    auth::Role,
    endpoint::Endpoint,
    id::ProjectId,
    project::{ProjectForm, ProjectView, SideForm},
};

use super::{
    missing::NotFound,
    project_form::{ProjectDraft, ProjectFields},
};
use crate::{
    api,
    components::{Confirm, Notices, Operators, PageHead, ReadOnly, Submission, crumb},
    load::load,
    session::Session,
    view::{amount::counted, merge::merge},
};

/// Makes a project.
#[component]
pub(crate) fn NewProjectPage() -> impl IntoView {
    let navigate = use_navigate();
    let submission = Submission::new();
    let save = Callback::new(move |form: ProjectForm| {
        let navigate = navigate.clone();
        submission.send(async move { api::add_project(&form).await }, move |project| {
            navigate(&format!("/projects/{}/add", project.row.id), NavigateOptions::default());
        });
    });
    view! {
        <PageHead title="New project" crumbs=vec![crumb("Projects", "/")]/>
        <Operators doing="make projects" asked="make the project">
            <ProjectFields draft=ProjectDraft::new() submission=submission on_save=save save="Create project" cancel="/"/>
        </Operators>
    }
}

/// The form without the passwords that were typed for another server than it names now, and what is said of them.
fn without_misplaced(typed: &ProjectForm, mut form: ProjectForm) -> (ProjectForm, Option<String>) {
    let sides = [("source", &typed.source, &mut form.source), ("target", &typed.target, &mut form.target)];
    let mut misplaced = Vec::new();
    for (side, typed, now) in sides {
        if !typed.endpoint.same_login(&now.endpoint) && now.secret.take().is_some() {
            misplaced.push(format!("the {side}'s"));
        }
    }
    let told = (!misplaced.is_empty()).then(|| {
        format!(
            "The password typed here for {} login is taken out: somebody changed where or how it logs in. Enter it for what \
             stands there now.",
            misplaced.join(" and ")
        )
    });
    (form, told)
}

/// Changes a project's settings, or deletes it.
#[component]
pub(crate) fn SettingsPage(id: ProjectId) -> impl IntoView {
    let session = Session::here();
    let project = load(move || api::project(id));
    project.view_or(
        move |project| view! { <Settings project=project may=session.may(Role::Operator)/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Settings(project: ProjectView, may: bool) -> impl IntoView {
    let navigate = use_navigate();
    let notices = Notices::here();
    let id = project.row.id;
    let home = format!("/projects/{id}");
    let crumbs = vec![crumb("Projects", "/"), crumb(project.row.name.clone(), home.clone())];
    let submission = Submission::new();
    // The settings as they were read last, and what stands in the form.
    let read = StoredValue::new(project.clone());
    let draft = RwSignal::new(ProjectDraft::of(&project));
    let anew = Callback::new(move |()| match draft.get_untracked().form() {
        Ok(typed) => submission.send(async move { api::project(id).await }, move |newest| {
            let merged = merge(&read.with_value(as_form), &typed, &as_form(&newest));
            notices.say(merged.told());
            let form = merged.form.map(|form| without_misplaced(&typed, form));
            if let Some((_, Some(told))) = &form {
                notices.say(told.clone());
            }
            draft.set(match form {
                Some((form, _)) => ProjectDraft::typed(&newest, form),
                None => ProjectDraft::of(&newest),
            });
            read.set_value(newest);
        }),
        Err(failure) => submission.fail(failure),
    });
    let save = Callback::new({
        let (navigate, home) = (navigate.clone(), home.clone());
        move |form: ProjectForm| {
            let (navigate, home) = (navigate.clone(), home.clone());
            let seen = read.with_value(|project| project.version.clone());
            submission.send(async move { api::change_project(id, &seen, &form).await }, move |_| {
                notices.say("Settings saved.");
                navigate(&home, NavigateOptions::default());
            });
        }
    });
    let asking = RwSignal::new(false);
    let name = Signal::stored(project.row.name.clone());
    let delete = Callback::new(move |()| {
        let navigate = navigate.clone();
        submission.send(async move { api::delete_project(id, name.get_untracked()).await }, move |_| {
            notices.say("Project deleted.");
            navigate("/", NavigateOptions::default());
        });
    });
    let forgetting = RwSignal::new(false);
    let forget = Callback::new(move |()| {
        submission.send_or(
            async move { api::forget_secrets(id).await },
            move |gone| {
                notices.say(format!(
                    "{} forgotten.",
                    counted(gone.secrets, "credential was", "credentials were")
                ))
            },
            move |failure| notices.fail(&failure),
        );
    });
    let warning = format!(
        "This deletes the project with {}, its history, reports and stored passwords here. Nothing is deleted on either mail system.",
        counted(project.row.jobs, "mailbox", "mailboxes")
    );
    view! {
        <PageHead title="Settings" crumbs=crumbs/>
        <ReadOnly/>
        {move || view! {
            <ProjectFields
                draft=draft.get()
                submission=submission
                on_save=save
                save="Save settings"
                cancel=home.clone()
                anew=anew
                read_only=!may
            />
        }}
        <Show when=move || may>
            <section class="card danger-zone">
                <div>
                    <h2>"Forget credentials"</h2>
                    <p>"Stored passwords and tokens of this project and its mailboxes are removed. History and reports stay; a new pass needs them entered again."</p>
                </div>
                <button type="button" class="button danger" data-test="forget-secrets" on:click=move |_| forgetting.set(true)>
                    "Forget credentials"
                </button>
            </section>
            <section class="card danger-zone">
                <div>
                    <h2>"Delete this project"</h2>
                    <p>"Its history and reports go with it. Both mail systems stay as they are."</p>
                </div>
                <button type="button" class="button danger" data-test="delete-project" on:click=move |_| asking.set(true)>
                    "Delete project"
                </button>
            </section>
        </Show>
        <Confirm
            title="Forget all credentials of this project?"
            text="They cannot be shown or brought back."
            deed="Forget credentials"
            open=forgetting
            on_confirm=forget
        />
        <Confirm title="Delete this project?" text=warning deed="Delete project" typed=name open=asking on_confirm=delete/>
    }
}

/// A project's settings as a form sends them: without secrets, which nobody reads.
fn as_form(project: &ProjectView) -> ProjectForm {
    let side = |endpoint: &Endpoint| SideForm { endpoint: endpoint.clone(), secret: None };
    ProjectForm {
        name: project.row.name.clone(),
        source: side(&project.source),
        target: side(&project.target),
        options: project.options.clone(),
    }
}

#[cfg(test)]
mod tests {
    use shared::{
        endpoint::{Endpoint, ImapEndpoint, Login},
        project::{Options, ProjectForm, SideForm},
    };

    use super::without_misplaced;

    fn form(host: &str, secret: Option<&str>) -> ProjectForm {
        let side = |host: &str, secret: Option<&str>| SideForm {
            endpoint: Endpoint::Imap(ImapEndpoint::new(
                host,
                Login::AuthorizationId { admin: "root".into() },
            )),
            secret: secret.map(str::to_owned),
        };
        ProjectForm {
            name: "Move".into(),
            source: side(host, secret),
            target: side("target.example", Some("kept")),
            options: Options::default(),
        }
    }

    #[test]
    fn a_password_goes_to_no_other_server_than_it_was_typed_for() {
        let typed = form("old.example", Some("typed"));
        let (kept, told) = without_misplaced(&typed, form("old.example", Some("typed")));
        assert_eq!((kept.source.secret.as_deref(), told), (Some("typed"), None));
        let (merged, told) = without_misplaced(&typed, form("new.example", Some("typed")));
        assert_eq!((merged.source.secret, merged.target.secret.as_deref()), (None, Some("kept")));
        assert!(
            told.expect("it is said")
                .starts_with("The password typed here for the source's login is taken out")
        );
    }
}
