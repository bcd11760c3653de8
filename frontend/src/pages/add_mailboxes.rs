//! Adding mailboxes to a project: one by one, or a pasted list with a preview of every line.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{id::ProjectId, job::NewJob, live::ProjectLive, project::ProjectView};

use super::missing::NotFound;
use crate::{
    api::{self, http::Failure},
    components::{Badge, Form, Notices, PageHead, SecretField, Submission, Submit, TextField, crumb},
    live::live,
    load::load,
    view::{
        amount::counted,
        paste::{self, Columns, Line},
        safe::clean,
        words::Tone,
    },
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
    let columns = Columns {
        source_secret: project.source.secret_per_mailbox(),
        target_secret: project.target.secret_per_mailbox(),
    };
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
        <div class="sides">
            <One id=id columns=columns/>
            <Many id=id columns=columns/>
        </div>
    }
}

#[component]
fn One(id: ProjectId, columns: Columns) -> impl IntoView {
    let notices = Notices::here();
    let fields: [RwSignal<String>; 4] = std::array::from_fn(|_| RwSignal::default());
    let [source_user, source_secret, target_user, target_secret] = fields;
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let secret = |needed: bool, secret: RwSignal<String>| needed.then(|| secret.get_untracked());
        let job = NewJob {
            source_user: source_user.get_untracked().trim().into(),
            source_secret: secret(columns.source_secret, source_secret),
            target_user: target_user.get_untracked().trim().into(),
            target_secret: secret(columns.target_secret, target_secret),
            below: None,
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
                {columns.source_secret.then(|| view! {
                    <SecretField name="jobs[0].source_secret" label="Password or token on the source" value=source_secret/>
                })}
                <TextField name="jobs[0].target_user" label="Login name on the target" value=target_user/>
                {columns.target_secret.then(|| view! {
                    <SecretField name="jobs[0].target_secret" label="Password or token on the target" value=target_secret/>
                })}
                <Submit text="Add mailbox" test="add-one-submit"/>
            </Form>
        </section>
    }
}

#[component]
fn Many(id: ProjectId, columns: Columns) -> impl IntoView {
    let notices = Notices::here();
    let navigate = use_navigate();
    let text = RwSignal::new(String::new());
    let lines = Memo::new(move |_| text.with(|text| paste::read(text, columns, &BTreeSet::new())));
    let good = Memo::new(move |_| {
        lines.with(|lines| lines.iter().filter(|line| line.problem.is_none()).count() as u64)
    });
    let bad = Memo::new(move |_| lines.with(Vec::len) as u64 - good.get());
    let submission = Submission::new();
    let submit = Callback::new(move |()| {
        let good = lines.get_untracked().into_iter().filter(|line| line.problem.is_none());
        let (numbers, jobs): (Vec<usize>, Vec<NewJob>) = good.map(|line| (line.number, line.job)).unzip();
        let (number, navigate) = (jobs.len() as u64, navigate.clone());
        if number > 0 {
            submission.send_or(
                async move { api::add_jobs(id, &jobs).await },
                move |_| {
                    notices.say(format!("{} added.", counted(number, "mailbox was", "mailboxes were")));
                    navigate(&format!("/projects/{id}"), NavigateOptions::default());
                },
                move |failure| submission.fail(at_line(failure, &numbers)),
            );
        }
    });
    let format = columns.names().join(", ");
    let label = move || match good.get() {
        0 => "Add mailboxes".into(),
        number => format!("Add {}", counted(number, "mailbox", "mailboxes")),
    };
    view! {
        <section class="card" aria-label="A list of mailboxes">
            <h2>"A list"</h2>
            <Form submission=submission on_submit=submit test="add-many">
                <div class="field">
                    <label for="paste">"Lines from a spreadsheet or a file"</label>
                    <textarea
                        class="input mono"
                        id="paste"
                        name="paste"
                        rows="8"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="paste-hint"
                        prop:value=text
                        on:input:target=move |event| text.set(event.target().value())
                    ></textarea>
                    <p class="hint" id="paste-hint">
                        "One mailbox a line: " <code>{format}</code>
                        ". Commas, semicolons or tabs between; quotes around a password that holds one of them."
                    </p>
                </div>
                <Show when=move || { good.get() + bad.get() > 0 }>
                    <p role="status" class="outcome" data-test="preview-summary">
                        <Badge tone=Tone::Good text=format!("{} to add", good.get())/>
                        {move || (bad.get() > 0).then(|| view! { <Badge tone=Tone::Bad text=format!("{} with a problem, left out", bad.get())/> })}
                    </p>
                    <Preview lines=lines/>
                </Show>
                <Submit text=Signal::derive(label) test="add-many-submit"/>
            </Form>
        </section>
    }
}

/// The server counts the rows that were sent; the admin counts the lines that were pasted.
fn at_line(failure: Failure, numbers: &[usize]) -> Failure {
    let row = failure
        .field()
        .and_then(|field| field.strip_prefix("jobs[")?.split(']').next()?.parse::<usize>().ok());
    match row.and_then(|row| numbers.get(row)) {
        Some(number) => Failure::invalid("paste", &format!("Line {number}: {}", failure.message())),
        None => failure,
    }
}

/// The lines as they were understood: bad ones first, because they are what there is to do.
#[component]
fn Preview(lines: Memo<Vec<Line>>) -> impl IntoView {
    const MOST: usize = 200;
    let rows = move || {
        let mut lines = lines.get();
        lines.sort_by_key(|line| (line.problem.is_none(), line.number));
        lines.truncate(MOST);
        lines.into_iter().map(row).collect_view()
    };
    let rest = move || lines.with(|lines| lines.len().saturating_sub(MOST) as u64);
    view! {
        <div class="table-box tall" tabindex="0" role="region" aria-label="Preview">
            <table class="table" data-test="preview">
                <thead>
                    <tr>
                        <th scope="col" class="number">"Line"</th>
                        <th scope="col">"Problem"</th>
                        <th scope="col">"Source"</th>
                        <th scope="col">"Target"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Show when=move || { rest() > 0 }>
            <p class="hint">{move || format!("And {}.", counted(rest(), "line more", "lines more"))}</p>
        </Show>
    }
}

fn row(line: Line) -> impl IntoView {
    let test = if line.problem.is_some() { "preview-bad" } else { "preview-good" };
    let problem = match line.problem {
        Some(problem) => view! { <span class="problem">{problem}</span> }.into_any(),
        None => view! { <span class="faint">"None"</span> }.into_any(),
    };
    view! {
        <tr data-test=test>
            <td class="number">{line.number}</td>
            <td class="named">{problem}</td>
            <td><bdi>{clean(&line.job.source_user)}</bdi></td>
            <td><bdi>{clean(&line.job.target_user)}</bdi></td>
        </tr>
    }
}
