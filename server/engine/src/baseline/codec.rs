//! The bytes of a baseline: numbers of seven bits a byte, ids and dates as the difference to the one before, marks and time
//! zones as places in a table. About nine bytes a message.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use crate::model::{Flags, ItemId, ItemMeta, Received, Standing, SystemFlags};

/// Keywords of one message that are written down: a folder with more of them is listed each time.
const MOST_KEYWORDS: usize = 200;
/// The least that a message takes: its id, size, marks and zone.
const LEAST: usize = 4;

/// Writes.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    /// Writes items by growing id; none when one of them cannot be written.
    pub(super) fn items(&mut self, items: &[ItemMeta]) -> Option<()> {
        let mut rows = Self(Vec::with_capacity(items.len() * 10));
        let mut zones = Places::default();
        let mut marks = Places::default();
        let (mut last, mut moment) = (0, 0);
        for item in items {
            let ItemId::Uid(uid) = item.id else { return None };
            if uid <= last || item.flags.keywords.len() > MOST_KEYWORDS {
                return None;
            }
            rows.number((uid - last).into());
            rows.number(item.size);
            rows.number(marks.of(&item.flags));
            last = uid;
            match &item.received {
                None => rows.number(0),
                Some(Received { seconds, zone_minutes }) => {
                    rows.number(zones.of(zone_minutes) + 1);
                    rows.signed(seconds.wrapping_sub(moment));
                    moment = *seconds;
                }
            }
        }
        self.number(zones.all.len() as u64);
        for zone in zones.all {
            self.signed(i64::from(*zone));
        }
        self.number(marks.all.len() as u64);
        for Flags { system, keywords } in marks.all {
            self.number(system.bits().into());
            self.number(keywords.len() as u64);
            for keyword in keywords {
                self.bytes(keyword.as_bytes());
            }
        }
        self.0.extend_from_slice(&rows.0);
        Some(())
    }
}

/// Each value once, and where it is.
#[derive(Debug)]
struct Places<'a, T> {
    all: Vec<&'a T>,
    places: HashMap<&'a T, u64>,
    /// The one before: most are the same.
    last: Option<(&'a T, u64)>,
}

impl<T> Default for Places<'_, T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new(), last: None }
    }
}

impl<'a, T: Eq + Hash> Places<'a, T> {
    fn of(&mut self, value: &'a T) -> u64 {
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == value) {
            return place;
        }
        let next = self.all.len() as u64;
        let place = *self.places.entry(value).or_insert(next);
        if place == next {
            self.all.push(value);
        }
        self.last = Some((value, place));
        place
    }
}

/// Reads. Whatever is wrong gives none.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for at in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            // Of the tenth byte one bit is left.
            if at == 9 && *byte > 1 {
                return None;
            }
            number |= bits << (7 * at);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
    }

    fn short(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// How many of something follow, each of which takes at least so many bytes.
    fn count(&mut self, least: usize) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count.checked_mul(least)? <= self.0.len()).then_some(count)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.count(1)?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn standing(&mut self) -> Option<Standing> {
        let (validity, next, messages) = (self.short()?, self.short()?, self.short()?);
        Some(Standing { validity, next, messages, modseq: Some(self.number()?) })
    }

    /// As many items as there are messages, and nothing after them.
    pub(super) fn items(&mut self, standing: Standing) -> Option<Vec<ItemMeta>> {
        let zones = self.zones()?;
        let marks = self.marks()?;
        let messages = usize::try_from(standing.messages).ok()?;
        if messages.checked_mul(LEAST)? > self.0.len() {
            return None;
        }
        let mut items = Vec::with_capacity(messages);
        let (mut last, mut moment) = (0_u32, 0_i64);
        for _ in 0..messages {
            let step = self.short().filter(|step| *step > 0)?;
            last = last.checked_add(step).filter(|uid| *uid < standing.next)?;
            let size = self.number()?;
            let flags = marks.get(usize::try_from(self.number()?).ok()?)?.clone();
            let received = match usize::try_from(self.number()?).ok()?.checked_sub(1) {
                None => None,
                Some(zone) => {
                    let zone_minutes = *zones.get(zone)?;
                    moment = moment.wrapping_add(self.signed()?);
                    Some(Received { seconds: moment, zone_minutes })
                }
            };
            items.push(ItemMeta { id: ItemId::Uid(last), size, received, flags });
        }
        self.0.is_empty().then_some(items)
    }

    fn zones(&mut self) -> Option<Vec<i16>> {
        let count = self.count(1)?;
        (0..count).map(|_| i16::try_from(self.signed()?).ok()).collect()
    }

    fn marks(&mut self) -> Option<Vec<Flags>> {
        let count = self.count(2)?;
        let mut known: HashSet<Arc<str>> = HashSet::new();
        (0..count).map(|_| self.flags(&mut known)).collect()
    }

    fn flags(&mut self, known: &mut HashSet<Arc<str>>) -> Option<Flags> {
        let system = SystemFlags::from_bits(u8::try_from(self.number()?).ok()?)?;
        let count = self.count(1).filter(|count| *count <= MOST_KEYWORDS)?;
        let mut keywords: Vec<Arc<str>> = Vec::with_capacity(count);
        for _ in 0..count {
            let keyword = std::str::from_utf8(self.bytes()?).ok()?;
            if keywords.last().is_some_and(|last| **last >= *keyword) {
                return None;
            }
            // Equal keywords share one allocation.
            let shared = known.get(keyword).map_or_else(|| Arc::from(keyword), Arc::clone);
            known.insert(Arc::clone(&shared));
            keywords.push(shared);
        }
        Some(Flags { system, keywords })
    }
}
