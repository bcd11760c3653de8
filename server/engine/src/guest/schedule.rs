//! Allowed hours on the clock of their zone.

use shared::{
    limits::{Day, Limits},
    time::Timestamp,
};

use super::zone::{Offsets, ZoneError};

/// Furthest look ahead, in minutes: hours repeat every week.
const AHEAD: i64 = 8 * 24 * 60;
/// Seconds of a year.
const YEAR: i64 = 365 * 86_400;
/// Seconds of a step through it.
const STEP: i64 = 300;

/// The hours one project allows.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    hours: Vec<shared::limits::AllowedHours>,
    offsets: Offsets,
}

impl Schedule {
    /// The hours of these limits; none: always.
    pub(super) fn new(limits: &Limits) -> Result<Option<Self>, ZoneError> {
        if limits.hours.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { hours: limits.hours.clone(), offsets: Offsets::of(&limits.zone)? }))
    }

    fn open(&self, utc_seconds: i64) -> bool {
        let local = utc_seconds + i64::from(self.offsets.at(utc_seconds));
        let minute = u16::try_from(local.rem_euclid(86_400) / 60).unwrap_or_default();
        self.hours.iter().any(|hours| hours.hold(Day::of(local), minute))
    }
}

/// Whether all schedules are open at a moment.
pub(super) fn open(schedules: &[Schedule], at: Timestamp) -> bool {
    schedules.iter().all(|schedule| schedule.open(at.seconds()))
}

/// When all of them are open next; none: never within a week. The clock of a place may jump on the way: every minute
/// is asked for.
pub(super) fn opens(schedules: &[Schedule], after: Timestamp) -> Option<Timestamp> {
    let minute = after.seconds().div_euclid(60);
    let open = |minute: &i64| schedules.iter().all(|schedule| schedule.open(minute * 60));
    (minute + 1..=minute + AHEAD).find(open).map(|minute| Timestamp::from_millis(minute * 60_000))
}

/// When so many seconds of work are done that rests outside the hours; none: not within a year. Looked at in steps of
/// five minutes.
pub(super) fn worked(schedules: &[Schedule], from: Timestamp, seconds: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok()?;
    if schedules.is_empty() {
        return (seconds < YEAR).then(|| from.plus_millis(seconds * 1000));
    }
    let mut left = seconds;
    let mut at = from;
    for _ in 0..YEAR / STEP {
        if open(schedules, at) {
            if left <= STEP {
                return Some(at.plus_millis(left * 1000));
            }
            left -= STEP;
        }
        at = at.plus_millis(STEP * 1000);
    }
    None
}

#[cfg(test)]
mod tests {
    use shared::limits::{Zone, read_hours};
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    use super::*;

    fn schedule(hours: &str, zone: Zone) -> Schedule {
        let hours = read_hours(hours).expect("hours");
        let limits = Limits { hours, zone, ..Limits::default() };
        Schedule::new(&limits).expect("a zone").expect("hours")
    }

    fn at(text: &str) -> Timestamp {
        OffsetDateTime::parse(text, &Rfc3339).expect("a moment").into()
    }

    #[test]
    fn hours_are_read_on_the_clock_of_their_zone() {
        // 2026-11-23 is a Monday.
        let nights = [schedule("Mon-Fri 20:00-06:00", Zone::Fixed(60))];
        assert!(!open(&nights, at("2026-11-23T18:59:59Z")) && open(&nights, at("2026-11-23T19:00:00Z")));
        assert!(open(&nights, at("2026-11-24T04:59:59Z")) && !open(&nights, at("2026-11-24T05:00:00Z")));
        assert_eq!(opens(&nights, at("2026-11-24T05:00:30Z")), Some(at("2026-11-24T19:00:00Z")));
        assert_eq!(
            opens(&nights, at("2026-11-28T05:00:00Z")),
            Some(at("2026-11-30T19:00:00Z")),
            "after the week-end"
        );
    }

    #[test]
    fn work_rests_outside_the_hours() {
        let nights = [schedule("20:00-06:00", Zone::Utc)];
        let from = at("2026-11-23T12:00:00Z");
        assert_eq!(worked(&nights, from, 3600), Some(at("2026-11-23T21:00:00Z")));
        assert_eq!(worked(&nights, from, 11 * 3600), Some(at("2026-11-24T21:00:00Z")));
        assert_eq!(worked(&[], from, 3600), Some(at("2026-11-23T13:00:00Z")));
        let never = [schedule("Mon 01:00-02:00", Zone::Utc), schedule("Tue 01:00-02:00", Zone::Utc)];
        assert_eq!(worked(&never, from, 60), None);
    }

    #[test]
    fn several_projects_allow_what_all_of_them_allow() {
        let both = [schedule("20:00-06:00", Zone::Utc), schedule("Sat-Sun", Zone::Utc)];
        assert_eq!(opens(&both, at("2026-11-23T12:00:00Z")), Some(at("2026-11-28T00:00:00Z")));
        assert!(!open(&both, at("2026-11-28T12:00:00Z")));
        let never = [schedule("Mon 01:00-02:00", Zone::Utc), schedule("Tue 01:00-02:00", Zone::Utc)];
        assert_eq!(opens(&never, at("2026-11-23T12:00:00Z")), None);
    }
}
