//! Changes inputs by their structure: words, lines and lists are dropped, doubled, swapped and replaced. The same every time.

/// Longest input that is made.
const LONGEST: usize = 64 * 1024;
/// Numbers that are likely to be one too many.
const NUMBERS: [&str; 12] = [
    "0",
    "1",
    "-1",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "99999999999999999999",
    "00000000001",
];

/// Makes inputs out of others.
#[derive(Debug, Clone)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// Each seed makes other inputs, and the same ones every time.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64: good enough to choose with.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound, which is no less than 1.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).unwrap_or(0)
    }

    fn one<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let at = self.below(list.len());
        list.get(at)
    }

    /// Another input, made of one of these.
    pub fn made(&mut self, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let mut input = self.one(seeds).cloned().unwrap_or_default();
        for _ in 0..=self.below(6) {
            input = self.changed(&input, seeds, words);
            input.truncate(LONGEST);
        }
        input
    }

    fn changed(&mut self, input: &[u8], seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
        let pieces = match self.below(3) {
            0 => lines(input),
            1 | 2 => tokens(input),
            _ => Vec::new(),
        };
        let (from, to) = (self.below(pieces.len()), self.below(pieces.len()));
        let join = |pieces: Vec<&[u8]>| pieces.concat();
        let mut other = pieces.clone();
        match self.below(12) {
            // The words of the language, and numbers, where other words stood.
            0 | 1 => {
                let word = self.one(words).copied().unwrap_or_default();
                replace(&mut other, from, word.as_bytes());
                join(other)
            }
            2 => {
                let number = self.one(&NUMBERS).copied().unwrap_or_default();
                let numeric = (0..pieces.len()).filter(|at| pieces[*at].iter().all(u8::is_ascii_digit));
                let numeric: Vec<usize> = numeric.collect();
                let at = self.one(&numeric).copied().unwrap_or(from);
                replace(&mut other, at, number.as_bytes());
                join(other)
            }
            3 if !other.is_empty() => {
                other.remove(from);
                join(other)
            }
            4 if !other.is_empty() => {
                other.swap(from, to);
                join(other)
            }
            5 if !other.is_empty() => {
                let times = [1, 2, 20, 300][self.below(4)].min(LONGEST / other[from].len().max(1));
                let again = vec![other[from]; times];
                other.splice(from..from, again);
                join(other)
            }
            // The beginning of one and the end of another.
            6 => {
                let with = self.one(seeds).cloned().unwrap_or_default();
                let (end, begin) = (self.below(input.len() + 1), self.below(with.len() + 1));
                [&input[..end], &with[begin..]].concat()
            }
            7 => input[..self.below(input.len() + 1)].to_vec(),
            // Announced literals with another length, brackets in brackets.
            8 => {
                let number = self.one(&NUMBERS).copied().unwrap_or_default();
                let literal = format!("{{{number}}}\r\n");
                let at = self.below(input.len() + 1);
                [&input[..at], literal.as_bytes(), &input[at..]].concat()
            }
            9 => {
                let sign = [b"(", b")", b"\"", b"\\", b"[", b"]", b"<", b">"][self.below(8)];
                let at = self.below(input.len() + 1);
                [&input[..at], &sign.repeat([1, 1, 3, 500][self.below(4)]), &input[at..]].concat()
            }
            10 => {
                let word = self.one(words).copied().unwrap_or_default();
                let at = self.below(input.len() + 1);
                [&input[..at], word.as_bytes(), &input[at..]].concat()
            }
            _ => {
                let mut bytes = input.to_vec();
                let at = self.below(bytes.len());
                let byte = self.next().to_le_bytes()[0];
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                bytes
            }
        }
    }
}

fn replace<'a>(pieces: &mut [&'a [u8]], at: usize, with: &'a [u8]) {
    if let Some(piece) = pieces.get_mut(at) {
        *piece = with;
    }
}

/// Lines with their ends.
fn lines(input: &[u8]) -> Vec<&[u8]> {
    input.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Words, and what stands between them one by one.
fn tokens(input: &[u8]) -> Vec<&[u8]> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    input.chunk_by(|one, next| is_word(one) && is_word(next)).collect()
}
