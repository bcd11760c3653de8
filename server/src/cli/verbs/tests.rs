//! The three ways to the same things: routes of the server, verbs of the command line, actions of the panel.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::ArgMatches;
use shared::job::JobAction;

use super::{
    arguments,
    table::{NOT_IN_PANEL, NOUNS, VERBS, WITHOUT_VERB},
};
use crate::http::routes;

/// Method and route below `/api/v1`, with every argument written as `{id}`.
type Call = (String, String);

fn call(method: &str, path: &str) -> Call {
    (method.to_owned(), path.to_owned())
}

/// What the server answers below `/api/v1`.
fn of_the_server() -> BTreeSet<Call> {
    let below = routes().filter_map(|(method, path)| Some((method, path.strip_prefix("/api/v1")?)));
    below.map(|(method, path)| call(method, path)).collect()
}

/// What verbs ask for, live streams included.
fn of_the_verbs() -> BTreeSet<Call> {
    let asked = VERBS.iter().map(|verb| call(verb.method, verb.route));
    let watched = VERBS.iter().filter_map(|verb| verb.live).map(|live| call("GET", live));
    asked.chain(watched).collect()
}

/// Every file of the panel's own sources.
fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("the panel's sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// What the panel asks for: each call of its API has one of the functions named after methods, with the path in a string
/// beside it; live streams and links name theirs, too.
fn of_the_panel() -> BTreeSet<Call> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../frontend/src"), &mut files);
    let mut calls = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("reads");
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        if file.ends_with("src/api.rs") || file.parent().is_some_and(|dir| dir.ends_with("src/api")) {
            for function in text.split("async fn ").skip(1) {
                let body = function.split("\n}").next().unwrap_or_default();
                for method in ["get", "post", "post_text", "put", "patch", "delete", "delete_with"] {
                    if body.contains(&format!(" {method}(")) {
                        calls.extend(paths(body).map(|path| {
                            call(&method.split('_').next().unwrap_or_default().to_uppercase(), &path)
                        }));
                    }
                }
            }
        }
        for link in text.split("\"/api/v1/").skip(1) {
            let path = link.split('"').next().unwrap_or_default();
            if !path.starts_with("live") && !path.is_empty() {
                calls.insert(call("GET", &normal(&format!("/{path}"))));
            }
        }
        if text.contains("live::<") || text.contains("live_at::<") {
            let streams = paths(text).map(|path| call("GET", &format!("/live{path}")));
            calls.extend(streams.filter(|stream| of_the_server().contains(stream)));
        }
    }
    calls
}

/// The paths among the strings of a piece of source, each once.
fn paths(text: &str) -> impl Iterator<Item = String> {
    let strings = text.split('"').skip(1).step_by(2);
    strings.filter(|text| text.starts_with('/')).map(normal).collect::<BTreeSet<_>>().into_iter()
}

/// A path without query, its arguments written as `{id}`.
fn normal(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let mut normal = String::new();
    for (number, piece) in path.split('{').enumerate() {
        if number == 0 {
            normal.push_str(piece);
        } else {
            normal.push_str("{id}");
            normal.push_str(piece.split_once('}').map_or("", |(_, rest)| rest));
        }
    }
    normal
}

fn excepted(list: &[(&str, &str, &str)]) -> BTreeSet<Call> {
    assert!(list.iter().all(|(.., reason)| !reason.is_empty()), "an exception needs its reason");
    list.iter().map(|(method, path, _)| call(method, path)).collect()
}

#[test]
fn every_route_is_a_verb_and_every_verb_a_route() {
    let (server, verbs, without) = (of_the_server(), of_the_verbs(), excepted(WITHOUT_VERB));
    let missing: Vec<_> = server.difference(&verbs).filter(|route| !without.contains(route)).collect();
    assert!(missing.is_empty(), "these routes need a line in cli/verbs/table.rs: {missing:?}");
    let nowhere: Vec<_> = verbs.difference(&server).collect();
    assert!(nowhere.is_empty(), "these verbs ask for routes the server has not: {nowhere:?}");
    let needless: Vec<_> =
        without.iter().filter(|route| verbs.contains(*route) || !server.contains(*route)).collect();
    assert!(needless.is_empty(), "these exceptions are none: {needless:?}");
}

#[test]
fn every_action_of_the_panel_is_a_verb_and_every_verb_an_action_of_the_panel() {
    let (panel, verbs) = (of_the_panel(), of_the_verbs());
    let (without, silent) = (excepted(WITHOUT_VERB), excepted(NOT_IN_PANEL));
    assert!(panel.len() > 20, "the panel's calls were not found: {panel:?}");
    let missing: Vec<_> =
        panel.iter().filter(|call| !verbs.contains(*call) && !without.contains(*call)).collect();
    assert!(missing.is_empty(), "the panel does this and no verb does: {missing:?}");
    let missing: Vec<_> =
        verbs.iter().filter(|call| !panel.contains(*call) && !silent.contains(*call)).collect();
    assert!(missing.is_empty(), "verbs do this and the panel does not: {missing:?}");
    let needless: Vec<_> = silent.intersection(&panel).collect();
    assert!(needless.is_empty(), "the panel does call these: {needless:?}");
}

