//! What a change of settings changed, in words for the audit log. Secrets are no settings: no value of one comes here.

use std::collections::BTreeMap;

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
        let none = String::from("none");
        for (field, old) in &before {
            let new = after.get(field).unwrap_or(&none);
            if old != new {
                self.0.push(format!("{field} {old} → {new}"));
            }
        }
        let added = after.iter().filter(|(field, new)| !before.contains_key(*field) && **new != none);
        self.0.extend(added.map(|(field, new)| format!("{field} none → {new}")));
        self
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
fn fields<T: Serialize>(name: &str, settings: &T) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    // What cannot be written as JSON could not have been stored, either.
    put(name, &serde_json::to_value(settings).unwrap_or_default(), &mut fields);
    fields
}

fn put(name: &str, value: &Value, fields: &mut BTreeMap<String, String>) {
    let told = match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = key.replace('_', " ");
                put(format!("{name} {key}").trim_start(), value, fields);
            }
            return;
        }
        Value::Null => "none".into(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".into(),
        Value::Number(_) | Value::Array(_) => value.to_string(),
    };
    let short = match told.char_indices().nth(VALUE) {
        Some((end, _)) => format!("{}…", &told[..end]),
        None => told,
    };
    fields.insert(name.into(), short);
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
            "Vienna: target day one none → 30, target deep yes → no, target limits connections 4 → 8, \
             target limits hours none → [\"Mon\"], password replaced"
        );
        assert_eq!(Changes::default().of("", &before, &before).and(false, "x").subject("Vienna"), "Vienna");
        assert_eq!(Changes::default().of("", &json!({}), &json!({"a_b": 1})).subject("x"), "x: a b none → 1");
        assert_eq!(Changes::default().of("", &json!({"a": 1}), &json!({})).subject("x"), "x: a 1 → none");
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
