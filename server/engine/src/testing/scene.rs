//! Two servers and a ledger: what a pass needs, and what must hold when it is done.

use std::{future::Future, pin::pin, sync::Arc, task::Poll};

use shared::{
    cause::Cause,
    finding::Finding,
    live::{Phase, Progress},
    pass::{PassEnd, PassKind},
    project::{Options, VerifyDepth},
    report::Verdict,
};
use tokio::sync::watch;

use super::{
    ledger::MemoryLedger,
    mailbox::{Contents, Mailbox},
    server::{Draft, Server},
};
use crate::{
    fingerprint::fingerprint,
    ledger::EntryState,
    model::ItemId,
    pass::{self, Control, PassOrder, PassOutcome},
};

/// Two servers and a ledger.
#[derive(Debug)]
pub(crate) struct Scene {
    pub source: Server,
    pub target: Server,
    pub ledger: Arc<MemoryLedger>,
    pub verify: VerifyDepth,
    /// Which case of many it is, for whoever reads a failure.
    pub case: String,
    before: Mailbox,
}

impl Scene {
    /// A source with this mailbox, and a target with that one.
    pub(crate) async fn new(source: &str, target: &str) -> Self {
        Self::of(Mailbox::written(source), Mailbox::written(target)).await
    }

    pub(crate) async fn of(source: Mailbox, target: Mailbox) -> Self {
        let before = source.clone();
        let (source, target) = (Server::start(source).await, Server::start(target).await);
        Self {
            source,
            target,
            ledger: Arc::default(),
            verify: VerifyDepth::Content,
            case: String::new(),
            before,
        }
    }

    pub(crate) fn order(&self, kind: PassKind) -> PassOrder {
        PassOrder {
            kind,
            source: self.source.account(),
            target: self.target.account(),
            options: Options { verify: self.verify, ..Options::default() },
            project: "Test".into(),
            retry_refused: false,
            several: true,
        }
    }

    /// One pass to its end.
    pub(crate) async fn pass(&self, kind: PassKind) -> PassOutcome {
        self.run(self.order(kind)).await
    }

    /// One pass of another kind.
    pub(crate) async fn run(&self, order: PassOrder) -> PassOutcome {
        let (progress, _seen) = watch::channel(Progress::begin(Phase::Connecting));
        let (_control, obeyed) = watch::channel(Control::Go);
        self.ledger.begin();
        let outcome = pass::run(order, self.ledger.clone(), progress, obeyed).await;
        if !matches!(outcome.end, PassEnd::Aborted { cause: Cause::Internal, .. }) {
            self.ledger.end();
        }
        outcome
    }

    /// A pass during which the process dies as soon as the target is to store something deadly: none when it did.
    pub(crate) async fn deadly_pass(&self, order: PassOrder) -> Option<PassOutcome> {
        tokio::select! {
            biased;
            () = self.target.dealt_death() => None,
            outcome = self.run(order) => Some(outcome),
        }
    }

    /// A pass that an admin wants to end when something has come about.
    pub(crate) async fn pass_until(&self, wanted: Control, when: impl Future<Output = ()>) -> PassOutcome {
        let (progress, _seen) = watch::channel(Progress::begin(Phase::Connecting));
        let (control, obeyed) = watch::channel(Control::Go);
        let pass = pass::run(self.order(PassKind::Initial), self.ledger.clone(), progress, obeyed);
        let admin = async {
            when.await;
            control.send(wanted).expect("a running pass");
            std::future::pending::<()>().await;
        };
        tokio::select! {
            outcome = pass => outcome,
            () = admin => unreachable!("it waits for ever"),
        }
    }

    /// A pass whose process may die: none when it did. With `steps` it dies after so many of its steps at the latest.
    pub(crate) async fn mortal_pass(&self, steps: usize) -> (Option<PassOutcome>, usize) {
        let mut taken = 0;
        let mut pass = pin!(self.pass(PassKind::Initial));
        let killed = std::future::poll_fn(|context| {
            if taken >= steps {
                return Poll::Ready(None);
            }
            taken += 1;
            pass.as_mut().poll(context).map(Some)
        });
        let outcome = tokio::select! {
            biased;
            () = self.ledger.died() => None,
            outcome = killed => outcome,
        };
        (outcome, taken)
    }

    /// Passes until one comes to its end.
    pub(crate) async fn finish(&self) -> PassOutcome {
        for _ in 0..5 {
            let outcome = self.pass(PassKind::Initial).await;
            if outcome.end == PassEnd::Finished {
                return outcome;
            }
        }
        let end = self.pass(PassKind::Initial).await.end;
        panic!("five passes in a row did not come to their end: {end:?}; {}", self.case);
    }

    /// One side's INBOX, or both, gets another UIDVALIDITY and numbers its messages anew.
    pub(crate) fn rebuild(&mut self, source: bool, target: bool) {
        if target {
            self.target.change(|mailbox| mailbox.folder("INBOX").rebuild());
        }
        if source {
            self.source.change(|mailbox| mailbox.folder("INBOX").rebuild());
            self.before = self.source.mailbox();
        }
    }

