//! The scenarios of the crash tests.

use std::time::Duration;

use shared::report::Verdict;

use crate::testing::{
    scene::Scene,
    server::{Draft, Habits},
};

/// Two mailboxes and how their servers are.
pub(super) struct Scenario {
    pub name: &'static str,
    source: &'static str,
    target: &'static str,
    source_habits: fn(&mut Habits),
    target_habits: fn(&mut Habits),
    /// Of every pass after the last cut.
    pub verdict: Verdict,
}

/// The same in one folder.
const FEW: &str = "INBOX: a a b~ c%~ c%~ d*Seen#work";

/// Twins, messages without a Message-ID, a message with a NUL, marks, several folders.
const MIXED: &str = "INBOX: a a b~ b~ c%~ c%~ d*Seen#work | Sent: a e | Empty:";

fn nul_becomes_0x80(draft: &mut Draft) {
    for byte in draft.body.iter_mut().filter(|byte| **byte == 0) {
        *byte = 0x80;
    }
}

fn forgets_dates(draft: &mut Draft) {
    nul_becomes_0x80(draft);
    draft.received = Some("23-Nov-2026 12:00:00 +0000".into());
}

impl Scenario {
    pub(super) fn all() -> Vec<Self> {
        let plain = |name, target_habits: fn(&mut Habits)| Self {
            name,
            source: MIXED,
            target: "INBOX:",
            source_habits: |_| {},
            target_habits,
            verdict: Verdict::Perfect,
        };
        vec![
            plain("several messages in one command", |_| {}),
            plain("several commands under way", |habits| habits.cannot(&["MULTIAPPEND"])),
            plain("one command after the other", |habits| habits.cannot(&["MULTIAPPEND", "LITERAL+"])),
            Self {
                source: FEW,
                target_habits: |habits| {
                    habits.cannot(&["UIDPLUS"]);
                    habits.rewrites = nul_becomes_0x80;
                },
                verdict: Verdict::Investigate,
                ..plain("several in one command, UIDs untold, bytes rewritten", |_| {})
            },
            Self {
                source: FEW,
                target_habits: |habits| {
                    habits.cannot(&["MULTIAPPEND", "UIDPLUS"]);
                    habits.tells_next = false;
                    habits.rewrites = forgets_dates;
                },
                verdict: Verdict::Investigate,
                ..plain("several commands under way, nothing told, dates and bytes lost", |_| {})
            },
            Self {
                source: FEW,
                source_habits: |habits| habits.dawdles = Some((2, Duration::from_secs(1))),
                target_habits: |habits| habits.cannot(&["MULTIAPPEND"]),
                ..plain("several windows", |_| {})
            },
            Self {
                target: "INBOX: a b~ | Sent: e",
                target_habits: |habits| habits.cannot(&["UIDPLUS"]),
                ..plain("some of it was there before", |_| {})
            },
        ]
    }

    pub(super) async fn scene(&self) -> Scene {
        let scene = Scene::new(self.source, self.target).await;
        scene.source.habits(self.source_habits);
        scene.target.habits(self.target_habits);
        scene
    }
}
