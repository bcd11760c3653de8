//! Time zones as the host knows them: the IANA database in its compiled form (TZif, RFC 9636).

mod rule;

use std::{fs, path::Path};

use shared::limits::Zone;

use rule::Rule;

/// Where hosts keep the database.
const PLACES: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo"];
/// Larger than any zone there is.
const MOST_BYTES: u64 = 256 * 1024;

/// How far a place's clock is from UTC, at any moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offsets {
    /// From each of these moments (seconds since 1970-01-01T00:00:00Z) on, so many seconds east of UTC.
    changes: Vec<(i64, i32)>,
    /// Before the first of them.
    first: i32,
    /// After the last of them.
    rule: Option<Rule>,
}

/// A time zone that this host does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine does not know the time zone “{0}” (package tzdata); use a name such as Europe/Rome or an offset such as +01:00"
)]
pub struct ZoneError(String);

impl Offsets {
    /// Looks a zone up.
    pub(super) fn of(zone: &Zone) -> Result<Self, ZoneError> {
        match zone {
            Zone::Utc => Ok(Self::fixed(0)),
            Zone::Fixed(minutes) => Ok(Self::fixed(i32::from(*minutes) * 60)),
            Zone::Named(name) => PLACES
                .iter()
                .find_map(|place| read(&Path::new(place).join(name)))
                .and_then(|file| Self::parse(&file))
                .ok_or_else(|| ZoneError(name.clone())),
        }
    }

    const fn fixed(seconds: i32) -> Self {
        Self { changes: Vec::new(), first: seconds, rule: None }
    }

    /// Seconds east of UTC at a moment.
    pub(super) fn at(&self, utc: i64) -> i32 {
        let after = self.changes.partition_point(|(from, _)| *from <= utc);
        match (&self.rule, self.changes.get(after.wrapping_sub(1))) {
            (Some(rule), _) if after == self.changes.len() => rule.at(utc),
            (_, Some((_, seconds))) => *seconds,
            (_, None) => self.first,
        }
    }

    /// Reads the compiled form; none when it is none. Only its second part counts: the first one ends in 2037.
    fn parse(file: &[u8]) -> Option<Self> {
        let first = Header::read(file)?;
        let file = file.get(Header::LENGTH + first.length(4)..)?;
        let header = Header::read(file)?;
        let body = file.get(Header::LENGTH..)?;
        let (times, rest) = body.split_at_checked(header.times * 8)?;
        let (kinds, rest) = rest.split_at_checked(header.times)?;
        let (types, _) = rest.split_at_checked(header.types * 6)?;
        let types: Vec<i32> = types
            .chunks_exact(6)
            .map(|kind| i32::from_be_bytes([kind[0], kind[1], kind[2], kind[3]]))
            .collect();
        let time = |bytes: &[u8]| bytes.try_into().map(i64::from_be_bytes).ok();
        let changes = times
            .chunks_exact(8)
            .zip(kinds)
            .map(|(at, kind)| Some((time(at)?, *types.get(usize::from(*kind))?)));
        let changes: Vec<_> = changes.collect::<Option<_>>()?;
        let footer = body.get(header.length(8)..)?.strip_prefix(b"\n")?;
        let footer = std::str::from_utf8(footer.split(|byte| *byte == b'\n').next()?).ok()?;
        let rule = if footer.is_empty() { None } else { Some(Rule::parse(footer)?) };
        Some(Self { changes, first: *types.first()?, rule })
    }
}

/// Reads a compiled form and asks it about moments near and far.
#[cfg(feature = "fuzzing")]
pub(crate) fn try_file(file: &[u8]) {
    let Some(zone) = Offsets::parse(file) else { return };
    let changes = zone.changes.iter().flat_map(|(at, _)| [at.saturating_sub(1), *at]);
    let far = [i64::MIN, -377_705_116_800, 0, 1_774_746_000, 253_402_300_799, i64::MAX];
    for moment in changes.take(100).chain(far) {
        zone.at(moment);
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let file = fs::metadata(path).ok().filter(|file| file.is_file() && file.len() <= MOST_BYTES);
    file.and_then(|_| fs::read(path).ok())
}

/// The counts at the head of each part (RFC 9636, section 3.1).
struct Header {
    utc_marks: usize,
    standard_marks: usize,
    leaps: usize,
    times: usize,
    types: usize,
    letters: usize,
}

impl Header {
    const LENGTH: usize = 44;

    fn read(part: &[u8]) -> Option<Self> {
        let head = part.get(..Self::LENGTH)?;
        // A file without a second part is of a form that was given up in 2005.
        if !head.starts_with(b"TZif") || head[4] < b'2' {
            return None;
        }
        let count = |at: usize| {
            let bytes = head[20 + at * 4..24 + at * 4].try_into().ok()?;
            usize::try_from(u32::from_be_bytes(bytes)).ok().filter(|count| *count <= 100_000)
        };
        Some(Self {
            utc_marks: count(0)?,
            standard_marks: count(1)?,
            leaps: count(2)?,
            times: count(3)?,
            types: count(4)?,
            letters: count(5)?,
        })
    }

    /// Bytes of the part without its head, where times take so many bytes.
    const fn length(&self, time: usize) -> usize {
        self.times * (time + 1)
            + self.types * 6
            + self.letters
            + self.leaps * (time + 4)
            + self.standard_marks
            + self.utc_marks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file with one change (at 1000, to +2 h from +1 h) and a rule for what comes after.
    fn file(rule: &str) -> Vec<u8> {
        let head = |times: u32, types: u32, letters: u32| {
            let counts = [0, 0, 0, times, types, letters].map(u32::to_be_bytes).concat();
            [b"TZif2".to_vec(), vec![0; 15], counts].concat()
        };
        let kind = |seconds: i32| [&seconds.to_be_bytes()[..], &[0, 0]].concat();
        let body =
            [1000_i64.to_be_bytes().to_vec(), vec![1], kind(3600), kind(7200), b"X\0".to_vec()].concat();
        [head(0, 0, 0), head(1, 2, 2), body, format!("\n{rule}\n").into_bytes()].concat()
    }

    #[test]
    fn a_compiled_zone_gives_its_offsets() {
        let zone = Offsets::parse(&file("")).expect("a zone");
        assert_eq!((zone.at(999), zone.at(1000), zone.at(i64::MAX)), (3600, 7200, 7200));
        let zone = Offsets::parse(&file("<+03>-3")).expect("a zone");
        assert_eq!((zone.at(999), zone.at(1000)), (3600, 3 * 3600), "the rule holds after the last change");
        assert_eq!(Offsets::parse(&file("nonsense!")), None);
    }

    #[test]
    fn zones_without_a_name_need_no_database_and_unknown_names_are_refused() {
        assert_eq!(Offsets::of(&Zone::Fixed(-210)).expect("an offset").at(0), -12_600);
        let error = Offsets::of(&Zone::Named("Atlantis/Poseidonis".into())).expect_err("no such place");
        assert!(error.to_string().contains("Atlantis/Poseidonis"), "{error}");
    }

    proptest! {
        #[test]
        fn no_damaged_file_makes_the_reader_panic(at in 0_usize..140, byte in any::<u8>(), cut in 0_usize..140) {
            let mut file = file("CET-1CEST,M3.5.0,M10.5.0/3");
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(cut);
            let _ = Offsets::parse(&file);
        }
    }
}
