//! The plug is pulled at every step of every scenario; resumed, each comes to the same end.

use shared::pass::{PassEnd, PassKind};

use super::scenarios::Scenario;
use crate::{
    pass::PassOutcome,
    testing::{
        clock,
        ledger::{self, How, When},
        scene::{Scene, verdict},
        server::{Fuse, Tally},
    },
};

/// What a pass takes when nothing goes wrong: where it can be cut.
#[derive(Debug)]
struct Length {
    writes: usize,
    steps: usize,
    source: Tally,
    target: Tally,
    /// The target's commands that do something.
    effects: Vec<usize>,
}

async fn measure(scenario: &Scenario) -> Length {
    let scene = scenario.scene().await;
    let (outcome, steps) = scene.mortal_pass(usize::MAX).await;
    let outcome = outcome.expect("nobody kills it");
    assert_eq!(outcome.end, PassEnd::Finished, "{}", scenario.name);
    scene.check_all_is_there();
    let words = ["APPEND", "CREATE", "SUBSCRIBE", "SELECT"];
    let log = scene.target.log().into_iter().zip(1..);
    Length {
        writes: scene.ledger.writes(),
        steps,
        source: scene.source.tally(),
        target: scene.target.tally(),
        effects: log
            .filter(|(line, _)| words.iter().any(|word| line.starts_with(word)))
            .map(|(_, at)| at)
            .collect(),
    }
}

/// Whatever happened before: passes until one comes to its end, and all is as it must be.
async fn resumed(scenario: &Scenario, scene: Scene, outcome: Option<PassOutcome>) {
    let outcome = match outcome.filter(|outcome| outcome.end == PassEnd::Finished) {
        Some(outcome) => outcome,
        None => scene.finish().await,
    };
    scene.check_all_is_there();
    assert_eq!(verdict(&outcome), scenario.verdict, "{}", scene.case);
    let again = scene.check_another_pass_stores_nothing().await;
    let sentence = again.report.as_ref().map(|report| &report.sentence);
    assert_eq!(verdict(&again), scenario.verdict, "{sentence:?}; {}", scene.case);
}

/// Runs a case for every scenario, and says how many there were.
fn every_scenario(what: &str, cases: impl AsyncFn(&Scenario, Length) -> usize) {
    let mut count = 0;
    clock::run(async {
        for scenario in Scenario::all() {
            let length = measure(&scenario).await;
            count += cases(&scenario, length).await;
        }
    });
    println!("{what}: {count} cases");
    assert!(count > 50, "only {count} cases ran");
}

#[test]
fn the_process_may_die_before_and_after_every_write_of_the_ledger() {
    every_scenario("the ledger's writes", async |scenario, length| {
        let mut cases = 0;
        for write in 1..=length.writes {
            for when in [When::Before, When::After] {
                for how in [How::Dies, How::Fails] {
                    let mut scene = scenario.scene().await;
                    scene.case = format!("{}, it {how:?} {when:?} write {write}", scenario.name);
                    scene.ledger.light(ledger::Fuse { write, when, how });
                    let (outcome, _) = scene.mortal_pass(usize::MAX).await;
                    assert!(!scene.ledger.lit(), "write {write} never came");
                    assert_eq!(outcome.is_some(), how == How::Fails);
                    resumed(scenario, scene, outcome).await;
                    cases += 1;
                }
            }
        }
        cases
    });
}

#[test]
fn the_process_may_die_at_every_step() {
    every_scenario("steps", async |scenario, length| {
        for steps in 0..length.steps {
            let mut scene = scenario.scene().await;
            scene.case = format!("{}, dead after {steps} steps", scenario.name);
            let (outcome, _) = scene.mortal_pass(steps).await;
            assert!(outcome.is_none());
            resumed(scenario, scene, None).await;
        }
        length.steps
    });
}

/// One case with a fuse on one side.
async fn cut(scenario: &Scenario, on_target: bool, at: usize, fuse: Fuse) {
    let mut scene = scenario.scene().await;
    scene.case = format!("{}, {} {fuse:?}", scenario.name, if on_target { "target" } else { "source" });
    let side = if on_target { &scene.target } else { &scene.source };
    side.light(fuse.clone());
    let outcome = scene.pass(PassKind::Initial).await;
    let side = if on_target { &scene.target } else { &scene.source };
    assert!(!side.lit(), "it never blew: {:?}; {}", outcome.end, scene.case);
    if at.is_multiple_of(3) || outcome.end != PassEnd::Finished {
        resumed(scenario, scene, Some(outcome)).await;
    } else {
        // The ledger has every message as copied: another pass would have nothing to do.
        scene.check_all_is_there();
        assert_eq!(verdict(&outcome), scenario.verdict, "{}", scene.case);
    }
}

#[test]
fn either_side_may_go_away_at_every_command() {
    every_scenario("commands", async |scenario, length| {
        let mut cases = 0;
        for at in 1..=length.source.commands {
            cut(scenario, false, at, Fuse::Before(at)).await;
            cases += 1;
        }
        for at in 1..=length.target.commands {
            cut(scenario, true, at, Fuse::Before(at)).await;
            cases += 1;
        }
        // Done all the same, and nobody is told.
        for at in length.effects {
            cut(scenario, true, at, Fuse::After(at)).await;
            cut(scenario, true, at, Fuse::Deaf(at)).await;
            cases += 2;
        }
        cases
    });
}

#[test]
fn either_side_may_fall_silent_in_the_middle_of_any_word() {
    every_scenario("bytes said", async |scenario, length| {
        let mut cases = 0;
        for (on_target, said) in [(false, length.source.said), (true, length.target.said)] {
            for at in (0..said).step_by(said / 15 + 1) {
                cut(scenario, on_target, at, Fuse::Said(at)).await;
                cases += 1;
            }
        }
        cases
    });
}

#[test]
fn the_connection_may_break_after_any_byte_that_is_sent() {
    every_scenario("bytes heard", async |scenario, length| {
        let mut cases = 0;
        for (on_target, heard, points) in [(false, length.source.heard, 5), (true, length.target.heard, 40)] {
            for at in (0..heard).step_by(heard / points + 1) {
                cut(scenario, on_target, at, Fuse::Heard(at)).await;
                cases += 1;
            }
        }
        cases
    });
}
