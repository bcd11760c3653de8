//! Folders as a server lists them.

use std::collections::BTreeSet;

use super::{Answer, Value};
use crate::{
    error::{Error, Result},
    utf7,
};

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its decoded names, from the top down, without the namespace's prefix.
    pub path: Vec<String>,
    /// As the server spells it.
    pub wire: String,
    /// `\Noselect`, `\Sent` and the like.
    pub attributes: Vec<String>,
    /// Whether the user subscribed to it.
    pub subscribed: bool,
}

impl Folder {
    /// Whether the folder carries an attribute, in any case.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|own| own.eq_ignore_ascii_case(attribute))
    }

    /// Whether it can be opened.
    pub fn selectable(&self) -> bool {
        !self.has("\\Noselect") && !self.has("\\NonExistent")
    }
}

/// A name as a quoted string.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(super) fn folders(listed: &Answer, subscribed: &Answer, prefix: &str) -> Result<Vec<Folder>> {
    let names: BTreeSet<_> = lines(subscribed, "LSUB").map(|(_, _, wire)| wire).collect();
    lines(listed, "LIST")
        .map(|(attributes, separator, wire)| {
            let subscribed = names.contains(&wire);
            let path = path(&wire, &separator, prefix)?;
            Ok(Folder { path, wire, attributes, subscribed })
        })
        .collect()
}

fn lines<'a>(
    answer: &'a Answer,
    verb: &'a str,
) -> impl Iterator<Item = (Vec<String>, String, String)> + use<'a> {
    answer.lines.iter().filter_map(move |line| match line.as_slice() {
        [first, Value::List(attributes), separator, name] if first.is(verb) => {
            Some((attributes.iter().map(Value::text).collect(), separator.text(), name.text()))
        }
        _ => None,
    })
}

fn path(wire: &str, separator: &str, prefix: &str) -> Result<Vec<String>> {
    let own = wire.strip_prefix(prefix).unwrap_or(wire);
    if own.is_empty() {
        return Err(Error::new(format!("the server listed a folder without a name: {wire:?}")));
    }
    if separator.is_empty() || separator.eq_ignore_ascii_case("NIL") {
        return Ok(vec![utf7::decode(own)?]);
    }
    own.split(separator).map(utf7::decode).collect()
}

#[cfg(test)]
mod tests {
    use super::{path, quote};

    #[test]
    fn a_name_is_split_first_and_decoded_then() {
        assert_eq!(path("INBOX.Entw&APw-rfe.a/b", ".", "INBOX.").expect("a path"), ["Entwürfe", "a/b"]);
        assert_eq!(path("INBOX", ".", "INBOX.").expect("a path"), ["INBOX"]);
    }

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        assert_eq!(quote(r#"a"b\c"#), r#""a\"b\\c""#);
    }
}
