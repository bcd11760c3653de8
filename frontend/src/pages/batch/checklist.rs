//! The checklist of a cutover.

use leptos::prelude::*;
use shared::{
    batch::BatchView,
    cutover::{By, Step, StepState, StepView, TickForm},
    job::{ActionForm, JobAction},
};

use super::dns::{DnsLook, DnsPart};
use crate::{
    api::{self, http::Failure},
    components::{Badge, Confirm, Dialog, Form, Icon, IconName, Notices, Submission, Submit, TextField},
    load::Loading,
    view::{
        locale::{count, moment},
        safe::clean_sentence,
        words::{Tone, accepted, severity_tone},
    },
};

/// The steps in their order, each with what is to be done now.
#[component]
pub(super) fn CutoverList(batch: Loading<BatchView>, view: Memo<BatchView>, may: bool) -> impl IntoView {
    let notices = Notices::here();
    let sending = Submission::new();
    let id = view.with_untracked(|view| view.row.id);
    let asked = RwSignal::new(None::<Step>);
    let asking = RwSignal::new(false);
    let look = DnsLook::of(id);
    let ask = Callback::new(move |step: Step| {
        if step.is_about_dns() {
            look.ask(false);
        }
        asked.set(Some(step));
        asking.set(true);
    });
    let taking_back = RwSignal::new(None::<Step>);
    let sure = RwSignal::new(false);
    let ask_back = Callback::new(move |step: Step| {
        taking_back.set(Some(step));
        sure.set(true);
    });
    let take_back = Callback::new(move |()| {
        let Some(step) = taking_back.get_untracked() else { return };
        let form = TickForm { step, done: false, note: String::new() };
        sending.send_or(
            async move { api::tick(id, &form).await },
            move |_| batch.again(),
            move |failure| notices.fail(&failure),
        );
    });
    let run_now = Callback::new(move |()| {
        sending.send_or(
            async move { api::act_on_batch(id, &ActionForm::on_all(JobAction::Final)).await },
            move |applied| {
                notices.say(match applied.applied {
                    0 => "No final pass queued: all mailboxes wait, run or are paused. Resume what is paused, and run it \
                          when they are through."
                        .into(),
                    _ => accepted(JobAction::Final, applied),
                });
                batch.again();
            },
            move |failure| notices.fail(&failure),
        );
    });
    let too_early = RwSignal::new(false);
    let run = Callback::new(move |()| {
        // What cannot be done is not asked about.
        if let Some(why) = view.with_untracked(|view| view.row.nothing_to_begin()) {
            notices.fail(&Failure::invalid("batch", why));
            return;
        }
        match view.with_untracked(is_frozen) {
            true => run_now.run(()),
            false => too_early.set(true),
        }
    });
    let steps = Memo::new(move |_| view.with(|view| view.steps.clone()));
    let rows = move || steps.get().into_iter().map(|step| row(step, may, ask, ask_back, run)).collect_view();
    let title = Signal::derive(move || asked.get().map_or_else(String::new, |step| step.title().to_owned()));
    view! {
        <section class="card cutover" id="cutover" aria-label="Cutover">
            <h2>"Cutover"</h2>
            <ol class="checklist" role="list" data-test="cutover">{rows}</ol>
            <DnsPart look=look/>
        </section>
        <Confirm
            title="Run the final pass before the old system is frozen?"
            text="“The old system is frozen” is not ticked off. Mail that arrives there after this pass is not copied, and this pass does not count for the cutover: it has to be run once more."
            deed="Run it all the same"
            open=too_early
            on_confirm=run_now
        />
        <Confirm
            title=Signal::derive(move || taking_back.get().map_or_else(String::new, |step| format!("Take back “{}”?", step.title())))
            text=Signal::derive(move || taking_back.get().map_or("", taken_back).to_owned())
            deed="Take it back"
            open=sure
            on_confirm=take_back
        />
        <Dialog title=title open=asking>
            <TickOff batch=batch view=view look=look step=asked.get_untracked().unwrap_or(Step::Ttl) open=asking/>
        </Dialog>
    }
}

/// Whether nobody works on the old system any more, as far as it was ticked off.
fn is_frozen(view: &BatchView) -> bool {
    view.cutover.tick(Step::Freeze).is_some()
}

/// What it means that a step is taken back.
const fn taken_back(step: Step) -> &'static str {
    match step {
        Step::Freeze => {
            "Final passes that ran until now do not count for the cutover any more: once the old system is frozen again, \
             they have to be run once more. Who took it back is kept in the audit log."
        }
        Step::Approve => {
            "What differs is approved by nobody then, and the cutover cannot be finished before it is looked at again. Who \
             took it back is kept in the audit log."
        }
        Step::Done => {
            "Its mailboxes can be copied again then, and delta passes that the batch repeats come again by themselves. Who \
             took it back is kept in the audit log."
        }
        Step::Ttl | Step::Mx | Step::LastDelta | Step::Verify => {
            "The step is to be done again then. Its note goes; who took it back is kept in the audit log."
        }
    }
}

