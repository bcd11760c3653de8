//! The parts of a ZIP archive that are asked for (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16).

use std::io::Read as _;

use flate2::read::DeflateDecoder;

/// Most bytes of one part after inflating: 60,000 rows with long passwords fit ten times over.
const PART_MAX: u64 = 200 * 1024 * 1024;
/// How many times as large as it is stored a part may be, once it is large at all.
const RATIO_MAX: u64 = 200;
/// Below this size the ratio does not matter.
const SMALL: u64 = 4 * 1024 * 1024;
/// Most parts of an archive.
const PARTS_MAX: usize = 10_000;

const BROKEN: &str = "The file is damaged or not whole. Save it once more, or save it as CSV.";
const TOO_LARGE: &str =
    "The file is much larger inside than outside, or too large. Save the list alone as CSV.";

/// An archive held in memory.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    parts: Vec<Part>,
}

struct Part {
    name: String,
    /// 0 stored, 8 deflated.
    method: u16,
    encrypted: bool,
    stored: u64,
    offset: usize,
}

impl<'a> Archive<'a> {
    /// Reads the directory at the archive's end.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        // The end record has 22 bytes and a comment of at most 65,535 behind it.
        let from = bytes.len().saturating_sub(22 + 65_535);
        let tail = &bytes[from..];
        let end = (0..tail.len().saturating_sub(21)).rev().find(|at| tail[*at..].starts_with(b"PK\x05\x06"));
        let end = from + end.ok_or(BROKEN)?;
        let count = usize::from(u16_at(bytes, end + 10)?);
        let mut at = usize_at(bytes, end + 16)?;
        if count > PARTS_MAX {
            return Err(TOO_LARGE.into());
        }
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
                return Err(BROKEN.into());
            }
            let lengths = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
            let [name, extra, comment] = lengths;
            let (name, extra, comment) = (name?, extra?, comment?);
            let text = bytes.get(at + 46..at + 46 + name).ok_or(BROKEN)?;
            parts.push(Part {
                name: String::from_utf8_lossy(text).into_owned(),
                method: u16_at(bytes, at + 10)?,
                encrypted: u16_at(bytes, at + 8)? & 1 == 1,
                stored: usize_at(bytes, at + 20)? as u64,
                offset: usize_at(bytes, at + 42)?,
            });
            at += 46 + name + extra + comment;
        }
        Ok(Self { bytes, parts })
    }

    /// A part as text; none when it is not there.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, String> {
        let Some(part) = self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name)) else {
            return Ok(None);
        };
        if part.encrypted {
            return Err("The file is protected by a password. Save it without one.".into());
        }
        if self.bytes.get(part.offset..part.offset.saturating_add(4)) != Some(b"PK\x03\x04") {
            return Err(BROKEN.into());
        }
        let [name, extra] = [26, 28].map(|field| u16_at(self.bytes, part.offset + field).map(usize::from));
        let begin = part.offset + 30 + name? + extra?;
        let end = begin.checked_add(usize::try_from(part.stored).map_err(|_| BROKEN)?).ok_or(BROKEN)?;
        let stored = self.bytes.get(begin..end).ok_or(BROKEN)?;
        // What the directory says of the size inside is not believed: it is counted while it comes.
        let most = PART_MAX.min((part.stored * RATIO_MAX).max(SMALL));
        let mut inside = Vec::new();
        match part.method {
            0 => inside.extend_from_slice(stored),
            8 => {
                DeflateDecoder::new(stored).take(most + 1).read_to_end(&mut inside).map_err(|_| BROKEN)?;
            }
            _ => return Err(BROKEN.into()),
        }
        if inside.len() as u64 > most {
            return Err(TOO_LARGE.into());
        }
        Ok(Some(String::from_utf8_lossy(&inside).into_owned()))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, String> {
    let pair = bytes.get(at..at.saturating_add(2)).and_then(|pair| pair.try_into().ok());
    pair.map(u16::from_le_bytes).ok_or_else(|| BROKEN.into())
}

fn usize_at(bytes: &[u8], at: usize) -> Result<usize, String> {
    let four = bytes.get(at..at.saturating_add(4)).and_then(|four| four.try_into().ok());
    let number = four.map(u32::from_le_bytes).ok_or(BROKEN)?;
    usize::try_from(number).map_err(|_| BROKEN.into())
}
