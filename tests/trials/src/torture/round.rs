//! One mailbox, moved while faults strike, then moved to the end, and judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use servers::{Result, dovecot::PASSWORD, error::Doing, random::Random, verify::Snapshot};

use super::{
    fault::Fault,
    lane::{Lane, Side},
    ledger::LedgerDisk,
    mail,
    run::{End, Run},
    users::Users,
};
use crate::product;

/// How long a run may take once nothing is in its way.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the product may say that it has to be run again when nothing is in its way.
const RUNS: usize = 5;

/// A round to be played.
pub(super) struct Round {
    seed: u64,
    random: Random,
}

/// What happened in it.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) messages: usize,
    pub(super) starts: usize,
    /// Each fault, and whether it struck while the product ran.
    pub(super) faults: Vec<(Fault, bool)>,
    /// How a run ended, after which fault.
    pub(super) ends: Vec<(Fault, String)>,
    pub(super) copies_after_moves: usize,
    pub(super) brought_back: usize,
    pub(super) violations: Vec<String>,
}

/// A round that goes on.
pub(super) struct Play<'a> {
    pub(super) lane: &'a mut Lane,
    pub(super) random: Random,
    pub(super) user: String,
    pub(super) target: Side,
    pub(super) disk: LedgerDisk,
    pub(super) users: Users,
    /// Sums of the messages that are there once.
    pub(super) unique: BTreeSet<String>,
    pub(super) story: Story,
    run: Option<Run>,
    folder: PathBuf,
    before: Snapshot,
    bytes: u64,
}

impl Round {
    /// A round; the same seed leads to the same decisions, though not to the same moments.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, random: Random::new(seed) }
    }

    /// Plays it.
    pub(super) fn play(mut self, lane: &mut Lane) -> Result<Story> {
        let corpus = mail::draw(&mut self.random);
        let user = format!("user{}@old.example", self.seed);
        corpus.write(lane.server(Side::Source), &user)?;
        let before = lane.read(Side::Source, &user)?;
        let target = if self.random.chance(60) { Side::Whole } else { Side::Single };
        let folder = lane.folder().join(&user);
        fs::create_dir(&folder).doing(|| format!("making {}", folder.display()))?;
        let secret = folder.join("password");
        fs::write(&secret, format!("{PASSWORD}\n")).doing(|| format!("writing {}", secret.display()))?;
        let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, one) in before.messages() {
            *sums.entry(&one.sha256).or_default() += 1;
        }
        let once = sums.into_iter().filter(|(_, count)| *count == 1);
        let unique = once.map(|(sum, _)| sum.to_owned()).collect();
        let faults = Fault::draw(&mut self.random);
        let disk = LedgerDisk::new(folder.join("disk"), faults.contains(&Fault::Power))?;
        let story = Story { messages: corpus.len(), ..Story::default() };
        let (bytes, run, users) = (corpus.bytes() as u64, None, Users::default());
        drop(corpus);
        let random = self.random;
        let mut play =
            Play { lane, random, user, target, disk, users, unique, story, run, folder, before, bytes };
        play.through(&faults)?;
        let Play { lane, user, target, disk, story, folder, run, .. } = play;
        drop((run, disk));
        for side in [Side::Source, target] {
            let _ = fs::remove_dir_all(lane.server(side).user_dir(&user));
        }
        let _ = fs::remove_dir_all(folder);
        Ok(story)
    }
}