fn row(
    view: StepView,
    may: bool,
    ask: Callback<Step>,
    ask_back: Callback<Step>,
    run: Callback<()>,
) -> impl IntoView {
    let StepView { step, state, detail, tick } = view;
    let (word, said) = match state {
        StepState::Done => ("passed", "done"),
        StepState::Open => ("open", "to do"),
        StepState::Locked => ("waiting", "another step comes first"),
    };
    let sign = match state {
        StepState::Done => view! { <Icon name=IconName::Check/> }.into_any(),
        StepState::Open | StepState::Locked => view! { <span class="dot"></span> }.into_any(),
    };
    let ticked = tick.map(|tick| {
        let note = if tick.note.is_empty() { String::new() } else { format!(": {}", tick.note) };
        let against = tick.against.map(|told| {
            view! {
                <p class="step-advice" data-test="tick-against">
                    <Badge tone=Tone::Warning text="DNS said otherwise"/> " " {clean_sentence(&told)}
                </p>
            }
        });
        view! {
            <p class="step-advice"><bdi>{format!("{}, {}{note}", tick.who, moment(tick.at))}</bdi></p>
            {against}
        }
    });
    let button = may.then(|| match (step.by(), state) {
        (By::Program, StepState::Open) => view! {
            <button type="button" class="button" data-test="run-final" on:click=move |_| run.run(())>"Run the final pass"</button>
        }
        .into_any(),
        (By::Admin, StepState::Open) => {
            let text = if step == Step::Approve { "Look and approve…" } else { "Tick off…" };
            let name = format!("{text} {}", step.title());
            view! {
                <button type="button" class="button" aria-label=name data-test=format!("tick-{}", step.word()) on:click=move |_| ask.run(step)>
                    {text}
                </button>
            }
            .into_any()
        }
        (By::Admin, StepState::Done) => {
            let name = format!("Take back: {}", step.title());
            view! {
                <button type="button" class="bare" aria-label=name data-test=format!("untick-{}", step.word()) on:click=move |_| ask_back.run(step)>
                    "Take back"
                </button>
            }
            .into_any()
        }
        (By::Admin, StepState::Locked) | (By::Program, StepState::Done | StepState::Locked) => ().into_any(),
    });
    view! {
        <li class=format!("step step-{word}") data-test=format!("step-{}", step.word()) data-status=word>
            <span class="step-sign" aria-hidden="true">{sign}</span>
            <div>
                <p class="step-title">{step.title()}<span class="unseen">{format!(": {said}")}</span></p>
                <p class="step-detail">{detail}</p>
                {ticked}
            </div>
            <div class="step-action">{button}</div>
        </li>
    }
}

/// Asks for a note, and shows what is approved.
#[component]
fn TickOff(
    batch: Loading<BatchView>,
    view: Memo<BatchView>,
    look: DnsLook,
    step: Step,
    open: RwSignal<bool>,
) -> impl IntoView {
    let submission = Submission::new();
    let note = RwSignal::new(String::new());
    let (id, differences) = view.with_untracked(|view| (view.row.id, view.differences.clone()));
    let submit = Callback::new(move |()| {
        let form = TickForm { step, done: true, note: note.get_untracked() };
        submission.send(async move { api::tick(id, &form).await }, move |_| {
            open.set(false);
            batch.again();
        });
    });
    let list = (step == Step::Approve && !differences.is_empty()).then(|| {
        let rows: Vec<_> = differences
            .into_iter()
            .map(|group| {
                view! {
                    <li>
                        <span class=format!("badge {}", severity_tone(group.severity).class())>{group.severity.title()}</span>
                        {format!(" {} × {}", count(group.count), group.title)}
                    </li>
                }
            })
            .collect();
        view! { <ul class="differences" data-test="differences">{rows}</ul> }
    });
    let asking = move || {
        (step.is_about_dns() && look.is_busy()).then(|| {
            view! { <p class="dialog-text" data-test="asking-dns">"Asking DNS … its answer is kept with the tick, too."</p> }
        })
    };
    let against = move || {
        // An answer of before says nothing while it is asked for again.
        if look.is_busy() {
            return None;
        }
        let told =
            look.told().with(|told| told.as_ref().and_then(|told| told.against(step)).map(clean_sentence));
        told.map(|told| {
            view! {
                <p class="dialog-text" data-test="against">
                    <Badge tone=Tone::Warning text="DNS says otherwise"/> " " {told}
                    " It can be ticked off all the same; the warning is kept with it."
                </p>
            }
        })
    };
    view! {
        <Form submission=submission on_submit=submit test="tick-form">
            <p class="dialog-text">{step.explained()}</p>
            <div role="status">{asking} {against}</div>
            {list}
            <TextField name="note" label="Note" value=note hint="What was seen, who was asked. It is kept with your name and the time."/>
            <div class="dialog-actions">
                <button type="button" class="button" on:click=move |_| open.set(false)>"Not yet"</button>
                <Submit text=if step == Step::Approve { "Approve" } else { "It is done" } test="save-tick"/>
            </div>
        </Form>
    }
}
