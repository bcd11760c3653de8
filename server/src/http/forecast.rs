//! When a project will be done.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use engine::guest;
use shared::{error::ApiError, forecast::Forecast, id::ProjectId, time::Timestamp};

use super::{fault::Answer, who::Auditor};
use crate::{
    app::Parts,
    forecast::{Sample, Silence, Work, seconds_left},
    store::{Amounts, PaceRecord, quarters},
};

/// What is read of the past, in milliseconds: two weeks.
pub(super) const PAST_MILLIS: i64 = 14 * 86_400_000;
/// What is shown of it: a day.
const SHOWN_MILLIS: i64 = 86_400_000;
/// Where what is left would not be done for so long that no date is told.
pub(super) const NO_TIME: &str =
    "The allowed hours leave no time for it within a year. Widen them in the project's settings.";

/// When a project will be done, as a dated range from measured rates, and its pace of the last day.
#[utoipa::path(get, path = "/api/v1/projects/{id}/forecast", tag = "projects", params(("id" = i64, Path)), responses(
    (status = 200, body = Forecast),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(_: Auditor, parts: Data<Parts>, id: Path<ProjectId>) -> Answer {
    let project = parts.store.project(*id).await?;
    let made = parts.clock.now();
    let amounts = parts.store.amounts(*id).await?;
    let records = parts.store.pace(*id, made.plus_millis(-PAST_MILLIS)).await?;
    let limits = [&project.options.source_limits, &project.options.target_limits];
    let when = |seconds: f64| guest::worked(&limits, made, seconds as u64).ok().flatten();
    let foretold = foretold(&records, amounts, made);
    let (done, why_not) = match foretold {
        Ok((low, high)) => match when(low).zip(when(high)) {
            Some(range) => (Some(range), None),
            None => (None, Some(NO_TIME.to_owned())),
        },
        Err(why) => (None, Some(why.to_owned())),
    };
    let work = whole(amounts);
    let recent = records.partition_point(|record| record.at < made.millis() - SHOWN_MILLIS);
    Ok(HttpResponse::Ok().json(Forecast {
        made,
        done,
        why_not,
        items_done: work.items_done as u64,
        items: work.items as u64,
        bytes_done: work.bytes_done as u64,
        bytes: work.bytes as u64,
        unseen: u64::try_from(amounts.unseen).unwrap_or(0),
        paces: quarters(&records[recent..]),
    }))
}

fn foretold(records: &[PaceRecord], amounts: Amounts, now: Timestamp) -> Result<(f64, f64), &'static str> {
    if amounts.seen == 0 {
        return Err(
            "When it will be done is told when the first passes have run for a while: no mailbox was looked at yet.",
        );
    }
    if amounts.seen + amounts.unseen == amounts.ended {
        return Err("Nothing is left to do.");
    }
    if amounts.active == 0 {
        return Err("When it will be done is told while mailboxes run: none waits or runs now.");
    }
    let work = whole(amounts);
    let mut samples = samples(records);
    let noted = seconds_left(&samples, work);
    // What arrived since the last note was taken tells, too, where the notes alone say nothing yet.
    let foretold = noted.or_else(|_| {
        samples.push(Sample {
            at: now.millis() as f64 / 1000.0,
            items: amounts.items_done as f64,
            bytes: amounts.bytes_done as f64,
        });
        seconds_left(&samples, work)
    });
    foretold.map_err(|silence| match silence {
        Silence::Done => "Nothing is left to copy; what runs is compared.",
        Silence::TooEarly => {
            "When it will be done is told once enough was measured: after a minute or two, and 2 % of the work or five \
             minutes."
        }
        Silence::Still => "When it will be done cannot be told: nothing was copied while it was measured.",
    })
}

/// What was noted, as a forecast reads it.
pub(super) fn samples(records: &[PaceRecord]) -> Vec<Sample> {
    let sample = |record: &PaceRecord| Sample {
        at: record.at as f64 / 1000.0,
        items: record.items as f64,
        bytes: record.bytes as f64,
    };
    records.iter().map(sample).collect()
}

/// Mailboxes nobody looked at yet are taken to be like the others.
pub(super) fn whole(amounts: Amounts) -> Work {
    let more = if amounts.seen > 0 { 1.0 + amounts.unseen as f64 / amounts.seen as f64 } else { 1.0 };
    Work {
        items: amounts.items as f64 * more,
        items_done: amounts.items_done as f64,
        bytes: amounts.bytes as f64 * more,
        bytes_done: amounts.bytes_done as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMOUNTS: Amounts = Amounts {
        items: 10_000,
        bytes: 10_000_000,
        items_done: 909,
        bytes_done: 909_000,
        seen: 5,
        unseen: 0,
        ended: 0,
        active: 5,
    };

    fn told(records: &[PaceRecord], seconds: i64) -> Result<(f64, f64), &'static str> {
        foretold(records, AMOUNTS, Timestamp::from_millis(seconds * 1000))
    }

    #[test]
    fn while_messages_arrive_nobody_says_that_nothing_was_copied() {
        let begun = PaceRecord { at: 0, items: 0, bytes: 0 };
        let why = told(&[], 30).expect_err("nothing was noted");
        assert!(why.contains("enough was measured"), "{why}");
        let (low, high) = told(&[begun], 30).expect("the time since the first note tells");
        assert!((low..=high).contains(&300.0), "{low} to {high}");
    }

    #[test]
    fn a_standstill_is_said_to_be_one() {
        let at = |at| PaceRecord { at, items: 909, bytes: 909_000 };
        let why = told(&[at(0), at(60_000)], 90).expect_err("stands still");
        assert!(why.contains("nothing was copied"), "{why}");
    }
}
