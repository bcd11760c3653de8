//! What happened in a folder beside plain copying, counted while it is moved and told once.

use shared::{cause::Cause, finding::Severity};

use super::{
    course::{Course, about_folder},
    stop::Stop,
    transfer::Lane,
};
use crate::receipts::SENT;

/// What happened beside plain copying.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Recognised on the target and not sent.
    pub adopted: u64,
    /// On their way when a pass was interrupted, and arrived.
    pub recovered: u64,
    /// Left out because the process ended at them.
    pub poison: u64,
    /// Read receipts that are not asked for once more, and those that may be.
    pub settled: u64,
    pub open: u64,
}

impl Tally {
    /// Tells of it.
    pub(super) async fn note(self, course: &mut Course, lane: &Lane) -> Result<(), Stop> {
        let mut findings = Vec::new();
        let path = &lane.source.path;
        if self.adopted > 0 {
            let detail = format!("{} messages were recognised by content and not copied again", self.adopted);
            findings.push(about_folder(path, Severity::Info, Cause::Adopted, detail));
        }
        let intended = lane.plan.intended.values().flatten().count() as u64;
        if intended > 0 {
            let again = intended.saturating_sub(self.recovered + self.poison);
            let detail = format!(
                "{intended} messages were on their way when a pass was interrupted: {} had arrived, {again} were sent again",
                self.recovered
            );
            findings.push(about_folder(path, Severity::Info, Cause::Recovered, detail));
        }
        if self.settled > 0 {
            let detail = format!(
                "{} messages that ask for a read receipt were read already: they are marked {SENT} on the target",
                self.settled
            );
            findings.push(about_folder(path, Severity::Info, Cause::ReceiptsSettled, detail));
        }
        if self.open > 0 {
            let detail = format!(
                "{} messages that ask for a read receipt were read already, and the target's folder does not keep {SENT}",
                self.open
            );
            findings.push(about_folder(path, Severity::Info, Cause::ReceiptsOpen, detail));
        }
        course.note(findings).await?;
        Ok(())
    }
}
