//! Time zones by name: the rules behind a name are the host's, so only the name crosses the wire.

use std::{fmt, str::FromStr};

use super::hours::{WordError, cut};
use crate::text::as_text;

/// Most minutes a zone is away from UTC.
const FARTHEST: i16 = 18 * 60;

/// A time zone; `UTC`, `+05:30` or a name of the IANA database such as `Europe/Rome` on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Coordinated universal time.
    #[default]
    Utc,
    /// So many minutes east of UTC, the whole year.
    Fixed(i16),
    /// A name of the IANA time zone database: summer time included.
    Named(String),
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utc => f.write_str("UTC"),
            Self::Fixed(minutes) => {
                let sign = if *minutes < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
            }
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl FromStr for Zone {
    type Err = WordError;

    /// Reads what `Display` writes. Whether a name exists is for the host to say.
    fn from_str(text: &str) -> Result<Self, WordError> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("utc") {
            return Ok(Self::Utc);
        }
        let unknown = || WordError(format!("“{}” is no time zone such as Europe/Rome or +01:00", cut(text)));
        if let Some(rest) = text.strip_prefix(['+', '-']) {
            let digits = |digits: &str| {
                let plain =
                    (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
                plain.then(|| digits.parse::<i16>().ok()).flatten()
            };
            let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
            let (hours, minutes) = digits(hours).zip(digits(minutes)).ok_or_else(unknown)?;
            let minutes = Some(hours * 60 + minutes).filter(|all| minutes < 60 && *all <= FARTHEST);
            let minutes = minutes.ok_or_else(unknown)?;
            return Ok(Self::Fixed(if text.starts_with('-') { -minutes } else { minutes }));
        }
        // What a name of the database is made of; nothing that leads out of its directory.
        let part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        };
        if text.len() <= 64 && text.split('/').all(part) {
            Ok(Self::Named(text.to_owned()))
        } else {
            Err(unknown())
        }
    }
}

as_text!(Zone, |text| text);

#[cfg(test)]
mod tests {
    use super::Zone;

    #[test]
    fn zones_are_utc_an_offset_or_a_name() {
        for (typed, zone, written) in [
            ("", Zone::Utc, "UTC"),
            ("utc", Zone::Utc, "UTC"),
            ("+1", Zone::Fixed(60), "+01:00"),
            ("-03:30", Zone::Fixed(-210), "-03:30"),
            (
                "America/Port-au-Prince",
                Zone::Named("America/Port-au-Prince".into()),
                "America/Port-au-Prince",
            ),
            ("Etc/GMT+5", Zone::Named("Etc/GMT+5".into()), "Etc/GMT+5"),
        ] {
            assert_eq!(typed.parse(), Ok(zone), "{typed}");
            assert_eq!(typed.parse::<Zone>().expect(typed).to_string(), written);
        }
        for typed in
            ["+19:00", "+01:60", "+-1", "../../etc/passwd", "/etc/passwd", "Europe//Rome", "Europe/", "1"]
        {
            assert!(typed.parse::<Zone>().is_err(), "{typed}");
        }
    }
}
