//! What each kind of fault does.

use std::{process::Command, time::Duration};

use servers::Result;

use super::{fault::Fault, lane::Side, round::Play};

impl Play<'_> {
    /// Lets one fault strike.
    pub(super) fn strike(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::LedgerKill => self.kill_at_ledger(),
            Fault::Kill => self.kill(),
            Fault::ServerKill => return self.kill_server(),
            Fault::Power => return self.cut_power(),
            Fault::Freeze => return self.freeze(),
            Fault::Cut => {
                let bytes = self.random.below(150_000);
                let side = self.either();
                self.lane.line(side).cut_after(bytes);
                self.pause(1500);
            }
            Fault::Stall => self.stall(),
            Fault::Truncate => {
                self.lane.line(Side::Source).truncate_literal(1 + self.random.below(40));
                self.pause(1500);
            }
            Fault::Validity => return self.change_validity(),
            Fault::Users => return self.use_mail(),
            Fault::Full => self.fill_disk(),
            Fault::Locked => return self.lock_ledger(),
        }
        Ok(())
    }

    fn either(&mut self) -> Side {
        if self.random.chance(50) { Side::Source } else { self.target }
    }

    /// Waits for up to this many milliseconds.
    fn pause(&mut self, most: u64) {
        std::thread::sleep(Duration::from_millis(self.random.below(most)));
    }

    fn kill_at_ledger(&mut self) {
        let times = 1 + self.random.below(4);
        self.disk.written(times, Duration::from_secs(3));
        self.kill();
    }

    fn kill_server(&mut self) -> Result<()> {
        let side = self.either();
        self.lane.server_mut(side).kill9();
        self.lane.line(side).cut();
        self.pause(900);
        self.lane.server_mut(side).start()
    }

    /// The machine stops, and comes back with what its disk held. What it had said is on the line or is not.
    fn cut_power(&mut self) -> Result<()> {
        let Some(run) = self.alive() else { return Ok(()) };
        run.freeze(true);
        let Some(held) = self.disk.held()? else {
            // Without such a disk it is a kill like others.
            self.kill();
            return Ok(());
        };
        self.kill();
        if let Some(wrong) = self.disk.come_back(&held)? {
            self.story.violations.push(format!("after a power cut SQLite says of the ledger: {wrong}"));
        }
        Ok(())
    }

    /// Two runs on one ledger: the second has to refuse, however long the first does nothing.
    fn freeze(&mut self) -> Result<()> {
        let Some(run) = self.alive() else { return Ok(()) };
        run.freeze(true);
        if run.ended().is_none() && self.disk.file().exists() {
            let mut second = self.start("second")?;
            match second.wait(Duration::from_secs(30)) {
                Some(end) if end.code == Some(11) => {}
                Some(end) => {
                    let said =
                        format!("a second run on the same ledger ended with {}: {}", end.shown, end.said);
                    self.story.violations.push(said);
                }
                None => self.story.violations.push("a second run on the same ledger did not end".into()),
            }
        }
        self.pause(2000);
        if self.random.chance(50) {
            self.kill();
        } else if let Some(run) = self.alive() {
            run.freeze(false);
        }
        Ok(())
    }

    fn stall(&mut self) {
        let side = self.either();
        self.lane.line(side).stall(true);
        self.pause(4000);
        if self.random.chance(30) {
            self.lane.line(side).cut();
        }
        self.lane.line(side).stall(false);
    }

    fn change_validity(&mut self) -> Result<()> {
        let sides = match self.random.below(3) {
            0 => vec![Side::Source],
            1 => vec![self.target],
            _ => vec![Side::Source, self.target],
        };
        for side in sides {
            let server = self.lane.server(side);
            let folders = server.open(&self.user)?.folders()?;
            let folder = self.random.pick(&folders);
            let name = folder.path.join(&server.separator().to_string());
            let validity = 2_000_000_000 + self.random.below(100_000_000);
            let mut command = Command::new("doveadm");
            command.arg("-c").arg(server.configuration()).args(["mailbox", "update", "-u", &self.user]);
            // A name that this tool spells in another way is left alone: there are enough others.
            let _ = command.args(["--uid-validity", &validity.to_string(), &name]).output();
        }
        Ok(())
    }

    fn use_mail(&mut self) -> Result<()> {
        for _ in 0..1 + self.random.below(3) {
            let side = self.either();
            let on_target = side != Side::Source;
            let server = self.lane.server(side);
            self.users.act(server, &self.user, on_target, &self.unique, &mut self.random)?;
            if !on_target && self.random.chance(40) {
                self.users.copy_what_moved(server, &self.user, &mut self.random)?;
            }
            self.pause(400);
        }
        Ok(())
    }

    fn fill_disk(&mut self) {
        if !self.disk.can_be_full() {
            return;
        }
        let left = self.random.below(64 << 10);
        self.disk.fill(left);
        if let Some(run) = self.alive() {
            run.wait(Duration::from_secs(8));
        }
        self.disk.empty();
    }

    fn lock_ledger(&mut self) -> Result<()> {
        if !self.disk.file().exists() {
            return Ok(());
        }
        // Now and then longer than the product waits for a lock.
        let seconds = if self.random.chance(8) { 35 } else { 1 + self.random.below(4) };
        self.disk.lock(Duration::from_secs(seconds))
    }
}
