//! The audit log's chain: how a line is sealed together with all before it.
//!
//! A line's hash is HMAC-SHA-256 under a key of its own, made from the master key, over these bytes, one after the other:
//!
//! 1. the text `carbonio-migrate audit 1`
//! 2. the 32 bytes of the hash of the line before; zeros for the first line
//! 3. the line's number and its moment (milliseconds since 1970, UTC), each as 8 bytes, most significant first
//! 4. who, action, subject, outcome, each as the number of its bytes in 8 bytes, then its bytes in UTF-8
//! 5. for an address: a byte 1, then as in 4; without one: a byte 0
//!
//! Whoever can change the database alone has no key to seal a changed line, and leaving lines out breaks the chain. Lines
//! cut off at the end leave a shorter chain that is good: the hash of a line, noted elsewhere, shows that.

use shared::audit::{BrokenLine, Outcome};

use crate::secret::Sealer;

/// The hash of a line.
pub(crate) type Hash = [u8; 32];

/// What stands before the first line.
pub(crate) const BEGINNING: Hash = [0; 32];

const LABEL: &[u8] = b"carbonio-migrate audit 1";

tokio::task_local! {
    /// Where the request comes from that is being answered.
    pub(crate) static ADDRESS: String;
}

/// Where the request comes from that is being answered; none outside of one.
pub(crate) fn address() -> Option<String> {
    ADDRESS.try_with(Clone::clone).ok()
}

/// Something that was done or refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deed<'a> {
    /// Who: a login name, `system` or `nobody`.
    pub(crate) who: &'a str,
    /// A stable word.
    pub(crate) action: &'a str,
    /// To what, in words.
    pub(crate) subject: &'a str,
    /// Where the request came from.
    pub(crate) address: Option<&'a str>,
    /// How it ended.
    pub(crate) outcome: Outcome,
}

/// A line without its hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) id: i64,
    /// Milliseconds since 1970, UTC.
    pub(crate) at: i64,
    pub(crate) deed: Deed<'a>,
}

/// The hash of a line that follows one with the hash `before`.
pub(crate) fn seal(sealer: &Sealer, before: &Hash, line: &Line<'_>) -> Hash {
    let Line { id, at, deed: Deed { who, action, subject, address, outcome } } = line;
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(LABEL);
    bytes.extend_from_slice(before);
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(&at.to_be_bytes());
    for text in [*who, *action, *subject, outcome.word()] {
        put(&mut bytes, text);
    }
    match address {
        Some(address) => {
            bytes.push(1);
            put(&mut bytes, address);
        }
        None => bytes.push(0),
    }
    sealer.chain(&bytes)
}

fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// Goes over a chain from its beginning, line by line.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    sealer: &'a Sealer,
    /// The hash of the last good line.
    pub(crate) head: Hash,
    /// How many were good.
    pub(crate) lines: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(sealer: &'a Sealer) -> Self {
        Self { sealer, head: BEGINNING, lines: 0 }
    }

    /// The next line; an error when it is not as it was written.
    pub(crate) fn step(&mut self, line: &Line<'_>, hash: &[u8]) -> Result<(), BrokenLine> {
        let expected = i64::try_from(self.lines).unwrap_or(i64::MAX).saturating_add(1);
        if line.id != expected {
            return Err(BrokenLine {
                id: expected,
                problem: format!("Line {expected} is missing: line {} comes in its place.", line.id),
            });
        }
        let sealed = seal(self.sealer, &self.head, line);
        if sealed != hash {
            return Err(BrokenLine {
                id: line.id,
                problem: format!(
                    "Line {} is not as it was written: it, or one before it, was changed past carbonio-migrate.",
                    line.id
                ),
            });
        }
        self.head = sealed;
        self.lines += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::audit::Outcome;

    use super::{BEGINNING, Deed, Line, Walk, seal};
    use crate::secret::Sealer;

    fn line(id: i64) -> Line<'static> {
        let address = (id % 2 == 0).then_some("192.0.2.1");
        let deed =
            Deed {
                who: "anna", action: "job.start", subject: "one → two", address, outcome: Outcome::Done
            };
        Line { id, at: 1_769_860_800_000 + id, deed }
    }

    #[test]
    fn a_changed_a_swapped_and_a_missing_line_are_noticed() {
        let sealer = Sealer::ephemeral().expect("a key");
        let mut hashes = vec![BEGINNING];
        for id in 1..=4 {
            let hash = seal(&sealer, &hashes[id - 1], &line(id as i64));
            hashes.push(hash);
        }
        let mut walk = Walk::new(&sealer);
        for (id, hash) in (1..).zip(&hashes[1..]) {
            walk.step(&line(id), hash).expect("good");
        }
        assert_eq!((walk.lines, walk.head), (4, hashes[4]));

        let changes: [fn(&mut Line<'static>); 7] = [
            |line| line.at += 1,
            |line| line.deed.who = "bert",
            |line| line.deed.action = "job.stop",
            |line| line.deed.subject = "one → three",
            |line| line.deed.address = Some("192.0.2.2"),
            |line| line.deed.outcome = Outcome::Refused,
            // The same letters, parted elsewhere.
            |line| (line.deed.who, line.deed.action) = ("annaj", "ob.start"),
        ];
        for change in changes {
            let mut walk = Walk::new(&sealer);
            walk.step(&line(1), &hashes[1]).expect("good");
            let mut changed = line(2);
            change(&mut changed);
            assert_eq!(walk.step(&changed, &hashes[2]).expect_err("noticed").id, 2);
        }
        let mut walk = Walk::new(&sealer);
        walk.step(&line(1), &hashes[1]).expect("good");
        assert_eq!(walk.step(&line(3), &hashes[3]).expect_err("noticed").id, 2, "line 2 is missing");
        let mut walk = Walk::new(&sealer);
        assert!(walk.step(&line(1), &hashes[2]).is_err());
    }

    #[test]
    fn without_the_key_no_line_can_be_sealed() {
        let (own, other) = (Sealer::ephemeral().expect("a key"), Sealer::ephemeral().expect("a key"));
        assert_ne!(seal(&own, &BEGINNING, &line(1)), seal(&other, &BEGINNING, &line(1)));
    }
}
