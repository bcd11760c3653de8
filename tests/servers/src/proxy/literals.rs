//! Finds literals in what a server says, to end a connection within one.

use std::sync::atomic::{AtomicU64, Ordering};

/// As much of a line's end as the announcement of a literal takes.
const TAIL: usize = 24;

/// Where one direction of a connection is.
#[derive(Debug, Default)]
pub(super) struct Literals {
    tail: Vec<u8>,
    /// Bytes of the literal that are still to come.
    inside: u64,
    /// This literal is the one to end in.
    sprung: bool,
}

impl Literals {
    /// How many of these bytes go through when the literal that is awaited ends within them: all but its last one.
    /// `awaited` counts down to it; zero awaits none.
    pub(super) fn end_within(&mut self, bytes: &[u8], awaited: &AtomicU64) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.inside > 0 {
                let here = self.inside.min(rest.len() as u64);
                if self.sprung && here == self.inside {
                    return Some(at + here as usize - 1);
                }
                self.inside -= here;
                at += here as usize;
                continue;
            }
            let byte = rest[0];
            at += 1;
            self.tail.push(byte);
            if byte == b'\n' {
                self.inside = announced(&self.tail).unwrap_or(0);
                self.tail.clear();
                self.sprung = self.inside > 0 && arrives(awaited);
            } else if self.tail.len() > TAIL {
                self.tail.remove(0);
            }
        }
        None
    }
}

/// Counts one literal; whether it is the one that was awaited.
fn arrives(awaited: &AtomicU64) -> bool {
    let less = |count: u64| count.checked_sub(1);
    awaited.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) == Ok(1)
}

/// The length in `…{123}` and a line end.
fn announced(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}\r\n")?;
    let digits = &line[line.iter().rposition(|byte| *byte == b'{')? + 1..];
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::Literals;

    /// Feeds `wire` in pieces of one size; how many bytes get through.
    fn check(wire: &str, nth: u64, expected: Option<usize>) {
        for size in [1, 2, 3, 7, wire.len()] {
            let (mut literals, awaited) = (Literals::default(), AtomicU64::new(nth));
            let mut passed = 0;
            let cut = wire.as_bytes().chunks(size).find_map(|piece| {
                let end = literals.end_within(piece, &awaited).map(|within| passed + within);
                passed += piece.len();
                end
            });
            assert_eq!(cut, expected, "{wire:?} in pieces of {size}");
        }
    }

    #[test]
    fn the_connection_ends_one_byte_before_the_end_of_the_literal() {
        let wire = "* 1 FETCH (BODY[] {5}\r\n{9}\r\n)\r\n* 2 FETCH (BODY[] {3}\r\nabc)\r\n";
        check(wire, 0, None);
        check(wire, 1, Some(27));
        check(wire, 2, Some(wire.len() - 4));
        check(wire, 3, None);
    }
}
