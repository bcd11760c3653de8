//! Reading IMAP answers (RFC 3501, section 7): one complete response at a time, tolerant of what servers really send.

use bytes::Bytes;

use super::hint::{self, Hint};

/// What a list has room for at first: a message's line in a listing.
const FEW: usize = 8;
/// Deepest nesting of lists that is followed.
const MAX_DEPTH: usize = 16;
/// Most lists of one answer: an empty one costs two bytes to send, and a hundred times as much to hold.
const MAX_LISTS: usize = 10_000;

/// One value of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Nil,
    Atom(Bytes),
    /// A quoted string or a literal.
    Text(Bytes),
    List(Vec<Value>),
}

impl Value {
    /// The bytes of an atom or a string.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Atom(bytes) | Self::Text(bytes) => Some(bytes),
            Self::Nil | Self::List(_) => None,
        }
    }

    /// The same as text; bytes that are not UTF-8 become U+FFFD, so it is for words, not for names.
    pub(crate) fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(crate) fn number(&self) -> Option<u64> {
        std::str::from_utf8(self.bytes()?).ok()?.parse().ok()
    }

    pub(crate) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(values) => Some(values),
            Self::Nil | Self::Atom(_) | Self::Text(_) => None,
        }
    }
}

/// How a command or the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    PreAuth,
    Bye,
}

/// A response code: `[APPENDUID 38505 3955]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// In upper case.
    pub name: String,
    /// What follows it, unparsed.
    pub arguments: String,
}

/// A status with its code and the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    pub status: Status,
    pub code: Option<Code>,
    /// Cleaned and cut for people.
    pub words: String,
}

impl Condition {
    /// Whether all went well.
    pub(crate) fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }

    /// Whether the code is this one.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.code.as_ref().is_some_and(|code| code.name == name)
    }

    /// What the refusal says about the server rather than about the command.
    pub(crate) fn hint(&self) -> Option<Hint> {
        if self.is_ok() {
            return None;
        }
        let code = self.code.as_ref().map(|code| code.name.as_str());
        hint::hint(code, &self.words).or_else(|| hint::logged_out(code?))
    }

    /// Whether the refusal passes by itself (RFC 5530).
    pub(crate) fn passes(&self) -> bool {
        matches!(self.hint(), Some(Hint::Passes(..)))
    }
}

/// One response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Response {
    /// The server waits for more of the command.
    Continue,
    /// The end of a command.
    Done { tag: String, condition: Condition },
    /// `* OK …`, `* BYE …`.
    Condition(Condition),
    /// `* LIST …`, `* 12 FETCH …`.
    Data { number: Option<u32>, name: String, values: Vec<Value> },
}

/// Whether the line ends by announcing a literal, and of how many bytes (RFC 3501 `{n}`, RFC 7888 `{n+}`, RFC 3516
/// `~{n}`). Status lines hold words, which announce nothing.
pub(super) fn announced_literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    let digits = &line[open + 1..];
    if digits.is_empty() || digits.len() > 19 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a first line is a status line.
pub(super) fn is_condition(line: &[u8]) -> bool {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let (Some(tag), Some(word)) = (words.next(), words.next()) else { return false };
    tag != b"+" && status(word).is_some()
}

fn status(word: &[u8]) -> Option<Status> {
    const WORDS: [(&[u8], Status); 5] = [
        (b"OK", Status::Ok),
        (b"NO", Status::No),
        (b"BAD", Status::Bad),
        (b"PREAUTH", Status::PreAuth),
        (b"BYE", Status::Bye),
    ];
    WORDS.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, status)| status)
}

