//! The kinds of faults, by the numbers of the fault matrix.

use servers::random::Random;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// The product is killed right after it wrote to its ledger.
    LedgerKill,
    /// The product is killed at a random moment.
    Kill,
    /// A server is killed and comes back.
    ServerKill,
    /// The machine with the ledger loses its power: what was not written through is gone.
    Power,
    /// The product is frozen while another run is started on its ledger.
    Freeze,
    /// A connection is cut after a random number of bytes.
    Cut,
    /// Nothing gets through for some seconds.
    Stall,
    /// The source ends a connection one byte before the end of a literal.
    Truncate,
    /// UIDVALIDITY changes, at either end or both.
    Validity,
    /// The user works on: new mail, moves, deletions, flags, at both ends.
    Users,
    /// The disk with the ledger is full.
    Full,
    /// Another program holds the ledger's lock.
    Locked,
}

impl Fault {
    /// Every kind.
    pub(super) const ALL: [Self; 12] = [
        Self::LedgerKill,
        Self::Kill,
        Self::ServerKill,
        Self::Power,
        Self::Freeze,
        Self::Cut,
        Self::Stall,
        Self::Truncate,
        Self::Validity,
        Self::Users,
        Self::Full,
        Self::Locked,
    ];

    /// Its number in the fault matrix and what it is.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LedgerKill => "K1 kill -9 at a write to the ledger",
            Self::Kill => "K2 kill -9 at random",
            Self::ServerKill => "K3 kill -9 of a server",
            Self::Power => "K4 power cut under the ledger",
            Self::Freeze => "K5 frozen, second run on the same ledger",
            Self::Cut => "N1 connection cut at a random byte",
            Self::Stall => "N2 stalled line",
            Self::Truncate => "N4 truncated literal",
            Self::Validity => "S2 UIDVALIDITY changed",
            Self::Users => "S5 users at both ends",
            Self::Full => "D1 disk full under the ledger",
            Self::Locked => "D2 ledger locked by another program",
        }
    }

    /// One to five of them; kills are more frequent than what takes longer.
    pub(super) fn draw(random: &mut Random) -> Vec<Self> {
        let count = 1 + random.below(5);
        let one = |random: &mut Random| match random.below(17) {
            0..=2 => Self::Kill,
            3..=4 => Self::Cut,
            other => Self::ALL[(other as usize - 5) % Self::ALL.len()],
        };
        (0..count).map(|_| one(random)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Fault;
    use servers::random::Random;

    #[test]
    fn every_kind_of_fault_comes_up() {
        let mut random = Random::new(1);
        let drawn: BTreeSet<_> = (0..200).flat_map(|_| Fault::draw(&mut random)).collect();
        assert_eq!(drawn.len(), Fault::ALL.len());
    }
}
