//! `--watch`: follows the live stream of what was asked about, or asks again and again where there is none.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::{
    Exit, Problem,
    arguments::{Order, Request, filled},
    link::{Answer, Link},
    show::{self, Form, say},
    table::Verb,
};
use crate::report::words::{count, counted, visible};

/// Between two requests where there is no live stream.
const POLL: Duration = Duration::from_secs(2);
/// Between two tries to reach a server that went away.
const RETRY: Duration = Duration::from_secs(3);
/// A server that is away longer than this many tries is given up.
const TRIES: u32 = 20;
/// What ends an event of a stream.
const END: &[u8] = b"\n\n";

/// Tells what changes until it is done. Ctrl-C ends it; what runs on the server goes on.
/// `first` is what was told already.
pub(super) async fn follow(verb: &Verb, link: &Link, order: &Order, first: Answer) -> Result<Exit, Problem> {
    let following = async {
        match verb.live {
            Some(live) => stream(link, filled(live, order.id.as_deref()), &order.form).await,
            None => poll(verb, link, order, first).await,
        }
    };
    tokio::select! {
        ended = following => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Cancelled),
    }
}

async fn poll(verb: &Verb, link: &Link, order: &Order, first: Answer) -> Result<Exit, Problem> {
    if verb.method != "GET" {
        return Ok(Exit::Complete);
    }
    let mut last = first;
    // A check, or asking about a list, comes to its end.
    while !is_done(&last)? {
        sleep(POLL).await;
        let answer = link.ask(&order.request).await?;
        if last.body != answer.body {
            show::print(verb, &answer, order.form.clone())?;
            last = answer;
        }
    }
    Ok(Exit::Complete)
}

fn is_done(answer: &Answer) -> Result<bool, Problem> {
    Ok(answer.is_json && show::value(answer)?.pointer("/done") == Some(&Value::Bool(true)))
}

async fn stream(link: &Link, path: String, form: &Form) -> Result<Exit, Problem> {
    let request = Request { method: "GET", path, query: Vec::new(), body: None };
    let mut said = String::new();
    let mut tries = 0;
    loop {
        let mut response = match link.send(&request).await {
            Ok(response) => response,
            Err(problem) if problem.exit == Exit::Unreachable && tries < TRIES => {
                tries += 1;
                sleep(RETRY).await;
                continue;
            }
            Err(problem) => return Err(problem),
        };
        tries += 1;
        let mut buffer = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            buffer.extend_from_slice(&chunk);
            while let Some(at) = buffer.windows(END.len()).position(|end| end == END) {
                let event: Vec<u8> = buffer.drain(..at + END.len()).collect();
                let Some(snapshot) = event.strip_prefix(b"data: ") else { continue };
                tries = 0;
                let Ok(snapshot) = serde_json::from_slice::<Value>(snapshot) else { continue };
                let line = line(&snapshot, form);
                if line != said {
                    say(format!("{line}\n").as_bytes())?;
                    said = line;
                }
                if let Some(exit) = end(&snapshot) {
                    return Ok(exit);
                }
            }
        }
        if tries >= TRIES {
            return Err(Problem::new(
                Exit::Unreachable,
                "The server ends the live stream again and again. See its log.",
            ));
        }
        // The server stopped or something in between cut the line: what is true is asked for again.
        sleep(RETRY).await;
    }
}

/// A snapshot in a line.
fn line(snapshot: &Value, form: &Form) -> String {
    if *form != Form::People {
        return snapshot.to_string();
    }
    if let Some(row) = snapshot.get("row") {
        return mailbox(row);
    }
    if let Some(project) = snapshot.get("project") {
        return self::project(project);
    }
    match snapshot.get("rows").unwrap_or(snapshot) {
        Value::Array(rows) => rows.iter().map(project).collect::<Vec<_>>().join("\n"),
        other => show::text(&other.into()).trim_end().to_owned(),
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value.pointer(name).and_then(Value::as_u64).unwrap_or(0)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.pointer(name).and_then(Value::as_str).unwrap_or_default()
}

fn mailbox(row: &Value) -> String {
    let mut line = format!(
        "{}: {} on the target",
        word(row, "/state"),
        counted(number(row, "/counts/copied"), "message")
    );
    let (done, total) = (number(row, "/progress/items_done"), number(row, "/progress/items_total"));
    if total > 0 {
        line.push_str(&format!("; {} {done} of {total}", word(row, "/progress/phase")));
    }
    for extra in [word(row, "/progress/waiting"), word(row, "/problem")] {
        if !extra.is_empty() {
            line.push_str(&format!("; {}", visible(extra)));
        }
    }
    line
}

fn project(row: &Value) -> String {
    format!(
        "{}: {} of {} complete, {} wait or run, {} failed; {} on the target",
        visible(word(row, "/name")),
        count(number(row, "/complete")),
        counted(number(row, "/jobs"), "mailbox"),
        count(number(row, "/active")),
        count(number(row, "/failed")),
        counted(number(row, "/copied"), "message"),
    )
}

/// How it ended, when it did: nothing waits or runs any more. A list of projects has no end.
fn end(snapshot: &Value) -> Option<Exit> {
    if let Some(row) = snapshot.get("row") {
        return match word(row, "/state") {
            "queued" | "running" | "pausing" | "stopping" => None,
            "complete" => Some(Exit::Complete),
            "exceptions" => Some(Exit::Exceptions),
            "cancelled" => Some(Exit::Cancelled),
            // A dry run leads back to where the mailbox was.
            "ready" | "skipped" => Some(Exit::Complete),
            _ => Some(Exit::Incomplete),
        };
    }
    let project = snapshot.get("project")?;
    if number(project, "/active") > 0 {
        return None;
    }
    Some(if number(project, "/failed") > 0 { Exit::Incomplete } else { Exit::Complete })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Exit, Form, end, line};

    #[test]
    fn a_mailbox_is_told_in_a_line_and_ends_when_it_rests() {
        let running = json!({ "row": { "state": "running", "counts": { "copied": 3 },
            "progress": { "phase": "copying", "items_done": 3, "items_total": 9 } } });
        assert_eq!(line(&running, &Form::People), "running: 3 messages on the target; copying 3 of 9");
        assert_eq!(end(&running), None);
        for (state, exit) in [
            ("complete", Exit::Complete),
            ("exceptions", Exit::Exceptions),
            ("failed", Exit::Incomplete),
            ("paused", Exit::Incomplete),
            ("cancelled", Exit::Cancelled),
        ] {
            assert_eq!(end(&json!({ "row": { "state": state } })), Some(exit), "{state}");
        }
    }

    #[test]
    fn a_project_ends_when_nothing_waits_or_runs() {
        let project = |active: u64, failed: u64| json!({ "project": { "active": active, "failed": failed } });
        assert_eq!(end(&project(2, 0)), None);
        assert_eq!(end(&project(0, 0)), Some(Exit::Complete));
        assert_eq!(end(&project(0, 1)), Some(Exit::Incomplete));
        assert_eq!(end(&json!([])), None, "a list of projects has no end");
    }
}