/// Parses one complete response, its final CRLF and its literals included; none when it is no IMAP.
pub(super) fn parse(response: &Bytes) -> Option<Response> {
    let first_line = response.split(|byte| *byte == b'\n').next()?;
    let first_line = first_line.strip_suffix(b"\r").unwrap_or(first_line);
    if first_line.first() == Some(&b'+') {
        return Some(Response::Continue);
    }
    let space = first_line.iter().position(|byte| *byte == b' ')?;
    let tag = &first_line[..space];
    let rest = &first_line[space + 1..];
    let word = rest.split(|byte| *byte == b' ').next()?;
    if let Some(status) = status(word) {
        let condition = condition(status, rest.get(word.len() + 1..).unwrap_or_default());
        return Some(match tag {
            b"*" => Response::Condition(condition),
            tag => Response::Done { tag: String::from_utf8_lossy(tag).into_owned(), condition },
        });
    }
    if tag != b"*" {
        return None;
    }
    let mut cursor = Cursor { input: response, at: space + 1, lists: 0 };
    let first = cursor.value(0)?;
    let number = first.number().and_then(|number| u32::try_from(number).ok());
    let name = if number.is_some() { cursor.value(0)? } else { first };
    let name = String::from_utf8_lossy(name.bytes()?).to_ascii_uppercase();
    let mut values = Vec::new();
    while cursor.goes_on() {
        values.push(cursor.value(0)?);
    }
    Some(Response::Data { number, name, values })
}

fn condition(status: Status, text: &[u8]) -> Condition {
    let text = String::from_utf8_lossy(text);
    let coded = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (code, words) = match coded {
        Some((code, words)) => {
            let (name, arguments) = code.split_once(' ').unwrap_or((code, ""));
            (Some(Code { name: name.to_ascii_uppercase(), arguments: arguments.to_owned() }), words)
        }
        None => (None, text.as_ref()),
    };
    Condition { status, code, words: super::encode::clean(words.trim(), 200) }
}

/// Parses the inside of a response code that is a list of values, such as PERMANENTFLAGS.
pub(super) fn parse_values(text: &str) -> Vec<Value> {
    let input = Bytes::copy_from_slice(text.as_bytes());
    let mut cursor = Cursor { input: &input, at: 0, lists: 0 };
    std::iter::from_fn(|| cursor.value(0)).collect()
}

struct Cursor<'a> {
    input: &'a Bytes,
    at: usize,
    /// How many lists began until now.
    lists: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    /// Whether anything but the line end follows.
    fn goes_on(&mut self) -> bool {
        self.blank();
        !matches!(self.input.get(self.at..), Some(b"" | b"\r\n" | b"\n"))
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blank();
        match self.peek()? {
            b'(' if depth < MAX_DEPTH && self.lists < MAX_LISTS => self.list(depth),
            b'"' => self.quoted(),
            b'{' => self.literal(),
            b'~' if self.input.get(self.at + 1) == Some(&b'{') => {
                self.at += 1;
                self.literal()
            }
            b')' | b'\r' | b'\n' | b'(' => None,
            _ => self.atom(),
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        self.lists += 1;
        let mut values = Vec::with_capacity(FEW);
        while let Some(value) = self.value(depth + 1) {
            values.push(value);
        }
        if self.peek()? != b')' {
            return None;
        }
        self.at += 1;
        Some(Value::List(values))
    }

    fn quoted(&mut self) -> Option<Value> {
        let start = self.at + 1;
        let mut end = start;
        let mut escaped = false;
        loop {
            match self.input.get(end)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    end += 2;
                }
                b'\r' | b'\n' => return None,
                _ => end += 1,
            }
        }
        self.at = end + 1;
        let raw = self.input.slice(start..end);
        if !escaped {
            return Some(Value::Text(raw));
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut rest = raw.iter();
        while let Some(byte) = rest.next() {
            bytes.push(if *byte == b'\\' { *rest.next()? } else { *byte });
        }
        Some(Value::Text(bytes.into()))
    }

    fn literal(&mut self) -> Option<Value> {
        let line_end = self.at + self.input[self.at..].iter().position(|byte| *byte == b'\n')?;
        let line = &self.input[self.at..line_end];
        let length = announced_literal(line.strip_suffix(b"\r").unwrap_or(line))?;
        let start = line_end + 1;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        if end > self.input.len() {
            return None;
        }
        self.at = end;
        Some(Value::Text(self.input.slice(start..end)))
    }

    /// An atom; a section such as `BODY[HEADER.FIELDS (DATE)]<0>` belongs to its atom.
    fn atom(&mut self) -> Option<Value> {
        let start = self.at;
        let mut in_section = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\r' | b'\n' => break,
                // Anywhere else it is part of the name, as in a keyword.
                b'[' => in_section = has_section(&self.input[start..self.at]),
                b']' => in_section = false,
                b' ' | b'(' | b')' if !in_section => break,
                _ => {}
            }
            self.at += 1;
        }
        if self.at == start {
            return None;
        }
        let atom = self.input.slice(start..self.at);
        Some(if atom.eq_ignore_ascii_case(b"NIL") { Value::Nil } else { Value::Atom(atom) })
    }
}

