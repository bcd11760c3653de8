//! The rule a zone follows from now on: `CET-1CEST,M3.5.0,M10.5.0/3` (POSIX.1-2017, section 8.3; RFC 9636, section 3.3.1).

use time::{Date, Duration, Month, OffsetDateTime, Weekday};

/// A zone's rule: standard time and, where there is one, summer time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// Seconds east of UTC.
    standard: i32,
    summer: Option<Summer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Summer {
    /// Seconds east of UTC.
    offset: i32,
    /// Told in standard time.
    begin: Turn,
    /// Told in summer time.
    end: Turn,
}

/// A day of every year and the seconds from its midnight; the latter may lie outside of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Turn {
    day: Yearly,
    seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Yearly {
    /// The nth of these weekdays (0: Sunday) in a month; the fifth is the last.
    Weekday { month: u8, nth: u8, day: u8 },
    /// The nth day, from 1, in years without 29 February.
    Julian(u16),
    /// The nth day, from 0, 29 February counted.
    Ordinal(u16),
}

impl Rule {
    /// Reads a rule; none when it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut text = text;
        name(&mut text)?;
        let standard = -signed(&mut text)?;
        if text.is_empty() {
            return Some(Self { standard: i32::try_from(standard).ok()?, summer: None });
        }
        name(&mut text)?;
        let offset = if text.starts_with(',') { standard + 3600 } else { -signed(&mut text)? };
        let begin = Turn::parse(&mut text)?;
        let end = Turn::parse(&mut text)?;
        let summer = Summer { offset: i32::try_from(offset).ok()?, begin, end };
        text.is_empty().then_some(Self { standard: i32::try_from(standard).ok()?, summer: Some(summer) })
    }

    /// Seconds east of UTC at a moment.
    pub(super) fn at(&self, utc: i64) -> i32 {
        let Some(summer) = &self.summer else { return self.standard };
        let local = OffsetDateTime::from_unix_timestamp(utc.saturating_add(self.standard.into()));
        let Ok(year) = local.map(OffsetDateTime::year) else { return self.standard };
        let begin = summer.begin.in_year(year).map(|at| at - i64::from(self.standard));
        let end = summer.end.in_year(year).map(|at| at - i64::from(summer.offset));
        let Some((begin, end)) = begin.zip(end) else { return self.standard };
        // South of the equator summer begins late in the year and ends early in the next.
        let is_summer = if begin < end { (begin..end).contains(&utc) } else { !(end..begin).contains(&utc) };
        if is_summer { summer.offset } else { self.standard }
    }
}

impl Turn {
    /// `,M3.5.0/2`; at two o'clock where no time is given.
    fn parse(text: &mut &str) -> Option<Self> {
        *text = text.strip_prefix(',')?;
        let day = if eat(text, 'M') {
            let month = u8::try_from(number(text)?).ok().filter(|month| (1..=12).contains(month))?;
            let nth = eat(text, '.').then(|| number(text)).flatten();
            let nth = u8::try_from(nth?).ok().filter(|nth| (1..=5).contains(nth))?;
            let day = eat(text, '.').then(|| number(text)).flatten();
            let day = u8::try_from(day?).ok().filter(|day| *day < 7)?;
            Yearly::Weekday { month, nth, day }
        } else if eat(text, 'J') {
            Yearly::Julian(u16::try_from(number(text)?).ok().filter(|day| (1..=365).contains(day))?)
        } else {
            Yearly::Ordinal(u16::try_from(number(text)?).ok().filter(|day| *day < 366)?)
        };
        let seconds = if eat(text, '/') { signed(text)? } else { 2 * 3600 };
        Some(Self { day, seconds })
    }

    /// Seconds since 1970-01-01T00:00 of the zone's own clock.
    fn in_year(&self, year: i32) -> Option<i64> {
        let date = match self.day {
            Yearly::Weekday { month, nth, day } => {
                let month = Month::try_from(month).ok()?;
                let first = Date::from_calendar_date(year, month, 1).ok()?;
                let weekday = Weekday::Sunday.nth_next(day);
                let skip =
                    (7 + weekday.number_days_from_sunday() - first.weekday().number_days_from_sunday()) % 7;
                // The fifth may lie in the next month, and that beyond the last year there is.
                let in_week = |week: u8| first.checked_add(Duration::days((skip + 7 * week).into()));
                let in_month = |week| in_week(week).filter(|date| date.month() == month);
                (0..nth).rev().find_map(in_month)?
            }
            Yearly::Julian(day) => {
                let leap = u16::from(time::util::is_leap_year(year) && day >= 60);
                Date::from_ordinal_date(year, day + leap).ok()?
            }
            Yearly::Ordinal(day) => {
                Date::from_ordinal_date(year, 1).ok()?.checked_add(Duration::days(day.into()))?
            }
        };
        Some(date.midnight().assume_utc().unix_timestamp() + self.seconds)
    }
}

