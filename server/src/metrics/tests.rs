//! The page read strictly, and what is shipped beside it compared with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ALERTS, DASHBOARD,
    text::{Own, escaped, render},
};
use crate::store::{ByCause, ByState, Measured, Moved};

/// Labels and value.
type Sample = (BTreeMap<String, String>, f64);

fn measured() -> Measured {
    let state = |project, state: &str, number| ByState { project, state: state.into(), number };
    let cause = |cause: &str| ByCause { project: 1, cause: cause.into(), mailboxes: 2, findings: 5 };
    Measured {
        states: vec![state(1, "complete", 40), state(1, "failed", 2), state(2, "ready", 3)],
        moved: vec![Moved { project: 1, copied: 9, copied_bytes: 900, adopted: 1, skipped: 2 }],
        causes: vec![cause("mailbox.full"), cause("odd \"one\"\\\nhere")],
        queue_lag_millis: 61_500,
        nodes_working: 2,
    }
}

fn page() -> String {
    render(&measured(), Own { lease_losses: 3, throttled: [7, 0] })
}

/// Reads a page as strictly as the format's description: each sample with its labels, by name; fails on anything else.
fn read(page: &str) -> BTreeMap<String, Vec<Sample>> {
    assert!(page.ends_with('\n'));
    let is_name = |name: &str| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let (mut kinds, mut helped) = (BTreeMap::new(), BTreeSet::new());
    let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and its help");
            assert!(is_name(name) && !help.is_empty() && helped.insert(name.to_owned()), "{line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and its type");
            assert!(matches!(kind, "counter" | "gauge") && !samples.contains_key(name), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            assert!(kinds.insert(name.to_owned(), kind).is_none(), "{line}");
        } else {
            let at = line.find(['{', ' ']).expect("a value");
            let (name, rest) = line.split_at(at);
            assert!(is_name(name) && kinds.contains_key(name) && helped.contains(name), "{line}");
            let (labels, value) = labels(rest);
            let family = samples.entry(name.to_owned()).or_default();
            assert!(family.iter().all(|(other, _)| *other != labels), "{line} is there twice");
            family.push((labels, value.trim_start().parse().expect("a number")));
        }
    }
    samples
}

fn labels(text: &str) -> (BTreeMap<String, String>, &str) {
    let Some(mut rest) = text.strip_prefix('{') else { return (BTreeMap::new(), text) };
    let mut labels = BTreeMap::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect("an end") {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().expect("an escaped sign").1 {
                    'n' => '\n',
                    sign @ ('\\' | '"') => sign,
                    other => panic!("\\{other} is no escape"),
                }),
                (_, sign) => value.push(sign),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there twice");
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, rest.strip_prefix('}').expect("a closing brace")),
        }
    }
}

#[test]
fn the_page_is_read_as_it_was_meant() {
    let samples = read(&page());
    let of = |name: &str| samples.get(&format!("carbonio_migrate_{name}")).expect("a family");
    let failed = of("mailboxes").iter().find(|(labels, _)| labels["state"] == "failed").expect("failed ones");
    assert_eq!((failed.0["project"].as_str(), failed.1), ("1", 2.0));
    assert!(
        of("errors").iter().any(|(labels, value)| labels["cause"] == "odd \"one\"\\\nhere" && *value == 5.0)
    );
    assert_eq!(of("queue_lag_seconds")[0].1, 61.0);
    assert_eq!(of("lease_losses_total")[0].1, 3.0);
    assert_eq!(of("throttle_seconds_total").iter().map(|(_, value)| value).sum::<f64>(), 7.0);
    assert_eq!((of("messages")[0].1, of("bytes")[0].1, of("adopted_messages")[0].1), (9.0, 900.0, 1.0));
    read(&render(&Measured::default(), Own::default()));
    assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
}

#[test]
fn the_dashboard_and_the_alerts_ask_for_numbers_that_are_there() {
    let known: BTreeSet<String> = read(&page()).into_keys().collect();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() >= 6));
    for text in [DASHBOARD, ALERTS] {
        let mut asked = 0;
        for rest in text.split("carbonio_migrate_").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = format!("carbonio_migrate_{}", &rest[..end]);
            assert!(known.contains(&name), "{name} is not measured");
            asked += 1;
        }
        assert!(asked >= 4);
    }
}
