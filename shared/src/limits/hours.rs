//! Allowed hours: "Mon-Fri 20:00-06:00; Sat-Sun".

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::as_text;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// The week, which begins on Monday.
    pub const WEEK: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// The word on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Mon => "Mon",
            Self::Tue => "Tue",
            Self::Wed => "Wed",
            Self::Thu => "Thu",
            Self::Fri => "Fri",
            Self::Sat => "Sat",
            Self::Sun => "Sun",
        }
    }

    /// The day before.
    pub const fn before(self) -> Self {
        Self::WEEK[(self as usize + 6) % 7]
    }

    /// The day after.
    pub const fn after(self) -> Self {
        Self::WEEK[(self as usize + 1) % 7]
    }

    /// The day that a local time falls on, given in seconds since 1970-01-01T00:00 of that clock.
    pub const fn of(local_seconds: i64) -> Self {
        // 1970-01-01 was a Thursday.
        Self::WEEK[(local_seconds.div_euclid(86_400) + 3).rem_euclid(7) as usize]
    }
}

impl FromStr for Day {
    type Err = WordError;

    /// Reads "Mon", "monday" and what is in between.
    fn from_str(word: &str) -> Result<Self, WordError> {
        const NAMES: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let lower = word.trim().to_ascii_lowercase();
        let named = NAMES.iter().position(|name| lower.len() >= 3 && name.starts_with(&lower));
        named
            .map(|at| Self::WEEK[at])
            .ok_or_else(|| WordError(format!("“{}” is no day of the week", cut(word))))
    }
}

/// A time of day in minutes, 00:00 to 24:00; `HH:MM` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The beginning of a day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of a day.
    pub const END: Self = Self(DAY);

    /// Minutes since midnight; none beyond 24:00.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes <= DAY { Some(Self(minutes)) } else { None }
    }

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = WordError;

    fn from_str(word: &str) -> Result<Self, WordError> {
        let number = |digits: &str, most: u16| {
            let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten().filter(|number| *number <= most)
        };
        let parts = word.trim().split_once(':').unwrap_or((word.trim(), "00"));
        let minutes =
            number(parts.0, 24).zip(number(parts.1, 59)).map(|(hours, minutes)| hours * 60 + minutes);
        minutes
            .and_then(Self::from_minutes)
            .ok_or_else(|| WordError(format!("“{}” is no time of day such as 20:00", cut(word))))
    }
}

as_text!(TimeOfDay, |text| text.pattern(Some("^[0-2]?[0-9](:[0-5][0-9])?$")));

/// Hours of some days in which a system may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AllowedHours {
    /// The days on which they begin.
    pub days: Vec<Day>,
    /// When they begin.
    pub from: TimeOfDay,
    /// When they end; not later than `from`: on the day after.
    pub to: TimeOfDay,
}

impl AllowedHours {
    /// Whether a moment lies inside, told as a day and the minutes since its midnight.
    pub fn hold(&self, day: Day, minute: u16) -> bool {
        let (from, to) = (self.from.minutes(), self.to.minutes());
        if from < to {
            return self.days.contains(&day) && (from..to).contains(&minute);
        }
        (self.days.contains(&day) && minute >= from) || (self.days.contains(&day.before()) && minute < to)
    }
}

/// A word that means nothing here; says which and what is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordError(pub(super) String);

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WordError {}

/// What was typed, short enough for a sentence.
pub(super) fn cut(word: &str) -> String {
    word.trim().chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Reads hours as people write them: "Mon-Fri 20:00-06:00; Sat-Sun". Hours without days are every day's, days without
/// hours are whole days; after a comma, days share the hours that follow ("Mon, Wed 20:00-22:00"). Nothing at all: no
/// hours, which means always.
pub fn read_hours(text: &str) -> Result<Vec<AllowedHours>, WordError> {
    let mut hours = Vec::new();
    for group in text.split(';') {
        let mut days: Vec<Day> = Vec::new();
        for part in group.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let begin = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
            let (named, span) = part.split_at(begin);
            days.extend(read_days(named)?);
            if span.is_empty() {
                continue;
            }
            let (from, to) = span
                .split_once(['-', '–'])
                .ok_or_else(|| WordError(format!("“{}” has no end: write it as 20:00-06:00", cut(span))))?;
            if days.is_empty() {
                days.extend(Day::WEEK);
            }
            let days = sorted(std::mem::take(&mut days));
            hours.push(AllowedHours { days, from: from.parse()?, to: to.parse()? });
        }
        if !days.is_empty() {
            hours.push(AllowedHours { days: sorted(days), from: TimeOfDay::MIDNIGHT, to: TimeOfDay::END });
        }
    }
    Ok(hours)
}

