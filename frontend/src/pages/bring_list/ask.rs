//! Asking both systems about the rows, when the admin wants it: how it gets on, and how to stop it.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use shared::{
    id::ProjectId,
    import::{ASKED_MAX, AskView, ImportAnswer, Said},
};

use super::{draft::Draft, preview::Preview};
use crate::{
    api, browser,
    components::{Icon, IconName, Notices, Submission},
    view::{
        amount::{bytes, counted},
        locale::count,
        safe::clean_sentence,
    },
};

/// Between two looks at how it gets on.
const LOOK: Duration = Duration::from_secs(1);

/// The button, and how it gets on.
#[component]
pub(super) fn AskBoth(id: ProjectId, draft: Draft, preview: Preview) -> impl IntoView {
    let notices = Notices::here();
    let (beginning, stopping) = (Submission::new(), Submission::new());
    let view = RwSignal::new(None::<AskView>);
    let running = draft.asking;
    // The server goes on logging in, and nobody could stop it any more.
    on_cleanup(move || draft.stop_asking());
    let unasked = Memo::new(move |_| preview.seen.with(|seen| seen.as_ref().map_or(0, |seen| seen.unasked)));
    let number = Memo::new(move |_| unasked.get().min(ASKED_MAX as u64));
    let ready = move || number.get() > 0 && preview.is_settled() && running.with(Option::is_none);
    let begin = move |_| {
        let Some(form) = untrack(move || draft.form()).filter(|_| untrack(ready)) else { return };
        beginning.send_or(
            async move {
                let begun = api::ask_list(id, &form).await?;
                // This part of the page may have gone meanwhile.
                if view.try_with_untracked(|_| ()).is_none() {
                    let _ = api::stop_asking(&begun.id).await;
                }
                Ok(begun)
            },
            move |begun| {
                view.set(None);
                running.set(Some(begun.id.clone()));
                spawn_local(follow(begun.id, view, draft));
            },
            move |failure| draft.fail(&failure),
        );
    };
    let stop = move |_| {
        let Some(ask) = running.get_untracked() else { return };
        stopping.send_or(
            async move { api::stop_asking(&ask).await },
            |_| {},
            move |failure| notices.fail(&failure),
        );
    };
    let label = move || match number.get() {
        0 => "Ask both systems".into(),
        number => format!("Ask both systems about {}", counted(number, "mailbox", "mailboxes")),
    };
    // What was told of a round is told as long as it counts.
    let counts = move || running.with(Option::is_some) || draft.asked.with(Option::is_some);
    let told = move || match counts() {
        true => view.with(|view| view.as_ref().map(told).unwrap_or_default()),
        false => String::new(),
    };
    let forget = move |_| {
        view.set(None);
        draft.asked.set(None);
    };
    let known = move || draft.asked.with(Option::is_some) && running.with(Option::is_none);
    view! {
        <div class="ask" data-test="ask">
            <p class="hint">
                "They can be asked before anything is stored: it logs in to each good row's mailbox on both sides, a few at a time; it opens no folder and writes nothing. It shows refused logins, mailboxes that are not there, and those too small for what the source holds."
            </p>
            <div class="form-actions">
                <button
                    type="button"
                    class="button"
                    data-test="ask-both"
                    aria-disabled=move || (!ready()).then_some("true")
                    on:click=begin
                >
                    {label}
                    {move || running.with(Option::is_some).then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
                </button>
                <Show when=move || running.with(Option::is_some)>
                    <button type="button" class="button" data-test="stop-asking" on:click=stop>"Stop asking"</button>
                </Show>
                <Show when=known>
                    <button type="button" class="button" data-test="forget-answers" on:click=forget>
                        <Icon name=IconName::Cross/>
                        "Forget what they said"
                    </button>
                </Show>
            </div>
            <p role="status" data-test="ask-status">{told}</p>
        </div>
    }
}

/// Looks how it gets on until it is over, or until nobody sees it any more; then what was said counts.
async fn follow(ask: String, view: RwSignal<Option<AskView>>, draft: Draft) {
    let running = draft.asking;
    loop {
        browser::sleep(LOOK).await;
        // The page may be gone, another list here, or another round begun.
        if running.try_get_untracked().flatten().as_deref() != Some(ask.as_str()) {
            return;
        }
        match api::asked(&ask).await {
            Ok(now) => {
                let done = now.done;
                let _ = view.try_set(Some(now));
                if done {
                    break;
                }
            }
            Err(failure) if failure.is_not_found() => {
                // The server was started anew, and knows nothing of earlier rounds either.
                if running.try_set(None).is_none() {
                    draft.forget_answers();
                }
                return;
            }
            // The server may come back.
            Err(_) => {}
        }
    }
    let _ = draft.asked.try_set(Some(ask));
    let _ = running.try_set(None);
}

/// How it gets on, in sentences.
fn told(view: &AskView) -> String {
    let mut told = format!(
        "Asked about {} of {}: {} opened on both sides, {} refused",
        count(view.asked),
        counted(view.total, "mailbox", "mailboxes"),
        count(view.opened),
        count(view.refused)
    );
    if view.unknown > 0 {
        told.push_str(&format!(", {} not known", count(view.unknown)));
    }
    told.push('.');
    let more = [view.waiting.as_deref(), view.stopped.as_deref()];
    for sentence in more.into_iter().flatten() {
        told.push_str(&format!(" {}", clean_sentence(sentence)));
    }
    if view.done && view.left > 0 {
        told.push_str(&format!(
            " {} not asked about: one round takes {} at most. Ask again to go on.",
            counted(view.left, "row is", "rows are"),
            count(ASKED_MAX as u64)
        ));
    }
    told
}

/// What both said of a row that can be added, in a sentence.
pub(super) fn answered(answer: &ImportAnswer) -> String {
    let unknown =
        [("source", &answer.source), ("target", &answer.target)].into_iter().filter_map(|(side, said)| {
            match said {
                Said::Unknown { detail } => Some(format!("Not known on the {side}: {detail}")),
                Said::Open | Said::Refused { .. } => None,
            }
        });
    let unknown: Vec<String> = unknown.collect();
    if !unknown.is_empty() {
        return unknown.join(" ");
    }
    match (answer.holds, answer.free) {
        (Some(holds), Some(free)) => {
            format!("Opens on both sides: {} there, room for {}.", bytes(holds), bytes(free))
        }
        (Some(holds), None) => format!("Opens on both sides: {} there, no limit told.", bytes(holds)),
        (None, _) => "Opens on both sides. How much it holds is not told.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{AskView, ImportAnswer, Said, answered, told};

    #[test]
    fn how_it_gets_on_is_told_with_what_keeps_it_and_what_is_left() {
        let view = AskView { total: 3, asked: 2, opened: 1, refused: 1, ..AskView::default() };
        assert_eq!(told(&view), "Asked about 2 of 3 mailboxes: 1 opened on both sides, 1 refused.");
        let view =
            AskView { unknown: 1, stopped: Some("It was stopped.".into()), left: 1200, done: true, ..view };
        let told = told(&view);
        assert!(told.contains("1 not known. It was stopped. 1,200 rows are not asked about"), "{told}");
    }

    #[test]
    fn what_both_said_is_told_with_what_is_not_known() {
        let open = ImportAnswer {
            source: Said::Open,
            target: Said::Open,
            holds: Some(1200),
            free: Some(5000),
            limit: Some(6000),
        };
        assert_eq!(answered(&open), "Opens on both sides: 1.2 kB there, room for 5.0 kB.");
        let silent = Said::Unknown { detail: "It did not answer.".into() };
        let unknown = ImportAnswer { target: silent, ..open };
        assert_eq!(answered(&unknown), "Not known on the target: It did not answer.");
    }
}
