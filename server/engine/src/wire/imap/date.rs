//! INTERNALDATE on the wire (RFC 3501, `date-time`), read leniently and written strictly.

use crate::model::Received;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: i64 = 24 * 60 * 60;
/// Zones no clock on earth has are read all the same; servers carry them.
const MAX_ZONE_MINUTES: i16 = 24 * 60;

/// Reads a date as servers write it: quotes or not, the day with a blank, a zero or neither, a year of two digits.
/// None when it names no moment.
pub(crate) fn parse(text: &str) -> Option<Received> {
    let text = text.trim().trim_matches('"').trim();
    let mut parts = text.splitn(3, ['-', ' ']);
    let day = digits(parts.next()?, 1..=2)?;
    let month = parts.next()?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let mut parts = parts.next()?.split_ascii_whitespace();
    let year = full_year(parts.next()?)?;
    let mut clock = parts.next()?.split(':');
    let hour = digits(clock.next()?, 1..=2)?;
    let minute = digits(clock.next()?, 1..=2)?;
    // A leap second is the first second of the next minute, for want of a number of its own.
    let second = clock.next().map_or(Some(0), |second| digits(second, 1..=2))?;
    let zone_minutes = parts.next().map_or(Some(0), zone)?;
    let in_range =
        (1..=days_in_month(year, month)).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !in_range || clock.next().is_some() || parts.next().is_some() {
        return None;
    }
    let local = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    Some(Received { seconds: local - i64::from(zone_minutes) * 60, zone_minutes })
}

/// Writes a date, without the quotes around it, the day with a blank in front where it has one digit, in the zone it was told in.
/// Moments outside the years 1 to 9999, which IMAP cannot write, become the nearest it can.
pub(crate) fn format(received: Received) -> String {
    let zone = received.zone_minutes.clamp(-MAX_ZONE_MINUTES, MAX_ZONE_MINUTES);
    let first = days_from_civil(1, 1, 1) * DAY;
    let last = days_from_civil(10_000, 1, 1) * DAY - 1;
    let local = received.seconds.saturating_add(i64::from(zone) * 60).clamp(first, last);
    let (year, month, day) = civil_from_days(local.div_euclid(DAY));
    let clock = local.rem_euclid(DAY);
    format!(
        "{day:>2}-{}-{year:04} {:02}:{:02}:{:02} {}{:02}{:02}",
        MONTHS[month - 1],
        clock / 3600,
        clock / 60 % 60,
        clock % 60,
        if zone < 0 { '-' } else { '+' },
        zone.abs() / 60,
        zone.abs() % 60,
    )
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let plain = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

/// The year 1 to 9999; of two or three digits as RFC 5322, section 4.3, reads it.
fn full_year(text: &str) -> Option<i64> {
    let year = digits(text, 2..=4)?;
    match (text.len(), year) {
        (2, 0..50) => Some(year + 2000),
        (2 | 3, _) => Some(year + 1900),
        (_, 0) => None,
        (_, _) => Some(year),
    }
}

fn zone(text: &str) -> Option<i16> {
    let (sign, numbers) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => {
            return ["UT", "UTC", "GMT", "Z"].iter().any(|name| text.eq_ignore_ascii_case(name)).then_some(0);
        }
    };
    let number = i16::try_from(digits(&numbers.replacen(':', "", 1), 4..=4)?).ok()?;
    let minutes = number / 100 * 60 + number % 100;
    (number % 100 < 60 && minutes <= MAX_ZONE_MINUTES).then_some(sign * minutes)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: usize) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the years before this one, since the (proleptic Gregorian) year 1 began.
fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

/// Days since 1970-01-01. The year is 1 or later.
fn days_from_civil(year: i64, month: usize, day: i64) -> i64 {
    let before: i64 = (1..month).map(|month| days_in_month(year, month)).sum();
    days_before_year(year) - days_before_year(1970) + before + day - 1
}