    /// What must be on the target: the source's messages, as the target's habits make them.
    pub(crate) fn expected(&self) -> Contents {
        let mut rewrites: fn(&mut Draft) = |_| {};
        self.target.habits(|habits| rewrites = habits.rewrites);
        let mut mailbox = self.source.mailbox();
        for message in mailbox.folders.values_mut().flat_map(|folder| &mut folder.messages) {
            let flags = message.flags.iter().cloned().collect();
            let received = Some(message.received.clone());
            let mut draft = Draft { flags, received, body: message.body.to_vec() };
            rewrites(&mut draft);
            message.body = draft.body.into();
            message.received = draft.received.unwrap_or_default();
        }
        mailbox.contents()
    }

    /// Nothing is lost, doubled or changed, the source is as it was, and the ledger knows where everything is.
    pub(crate) fn check_all_is_there(&self) {
        let (expected, found) = (self.expected(), self.target.mailbox().contents());
        if expected != found {
            for (name, messages) in &expected {
                let there = found.get(name).map_or(0, Vec::len);
                eprintln!("{}: {} on the source, {there} on the target", name.escape_ascii(), messages.len());
            }
            panic!("the target is not what the source is; {}", self.case);
        }
        self.check_the_source_is_untouched();
        self.check_the_ledger_is_right();
    }

    pub(crate) fn check_the_source_is_untouched(&self) {
        const READS: [&str; 16] = [
            "CAPABILITY",
            "STARTTLS",
            "COMPRESS DEFLATE",
            "LOGIN ",
            "AUTHENTICATE ",
            "ID ",
            "ENABLE ",
            "NAMESPACE",
            "LIST ",
            "LSUB ",
            "EXAMINE ",
            "STATUS ",
            "UID FETCH ",
            "UID SEARCH ",
            "GETQUOTAROOT ",
            "NOOP",
        ];
        assert_eq!(self.source.mailbox(), self.before);
        for line in self.source.log() {
            assert!(READS.iter().any(|word| line.starts_with(word)), "the source got {line}");
        }
        assert_eq!((self.source.offences(), self.target.offences()), (Vec::new(), Vec::new()));
    }

    fn check_the_ledger_is_right(&self) {
        let mut target = self.target.mailbox();
        for (record, entries) in self.ledger.all() {
            let folder = target.folder(record.target.0.join("/"));
            // Ids of a folder that was rebuilt since are found out when something is to be stored there.
            let rebuilt = record.bracket.is_some_and(|bracket| bracket.validity != folder.validity);
            for entry in entries {
                let EntryState::Copied { target: uid, .. } = entry.state else {
                    panic!("{} of {} is {:?}; {}", entry.item, record.source, entry.state, self.case);
                };
                let Some(uid) = uid.filter(|_| !rebuilt) else { continue };
                let there = folder.messages.iter().find(|message| message.uid == uid);
                let there =
                    there.unwrap_or_else(|| panic!("{} is not at {uid} in {}", entry.item, record.target));
                let print = entry.fingerprint.expect("what was copied was read");
                let found = fingerprint(&there.body);
                let same = print.exact == found.exact || print.loose == found.loose;
                assert!(same, "{uid} is another message");
                assert!(matches!(entry.item, ItemId::Uid(_)));
            }
        }
    }

    /// Another pass finds nothing to do.
    pub(crate) async fn check_another_pass_stores_nothing(&self) -> PassOutcome {
        let appends = self.target.heard("APPEND");
        let outcome = self.pass(PassKind::Delta).await;
        assert_eq!(outcome.end, PassEnd::Finished);
        assert_eq!(self.target.heard("APPEND"), appends, "a further pass stored something; {}", self.case);
        outcome
    }
}

/// The verdict of a pass that came to its end.
pub(crate) fn verdict(outcome: &PassOutcome) -> Verdict {
    outcome.report.as_ref().unwrap_or_else(|| panic!("no report: {:?}", outcome.end)).verdict
}

/// The findings of a pass that came to its end.
pub(crate) fn findings(outcome: &PassOutcome) -> &[Finding] {
    &outcome.report.as_ref().unwrap_or_else(|| panic!("no report: {:?}", outcome.end)).findings
}

/// The findings of one cause.
pub(crate) fn of(outcome: &PassOutcome, cause: Cause) -> Vec<&Finding> {
    findings(outcome).iter().filter(|finding| finding.cause == cause).collect()
}

/// Why a pass was aborted.
pub(crate) fn aborted(outcome: &PassOutcome) -> (Cause, &str) {
    match &outcome.end {
        PassEnd::Aborted { cause, message } => (*cause, message),
        PassEnd::Finished | PassEnd::Paused | PassEnd::Cancelled => {
            panic!("it was not aborted: {:?}", outcome.end)
        }
    }
}