/// Whether an atom that begins so has a section in brackets (RFC 3501, section 6.4.5; RFC 3516).
fn has_section(beginning: &[u8]) -> bool {
    const NAMES: [&[u8]; 5] = [b"BODY", b"BODY.PEEK", b"BINARY", b"BINARY.PEEK", b"BINARY.SIZE"];
    NAMES.iter().any(|name| beginning.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data(text: &'static str) -> (Option<u32>, String, Vec<Value>) {
        match parse(&Bytes::from_static(text.as_bytes())) {
            Some(Response::Data { number, name, values }) => (number, name, values),
            other => panic!("{text:?} is {other:?}"),
        }
    }

    #[test]
    fn a_fetch_answer_gives_its_literal_untouched() {
        let (number, name, values) =
            data("* 12 FETCH (UID 7 FLAGS (\\Seen $X) BODY[HEADER.FIELDS (DATE)] {6}\r\na\r\n)(\r)\r\n");
        assert_eq!((number, name.as_str()), (Some(12), "FETCH"));
        let list = values[0].list().expect("a list");
        assert_eq!(list[5].bytes().expect("a literal").as_ref(), b"a\r\n)(\r");
    }

    #[test]
    fn a_keyword_may_have_an_opening_bracket() {
        let (_, _, values) = data("* 5 FETCH (UID 5 FLAGS (\\Seen foo[bar [x) RFC822.SIZE 9)\r\n");
        let list = values[0].list().expect("a list");
        let flags: Vec<String> = list[3].list().expect("flags").iter().filter_map(Value::text).collect();
        assert_eq!((flags.join(" ").as_str(), list[5].number()), ("\\Seen foo[bar [x", Some(9)));
    }

    #[test]
    fn an_answer_of_nothing_but_empty_lists_fills_no_memory() {
        let answer = |lists: usize| parse(&Bytes::from(format!("* 1 FETCH {}\r\n", "()".repeat(lists))));
        assert!(answer(MAX_LISTS).is_some());
        assert_eq!(answer(MAX_LISTS + 1), None);
    }

    #[test]
    fn edge_062_names_come_quoted_as_literals_as_atoms_and_with_backslashes() {
        for (line, name) in [
            ("* LIST () \"/\" plain\r\n", "plain"),
            ("* LIST () \"/\" \"a \\\"b\\\\c\"\r\n", "a \"b\\c"),
            ("* LIST () NIL {4}\r\na\"\\b\r\n", "a\"\\b"),
            ("* LIST () \"/\" 2024\r\n", "2024"),
        ] {
            let (_, _, values) = data(line);
            assert_eq!(values[2].text().as_deref(), Some(name));
        }
    }

    #[test]
    fn a_condition_keeps_its_code() {
        let line = Bytes::from_static(b"a3 OK [APPENDUID 38505 3955:3957] done {5}\r\n");
        let Some(Response::Done { tag, condition }) = parse(&line) else { panic!("a tagged answer") };
        assert_eq!(tag, "a3");
        assert!(condition.is("APPENDUID"));
        assert_eq!(condition.code.expect("a code").arguments, "38505 3955:3957");
        assert_eq!(condition.words, "done {5}");
    }

    #[test]
    fn literals_are_announced_at_the_end_of_a_line_only() {
        assert_eq!(announced_literal(b"* 1 FETCH (BODY[] {310}"), Some(310));
        assert_eq!(announced_literal(b"* 1 FETCH (BODY[] ~{3+}"), Some(3));
        assert_eq!(announced_literal(b"* LIST () \"/\" {x}"), None);
        assert_eq!(announced_literal(b"{99999999999999999999999}"), None);
    }

    proptest! {
        #[test]
        fn nothing_a_server_says_makes_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes.into());
        }

        #[test]
        fn nothing_that_looks_like_an_answer_does_either(
            text in "\\* [0-9]{0,3} ?[A-Z]{2,6} [\\[\\](){}\"\\\\a-z0-9 \r\n~+]{0,80}\r\n"
        ) {
            let _ = parse(&text.into_bytes().into());
        }
    }
}
