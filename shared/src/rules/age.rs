//! How old a message may be: a day, or a number of days before now.

use std::{fmt, str::FromStr};

use time::{Date, Month};

use crate::{text::as_text, time::Timestamp};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// The most days that may be counted: a thousand years.
const MOST_DAYS: u32 = 366_000;

/// A moment to compare messages with: written `2024-01-31` (that day's beginning, in UTC) or `90d` (so many times 24
/// hours before the pass began).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The beginning of a day, in UTC.
    Day(Date),
    /// So many days before now; at most 366,000.
    Days(u32),
}

/// The text is no age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadAge;

impl fmt::Display for BadAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write a day as 2024-01-31 or a number of days as 90d")
    }
}

impl std::error::Error for BadAge {}

impl Age {
    /// The moment meant, in seconds since 1970-01-01T00:00:00Z.
    pub fn seconds(self, now: Timestamp) -> i64 {
        match self {
            Self::Day(date) => date.midnight().assume_utc().unix_timestamp(),
            Self::Days(days) => now.seconds() - i64::from(days) * DAY,
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => {
                write!(f, "{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
            }
            Self::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl FromStr for Age {
    type Err = BadAge;

    fn from_str(text: &str) -> Result<Self, BadAge> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(days) = text.strip_suffix('d').filter(|days| digits(days)) {
            let days = days.parse().map_err(|_| BadAge)?;
            return if days <= MOST_DAYS { Ok(Self::Days(days)) } else { Err(BadAge) };
        }
        let mut parts = text.split('-');
        let (Some(year), Some(month), Some(day), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(BadAge);
        };
        if [year.len(), month.len(), day.len()] != [4, 2, 2] || ![year, month, day].into_iter().all(digits) {
            return Err(BadAge);
        }
        let month = month.parse::<u8>().ok().and_then(|month| Month::try_from(month).ok()).ok_or(BadAge)?;
        let (year, day) = (year.parse().map_err(|_| BadAge)?, day.parse().map_err(|_| BadAge)?);
        Date::from_calendar_date(year, month, day).map(Self::Day).map_err(|_| BadAge)
    }
}

as_text!(Age, |text| text
    .description(Some("A day in UTC (`2024-01-31`) or a number of days before now (`90d`).")));

#[cfg(test)]
mod tests {
    use super::{Age, DAY};
    use crate::time::Timestamp;

    #[test]
    fn an_age_is_a_day_or_a_number_of_days() {
        for text in ["2024-02-29", "90d", "0d", "0001-01-01"] {
            assert_eq!(text.parse::<Age>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "d",
            "-1d",
            "+5d",
            "366001d",
            "99999999999d",
            "2023-02-29",
            "2024-1-1",
            "24-01-01",
            "2024-01-01T",
        ] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_utc_and_days_are_counted_back_from_now() {
        let now = Timestamp::from_millis(1_769_860_800_999);
        assert_eq!("2026-01-31".parse::<Age>().expect("day").seconds(now), 1_769_817_600);
        assert_eq!("2d".parse::<Age>().expect("days").seconds(now), 1_769_860_800 - 2 * DAY);
    }
}