/// `CET` or `<+0330>`.
fn name(text: &mut &str) -> Option<()> {
    let length = match text.strip_prefix('<') {
        Some(rest) => rest.find('>')? + 2,
        None => text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len()),
    };
    *text = text.get(length..)?;
    (length >= 3).then_some(())
}

/// `-1`, `+3:30`, `167:59:59`, in seconds.
fn signed(text: &mut &str) -> Option<i64> {
    let negative = eat(text, '-');
    if !negative {
        eat(text, '+');
    }
    let mut seconds = number(text).filter(|hours| *hours <= 167)? * 3600;
    for unit in [60, 1] {
        if !eat(text, ':') {
            break;
        }
        seconds += number(text).filter(|part| *part < 60)? * unit;
    }
    Some(if negative { -seconds } else { seconds })
}

fn number(text: &mut &str) -> Option<i64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    *text = rest;
    (digits.len() <= 3).then(|| digits.parse().ok()).flatten()
}

fn eat(text: &mut &str, expected: char) -> bool {
    let rest = text.strip_prefix(expected);
    *text = rest.unwrap_or(text);
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn edge_166_summer_time_begins_and_ends_on_its_days() {
        // 2026: Europe from 29 March 01:00Z to 25 October 01:00Z; New York from 8 March 07:00Z to 1 November 06:00Z.
        for (rule, begin, end, standard, summer) in [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_746_000, 1_792_890_000, 3600, 7200),
            ("EST5EDT,M3.2.0,M11.1.0", 1_772_953_200, 1_793_512_800, -18_000, -14_400),
        ] {
            let rule = Rule::parse(rule).expect(rule);
            assert_eq!((rule.at(begin - 1), rule.at(begin)), (standard, summer));
            assert_eq!((rule.at(end - 1), rule.at(end)), (summer, standard));
        }
        // South of the equator: Sydney's summer of 2026 ends on 5 April and the next begins on 4 October, 16:00Z.
        let sydney = Rule::parse("AEST-10AEDT,M10.1.0,M4.1.0/3").expect("a rule");
        assert_eq!((sydney.at(1_767_225_600), sydney.at(1_775_318_399)), (39_600, 39_600));
        assert_eq!(
            (sydney.at(1_775_318_400), sydney.at(1_791_043_199), sydney.at(1_791_043_200)),
            (36_000, 36_000, 39_600)
        );
    }

    #[test]
    fn the_last_year_there_is_ends_like_any_other() {
        // A day that lies beyond the year 9999: the rule says nothing of that year.
        const LAST: i64 = 253_402_300_799;
        for rule in ["XXX3YYY,M12.5.6/1,M12.5.0/167", "XXX3YYY,J1,365", "XXX3YYY,0,M12.5.5"] {
            let rule = Rule::parse(rule).expect(rule);
            for moment in [LAST, LAST - 86_400 * 364, -377_705_116_800, i64::MAX, i64::MIN] {
                assert!([-10_800, -7200].contains(&rule.at(moment)));
            }
        }
    }

    #[test]
    fn rules_come_in_many_forms() {
        let at = |rule: &str, utc| Rule::parse(rule).map(|rule| rule.at(utc));
        assert_eq!(at("UTC0", 0), Some(0));
        assert_eq!(at("<+0545>-5:45", 0), Some(20_700));
        // Nuuk changes on the Saturday evening before; Troll jumps by two hours.
        assert_eq!(at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_774_745_999), Some(-7200));
        assert_eq!(at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1_774_746_000), Some(-3600));
        assert_eq!(at("<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", 1_774_746_000), Some(7200));
        assert_eq!(at("XXX3YYY,J60,300", 1_772_341_199), Some(-10_800), "J60 is 1 March, at 05:00Z here");
        assert_eq!(at("XXX3YYY,J60,300", 1_772_341_200), Some(-7200));
        for nonsense in
            ["", "A0", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-1CEST,M3.5.0", "CET-999", "<+1-1"]
        {
            assert_eq!(at(nonsense, 0), None, "{nonsense}");
        }
    }
}
