//! What the server makes of a list: asked again whenever something about it changes.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use shared::{id::ProjectId, import::ImportPreview};

use super::draft::Draft;
use crate::{
    api::{self, http::Failure},
    components::Submission,
};

/// After the last change, before the server is asked.
const TYPING: Duration = Duration::from_millis(300);

/// What was answered last.
#[derive(Clone, Copy)]
pub(super) struct Preview {
    pub(super) seen: RwSignal<Option<ImportPreview>>,
    /// What is seen is older than what is in the fields.
    pub(super) busy: RwSignal<bool>,
    /// Tells each field what is wrong with it.
    pub(super) submission: Submission,
}

impl Preview {
    pub(super) fn of(id: ProjectId, draft: Draft) -> Self {
        let preview =
            Self { seen: RwSignal::new(None), busy: RwSignal::new(false), submission: Submission::new() };
        let waiting = StoredValue::new_local(None::<TimeoutHandle>);
        let stop_waiting = move || {
            if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
                handle.clear();
            }
        };
        on_cleanup(stop_waiting);
        let newest = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let form = draft.form();
            stop_waiting();
            newest.update_value(|turn| *turn += 1);
            let Some(form) = form else {
                preview.busy.set(false);
                preview.seen.set(None);
                return;
            };
            preview.busy.set(true);
            let turn = newest.get_value();
            let ask = move || {
                spawn_local(async move {
                    let answer = api::preview_list(id, &form).await;
                    // A slow answer must not replace a newer one; and the page may be gone already.
                    if newest.try_get_value() == Some(turn) {
                        preview.take(answer, draft);
                    }
                });
            };
            waiting.set_value(set_timeout_with_handle(ask, TYPING).ok());
        });
        preview
    }

    fn take(self, answer: Result<ImportPreview, Failure>, draft: Draft) {
        self.busy.set(false);
        match answer {
            Ok(seen) => {
                self.submission.tell(None);
                // What is left may be fewer pages than the one that is open.
                let last = usize::try_from(seen.total).unwrap_or(usize::MAX).saturating_sub(1) / Draft::PAGE;
                if draft.page.get_untracked() > last {
                    draft.page.set(last);
                }
                self.seen.set(Some(seen));
            }
            // It is asked for again without.
            Err(failure) if draft.ran_out(&failure) => {}
            Err(failure) => {
                let is_file = draft.file.with_untracked(Option::is_some);
                let failure = at_field(failure, is_file);
                if matches!(failure.field(), Some("text" | "file")) {
                    self.seen.set(None);
                }
                self.submission.tell(Some(failure));
            }
        }
    }

    /// Whether what is seen is what would be added.
    pub(super) fn is_settled(self) -> bool {
        !self.busy.get() && !self.submission.has_failed()
    }
}

/// The fields of this page: the rules are one, and the list is a file or a text.
fn at_field(failure: Failure, is_file: bool) -> Failure {
    let rule = failure
        .field()
        .and_then(|field| field.strip_prefix("rename[")?.split(']').next()?.parse::<u32>().ok());
    match (rule, failure.field()) {
        (Some(at), _) => Failure::invalid("rename", &format!("Line {}: {}", at + 1, failure.message())),
        (None, Some("text")) if is_file => Failure::invalid("file", &failure.message()),
        (None, _) => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, at_field};

    #[test]
    fn what_is_wrong_is_told_beside_the_field_where_it_stands() {
        let rule = at_field(Failure::invalid("rename[2]", "A rule has an arrow."), false);
        assert_eq!((rule.field(), rule.message().as_str()), (Some("rename"), "Line 3: A rule has an arrow."));
        let field =
            |name: &str, is_file| at_field(Failure::invalid(name, "No."), is_file).field().map(str::to_owned);
        assert_eq!(field("text", true).as_deref(), Some("file"));
        assert_eq!(field("text", false).as_deref(), Some("text"));
        assert_eq!(field("columns", true).as_deref(), Some("columns"));
    }
}