/// The date of a day since 1970-01-01, in the year 1 or later.
fn civil_from_days(days: i64) -> (i64, usize, i64) {
    let since_year_one = days + days_before_year(1970);
    // A guess by the mean length of a year, then put right: it is off by one at most.
    let mut year = since_year_one * 400 / 146_097 + 1;
    while days_before_year(year) > since_year_one {
        year -= 1;
    }
    while days_before_year(year + 1) <= since_year_one {
        year += 1;
    }
    let mut day = since_year_one - days_before_year(year);
    let mut month = 1;
    while day >= days_in_month(year, month) {
        day -= days_in_month(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::*;

    fn check(text: &str, expected: Option<(i64, i16)>) {
        let expected = expected.map(|(seconds, zone_minutes)| Received { seconds, zone_minutes });
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn dates_are_read_in_their_zone() {
        check("\"17-Jul-1996 02:44:25 -0700\"", Some((837_596_665, -420)));
        check(" 1-Jan-1970 00:00:00 +0000", Some((0, 0)));
        check("01-Jan-1970 05:30:00 +0530", Some((0, 330)));
        check("31-Dec-1969 23:59:59 +0000", Some((-1, 0)));
        check("19-Jan-2038 03:14:08 +0000", Some((2_147_483_648, 0)));
        check("29-Feb-2000 12:00:00 +0000", Some((951_825_600, 0)));
        check("31-Dec-2016 23:59:60 +0000", Some((1_483_228_800, 0)));
        check("05-Jan-2015 10:00:00 +2400", Some((1_420_365_600, 1440)));
        check(" 1-Jan-0001 00:00:00 +0000", Some((-62_135_596_800, 0)));
        check("31-Dec-9999 23:59:59 +0000", Some((253_402_300_799, 0)));
    }

    #[test]
    fn edge_036_a_malformed_date_is_read_where_it_can_only_mean_one_moment() {
        let moment = Some((1_704_067_200, 0));
        check("1-Jan-2024 00:00:00 +0000", moment);
        check(" 1-Jan-2024 00:00:00 +0000", moment);
        check("\" 1-Jan-2024 00:00:00 +0000\"", moment);
        check("01-JAN-2024 00:00:00 +00:00", moment);
        check("1 jan 2024 0:0:0 GMT", moment);
        check("01-Jan-24  00:00 Z", moment);
        check("1-Jan-2024 00:00:00", moment);
        check("1-Jan-124 00:00:00 -0000", moment);
    }

    #[test]
    fn edge_036_a_date_that_names_no_moment_is_none() {
        for text in ["", "\"\"", "NIL", "yesterday", "1-Jan-2024", "é-Jan-2024 00:00:00 +0000"] {
            check(text, None);
        }
        for day in [
            "0-Jan-2024",
            "32-Jan-2024",
            "29-Feb-2023",
            "1-Foo-2024",
            "1-Jan-0000",
            "1-Jan-20240",
            "+1-Jan-2024",
        ] {
            check(&format!("{day} 00:00:00 +0000"), None);
        }
        for clock in
            ["24:00:00 +0000", "00:60:00 +0000", "00:00:61 +0000", "00:00:00:00 +0000", "00:00:00 +0000 x"]
        {
            check(&format!("1-Jan-2024 {clock}"), None);
        }
        for zone in ["+2401", "+0060", "+é00", "+000", "EST?", "0000"] {
            check(&format!("1-Jan-2024 00:00:00 {zone}"), None);
        }
    }

    #[test]
    fn edge_037_a_day_of_one_digit_gets_a_blank_in_front() {
        let text = format(Received { seconds: 1_704_067_200, zone_minutes: 330 });
        assert_eq!(text, " 1-Jan-2024 05:30:00 +0530");
        let text = format(Received { seconds: 1_704_067_200 + 10 * DAY, zone_minutes: -150 });
        assert_eq!(text, "10-Jan-2024 21:30:00 -0230");
    }

    #[test]
    fn edge_034_moments_that_cannot_be_written_become_the_nearest_that_can() {
        assert_eq!(format(Received { seconds: i64::MIN, zone_minutes: -60 }), " 1-Jan-0001 00:00:00 -0100");
        assert_eq!(
            format(Received { seconds: i64::MAX, zone_minutes: i16::MAX }),
            "31-Dec-9999 23:59:59 +2400"
        );
    }

    proptest! {
        #[test]
        fn every_moment_comes_back_from_the_wire(
            seconds in -62_135_500_000_i64..253_402_200_000,
            zone_minutes in -MAX_ZONE_MINUTES..=MAX_ZONE_MINUTES,
        ) {
            let received = Received { seconds, zone_minutes };
            prop_assert_eq!(parse(&format(received)), Some(received));
        }

        #[test]
        fn the_calendar_agrees_with_another(seconds in -62_135_500_000_i64..253_402_200_000) {
            let other = OffsetDateTime::from_unix_timestamp(seconds).expect("in range");
            let (year, month, day) = civil_from_days(seconds.div_euclid(DAY));
            prop_assert_eq!(
                (year, month, day),
                (i64::from(other.year()), usize::from(u8::from(other.month())), i64::from(other.day()))
            );
        }

        #[test]
        fn any_text_is_read_without_harm(text in "[ -~é]{0,40}") {
            if let Some(received) = parse(&text) {
                prop_assert_eq!(parse(&format(received)), Some(received));
            }
        }
    }
}
