//! Bandwidths as people write them: "10 MB/s", "500 KiB/s", "8 Mbit/s".

use std::num::NonZeroU64;

use super::hours::{WordError, cut};

/// Names of units and their bytes; the decimal ones first: they are written, the others are read too.
const UNITS: [(&str, u64); 7] = [
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];
/// The same in bits.
const BITS: [(&str, u64); 4] = [("Gbit", 1_000_000_000), ("Mbit", 1_000_000), ("kbit", 1000), ("bit", 1)];

/// Reads bytes a second; nothing at all: no limit.
pub fn read_rate(text: &str) -> Result<Option<NonZeroU64>, WordError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || WordError(format!("“{}” is no bandwidth such as 10 MB/s", cut(text)));
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let unit = unit.strip_suffix("/s").unwrap_or(unit).trim();
    let named = |units: &[(&str, u64)]| {
        units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, bytes)| *bytes as f64)
    };
    let factor = match unit {
        "" => 1.0,
        _ => named(&UNITS).or_else(|| named(&BITS).map(|bits| bits / 8.0)).ok_or_else(wrong)?,
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * factor;
    if !(1.0..=1e15).contains(&bytes) {
        return Err(wrong());
    }
    Ok(NonZeroU64::new(bytes as u64))
}

/// Writes bytes a second so that [`read_rate`] reads them again.
pub fn write_rate(rate: Option<NonZeroU64>) -> String {
    let Some(rate) = rate else { return String::new() };
    let unit = UNITS.iter().find(|(_, bytes)| rate.get().is_multiple_of(*bytes));
    unit.map_or_else(|| format!("{rate} B/s"), |(name, bytes)| format!("{} {name}/s", rate.get() / bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bandwidths_are_read_as_people_write_them() {
        for (typed, bytes, written) in [
            ("10MB/s", 10_000_000, "10 MB/s"),
            ("1.5 mb/s", 1_500_000, "1500 KB/s"),
            ("512 KiB", 524_288, "512 KiB/s"),
            ("8 Mbit/s", 1_000_000, "1 MB/s"),
            ("1234567", 1_234_567, "1234567 B/s"),
        ] {
            let rate = read_rate(typed).expect(typed);
            assert_eq!(rate, NonZeroU64::new(bytes), "{typed}");
            assert_eq!(write_rate(rate), written);
            assert_eq!(read_rate(written), Ok(rate));
        }
        assert_eq!(read_rate(" "), Ok(None));
        for typed in ["fast", "0", "10 apples/s", "-3 MB/s", "1e9", "..", "10 MB/h"] {
            assert!(read_rate(typed).is_err(), "{typed}");
        }
    }
}
