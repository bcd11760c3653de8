//! Answers on the terminal: as JSON for programs, as lines and columns for people.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::PathBuf,
};

use serde_json::Value;

use super::{Exit, Problem, columns, link::Answer, ordered::Ordered, table::Verb};
use crate::report::words::visible;

/// Widest column of a table, in characters.
const WIDEST: usize = 60;

/// How an answer is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// In lines and columns.
    People,
    /// As JSON, one value.
    Json,
    /// As it came, in a file.
    File(PathBuf),
}

/// Prints an answer.
pub(super) fn print(verb: &Verb, answer: &Answer, form: Form) -> Result<(), Problem> {
    let document = match form {
        Form::People | Form::File(_) => document(verb, answer)?,
        Form::Json => None,
    };
    match form {
        Form::File(path) => std::fs::write(&path, document.as_deref().unwrap_or(&answer.body))
            .map_err(|error| Problem::file("Writing", &path, error, "Name a file that can be written.")),
        Form::People | Form::Json if answer.body.is_empty() => Ok(()),
        // A document: whoever asked for it knows its form.
        Form::People | Form::Json if !answer.is_json => say(&answer.body),
        Form::People if document.is_some() => say(&document.unwrap_or_default()),
        Form::Json => say(&[&answer.body[..], b"\n"].concat()),
        Form::People => {
            let value = value(answer)?;
            let ordered: Ordered = read(answer)?;
            let part = ordered.at(verb.part).unwrap_or(&ordered);
            let mut shown = match part {
                Ordered::List(rows) if !rows.is_empty() && !verb.columns.is_empty() => {
                    columns::table(verb.columns, rows)
                }
                Ordered::Fields(fields) => {
                    let told = fields.iter().filter(|(name, _)| Some(name.as_str()) != verb.quiet);
                    text(&Ordered::Fields(told.cloned().collect()))
                }
                Ordered::List(_) | Ordered::Plain(_) => text(part),
            };
            // Of a list that comes page by page, the end of the page is not the end.
            if let (Ordered::List(rows), Some(total)) = (part, value.get("total").and_then(Value::as_u64))
                && rows.len() as u64 != total
            {
                shown.push_str(&format!("{} of {total}; --offset and --limit show others.\n", rows.len()));
            }
            say(shown.as_bytes())
        }
    }
}

/// The text that the answer is about, as it is. What else is to be known is told beside it, not in it.
fn document(verb: &Verb, answer: &Answer) -> Result<Option<Vec<u8>>, Problem> {
    if !verb.document {
        return Ok(None);
    }
    let value = value(answer)?;
    if let Some(note) = value.get("note").and_then(Value::as_str) {
        eprintln!("{}", visible(note));
    }
    Ok(value.pointer(verb.part).and_then(Value::as_str).map(|text| text.as_bytes().to_vec()))
}

/// The answer's value.
pub(super) fn value(answer: &Answer) -> Result<Value, Problem> {
    read(answer)
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, Problem> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        Problem::new(
            Exit::NotImap,
            format!("The server's answer could not be understood ({error}). Check its version."),
        )
    })
}

/// Writes to standard output. Whoever closed it has read enough.
pub(super) fn say(bytes: &[u8]) -> Result<(), Problem> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Problem::new(Exit::Files, format!("Printing the answer failed: {error}."))),
    }
}

/// A value in lines and columns, as it came.
pub(super) fn text(value: &Ordered) -> String {
    match value {
        Ordered::List(rows) if rows.is_empty() => "Nothing.\n".into(),
        Ordered::List(rows) if rows.iter().all(Ordered::is_text) => {
            rows.iter().map(|row| format!("{}\n", scalar(row))).collect()
        }
        Ordered::List(rows) => table(rows),
        Ordered::Fields(_) => {
            let mut pairs = Vec::new();
            flatten("", value, &mut pairs);
            let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            pairs.iter().map(|(name, text)| format!("{name:<width$}  {text}\n")).collect()
        }
        Ordered::Plain(_) => format!("{}\n", scalar(value)),
    }
}

