//! Reads what an IMAP server sends: lines, literals, atoms, strings and lists.

use std::io::BufRead;

use crate::error::{Doing, Error, Result};

/// One value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A bare word or number; NIL is one too.
    Atom(String),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    /// Values in parentheses.
    List(Vec<Self>),
}

impl Value {
    /// The bytes of a word or text; none of a list.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Atom(word) => word.as_bytes(),
            Self::Text(bytes) => bytes,
            Self::List(_) => &[],
        }
    }

    /// The word or text, leniently decoded; empty for a list.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// The values of a list; none of a word or text.
    pub fn list(&self) -> &[Self] {
        match self {
            Self::List(values) => values,
            Self::Atom(_) | Self::Text(_) => &[],
        }
    }

    /// Whether this is the word, in any case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Atom(own) if own.eq_ignore_ascii_case(word))
    }
}

/// A response in pieces: its first line, then literals with the lines after them.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) first: Vec<u8>,
    rest: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Reads one line without its end.
pub(super) fn line(stream: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    stream.read_until(b'\n', &mut line).doing(|| "reading from the server".into())?;
    let Some(line) = line.strip_suffix(b"\n") else {
        return Err(Error::new("the server closed the connection"));
    };
    Ok(line.strip_suffix(b"\r").unwrap_or(line).to_vec())
}

/// Reads one response with its literals.
pub(super) fn response(stream: &mut impl BufRead) -> Result<Raw> {
    let mut raw = Raw { first: line(stream)?, rest: Vec::new() };
    loop {
        let last = raw.rest.last().map_or(&raw.first, |(_, after)| after);
        let Some(length) = literal(last) else { return Ok(raw) };
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).doing(|| "reading a literal from the server".into())?;
        raw.rest.push((bytes, line(stream)?));
    }
}

fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}")?;
    let start = inside.iter().rposition(|byte| *byte == b'{')? + 1;
    std::str::from_utf8(&inside[start..]).ok()?.parse().ok()
}

/// Splits an untagged response in values. The text of OK, NO, BAD, BYE and PREAUTH stays words.
pub(super) fn values(raw: Raw) -> Result<Vec<Value>> {
    let mut reader = Reader { open: vec![Vec::new()] };
    let first = raw.first.strip_prefix(b"* ").unwrap_or(&raw.first);
    reader.line(first, raw.rest.is_empty());
    let pieces = raw.rest.len();
    for (index, (literal, after)) in raw.rest.into_iter().enumerate() {
        reader.put(Value::Text(literal));
        reader.line(&after, index + 1 == pieces);
    }
    match <[_; 1]>::try_from(reader.open) {
        Ok([values]) => Ok(values),
        Err(_) => {
            let line = String::from_utf8_lossy(first);
            Err(Error::new(format!("the server's parentheses do not match: {line}")))
        }
    }
}

/// Lists that are open, the outermost first.
struct Reader {
    open: Vec<Vec<Value>>,
}

impl Reader {
    fn put(&mut self, value: Value) {
        if let Some(innermost) = self.open.last_mut() {
            innermost.push(value);
        }
    }

    fn line(&mut self, line: &[u8], last: bool) {
        // The announcement of a literal is not a value.
        let line =
            if last { line } else { &line[..line.iter().rposition(|byte| *byte == b'{').unwrap_or(0)] };
        let mut rest = line;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match byte {
                b' ' => after,
                b'(' => {
                    self.open.push(Vec::new());
                    after
                }
                // A stray parenthesis in human text closes nothing.
                b')' if self.open.len() > 1 => {
                    let values = self.open.pop().unwrap_or_default();
                    self.put(Value::List(values));
                    after
                }
                b'"' => {
                    let (text, after) = quoted(after);
                    self.put(Value::Text(text));
                    after
                }
                _ => {
                    let end = atom_end(rest);
                    self.put(Value::Atom(String::from_utf8_lossy(&rest[..end]).into_owned()));
                    &rest[end..]
                }
            };
        }
    }
}

/// Where an atom ends. A space within `BODY[HEADER.FIELDS (…)]` would be part of it, but nothing here asks for that.
fn atom_end(rest: &[u8]) -> usize {
    let end = rest.iter().skip(1).position(|byte| matches!(byte, b' ' | b'(' | b')'));
    end.map_or(rest.len(), |end| end + 1)
}

fn quoted(rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut bytes = rest.iter().enumerate();
    while let Some((index, &byte)) = bytes.next() {
        match byte {
            b'"' => return (text, &rest[index + 1..]),
            b'\\' => text.extend(bytes.next().map(|(_, escaped)| *escaped)),
            _ => text.push(byte),
        }
    }
    (text, &[])
}

#[cfg(test)]
mod tests {
    use super::{Value, response, values};

    fn read(wire: &str) -> Vec<Value> {
        values(response(&mut wire.as_bytes()).expect("a response")).expect("values")
    }

    #[test]
    fn lists_strings_and_literals_are_told_apart() {
        let atom = |word: &str| Value::Atom(word.into());
        assert_eq!(
            read("* 1 FETCH (FLAGS (\\Seen a) BODY[] {5}\r\na)\"b\n X \"q\\\"\")\r\n"),
            vec![
                atom("1"),
                atom("FETCH"),
                Value::List(vec![
                    atom("FLAGS"),
                    Value::List(vec![atom("\\Seen"), atom("a")]),
                    atom("BODY[]"),
                    Value::Text(b"a)\"b\n".to_vec()),
                    atom("X"),
                    Value::Text(b"q\"".to_vec()),
                ]),
            ]
        );
    }

    #[test]
    fn a_folder_name_may_come_as_a_literal() {
        let line = read("* LIST (\\HasNoChildren) \".\" {3}\r\nA b\r\n");
        assert_eq!(line[3], Value::Text(b"A b".to_vec()));
    }
}
