//! What servers say they can, as far as it was found out whether they do.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

/// For so long it counts what was found out; then the next session looks for itself.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// What a server may say it can and not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// It takes literals that it did not agree to (RFC 7888).
    UnaskedLiterals,
    /// It numbers changes (RFC 7162).
    NumberedChanges,
}

impl Claim {
    const ALL: [Self; 2] = [Self::UnaskedLiterals, Self::NumberedChanges];

    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UnaskedLiterals => "LITERAL+",
            Self::NumberedChanges => "CONDSTORE",
        }
    }

    /// The capabilities that say so.
    pub(crate) const fn capabilities(self) -> &'static [&'static str] {
        match self {
            Self::UnaskedLiterals => &["LITERAL+", "LITERAL-"],
            Self::NumberedChanges => &["CONDSTORE", "QRESYNC"],
        }
    }
}

/// How often a claim is doubted before it does not hold: a line may break at any moment, too.
const DOUBTS: u8 = 2;

/// What was found out about a server's claims.
#[derive(Debug, Default)]
pub(super) struct Claims {
    known: BTreeMap<Claim, (bool, Instant)>,
    doubts: BTreeMap<Claim, u8>,
}

impl Claims {
    /// Whether a claim holds; none: nobody knows.
    pub(super) fn holds(&self, claim: Claim, now: Instant) -> Option<bool> {
        let known =
            self.known.get(&claim).filter(|(_, seen)| now.saturating_duration_since(*seen) < REMEMBERED);
        known.map(|(holds, _)| *holds)
    }

    /// Keeps whether a claim holds. True when nobody knew it.
    pub(super) fn found(&mut self, claim: Claim, holds: bool, now: Instant) -> bool {
        let before = self.holds(claim, now);
        self.known.insert(claim, (holds, now));
        self.doubts.remove(&claim);
        before != Some(holds)
    }

    /// The connection ended when a claim was tried. True when that happened so often that it does not hold.
    pub(super) fn doubt(&mut self, claim: Claim) -> bool {
        let doubts = self.doubts.entry(claim).or_default();
        *doubts += 1;
        *doubts >= DOUBTS
    }

    /// How often claims are doubted that nobody knows about.
    pub(super) fn doubts(&self) -> u32 {
        self.doubts.values().map(|doubts| u32::from(*doubts)).sum()
    }

    /// Claims that do not hold.
    pub(super) fn lies(&self, now: Instant) -> Vec<Claim> {
        Claim::ALL.into_iter().filter(|claim| self.holds(*claim, now) == Some(false)).collect()
    }
}
