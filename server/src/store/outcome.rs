//! What the end of a pass makes of its job. Pure.

use engine::pass::PassOutcome;
use shared::{
    cause::Cause,
    job::JobState,
    pass::{PassEnd, PassKind},
    report::{Report, Verdict},
};

/// So often in a row a job may lose its process, or its process the database, before it got any further: more often than it
/// takes to find out a message that ends every process.
pub(super) const STUMBLES: i64 = 8;
/// Why a job is not tried again by itself.
const STUMBLED: &str = "Eight times in a row this mailbox was begun, and the process that moved it ended, or lost the \
    database, before anything arrived. Nothing is lost. Look into the logs of that time, then start it again.";

/// What a job becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Becomes {
    /// Its state.
    pub(super) state: JobState,
    /// Why the pass could not go on.
    pub(super) problem: Option<String>,
    /// Where a later dry run leads back to.
    pub(super) settled: JobState,
}

/// What a job becomes that is in `state` when its pass ends, and came to rest in `settled` before. With `goes_on` the pass
/// was interrupted by something that passes by itself.
pub(super) fn after_pass(
    kind: PassKind,
    state: JobState,
    settled: JobState,
    outcome: &PassOutcome,
    goes_on: bool,
) -> Becomes {
    let rest = |state, problem: Option<&str>| Becomes {
        state,
        problem: problem.map(str::to_owned),
        // A look changes nothing, however it ends.
        settled: if kind.only_looks() { settled } else { state },
    };
    match &outcome.end {
        PassEnd::Finished if kind.only_looks() => rest(settled, None),
        PassEnd::Finished => match outcome.report.as_ref().map(|report| (report.verdict, report)) {
            Some((Verdict::Perfect, _)) => rest(JobState::Complete, None),
            Some((Verdict::Good | Verdict::Investigate, report)) if !waits(report) => {
                rest(JobState::Exceptions, None)
            }
            Some((Verdict::Good | Verdict::Investigate | Verdict::Poor, report)) => {
                rest(JobState::Failed, Some(&amiss(report)))
            }
            // "Done" is said by the validator, never by the end of the loop.
            None => rest(
                JobState::Failed,
                Some("The pass came to its end without comparing both sides. Run a verify pass."),
            ),
        },
        PassEnd::Aborted { message, .. } if !goes_on => rest(JobState::Failed, Some(message)),
        PassEnd::Paused | PassEnd::Aborted { .. } => match asked(state) {
            Some(JobState::Cancelled) => rest(JobState::Cancelled, None),
            Some(state) => Becomes { state, problem: None, settled },
            // Nobody asked this job to pause: the server is stopping, or its disk is full. It goes on by itself.
            None => Becomes { state: JobState::Queued, problem: None, settled },
        },
        PassEnd::Cancelled => rest(JobState::Cancelled, None),
    }
}

/// Whether a comparison found what only a later pass brings.
fn waits(report: &Report) -> bool {
    report.causes.iter().any(|group| group.cause == Cause::NextPass)
}

/// Why a mailbox is not complete although its pass came to its end.
fn amiss(report: &Report) -> String {
    let next = if waits(report) {
        "Start the mailbox again."
    } else {
        "The report names each with what to do; then start or verify the mailbox again."
    };
    format!("The comparison found messages missing. {} {next}", report.sentence)
}

/// What a job becomes whose newest days arrived: the rest follows by itself, unless an admin wants it to rest.
pub(super) fn after_first_days(state: JobState, settled: JobState) -> Becomes {
    let state = asked(state).unwrap_or(JobState::Queued);
    let settled = if state == JobState::Cancelled { state } else { settled };
    Becomes { state, problem: None, settled }
}

/// Where an admin wants a job to come to rest whose pass is still under way; none: nowhere.
const fn asked(state: JobState) -> Option<JobState> {
    match state {
        JobState::Pausing => Some(JobState::Paused),
        JobState::Stopping => Some(JobState::Cancelled),
        JobState::Running
        | JobState::Ready
        | JobState::Queued
        | JobState::Paused
        | JobState::Cancelled
        | JobState::Complete
        | JobState::Exceptions
        | JobState::Failed
        | JobState::Skipped => None,
    }
}

/// What a job becomes whose pass lost the database on its way, or whose process died: once more in a row.
pub(super) fn after_interruption(
    kind: PassKind,
    state: JobState,
    settled: JobState,
    stumbles: i64,
) -> Becomes {
    let (state, problem) = match asked(state) {
        Some(state) => (state, None),
        None if state == JobState::Running && stumbles >= STUMBLES => {
            (JobState::Failed, Some(STUMBLED.to_owned()))
        }
        None => (JobState::Queued, None),
    };
    let rests = matches!(state, JobState::Cancelled | JobState::Failed) && !kind.only_looks();
    Becomes { state, problem, settled: if rests { state } else { settled } }
}

