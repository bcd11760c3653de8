//! The processes that move mailboxes, what each does, and letting one of them run empty.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    auth::Role,
    id::NodeId,
    node::{NodeMailbox, NodeRow, NodeState},
};

use crate::{
    api,
    components::{Ago, Badge, Notices, PageHead, ReadOnly, Submission, full_disk},
    load::{Loading, load},
    session::Session,
    view::{
        amount::counted,
        locale::count,
        safe::clean,
        words::{Tone, state_tone},
    },
};

/// Between two looks.
const FRESH: Duration = Duration::from_secs(2);
/// So many mailboxes of a node are named; of the rest the number is told.
const NAMED: usize = 8;

/// The page.
#[component]
pub(crate) fn NodesPage() -> impl IntoView {
    let nodes = load(api::nodes);
    nodes.keep_fresh(FRESH);
    let rows = Memo::new(move |_| nodes.get());
    let any = Memo::new(move |_| rows.with(Option::is_some));
    let body = move || match any.get() {
        false => nodes.view(|_| ().into_any()).into_any(),
        true => view! { <Table rows=rows nodes=nodes/> }.into_any(),
    };
    view! {
        <PageHead title="Nodes"/>
        <ReadOnly/>
        <p class="hint">
            "A node is a process that moves mailboxes. More of them join with " <code>"carbonio-migrate worker"</code>
            " on the same PostgreSQL database; a server that keeps its data in a file of its own works alone. When one is gone, its mailboxes go on elsewhere within two minutes."
        </p>
        {move || rows.with(|rows| rows.as_ref().is_some_and(|rows| versions_differ(rows))).then(|| view! {
            <p class="hint" data-test="versions-differ">
                "Nodes of different versions work together while they are upgraded one by one. Bring all to the same version soon."
            </p>
        })}
        {body}
    }
}

/// Whether nodes that are there are of different versions.
fn versions_differ(rows: &[NodeRow]) -> bool {
    let mut there = rows.iter().filter(|row| row.state.is_there()).map(|row| &row.version);
    there.next().is_some_and(|first| there.any(|other| other != first))
}

#[component]
fn Table(rows: Memo<Option<Vec<NodeRow>>>, nodes: Loading<Vec<NodeRow>>) -> impl IntoView {
    let lines = move || {
        rows.get()
            .unwrap_or_default()
            .into_iter()
            .map(|row| view! { <Line row=row nodes=nodes/> })
            .collect_view()
    };
    view! {
        <div class="table-box" tabindex="0" role="region" aria-label="Nodes">
            <table class="table" data-test="nodes">
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Mailboxes"</th>
                        <th scope="col">"Last heard from"</th>
                        <th scope="col">"Started"</th>
                        <th scope="col">"Version"</th>
                        <th scope="col"><span class="unseen">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Line(row: NodeRow, nodes: Loading<Vec<NodeRow>>) -> impl IntoView {
    let kind =
        if row.here { format!("{} · this one", row.kind.title()) } else { row.kind.title().to_owned() };
    let kept = (row.kept_connections > 0).then(|| {
        let kept = counted(u64::from(row.kept_connections), "connection", "connections");
        view! { <p class="small faint">{format!("It may still have {kept} open, which others do not use.")}</p> }
    });
    let full = row.full_disk.map(|disk| {
        let told = full_disk("Its", &disk);
        view! { <p class="small" data-test="node-disk"><Badge tone=Tone::Bad text="Disk full"/> " " {told}</p> }
    });
    view! {
        <tr data-test="node-row">
            <th scope="row"><bdi>{clean(&row.name)}</bdi><p class="small faint">{kind}</p></th>
            <td><Badge tone=tone(row.state) text=row.state.title()/>{full}{kept}</td>
            <td>
                <p>{format!("{} of {}", count(row.mailboxes.len() as u64), count(u64::from(row.workers)))}</p>
                {mailboxes(row.mailboxes)}
            </td>
            <td class="nowrap"><Ago at=row.seen/></td>
            <td class="nowrap"><Ago at=row.started/></td>
            <td class="nowrap">{row.version}</td>
            <td><Drain id=row.id name=row.name state=row.state nodes=nodes/></td>
        </tr>
    }
}

const fn tone(state: NodeState) -> Tone {
    match state {
        NodeState::Working => Tone::Good,
        NodeState::Draining => Tone::Busy,
        NodeState::Drained | NodeState::Ended => Tone::Plain,
        NodeState::Silent => Tone::Bad,
    }
}

/// What it moves, with a way to each.
fn mailboxes(mailboxes: Vec<NodeMailbox>) -> impl IntoView {
    let more = mailboxes.len().saturating_sub(NAMED);
    let lines = mailboxes.into_iter().take(NAMED).map(|mailbox| {
        let pass = mailbox.pass.map(|pass| pass.title());
        view! {
            <li class="small">
                <a href=format!("/jobs/{}", mailbox.job)><bdi>{clean(&mailbox.source_user)}</bdi></a>
                " " <Badge tone=state_tone(mailbox.state) text=mailbox.state.title()/>
                <span class="faint">" " {pass} {mailbox.since.map(|since| view! { ", since " <Ago at=since/> })}</span>
            </li>
        }
    });
    view! {
        <ul>{lines.collect_view()}</ul>
        {(more > 0).then(|| view! { <p class="small faint">{format!("and {} more", count(more as u64))}</p> })}
    }
}

#[component]
fn Drain(id: NodeId, name: String, state: NodeState, nodes: Loading<Vec<NodeRow>>) -> impl IntoView {
    let session = Session::here();
    let notices = Notices::here();
    let sending = Submission::new();
    let name = StoredValue::new(name);
    let drains = matches!(state, NodeState::Draining | NodeState::Drained);
    let ask = move |_| {
        sending.send_or(
            async move { if drains { api::undrain_node(id).await } else { api::drain_node(id).await } },
            move |_| {
                let said = if drains { "takes mailboxes again" } else { "takes nothing new" };
                notices.say(format!("{} {said}.", name.get_value()));
                nodes.again();
            },
            move |failure| {
                notices.fail(&failure);
                nodes.again();
            },
        );
    };
    let may = move || state.is_there() && session.may(Role::Operator);
    move || {
        may().then(|| {
            view! {
                <button type="button" class="button small" data-test="drain-node" on:click=ask>
                    {if drains { "Take mailboxes again" } else { "Drain" }}
                    <span class="unseen">{format!(" {}", name.get_value())}</span>
                </button>
            }
        })
    }
}
