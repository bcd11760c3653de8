//! Moments as mail writes them: IMAP dates, message dates, and seconds since 1970.

use crate::error::{Error, Result};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// Days since 1970-01-01 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// Seconds since 1970 of a moment in UTC.
pub fn seconds(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
    days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
}

/// A moment as an IMAP `date-time` in UTC, without its quotes: ` 1-Jan-2024 00:00:00 +0000`.
pub fn to_imap(seconds: i64) -> String {
    let (year, month, day) = date(seconds.div_euclid(86_400));
    let time = seconds.rem_euclid(86_400);
    let month = MONTHS[month as usize - 1];
    format!("{day:2}-{month}-{year:04} {:02}:{:02}:{:02} +0000", time / 3600, time / 60 % 60, time % 60)
}

/// A moment as a message's Date header in UTC.
pub fn to_header(seconds: i64) -> String {
    let whole = seconds.div_euclid(86_400);
    let (year, month, day) = date(whole);
    let time = seconds.rem_euclid(86_400);
    let (weekday, month) = (DAYS[whole.rem_euclid(7) as usize], MONTHS[month as usize - 1]);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday}, {day} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

/// Seconds since 1970 of an IMAP `date-time` without its quotes.
pub fn from_imap(text: &str) -> Result<i64> {
    parse(text).ok_or_else(|| Error::new(format!("{text:?} is no IMAP date")))
}

fn parse(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let mut date = words.next()?.split('-');
    let day = date.next()?.parse().ok()?;
    let month = date.next()?;
    let month = MONTHS.iter().position(|known| known.eq_ignore_ascii_case(month))? as i64 + 1;
    let year = date.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let zone: i64 = words.next()?.parse().ok()?;
    Some(seconds(year, month, day, hour, minute, second) - (zone / 100 * 3600 + zone % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::{from_imap, seconds, to_header, to_imap};

    fn check(moment: i64, imap: &str) {
        assert_eq!(to_imap(moment), imap);
        assert_eq!(from_imap(imap).expect("parses"), moment);
    }

    #[test]
    fn moments_survive_the_imap_form() {
        check(0, " 1-Jan-1970 00:00:00 +0000");
        check(951_782_400, "29-Feb-2000 00:00:00 +0000");
        check(seconds(2035, 12, 31, 23, 59, 59), "31-Dec-2035 23:59:59 +0000");
        check(-86_400, "31-Dec-1969 00:00:00 +0000");
    }

    #[test]
    fn zones_are_taken_off() {
        assert_eq!(from_imap("01-Jan-2024 01:30:00 +0130").expect("parses"), seconds(2024, 1, 1, 0, 0, 0));
        assert_eq!(from_imap(" 1-Jan-2024 00:00:00 -0500").expect("parses"), seconds(2024, 1, 1, 5, 0, 0));
        assert!(from_imap("yesterday").is_err());
    }

    #[test]
    fn a_header_names_the_right_weekday() {
        assert_eq!(to_header(seconds(2026, 11, 23, 17, 0, 0)), "Mon, 23 Nov 2026 17:00:00 +0000");
    }
}
