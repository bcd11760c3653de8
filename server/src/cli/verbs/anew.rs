//! Before a start of many mailboxes: what it begins is told, and complete ones are started again only when that is meant.
//! The panel asks the same.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::Value;
use shared::{
    job::{ActionForm, JobAction, JobState, JobStates, StateCount},
    selection::Selection,
};

use super::{
    Exit, Problem,
    arguments::{Order, Request, filled},
    link::Link,
    show,
    table::Verb,
};
use crate::report::words::counted;

/// How many mailboxes a start reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    unfinished: u64,
    finished: u64,
}

/// Asks where a start reaches complete mailboxes besides others, and nobody named states or said yes. A refusal begins
/// nothing.
pub(super) async fn confirm(verb: &Verb, link: &Link, order: &Order) -> Result<(), Problem> {
    let Some(selection) = wanted(verb, order) else { return Ok(()) };
    let (project, batch) = place(verb, link, order).await?;
    let filter = selection.filter;
    let mut query = vec![("limit", "1".to_owned())];
    query.extend(filter.search.map(|search| ("search", search)));
    query.extend(filter.cause.map(|cause| ("cause", cause.id().to_owned())));
    query.extend(batch.or(filter.batch.map(|batch| batch.to_string())).map(|batch| ("batch", batch)));
    let page = look(link, filled("/projects/{id}/jobs", Some(&project)), query).await?;
    let reached = reached(&page);
    if reached.finished == 0 {
        return Ok(());
    }
    let told = told(reached);
    if order.yes {
        return say(&format!("{told}\n"));
    }
    if !io::stdin().is_terminal() {
        let unfinished = JobStates(Selection::default().to_start(false).filter.state.0);
        let others = match reached.unfinished {
            0 => String::new(),
            _ => format!(", or --state {unfinished} for the others alone"),
        };
        return Err(Problem::arguments(format!(
            "{told} Nothing was started: there is no terminal to ask on. Use --yes{others}."
        )));
    }
    say(&format!("{told} Go on? [y/N] "))?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Problem::arguments(format!("Asking failed: {error}. Use --yes.")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Problem::new(Exit::Incomplete, "Nothing was started.")),
    }
}

/// What is to be asked about: a start without a state. Whoever names states says which are meant; a form that makes no
/// sense is refused by the server.
fn wanted(verb: &Verb, order: &Order) -> Option<Selection> {
    if !verb.is_for_many() {
        return None;
    }
    let form: ActionForm = serde_json::from_value(order.request.body.clone()?).ok()?;
    let open = form.selection.filter.state.is_empty();
    (form.action == JobAction::Start && open).then_some(form.selection)
}

/// The project, and the batch where one is started.
async fn place(verb: &Verb, link: &Link, order: &Order) -> Result<(String, Option<String>), Problem> {
    let id = order.id.clone().unwrap_or_default();
    if verb.noun() != "batch" {
        return Ok((id, None));
    }
    let view = look(link, filled("/batches/{id}", Some(&id)), Vec::new()).await?;
    let project = view.pointer("/row/project").and_then(Value::as_i64).unwrap_or_default();
    Ok((project.to_string(), Some(id)))
}

async fn look(link: &Link, path: String, query: Vec<(&'static str, String)>) -> Result<Value, Problem> {
    let answer = link.ask(&Request { method: "GET", path, query, body: None }).await?;
    show::value(&answer)
}

/// How many mailboxes of a page of them a start reaches.
fn reached(page: &Value) -> Reached {
    let groups = page.get("by_state").cloned().unwrap_or_default();
    let groups: Vec<StateCount> = serde_json::from_value(groups).unwrap_or_default();
    let sum = |wanted: fn(JobState) -> bool| {
        let able = |state: JobState| wanted(state) && state.after(JobAction::Start).is_some();
        let able = groups.iter().filter(|group| able(group.state));
        able.map(|group| group.reached_by(JobAction::Start)).sum::<u64>()
    };
    Reached { unfinished: sum(|state| !state.is_finished()), finished: sum(JobState::is_finished) }
}

fn told(Reached { unfinished, finished }: Reached) -> String {
    let again = format!(
        "a delta pass over {} complete already: what is new on the source is copied, and both sides are compared again.",
        counted(finished, "mailbox")
    );
    match unfinished {
        0 => format!("This runs {again}"),
        unfinished => format!("This starts {}, and runs {again}", counted(unfinished, "mailbox")),
    }
}

/// Writes to standard error: standard output is the answer's.
fn say(text: &str) -> Result<(), Problem> {
    let written = io::stderr().write_all(text.as_bytes()).and_then(|()| io::stderr().flush());
    written.map_err(|error| Problem::new(Exit::Files, format!("Asking failed: {error}. Use --yes.")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Reached, reached, told};

    #[test]
    fn a_start_tells_what_it_begins_and_what_it_looks_at_again() {
        let page = json!({ "rows": [], "total": 9, "by_state": [
            { "state": "ready", "count": 2 }, { "state": "failed", "count": 1 }, { "state": "running", "count": 9 },
            // Of these two belong to a batch that was cut over.
            { "state": "complete", "count": 5, "closed": 2 }, { "state": "exceptions", "count": 1 },
        ] });
        let reached = reached(&page);
        assert_eq!(reached, Reached { unfinished: 3, finished: 4 });
        assert!(
            told(reached)
                .starts_with("This starts 3 mailboxes, and runs a delta pass over 4 mailboxes complete")
        );
        let one = told(Reached { unfinished: 0, finished: 1 });
        assert!(one.starts_with("This runs a delta pass over 1 mailbox complete already"), "{one}");
    }
}
