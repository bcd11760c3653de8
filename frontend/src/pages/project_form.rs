//! The form of a project: its name, both sides, and how its passes behave.

mod checks;
mod draft;
mod limits;
mod rules;
mod side;

pub(super) use draft::ProjectDraft;

use leptos::prelude::*;
use shared::project::{ProjectForm, VerifyDepth};

use crate::{
    components::{Choice, Form, NumberField, RadioField, Submission, Submit, TextField},
    view::words::{depth_explained, depth_title},
};
use limits::LimitsFields;
use rules::RulesFields;
use side::SideFields;

/// The fields, and the button that saves them.
#[component]
pub(super) fn ProjectFields(
    draft: ProjectDraft,
    submission: Submission,
    on_save: Callback<ProjectForm>,
    #[prop(into)] save: String,
    /// Where giving up leads.
    #[prop(into)]
    cancel: String,
    /// Loads the newest settings, where they are there already.
    #[prop(optional)]
    anew: Option<Callback<()>>,
    #[prop(optional)] read_only: bool,
) -> impl IntoView {
    let submit = Callback::new(move |()| match draft.form() {
        Ok(form) => on_save.run(form),
        Err(failure) => submission.fail(failure),
    });
    let depths = [
        (VerifyDepth::Content, "content"),
        (VerifyDepth::Headers, "headers"),
        (VerifyDepth::Listing, "listing"),
    ];
    let depths = depths.map(|(depth, word)| Choice {
        value: depth,
        word,
        title: depth_title(depth),
        explained: depth_explained(depth),
    });
    view! {
        <Form submission=submission on_submit=submit test="project-form" anew=anew>
            <fieldset class="sheet" disabled=read_only>
                <section class="card">
                    <TextField name="name" label="Name of the project" value=draft.name hint="For people only, such as “Headquarters to Carbonio”."/>
                </section>
                <div class="sides">
                    <SideFields draft=draft.source/>
                    <SideFields draft=draft.target/>
                </div>
                <RulesFields draft=draft.rules preset=draft.source.preset/>
                <section class="card">
                    <h2>"How it runs"</h2>
                    <RadioField name="options.verify" legend="How far a comparison goes" value=draft.verify choices=depths.to_vec()/>
                    <NumberField
                        name="options.parallel"
                        label="Mailboxes at once"
                        value=draft.parallel
                        hint="More is faster until one of the servers asks to slow down."
                    />
                    <NumberField
                        name="options.day_one"
                        label="Newest days first"
                        value=draft.day_one
                        hint="Moves the newest so many days of every mailbox first, so that people can work on day one; the rest follows by itself. Nothing: all in one pass."
                    />
                </section>
                <LimitsFields source=draft.source_limits target=draft.target_limits/>
            </fieldset>
            <div class="form-actions">
                {(!read_only).then(|| view! { <Submit text=save test="save-project"/> })}
                <a class="button" href=cancel>"Back"</a>
            </div>
        </Form>
    }
}
