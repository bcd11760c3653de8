//! How fast lists are over a large database: it is built by straight inserts, the same in every run, and every route that
//! lists, filters, searches or sorts is asked over HTTP.

mod build;
mod table;

use std::{
    error::Error,
    fs,
    process::ExitCode,
    time::{Duration, Instant},
};

use servers::{process::Ask, random::Random};

use crate::{args::Scale, site::Site};
use build::Size;
use table::{Row, Table};

/// What every list must keep: 95 of 100 answers within this time.
const BOUND: Duration = Duration::from_millis(300);

/// Builds the database, measures, prints the table; fails when a list is too slow.
pub(crate) fn run(scale: &Scale) -> Result<ExitCode, Box<dyn Error>> {
    let folder = tempfile::Builder::new().prefix("scale-").tempdir()?;
    let size = if scale.quick { Size::quick() } else { Size::full() };
    let mut site = Site::start(&scale.binary, folder.path(), &[])?;
    let mut client = site.log_in()?;
    build::projects(&mut client, size)?;
    site.stop(Ask::Terminate)?;

    let begun = Instant::now();
    let database = site.database();
    build::fill(&database, size)?;
    let built = begun.elapsed();
    let megabytes = fs::metadata(&database)?.len() / 1_000_000;

    site.resume()?;
    let begun = Instant::now();
    client.get("/projects")?;
    let first = begun.elapsed();
    let mut table = Table::new(format!(
        "{} mailboxes, {} ledger rows, {} findings: {megabytes} MB, built in {:.0} s. The first look, which counts every ledger \
         row once: {:.1} s. Each route {} times, with {} mailboxes changed before each.",
        size.mailboxes(),
        size.entries(),
        size.findings(),
        built.as_secs_f64(),
        first.as_secs_f64(),
        scale.rounds,
        build::CHANGED,
    ));
    let mut random = Random::new(7);
    for (name, path) in routes(size) {
        let mut times = Vec::with_capacity(scale.rounds);
        let mut bytes = 0;
        for _ in 0..scale.rounds {
            // As passes that run would: what is counted anew is part of what a list costs.
            build::change(&database, size, &mut random)?;
            let begun = Instant::now();
            bytes =
                if path.starts_with("/live") { client.first_event(&path)? } else { client.get(&path)?.len() };
            times.push(begun.elapsed());
        }
        table.add(Row::new(name, &path, times, bytes));
    }
    site.stop(Ask::Terminate)?;
    let text = table.markdown(BOUND);
    println!("{text}");
    if let Some(file) = &scale.table {
        fs::write(file, &text)?;
        println!("Written to {}.", file.display());
    }
    Ok(if table.keeps(BOUND) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every route with a list behind it, in its cheap and in its dear forms.
fn routes(size: Size) -> Vec<(&'static str, String)> {
    let last = size.large - 50;
    let jobs = |query: &str| format!("/projects/1/jobs?{query}");
    let inventory = |query: &str| format!("/projects/1/inventory/mailboxes?{query}");
    vec![
        ("projects", "/projects".into()),
        ("projects, search and sort", "/projects?search=9&sort=failed&order=desc".into()),
        ("a project", "/projects/1".into()),
        ("mailboxes as they were made", jobs("limit=50")),
        ("200 mailboxes", jobs("limit=200")),
        ("last page", jobs(&format!("offset={last}"))),
        ("by source", jobs("sort=source")),
        ("by source, last page", jobs(&format!("sort=source&offset={last}"))),
        ("by target, falling", jobs("sort=target&order=desc")),
        ("by state", jobs("sort=state")),
        ("by progress", jobs("sort=progress")),
        ("by progress, last page", jobs(&format!("sort=progress&offset={last}"))),
        ("by messages, falling", jobs("sort=messages&order=desc")),
        ("by change, falling", jobs("sort=updated&order=desc")),
        ("one state", jobs("state=failed&sort=source")),
        ("three states", jobs("state=failed,paused,exceptions&sort=updated&order=desc")),
        ("search, many found", jobs("search=user1&sort=source")),
        ("search, few found", jobs("search=user01234&sort=source")),
        ("search, none found", jobs("search=nobody")),
        ("one cause", jobs("cause=message.too-big&sort=source")),
        (
            "cause, state, search, sort",
            jobs("cause=message.too-big&state=exceptions&search=new.example&sort=messages"),
        ),
        ("inventory", "/projects/1/inventory".into()),
        ("inventory by what is to be copied", inventory("sort=copy&order=desc")),
        ("inventory by target, last page", inventory(&format!("sort=target&offset={last}"))),
        ("inventory, what does not fit", inventory("only=short&sort=bytes&order=desc")),
        ("inventory, too large, search", inventory("only=oversized&search=user1&sort=oversized&order=desc")),
        ("inventory, not looked at", inventory("only=unseen&sort=source")),
        ("a mailbox", "/jobs/25000".replace("25000", &(size.large / 2).to_string())),
        ("findings of a mailbox", format!("/jobs/{}/findings?limit=200", size.large / 2)),
        ("live, first snapshot", "/live/projects/1?sort=progress&order=desc".into()),
    ]
}
