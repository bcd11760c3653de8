//! Reading commands (RFC 3501, section 9): whole, with their literals in place.

/// A command as it came.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub tag: String,
    /// In upper case; `UID FETCH` is one.
    pub word: String,
    pub arguments: Vec<Argument>,
    /// For the log: literals are left out.
    pub line: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Argument {
    Atom(Vec<u8>),
    Quoted(Vec<u8>),
    Literal(Vec<u8>),
    List(Vec<Argument>),
}

impl Argument {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Atom(bytes) | Self::Quoted(bytes) | Self::Literal(bytes) => bytes,
            Self::List(_) => b"",
        }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

/// How much of a command is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, up to here.
    Whole(usize),
    /// Its end, or the end of a literal, is still to come.
    Part,
    /// A literal was announced at this line end; consent is waited for when `asks`.
    Announced { line_end: usize, length: usize, asks: bool },
}

/// Looks how far the command at the head of the input goes. `consented`: line ends whose literals were agreed to.
pub(super) fn extent(input: &[u8], consented: &[usize]) -> Extent {
    let mut from = 0;
    loop {
        let Some(end) = input[from..].windows(2).position(|two| two == b"\r\n") else { return Extent::Part };
        let line_end = from + end + 2;
        let Some((length, asks)) = announced(&input[from..from + end]) else {
            return Extent::Whole(line_end);
        };
        if !consented.contains(&line_end) {
            return Extent::Announced { line_end, length, asks };
        }
        from = line_end + length;
        if input.len() < from {
            return Extent::Part;
        }
    }
}

fn announced(line: &[u8]) -> Option<(usize, bool)> {
    let line = std::str::from_utf8(line.strip_suffix(b"}")?).ok()?;
    let digits = &line[line.rfind('{')? + 1..];
    let asks = !digits.ends_with('+');
    Some((digits.trim_end_matches('+').parse().ok()?, asks))
}

/// Reads a whole command; none when it is none.
pub(super) fn parse(input: &[u8]) -> Option<Command> {
    let mut cursor = Cursor { input, at: 0 };
    let tag = cursor.word()?;
    let mut word = cursor.word()?.to_ascii_uppercase();
    if word == "UID" {
        word = format!("UID {}", cursor.word()?.to_ascii_uppercase());
    }
    let mut arguments = Vec::new();
    let mut line = format!("{tag} {word}");
    let mut begin = cursor.at;
    while let Some(argument) = cursor.argument() {
        let shown = match &argument {
            Argument::Literal(bytes) => format!(" {{{}}}", bytes.len()).into_bytes(),
            _ => input[begin..cursor.at].to_vec(),
        };
        line.push_str(&String::from_utf8_lossy(&shown));
        begin = cursor.at;
        arguments.push(argument);
    }
    (cursor.rest() == b"\r\n").then_some(Command { tag, word, arguments, line })
}

struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.input[self.at..]
    }

    fn blank(&mut self) {
        while self.rest().starts_with(b" ") {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Option<String> {
        self.blank();
        let length = self.rest().iter().position(|byte| matches!(byte, b' ' | b'\r'))?;
        let word = String::from_utf8(self.rest()[..length].to_vec()).ok().filter(|word| !word.is_empty())?;
        self.at += length;
        Some(word)
    }

    fn argument(&mut self) -> Option<Argument> {
        self.blank();
        match self.rest().first()? {
            b'\r' | b')' => None,
            b'(' => {
                self.at += 1;
                let list = std::iter::from_fn(|| self.argument()).collect();
                self.rest().first().filter(|byte| **byte == b')')?;
                self.at += 1;
                Some(Argument::List(list))
            }
            b'"' => self.quoted(),
            b'{' => {
                let line = self.rest().iter().position(|byte| *byte == b'\r')?;
                let (length, _) = announced(&self.rest()[..line])?;
                let from = self.at + line + 2;
                self.at = from + length;
                Some(Argument::Literal(self.input.get(from..self.at)?.to_vec()))
            }
            _ => self.atom(),
        }
    }

    fn quoted(&mut self) -> Option<Argument> {
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            match self.rest() {
                [b'"', ..] => break,
                [b'\\', escaped, ..] => {
                    bytes.push(*escaped);
                    self.at += 2;
                }
                [b'\r' | b'\n' | 0, ..] | [] => return None,
                [byte, ..] => {
                    bytes.push(*byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Some(Argument::Quoted(bytes))
    }

    /// An atom; what stands between brackets belongs to it.
    fn atom(&mut self) -> Option<Argument> {
        let mut inside = false;
        let length = self.rest().iter().position(|byte| {
            inside = (inside || *byte == b'[') && *byte != b']';
            matches!(byte, b'\r') || (!inside && matches!(byte, b' ' | b'(' | b')'))
        })?;
        let atom = self.rest()[..length].to_vec();
        self.at += length;
        (length > 0).then_some(Argument::Atom(atom))
    }
}
