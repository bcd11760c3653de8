//! What the panel does, done from the command line: each verb is one request to a running server. One table says which
//! verbs there are; the arguments, the requests and the help are made from it.

mod anew;
mod arguments;
mod columns;
mod link;
mod ordered;
mod page;
mod show;
mod table;
mod trust;
mod watch;

use std::process::ExitCode;

use clap::ArgMatches;

pub(crate) use self::{
    arguments::add_to,
    page::{PageCommand, print_page},
};
use self::{link::Link, table::Verb};
use super::{Exit, Problem};

/// The verb that was asked for, with what it was given; none when the words mean something else.
pub(crate) fn asked(matches: &ArgMatches) -> Option<(&'static Verb, &ArgMatches)> {
    let (noun, matches) = matches.subcommand()?;
    let (word, matches) = matches.subcommand()?;
    let verb = table::VERBS.iter().find(|verb| verb.noun() == noun && verb.word() == word)?;
    // What the host can do by itself goes to a server only when one is named.
    (!verb.has_twin() || arguments::server_is_named(matches)).then_some((verb, matches))
}

/// Does it, and says how it went.
pub(crate) async fn run(verb: &'static Verb, matches: &ArgMatches) -> ExitCode {
    let exit = act(verb, matches).await.unwrap_or_else(|problem| {
        problem.tell();
        problem.exit
    });
    exit.into()
}

async fn act(verb: &'static Verb, matches: &ArgMatches) -> Result<Exit, Problem> {
    let order = arguments::order(verb, matches)?;
    let link = Link::new(&order.place)?;
    anew::confirm(verb, &link, &order).await?;
    let answer = link.ask(&order.request).await?;
    show::print(verb, &answer, order.form.clone())?;
    if let Some(good) = verb.good
        && show::value(&answer)?.pointer(good).and_then(serde_json::Value::as_bool) != Some(true)
    {
        return Ok(Exit::Incomplete);
    }
    if !order.watch {
        return Ok(Exit::Complete);
    }
    watch::follow(verb, &link, &order, answer).await
}

#[cfg(test)]
mod tests;