#[test]
fn every_verb_has_words_of_its_own_and_a_noun_that_is_explained() {
    let mut seen = BTreeMap::new();
    for verb in VERBS {
        assert!(NOUNS.iter().any(|(noun, _)| *noun == verb.noun()), "{}", verb.words);
        assert_eq!(verb.words.split(' ').count(), 2, "{}", verb.words);
        assert!(seen.insert(verb.words, ()).is_none(), "{} is there twice", verb.words);
    }
}

#[test]
fn every_action_on_mailboxes_is_a_verb_for_one_and_for_many() {
    for action in JobAction::ALL {
        for noun in ["project", "mailbox"] {
            let words = format!("{noun} {}", action.word());
            assert!(VERBS.iter().any(|verb| verb.words == words), "{words}");
        }
    }
}

fn parsed(line: &str) -> ArgMatches {
    let program = crate::program();
    let words = format!("carbonio-migrate {line}");
    program.try_get_matches_from(words.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The request that a command line makes.
fn made(line: &str) -> (String, String, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("token");
    fs::write(&file, "cmt_0\n").expect("written");
    let matches = parsed(&format!("{line} --token-file {}", file.display()));
    let (verb, matches) = super::asked(&matches).expect("a verb");
    let order = arguments::order(verb, matches).map_err(|problem| problem.message).expect("an order");
    let query: Vec<_> = order.request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let path = format!("{}?{}", order.request.path, query.join("&"));
    let body = order.request.body.map_or(String::new(), |body| body.to_string());
    (order.request.method.into(), path.trim_end_matches('?').into(), body)
}

#[test]
fn what_is_typed_becomes_the_request_of_the_table() {
    let check = |line: &str, method: &str, path: &str, body: &str| {
        assert_eq!(made(line), (method.into(), path.into(), body.into()), "{line}");
    };
    check("project list", "GET", "/projects", "");
    check("mailbox start 7", "POST", "/jobs/7/actions", r#"{"action":"start"}"#);
    check(
        "project retry 7 --state failed --cause mailbox.full",
        "POST",
        "/projects/7/actions",
        r#"{"action":"retry","selection":{"filter":{"cause":"mailbox.full","state":"failed"}}}"#,
    );
    check("report download 7 --format csv", "GET", "/jobs/7/report?format=csv", "");
    check("project inventory 7 --batch 3", "GET", "/projects/7/inventory?batch=3", "");
    check("project inventory 7 --format csv", "GET", "/projects/7/inventory?format=csv", "");
    check(
        "mailbox inventory 7 --only short --sort copy",
        "GET",
        "/projects/7/inventory/mailboxes?only=short&sort=copy",
        "",
    );
    check("admin change 3 --enabled false", "PATCH", "/admins/3", r#"{"enabled":false}"#);
    check(
        "token create nightly --scope read --days 7",
        "POST",
        "/tokens",
        r#"{"days":7,"name":"nightly","scope":"read"}"#,
    );
}

#[test]
fn a_list_in_any_character_set_goes_with_the_form_that_says_how_to_read_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let [list, form] = ["list.csv", "form.json"].map(|name| dir.path().join(name));
    // "größe" in ISO 8859-1.
    fs::write(&list, b"gr\xf6\xdfe").expect("writes");
    fs::write(&form, r#"{"all_or_nothing":true}"#).expect("writes");
    let (list, form) = (list.display(), form.display());
    let read = |words: &str| made(words).2;
    assert_eq!(read(&format!("mailbox import 7 --list {list}")), r#"{"file":"Z3L232U="}"#);
    assert_eq!(read(&format!("project secrets 7 --list {list}")), r#"{"file":"Z3L232U="}"#);
    assert_eq!(read(&format!("mailbox preview 7 --form {form}")), r#"{"all_or_nothing":true}"#);
    let both = read(&format!("mailbox import 7 --form {form} --list {list}"));
    assert_eq!(both, r#"{"all_or_nothing":true,"file":"Z3L232U="}"#);
    let neither = ["carbonio-migrate", "mailbox", "import", "7"];
    assert!(crate::program().try_get_matches_from(neither).is_err());
}

#[test]
fn what_is_no_id_is_refused_before_anything_is_asked() {
    let refused = |line: &str| {
        let matches = parsed(line);
        let (verb, matches) = super::asked(&matches).expect("a verb");
        let problem = arguments::order(verb, matches).expect_err("is refused");
        (problem.exit, problem.message)
    };
    for (line, says) in [
        ("project show abc", "project list"),
        ("mailbox start ../admins/1", "mailbox list"),
        ("batch start 1/2", "batch list"),
        ("node drain -", "node list"),
        ("token revoke 99999999999999999999", "token list"),
        ("check show ../x", "printed when it began"),
    ] {
        let (exit, message) = refused(line);
        assert_eq!(exit, super::Exit::Arguments, "{line}");
        assert!(message.contains(says), "{line}: {message}");
    }
}

#[test]
fn the_commands_of_all_verbs_fit_together() {
    crate::program().debug_assert();
    assert!(super::asked(&parsed("admin list")).is_none(), "without a server the host is meant");
    assert!(super::asked(&parsed("admin list --server http://127.0.0.1:1")).is_some());
}
