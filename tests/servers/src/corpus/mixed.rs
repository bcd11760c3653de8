//! The mixed corpus: what a mailbox of some years looks like to a tool that moves it.

use super::{Corpus, Folder, Message, nasty::AWKWARD, odd};
use crate::{moment, random::Random};

/// Messages that are not odd.
const PLAIN: usize = 2997;
/// Half of the messages are smaller than this, in bytes.
const MEDIAN: f64 = 6_640.0;
/// The spread of the logarithm of the sizes.
const SIGMA: f64 = 2.301;
const SMALLEST: f64 = 500.0;
const LARGEST: f64 = (20 << 20) as f64;

/// Folders with everyday names, and how many in a hundred messages each gets; the rest goes to the awkward ones.
const EVERYDAY: [(&[&str], u64); 14] = [
    (&["INBOX"], 24),
    (&["Sent"], 14),
    (&["Drafts"], 1),
    (&["Trash"], 3),
    (&["Junk"], 2),
    (&["Archive"], 8),
    (&["Archive", "2021"], 6),
    (&["Archive", "2022"], 6),
    (&["Archive", "2023"], 6),
    (&["Projects"], 2),
    (&["Projects", "Alpha"], 4),
    (&["Projects", "Beta"], 4),
    (&["Lists", "announce"], 5),
    (&["Invoices"], 4),
];

pub(super) fn corpus() -> Corpus {
    let mut random = Random::new(2_026);
    // From numbers of its own, so that the sizes do not depend on what stands in the messages.
    let mut text = Random::new(2_027);
    let paths = EVERYDAY.iter().map(|(path, _)| *path).chain(AWKWARD);
    let mut folders: Vec<_> = paths.map(|path| Folder::new(path, Vec::new())).collect();
    for number in 0..PLAIN {
        let folder = place(&mut random);
        let size = size(&mut random);
        folders[folder].messages.push(message(number, size, &mut text));
    }
    folders.push(Folder::new(&["Odd"], pathological()));
    Corpus { folders }
}

fn place(random: &mut Random) -> usize {
    let mut drawn = random.below(100);
    for (index, (_, share)) in EVERYDAY.iter().enumerate() {
        if drawn < *share {
            return index;
        }
        drawn -= share;
    }
    EVERYDAY.len() + random.below(AWKWARD.len() as u64) as usize
}

/// Every odd message that a server can store as it is.
fn pathological() -> Vec<Message> {
    let every = odd::identity().into_iter().chain(odd::bytes()).chain(odd::structure());
    every.filter(|message| !message.bytes.is_empty() && !message.bytes.contains(&0)).collect()
}

/// A size in bytes, log-normal.
fn size(random: &mut Random) -> usize {
    let mut uniform = || (random.number() >> 11) as f64 / (1u64 << 53) as f64;
    // Box and Muller's way from two even numbers to a normal one; the first must not be zero.
    let (first, second) = (1.0 - uniform(), uniform());
    let normal = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
    (MEDIAN * (SIGMA * normal).exp()).clamp(SMALLEST, LARGEST) as usize
}

fn message(number: usize, size: usize, random: &mut Random) -> Message {
    const KEYWORDS: [&str; 5] = ["$Forwarded", "NonJunk", "$label1", "Project_X", "a.b/c:d"];
    let received = moment::seconds(2021, 1, 1, 0, 0, 0) + random.below(94_000_000) as i64;
    let mut bytes = format!(
        "Received: from mx.old.example by store.old.example; {date}\r\nFrom: Sender {number} \
         <sender{number}@old.example>\r\nTo: user@old.example\r\nSubject: Matter {number}\r\nDate: {date}\r\n\
         Message-ID: <mixed.{number}@old.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        date = moment::to_header(received),
    )
    .into_bytes();
    while bytes.len() < size {
        line(&mut bytes, random);
    }
    let mut message = Message::new(&format!("mixed {number}"), bytes).at(received);
    for (flag, percent) in [("\\Seen", 75), ("\\Answered", 15), ("\\Flagged", 8), ("\\Draft", 1)] {
        if random.chance(percent) {
            message.flags.push(flag.into());
        }
    }
    if random.chance(20) {
        message.flags.push((*random.pick::<&str>(&KEYWORDS)).into());
    }
    message
}

/// One line of an attachment.
fn line(bytes: &mut Vec<u8>, random: &mut Random) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for _ in 0..8 {
        let mut number = random.number();
        // Nine letters of six bits; ten would go as well, but make no line of a usual length.
        for _ in 0..9 {
            bytes.push(LETTERS[(number & 63) as usize]);
            number >>= 6;
        }
    }
    bytes.extend(b"\r\n");
}
