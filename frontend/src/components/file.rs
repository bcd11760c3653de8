//! A field that takes a file: chosen, or dropped on it.

use leptos::{prelude::*, task::spawn_local};

use super::{
    field::Ties,
    form::Submission,
    icon::{Icon, IconName},
};
use crate::{api::http::Failure, browser};

/// A file that was chosen. No `Debug`: it may hold passwords.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ChosenFile {
    pub(crate) name: String,
    pub(crate) base64: String,
}

/// A place for a file. The browser's own field lies over all of it, so that a file can be dropped anywhere on it.
#[component]
pub(crate) fn FileField(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(into)] hint: String,
    /// Endings and kinds of file that are offered.
    accept: &'static str,
    /// Largest file, in bytes.
    most: usize,
    value: RwSignal<Option<ChosenFile>>,
    /// A file was chosen that is not taken: what stood here before is not what the admin wants any more.
    on_refused: Callback<()>,
) -> impl IntoView {
    let ties = Ties::new(name, true);
    let submission = expect_context::<Submission>();
    let (described, invalid) = (ties.clone(), ties.clone());
    let (id, problem) = (ties.id.clone(), ties.clone());
    let over = RwSignal::new(false);
    let take = move |field: web_sys::HtmlInputElement| {
        over.set(false);
        let Some((file_name, file)) = browser::chosen_file(&field) else { return };
        // The same file is taken once more when it was changed meanwhile.
        field.set_value("");
        if file.size() > most as f64 {
            let message = format!(
                "A file has at most {} MiB: “{file_name}” was not taken, and no list stands here now. Bring it in several \
                 parts.",
                most / 1024 / 1024
            );
            on_refused.run(());
            submission.tell(Some(Failure::invalid(name, &message)));
            return;
        }
        spawn_local(async move {
            let base64 = browser::base64(&file).await;
            // The page may be gone meanwhile, and what is told here with it.
            if value.try_with_untracked(|_| ()).is_none() {
                return;
            }
            let Some(base64) = base64 else {
                let message =
                    "The browser cannot read this file. Close it in other programs, then choose it again.";
                on_refused.run(());
                submission.tell(Some(Failure::invalid(name, message)));
                return;
            };
            value.set(Some(ChosenFile { name: file_name, base64 }));
        });
    };
    let remove = move |_| {
        submission.tell(None);
        value.set(None);
    };
    let chosen = move || value.with(|file| file.as_ref().map(|file| file.name.clone()));
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <div class="drop" class:over=over class:full=move || value.with(Option::is_some)>
                <input
                    type="file"
                    id=id.clone()
                    name=name
                    accept=accept
                    aria-describedby=move || described.described()
                    aria-invalid=move || invalid.invalid()
                    on:dragenter=move |_| over.set(true)
                    on:dragleave=move |_| over.set(false)
                    on:drop=move |_| over.set(false)
                    on:change:target=move |event| take(event.target())
                />
                <Icon name=IconName::Upload/>
                <p class="drop-title" data-test="chosen-file">
                    {move || match chosen() {
                        Some(name) => view! { <bdi>{name}</bdi> }.into_any(),
                        None => "Choose a file, or drop it here".into_any(),
                    }}
                </p>
                <p class="hint" id=format!("{id}-hint")>{hint}</p>
            </div>
            <Show when=move || value.with(Option::is_some)>
                <div class="form-actions">
                    <button type="button" class="button" data-test="remove-file" on:click=remove>
                        <Icon name=IconName::Cross/>
                        "Remove the file"
                    </button>
                </div>
            </Show>
            {move || {
                let id = problem.id.clone();
                problem.problem().map(|problem| view! { <p class="problem" id=format!("{id}-problem")>{problem}</p> })
            }}
        </div>
    }
}