impl Play<'_> {
    fn through(&mut self, faults: &[Fault]) -> Result<()> {
        // A run over such a line takes some seconds, so that faults strike within it.
        let rate = self.bytes.max(100_000) / (1 + self.random.below(3));
        for side in [Side::Source, self.target] {
            self.lane.line(side).limit(rate);
        }
        for fault in faults.iter().copied() {
            self.keep_running(fault)?;
            self.progress();
            let midway = self.alive().is_some();
            self.strike(fault)?;
            self.story.faults.push((fault, midway));
        }
        self.calm();
        self.finish()
    }

    /// Starts the product again if the last run came to an end.
    fn keep_running(&mut self, fault: Fault) -> Result<()> {
        if self.alive().is_none() {
            self.bury(fault);
            self.run = Some(self.start("said")?);
        }
        Ok(())
    }

    /// Starts a run of the product.
    pub(super) fn start(&mut self, said: &str) -> Result<Run> {
        self.story.starts += 1;
        let depth = *self.random.pick(&self.lane.depths.clone());
        let said = self.folder.join(said);
        Run::start(self.command(depth), said)
    }

    fn command(&self, depth: &str) -> Command {
        let place = |side| (self.lane.line(side).port(), self.user.clone());
        let (source, target) = (place(Side::Source), place(self.target));
        let (secret, ledger) = (self.folder.join("password"), self.disk.file());
        let mut command = product::command(&self.lane.binary, &source, &target, &secret, &ledger, depth);
        command.env("HOME", &self.folder);
        command
    }

    /// The run, while it goes on.
    pub(super) fn alive(&mut self) -> Option<&mut Run> {
        self.run.as_mut().and_then(|run| if run.ended().is_none() { Some(run) } else { None })
    }

    /// Kills the run that goes on.
    pub(super) fn kill(&mut self) {
        if let Some(mut run) = self.run.take() {
            run.kill();
        }
        // What is on the line is lost with a machine that dies, and arrives when only the process does.
        if self.random.chance(50) {
            self.lane.line(Side::Source).cut();
            self.lane.line(self.target).cut();
        }
    }

    /// Notes how the last run ended, if it did so by itself.
    fn bury(&mut self, fault: Fault) {
        if let Some(end) = self.run.take().and_then(|mut run| run.ended()) {
            self.note(fault, &end);
        }
    }

    fn note(&mut self, fault: Fault, end: &End) {
        let last = self.story.faults.last().map_or(fault, |(last, _)| *last);
        self.story.ends.push((last, end.shown.clone()));
        if end.is_a_fault() {
            let faults = self.faults();
            self.story.violations.push(format!("{} after {faults}: {}", end.shown, end.said));
        }
    }

    /// What happened until now.
    fn faults(&self) -> String {
        let names: Vec<_> = self.story.faults.iter().map(|(fault, _)| fault.name()).collect();
        format!("{} ({})", names.join(", "), self.users.diary())
    }

    /// Waits for the run to come some way: up to the whole mailbox, in and out.
    fn progress(&mut self) {
        let passed = |lane: &Lane, target| lane.line(Side::Source).passed() + lane.line(target).passed();
        let (begun, start) = (Instant::now(), passed(self.lane, self.target));
        let wanted = 1 + self.random.below(self.bytes * 2);
        while passed(self.lane, self.target) - start < wanted
            && begun.elapsed() < Duration::from_secs(4)
            && self.alive().is_some()
        {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Nothing is in the way any more.
    fn calm(&mut self) {
        for side in [Side::Source, self.target] {
            let line = self.lane.line(side);
            line.limit(u64::MAX);
            line.stall(false);
            line.disarm();
        }
    }

    fn finish(&mut self) -> Result<()> {
        let last = self.story.faults.last().map_or(Fault::Kill, |(last, _)| *last);
        let (mut done, mut said) = (None, String::new());
        for number in 0..RUNS {
            let mut run = match self.run.take() {
                Some(run) => run,
                None => {
                    self.story.starts += 1;
                    Run::start(self.command("content"), self.folder.join(format!("final{number}")))?
                }
            };
            let Some(end) = run.wait(PATIENCE) else {
                let (faults, said) = (self.faults(), run.said());
                self.story.violations.push(format!("no end within {PATIENCE:?} after {faults}: {said}"));
                run.kill();
                return Ok(());
            };
            self.note(last, &end);
            let source = self.lane.server(Side::Source);
            match number {
                0 => self.users.act(source, &self.user, false, &self.unique, &mut self.random)?,
                1 => self.users.copy_what_moved(source, &self.user, &mut self.random)?,
                _ => {}
            }
            if end.is_done() && number > 1 {
                done = Some(end);
                break;
            }
            said = end.said;
        }
        let Some(done) = done else {
            let (faults, ends) = (self.faults(), self.story.ends.clone());
            self.story
                .violations
                .push(format!("not done after {RUNS} runs in peace, after {faults}: {ends:?}: {said}"));
            return self.judge();
        };
        self.judge()?;
        self.once_more(&done)
    }

    /// One more pass has nothing to do.
    fn once_more(&mut self, done: &End) -> Result<()> {
        let there = self.lane.read(self.target, &self.user)?;
        let mut run = Run::start(self.command("content"), self.folder.join("again"))?;
        let end = run.wait(PATIENCE);
        if end.as_ref().map(|end| end.code) != Some(done.code) {
            let end = end.map_or("no end".into(), |end| format!("{}: {}", end.shown, end.said));
            self.story
                .violations
                .push(format!("one more pass ended otherwise than with {}: {end}", done.shown));
        }
        let after = self.lane.read(self.target, &self.user)?;
        if there != after {
            self.story.violations.push(format!("one more pass changed the target: {}", there.tally(&after)));
        }
        Ok(())
    }

    fn judge(&mut self) -> Result<()> {
        let faults = self.faults();
        let source = self.lane.read(Side::Source, &self.user)?;
        let target = self.lane.read(self.target, &self.user)?;
        let sums = self.users.sums();
        if self.before.without(&sums) != source.without(&sums) {
            self.story.violations.push(format!("the source is not what it was, after {faults}"));
        }
        let (wanted, there) = (source.without(&sums), target.without(&sums));
        let tally = wanted.tally(&there);
        if !tally.is_faithful() {
            let differences = wanted.differences(&there, <[String]>::to_vec);
            let some: Vec<_> = differences.iter().take(8).map(ToString::to_string).collect();
            self.story.violations.push(format!("{tally}, after {faults}:\n  {}", some.join("\n  ")));
        }
        let aftermath = self.users.judge(&target);
        self.story.copies_after_moves += aftermath.copies_after_moves;
        self.story.brought_back += aftermath.brought_back;
        if aftermath.brought_back > 0 {
            // No violation where nobody can know whether it had arrived: a person looks at what happened before.
            eprintln!("{}: {} came back after {faults}", self.user, aftermath.brought_back);
        }
        let about = aftermath.violations.into_iter().map(|one| format!("{one}, after {faults}"));
        self.story.violations.extend(about);
        Ok(())
    }
}
