//! Exit codes: how a run ended, as a script sees it.

use std::process::ExitCode;

use engine::pass::PassOutcome;
use shared::{
    cause::Cause,
    finding::Severity,
    pass::{PassEnd, PassKind},
    report::Verdict,
};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Everything is on the target and nothing differs.
    Complete = 0,
    /// A fault of the product's own.
    Internal = 1,
    /// The command line says something that cannot be done.
    Arguments = 2,
    /// Done; every difference is named with a cause.
    Exceptions = 3,
    /// Stopped midway, or messages are missing without a cause.
    Incomplete = 4,
    /// A login was refused.
    LoginRefused = 5,
    /// A server cannot be reached.
    Unreachable = 6,
    /// A server's certificate is not trusted, or TLS cannot be set up.
    TlsNotTrusted = 7,
    /// A server does not speak IMAP.
    NotImap = 8,
    /// The target mailbox is full.
    TargetFull = 9,
    /// A file or folder the run writes to cannot be used.
    Files = 10,
    /// Another run works on the same mailboxes.
    Locked = 11,
    /// Stopped by hand.
    Cancelled = 12,
}

impl Exit {
    /// Every code there is, in order.
    pub(crate) const ALL: [Self; 13] = [
        Self::Complete,
        Self::Internal,
        Self::Arguments,
        Self::Exceptions,
        Self::Incomplete,
        Self::LoginRefused,
        Self::Unreachable,
        Self::TlsNotTrusted,
        Self::NotImap,
        Self::TargetFull,
        Self::Files,
        Self::Locked,
        Self::Cancelled,
    ];

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// What the code says, for the help text.
    pub(crate) const fn explained(self) -> &'static str {
        match self {
            Self::Complete => "complete: every message is on the target and nothing differs",
            Self::Internal => "an error inside carbonio-migrate",
            Self::Arguments => "bad arguments",
            Self::Exceptions => "complete with exceptions: every difference is named with a cause",
            Self::Incomplete => {
                "incomplete: stopped midway, or messages are missing without a cause; run it again"
            }
            Self::LoginRefused => "login refused",
            Self::Unreachable => "server not reachable: name not found, refused, or no answer in time",
            Self::TlsNotTrusted => "certificate not trusted, or TLS not possible",
            Self::NotImap => "the server does not speak IMAP, or not understandably",
            Self::TargetFull => "the target mailbox is full",
            Self::Files => "ledger, data directory or report folder not usable (or made by a newer version)",
            Self::Locked => "another run works on the same mailboxes",
            Self::Cancelled => "stopped by Ctrl-C or SIGTERM; run it again to go on",
        }
    }

    /// How a pass ended.
    pub(crate) fn of(kind: PassKind, outcome: &PassOutcome) -> Self {
        match &outcome.end {
            PassEnd::Finished => match (kind, &outcome.report) {
                (PassKind::DryRun, _) => Self::of_plan(outcome),
                (PassKind::Probe, _) => Self::Complete,
                (PassKind::Initial | PassKind::Delta | PassKind::Final | PassKind::Verify, Some(report)) => {
                    Self::of_verdict(report.verdict)
                }
                // Without a comparison nobody knows that all arrived.
                (PassKind::Initial | PassKind::Delta | PassKind::Final | PassKind::Verify, None) => {
                    Self::Incomplete
                }
            },
            PassEnd::Paused => Self::Incomplete,
            PassEnd::Cancelled => Self::Cancelled,
            PassEnd::Aborted { cause, .. } => Self::of_cause(*cause),
        }
    }

    const fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Perfect => Self::Complete,
            Verdict::Good | Verdict::Investigate => Self::Exceptions,
            Verdict::Poor => Self::Incomplete,
        }
    }

    /// A dry run foretells what the pass would end as.
    fn of_plan(outcome: &PassOutcome) -> Self {
        let findings = outcome.plan.iter().flat_map(|plan| &plan.findings);
        match findings.map(|finding| finding.severity).max() {
            None | Some(Severity::Info) => Self::Complete,
            Some(Severity::Warning | Severity::Loss) => Self::Exceptions,
        }
    }

    /// Why a pass could not go on.
    pub(crate) const fn of_cause(cause: Cause) -> Self {
        use Cause as C;
        match cause {
            C::DnsFailed | C::ConnectRefused | C::ConnectFailed | C::TimedOut => Self::Unreachable,
            C::NotImap | C::Protocol => Self::NotImap,
            C::TlsUntrusted
            | C::TlsName
            | C::TlsExpired
            | C::TlsPin
            | C::TlsFailed
            | C::StarttlsMissing
            | C::StarttlsInjected
            | C::Privacy => Self::TlsNotTrusted,
            C::CleartextRefused | C::SameMailbox | C::RuleInvalid => Self::Arguments,
            C::LoginRefused
            | C::LoginExpired
            | C::LoginNotAllowed
            | C::LoginHeld
            | C::LoginUnavailable
            | C::TokenFailed
            | C::ContactAdmin
            | C::NotConfigured => Self::LoginRefused,
            C::TargetFull => Self::TargetFull,
            C::Ledger | C::DiskFull => Self::Files,
            C::LeaseLost => Self::Locked,
            C::Cancelled => Self::Cancelled,
            C::Internal => Self::Internal,
            // Mostly causes of findings; a pass that ends for one of them was under way and can go on.
            C::Disconnected
            | C::Busy
            | C::Throttled
            | C::Unavailable
            | C::ServerBug
            | C::OutsideHours
            | C::Poison
            | C::NoFolders
            | C::FolderRenamed
            | C::FolderRefused
            | C::FolderUnreadable
            | C::ListedInPieces
            | C::CountDiffers
            | C::FolderVirtual
            | C::FolderAllMail
            | C::LabelHidden
            | C::OtherLabel
            | C::ReadAnew
            | C::ReceiptsSettled
            | C::ReceiptsOpen
            | C::FolderForeign
            | C::FolderExcluded
            | C::FolderMerged
            | C::FolderRebuilt
            | C::SubscriptionLost
            | C::TooBig
            | C::Filtered
            | C::NextPass
            | C::MarkedDeleted
            | C::Rejected
            | C::Empty
            | C::Vanished
            | C::DeletedAtSource
            | C::RemovedOnTarget
            | C::ConfirmedGone
            | C::MovedAtSource
            | C::FlagsCarried
            | C::FlagsKept
            | C::Unreadable
            | C::EndsConnection
            | C::Undelivered
            | C::BytesAltered
            | C::DateAltered
            | C::FlagsAltered
            | C::KeywordsLost
            | C::Missing
            | C::Extra
            | C::Duplicate
            | C::Adopted
            | C::Unknown
            | C::NotAsClaimed
            | C::Recovered => Self::Incomplete,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use engine::pass::PassOutcome;
    use shared::{
        cause::Cause,
        finding::Severity,
        pass::{Counts, PassEnd, PassKind},
        plan::PlanView,
        report::{Report, Verdict},
    };

    use super::Exit;
    use crate::report::sample;

    fn outcome(end: PassEnd, plan: Option<PlanView>, report: Option<Report>) -> PassOutcome {
        PassOutcome { end, counts: Counts::default(), plan, report, drift: None, inventory: None }
    }

    #[test]
    fn codes_are_distinct_and_in_order() {
        for (number, exit) in Exit::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(exit.code()), number, "{exit:?}");
        }
    }

    #[test]
    fn a_pass_is_complete_only_when_the_validator_says_perfect() {
        for (verdict, exit) in [
            (Verdict::Perfect, Exit::Complete),
            (Verdict::Good, Exit::Exceptions),
            (Verdict::Investigate, Exit::Exceptions),
            (Verdict::Poor, Exit::Incomplete),
        ] {
            let report = Report { verdict, ..sample::perfect() };
            assert_eq!(Exit::of(PassKind::Delta, &outcome(PassEnd::Finished, None, Some(report))), exit);
        }
        assert_eq!(Exit::of(PassKind::Initial, &outcome(PassEnd::Finished, None, None)), Exit::Incomplete);
    }

    #[test]
    fn a_dry_run_foretells_exceptions() {
        for (severity, exit) in [
            (None, Exit::Complete),
            (Some(Severity::Info), Exit::Complete),
            (Some(Severity::Warning), Exit::Exceptions),
            (Some(Severity::Loss), Exit::Exceptions),
        ] {
            let finding = |severity| sample::finding(severity, Cause::TooBig, "INBOX", None, "");
            let plan = PlanView { folders: vec![], findings: severity.map(finding).into_iter().collect() };
            assert_eq!(Exit::of(PassKind::DryRun, &outcome(PassEnd::Finished, Some(plan), None)), exit);
        }
    }

    #[test]
    fn no_cause_of_an_abort_looks_like_success() {
        for cause in Cause::ALL {
            let exit = Exit::of_cause(*cause);
            assert!(!matches!(exit, Exit::Complete | Exit::Exceptions), "{}", cause.id());
            let family = cause.id().split('.').next();
            let expected = match family {
                Some("login") => Some(Exit::LoginRefused),
                Some("dns" | "connect" | "timeout") => Some(Exit::Unreachable),
                Some("protocol") => Some(Exit::NotImap),
                Some("tls") if *cause != Cause::CleartextRefused => Some(Exit::TlsNotTrusted),
                _ => None,
            };
            assert!(expected.is_none_or(|expected| expected == exit), "{} is {exit:?}", cause.id());
        }
    }
}
