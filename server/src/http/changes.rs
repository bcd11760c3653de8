//! What a change of settings changed, in words for the audit log. Secrets are no settings: no value of one comes here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// Characters of a value, and of all changes together, that the log keeps.
const VALUE: usize = 80;
const ALL: usize = 1000;

/// What two states of settings differ in, field by field: `connections 4 → 8`. Empty when nothing differs.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<String>);

impl Changes {
    /// Compares settings as they were with what they are, under a name; an empty name is left out.
    pub(super) fn of<T: Serialize>(mut self, name: &str, before: &T, after: &T) -> Self {
        let (before, after) = (fields(name, before), fields(name, after));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for field in names {
            let (old, new) = (before.get(field), after.get(field));
            if old == new {
                continue;
            }
            let (old, new) = (words(old), words(new));
            self.0.push(if old == new {
                format!("{field} changed")
            } else {
                format!("{field} {old} → {new}")
            });
        }
        self
    }

    /// What was done with a secret, of which nothing else is told: whether one was stored before and is now, and what was
    /// entered; nothing removes it.
    pub(super) fn secret(self, what: &str, stored: [bool; 2], entered: Option<&str>) -> Self {
        let removed = matches!(stored, [true, false]);
        let replaced = stored[1] && entered.is_some_and(|entered| !entered.is_empty());
        self.and(removed, &format!("{what} removed")).and(replaced, &format!("{what} replaced"))
    }

    /// Something else that was done with them.
    pub(super) fn and(mut self, done: bool, what: &str) -> Self {
        if done {
            self.0.push(what.into());
        }
        self
    }

    /// The subject of a line of the log.
    pub(super) fn subject(self, name: &str) -> String {
        let count = self.0.len();
        let mut subject = String::from(name);
        for (number, change) in self.0.into_iter().enumerate() {
            let between = if number == 0 { ": " } else { ", " };
            if subject.chars().count() + change.chars().count() > ALL {
                return format!("{subject}{between}and {} more", count - number);
            }
            subject = format!("{subject}{between}{change}");
        }
        subject
    }
}

/// Every field that has a value of its own, by its name in words.
fn fields<T: Serialize>(name: &str, settings: &T) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    // What cannot be written as JSON could not have been stored, either.
    put(name, serde_json::to_value(settings).unwrap_or_default(), &mut fields);
    fields
}

fn put(name: &str, value: Value, fields: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = key.replace('_', " ");
                put(format!("{name} {key}").trim_start(), value, fields);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            fields.insert(name.into(), value);
        }
    }
}

/// A value in words, cut short.
fn words(value: Option<&Value>) -> String {
    let told = match value {
        None | Some(Value::Null) => "not set".into(),
        Some(Value::Bool(true)) => "yes".into(),
        Some(Value::Bool(false)) => "no".into(),
        Some(Value::String(text)) if text.is_empty() => "empty".into(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(list)) if list.is_empty() => "empty".into(),
        Some(value @ (Value::Number(_) | Value::Array(_) | Value::Object(_))) => value.to_string(),
    };
    match told.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &told[..end]),
        None => told,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_names_each_field_that_differs_with_what_it_was_and_is() {
        let before =
            json!({"limits": {"connections": 4, "hours": []}, "deep": true, "day_one": null, "same": 1});
        let after =
            json!({"limits": {"connections": 8, "hours": ["Mon"]}, "deep": false, "day_one": 30, "same": 1});
        let changes = Changes::default().of("target", &before, &after).and(true, "password replaced");
        assert_eq!(
            changes.subject("Vienna"),
            "Vienna: target day one not set → 30, target deep yes → no, target limits connections 4 → 8, \
             target limits hours empty → [\"Mon\"], password replaced"
        );
        assert_eq!(Changes::default().of("", &before, &before).and(false, "x").subject("Vienna"), "Vienna");
        assert_eq!(
            Changes::default().of("", &json!({}), &json!({"a_b": 1})).subject("x"),
            "x: a b not set → 1"
        );
        assert_eq!(Changes::default().of("", &json!({"a": 1}), &json!({})).subject("x"), "x: a 1 → not set");
    }

    #[test]
    fn what_differs_beyond_what_is_told_of_it_is_named_too() {
        let long = |last: &str| json!({"folders": ["x".repeat(200), last]});
        assert_eq!(Changes::default().of("", &long("a"), &long("b")).subject("x"), "x: folders changed");
        let (preset, all) = (json!({"system": null}), json!({"system": []}));
        assert_eq!(Changes::default().of("", &preset, &all).subject("x"), "x: system not set → empty");
    }

    #[test]
    fn of_a_secret_it_is_told_what_was_done_and_nothing_else() {
        let told = |stored, entered| Changes::default().secret("the password", stored, entered).subject("x");
        assert_eq!(told([true, true], Some("canary")), "x: the password replaced");
        assert_eq!(told([false, true], Some("canary")), "x: the password replaced");
        assert_eq!(told([true, false], Some("")), "x: the password removed");
        assert_eq!(told([true, false], None), "x: the password removed");
        assert_eq!((told([true, true], None), told([false, false], Some(""))), ("x".into(), "x".into()));
    }

    #[test]
    fn a_line_stays_short_whatever_was_typed() {
        let text = |letter: &str| letter.repeat(100_000);
        let settings = |letter: &str| -> Value {
            (0..60).map(|number| (format!("field {number}"), Value::String(text(letter)))).collect()
        };
        let subject = Changes::default().of("", &settings("ä"), &settings("ö")).subject("Vienna");
        assert!(subject.chars().count() < ALL + 40 && subject.ends_with(" more"), "{subject}");
    }
}