/// A row for each value, a column for each name that any of them has: the name first, the others as they came.
fn table(rows: &[Ordered]) -> String {
    let flat: Vec<Vec<(String, String)>> = rows
        .iter()
        .map(|row| {
            let mut pairs = Vec::new();
            flatten("", row, &mut pairs);
            pairs
        })
        .collect();
    let mut names: Vec<&str> = Vec::new();
    let mut known = BTreeSet::new();
    for (name, _) in flat.iter().flatten() {
        if known.insert(name.as_str()) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| *name != "name");
    let cells = flat.iter().map(|row| {
        let cell =
            |name: &&str| row.iter().find(|(own, _)| own == name).map_or("", |(_, text)| text.as_str());
        names.iter().map(cell).map(short).collect::<Vec<_>>()
    });
    let head: Vec<String> = names.iter().map(|name| name.replace('_', " ").to_uppercase()).collect();
    columns::aligned(&std::iter::once(head).chain(cells).collect::<Vec<_>>())
}

/// A value as a cell for people: a path with its levels, of other lists how many there are, and nothing for nothing.
pub(super) fn cell(value: &Ordered) -> String {
    match value {
        Ordered::Plain(Value::Null) => String::new(),
        Ordered::Plain(Value::Bool(true)) => "yes".into(),
        Ordered::Plain(Value::Bool(false)) => "no".into(),
        Ordered::List(levels) if !levels.is_empty() && levels.iter().all(Ordered::is_text) => {
            levels.iter().map(scalar).collect::<Vec<_>>().join(" / ")
        }
        Ordered::List(values) => values.len().to_string(),
        Ordered::Plain(_) | Ordered::Fields(_) => scalar(value),
    }
}

/// Nested objects become names with dots; what is empty is left out; lists tell their number, unless they are words.
fn flatten(name: &str, value: &Ordered, pairs: &mut Vec<(String, String)>) {
    match value {
        Ordered::Plain(Value::Null) => {}
        Ordered::Fields(fields) => {
            for (own, value) in fields {
                let name = if name.is_empty() { own.clone() } else { format!("{name}.{own}") };
                flatten(&name, value, pairs);
            }
        }
        Ordered::List(values) if values.iter().any(|value| !matches!(value, Ordered::Plain(_))) => {
            pairs.push((name.to_owned(), format!("({})", values.len())));
        }
        Ordered::List(values) => {
            let words: Vec<_> = values.iter().map(scalar).collect();
            if !words.is_empty() {
                pairs.push((name.to_owned(), words.join(", ")));
            }
        }
        Ordered::Plain(_) => pairs.push((name.to_owned(), scalar(value))),
    }
}

/// A value that has nothing inside.
fn scalar(value: &Ordered) -> String {
    match value {
        Ordered::Plain(Value::String(text)) => visible(text).to_string(),
        Ordered::Plain(other) => other.to_string(),
        Ordered::List(values) => format!("({})", values.len()),
        Ordered::Fields(fields) => format!("({})", fields.len()),
    }
}

/// A cell that is not wider than the widest column.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Ordered;

    fn text(value: &Value) -> String {
        super::text(&Ordered::from(value))
    }

    #[test]
    fn columns_stand_as_the_answer_has_them_and_the_name_first() {
        let answer =
            r#"[{"id":1,"name":"Move","jobs":3,"active":1},{"id":2,"name":"Other","jobs":0,"active":0}]"#;
        let rows: Ordered = serde_json::from_str(answer).expect("is JSON");
        assert_eq!(super::text(&rows), "NAME   ID  JOBS  ACTIVE\nMove   1   3     1\nOther  2   0     0\n");
    }

    #[test]
    fn lists_are_tables_and_the_rest_is_pairs() {
        let rows = json!([{ "id": 1, "row": { "name": "a" } }, { "id": 20, "state": "ready", "gone": null }]);
        assert_eq!(text(&rows), "ID  ROW.NAME  STATE\n1   a\n20            ready\n");
        let one = json!({ "id": 7, "names": ["a", "b"], "passes": [{}, {}], "empty": [] });
        assert_eq!(text(&one), "id      7\nnames   a, b\npasses  (2)\n");
        assert_eq!(text(&json!([])), "Nothing.\n");
        let long = "a sentence that is longer than the widest column of a table, and is not cut";
        assert_eq!(text(&json!(["two", long])), format!("two\n{long}\n"));
    }

    #[test]
    fn words_of_others_do_nothing_to_the_terminal() {
        let shown = text(&json!([{ "name": "\u{1b}[2Jhello\nthere" }]));
        assert!(!shown.contains('\u{1b}') && shown.lines().count() == 2, "{shown:?}");
    }
}