#[cfg(test)]
mod tests {
    use engine::pass::PassOutcome;
    use shared::{
        cause::Cause,
        finding::{CauseCount, Severity},
        job::JobState,
        pass::{PassEnd, PassKind},
        report::Verdict,
    };

    use super::{Becomes, after_first_days, after_pass};
    use crate::store::tests::sample::ended;

    fn becomes(kind: PassKind, state: JobState, outcome: &PassOutcome) -> (JobState, JobState) {
        let Becomes { state, settled, .. } = after_pass(kind, state, JobState::Ready, outcome, false);
        (state, settled)
    }

    #[test]
    fn only_the_validator_makes_a_job_complete() {
        for (verdict, state) in [
            (Some(Verdict::Perfect), JobState::Complete),
            (Some(Verdict::Good), JobState::Exceptions),
            (Some(Verdict::Investigate), JobState::Exceptions),
            (Some(Verdict::Poor), JobState::Failed),
            (None, JobState::Failed),
        ] {
            let outcome = ended(PassEnd::Finished, verdict);
            assert_eq!(
                becomes(PassKind::Initial, JobState::Running, &outcome),
                (state, state),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn a_comparison_that_misses_messages_is_no_completion() {
        let mut poor = ended(PassEnd::Finished, Some(Verdict::Poor));
        let becomes = |outcome: &PassOutcome| {
            after_pass(PassKind::Verify, JobState::Running, JobState::Complete, outcome, false)
        };
        let problem = becomes(&poor).problem.expect("says why");
        assert!(problem.contains("The report names each"), "{problem}");
        assert_eq!((becomes(&poor).state, becomes(&poor).settled), (JobState::Failed, JobState::Failed));
        let report = poor.report.as_mut().expect("a report");
        report.verdict = Verdict::Investigate;
        assert_eq!(becomes(&poor).state, JobState::Exceptions, "each with a cause");
        let report = poor.report.as_mut().expect("a report");
        report.causes = vec![CauseCount::new(Cause::NextPass, Severity::Info, 386)];
        let becomes = becomes(&poor);
        assert_eq!(becomes.state, JobState::Failed, "the first days alone are there");
        assert!(becomes.problem.expect("says why").ends_with("Start the mailbox again."));
    }

    #[test]
    fn the_rest_follows_the_first_days_unless_an_admin_wants_it_to_rest() {
        for (state, after, settled) in [
            (JobState::Running, JobState::Queued, JobState::Ready),
            (JobState::Pausing, JobState::Paused, JobState::Ready),
            (JobState::Stopping, JobState::Cancelled, JobState::Cancelled),
        ] {
            let becomes = after_first_days(state, JobState::Ready);
            assert_eq!(
                (becomes.state, becomes.settled, becomes.problem),
                (after, settled, None),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_dry_run_leads_back_to_where_the_job_was() {
        let outcome = ended(PassEnd::Finished, None);
        let becomes = after_pass(PassKind::DryRun, JobState::Running, JobState::Complete, &outcome, false);
        assert_eq!((becomes.state, becomes.settled), (JobState::Complete, JobState::Complete));
        let broken = ended(PassEnd::Aborted { cause: Cause::TimedOut, message: "No answer.".into() }, None);
        let becomes = after_pass(PassKind::DryRun, JobState::Running, JobState::Ready, &broken, false);
        assert_eq!((becomes.state, becomes.settled), (JobState::Failed, JobState::Ready));
        assert_eq!(becomes.problem.as_deref(), Some("No answer."));
    }

    #[test]
    fn a_pass_that_pauses_unasked_waits_for_the_next_start() {
        let outcome = ended(PassEnd::Paused, None);
        for (state, after) in [
            (JobState::Running, JobState::Queued),
            (JobState::Pausing, JobState::Paused),
            (JobState::Stopping, JobState::Cancelled),
        ] {
            assert_eq!(becomes(PassKind::Initial, state, &outcome).0, after, "{state:?}");
        }
    }

    #[test]
    fn a_pass_that_is_interrupted_waits_to_go_on_and_has_no_problem() {
        let full = ended(PassEnd::Aborted { cause: Cause::DiskFull, message: "No room.".into() }, None);
        for (state, after) in [
            (JobState::Running, JobState::Queued),
            (JobState::Pausing, JobState::Paused),
            (JobState::Stopping, JobState::Cancelled),
        ] {
            let becomes = after_pass(PassKind::Initial, state, JobState::Ready, &full, true);
            assert_eq!((becomes.state, becomes.problem), (after, None), "{state:?}");
        }
        assert_eq!(becomes(PassKind::Initial, JobState::Running, &full).0, JobState::Failed);
    }
}