/// "Mon", "Mon-Fri", "Fri-Mon" and several of them in a row.
fn read_days(text: &str) -> Result<Vec<Day>, WordError> {
    let mut days = Vec::new();
    for word in text.split_whitespace() {
        let (first, last) = word.split_once(['-', '–']).unwrap_or((word, word));
        let (mut day, last) = (first.parse::<Day>()?, last.parse::<Day>()?);
        days.push(day);
        while day != last {
            day = day.after();
            days.push(day);
        }
    }
    Ok(days)
}

fn sorted(mut days: Vec<Day>) -> Vec<Day> {
    days.sort_unstable();
    days.dedup();
    days
}

/// Writes hours so that [`read_hours`] reads them again.
pub fn write_hours(hours: &[AllowedHours]) -> String {
    let one = |hours: &AllowedHours| {
        let days = write_days(&hours.days);
        if (hours.from, hours.to) == (TimeOfDay::MIDNIGHT, TimeOfDay::END) {
            return format!("{days} 00:00-24:00");
        }
        format!("{days} {}-{}", hours.from, hours.to)
    };
    hours.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Runs of three and more as "Mon-Fri".
fn write_days(days: &[Day]) -> String {
    let mut runs: Vec<(Day, Day)> = Vec::new();
    for day in sorted(days.to_vec()) {
        match runs.last_mut() {
            Some((_, last)) if last.after() == day && day != Day::Mon => *last = day,
            Some(_) | None => runs.push((day, day)),
        }
    }
    let one = |(first, last): (Day, Day)| match first == last {
        true => first.title().to_owned(),
        false => format!("{}-{}", first.title(), last.title()),
    };
    runs.into_iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str, day: Day, minute: u16) -> bool {
        read_hours(text).expect(text).iter().any(|hours| hours.hold(day, minute))
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        for (typed, written) in [
            ("Mon-Fri 20:00-06:00", "Mon-Fri 20:00-06:00"),
            ("monday-fri 20-6; sat-sun", "Mon-Fri 20:00-06:00, Sat-Sun 00:00-24:00"),
            ("22:00–05:30", "Mon-Sun 22:00-05:30"),
            ("Sat-Sun; Mon-Fri 20-6", "Sat-Sun 00:00-24:00, Mon-Fri 20:00-06:00"),
            ("Mon, Wed, fri 1:00-2:00", "Mon Wed Fri 01:00-02:00"),
            ("Fri-Mon 00:00-24:00", "Mon Fri-Sun 00:00-24:00"),
            ("  ", ""),
        ] {
            let hours = read_hours(typed).expect(typed);
            assert_eq!(write_hours(&hours), written, "{typed}");
            assert_eq!(read_hours(written).expect(written), hours, "{typed}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (typed, says) in [
            ("Mon-Fry 20:00-06:00", "“Fry” is no day of the week"),
            ("Mon 25:00-26:00", "“25:00” is no time of day such as 20:00"),
            ("Mon 24:01-06:00", "“24:01” is no time of day such as 20:00"),
            ("Mon 20:00", "“20:00” has no end: write it as 20:00-06:00"),
            ("M 20:00-21:00", "“M” is no day of the week"),
        ] {
            assert_eq!(read_hours(typed).expect_err(typed).to_string(), says);
        }
    }

    #[test]
    fn hours_over_midnight_belong_to_the_day_they_begin_on() {
        let nights = "Mon-Fri 20:00-06:00";
        assert!(open(nights, Day::Mon, 20 * 60) && !open(nights, Day::Mon, 20 * 60 - 1));
        assert!(!open(nights, Day::Mon, 0), "the night from Sunday to Monday is none of them");
        assert!(open(nights, Day::Sat, 6 * 60 - 1) && !open(nights, Day::Sat, 6 * 60));
        assert!(!open(nights, Day::Sun, 0));
        assert!(open("Mon 08:00-08:00", Day::Tue, 7 * 60), "from eight to eight is a whole day");
    }

    #[test]
    fn the_days_of_the_week_follow_the_calendar() {
        assert_eq!(Day::of(0), Day::Thu);
        assert_eq!(Day::of(-1), Day::Wed);
        // 2026-11-23 is a Monday.
        assert_eq!(Day::of(1_795_392_000), Day::Mon);
    }
}
