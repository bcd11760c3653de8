//! One letter of the demo: headers, a text or a page, perhaps with a file.

use super::{base64, people::Person, words};
use crate::{corpus::Message, moment, random::Random};

/// Data that attachments are cut from: not compressible, encoded once because encoding is slow in debug builds.
#[derive(Debug)]
pub(super) struct Quarry(String);

/// Bytes of encoded data there are to cut from.
const QUARRY: usize = 6_000_000;

impl Quarry {
    pub(super) fn new() -> Self {
        let mut random = Random::new(99);
        let block: Vec<u8> =
            (0..57 * 200).flat_map(|_| random.number().to_le_bytes()).take(57 * 1500).collect();
        let encoded = base64::encode(&block);
        // Lines of 76 characters, as mail has them.
        let mut lines = String::with_capacity(QUARRY + 1000);
        while lines.len() < QUARRY {
            for line in encoded.as_bytes().chunks(76) {
                lines.push_str(&String::from_utf8_lossy(line));
                lines.push_str("\r\n");
            }
        }
        Self(lines)
    }

    /// About `bytes` of encoded data, from a random place.
    fn cut(&self, bytes: usize, random: &mut Random) -> &str {
        let lines = (bytes / 78).min(self.0.len() / 78);
        let first = random.below((self.0.len() / 78 - lines + 1) as u64) as usize;
        &self.0[first * 78..(first + lines) * 78]
    }
}

/// What a letter is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Whether the mailbox's owner wrote it.
    pub(super) outgoing: bool,
    /// Bytes of its attachment; zero for none.
    pub(super) attachment: usize,
    /// When it was received.
    pub(super) received: i64,
}

/// Writes a letter to or from a person.
pub(super) fn write(owner: &Person, plan: Plan, quarry: &Quarry, random: &mut Random) -> Message {
    let (name, address) = *random.pick(&words::OTHERS);
    let owner_is = format!("{} <{}>", base64::header(owner.name), owner.address());
    let other_is = format!("{} <{address}>", base64::header(name));
    let (from, to) = if plan.outgoing { (owner_is, other_is) } else { (other_is, owner_is) };
    let number = random.below(9000) + 10;
    let subject = random.pick(&words::SUBJECTS).replace("{}", &number.to_string());
    let reply = if random.chance(35) { *random.pick(&["Re: ", "AW: ", "Re: ", "Fwd: "]) } else { "" };
    let mut text = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{:016x}@{}>\r\n",
        base64::header(&format!("{reply}{subject}")),
        moment::to_header(plan.received - 40),
        random.number(),
        address.split('@').next_back().unwrap_or(address),
    );
    if !reply.is_empty() {
        let earlier = random.number();
        text.push_str(&format!("In-Reply-To: <{earlier:016x}@nordlicht.example>\r\nReferences: <{earlier:016x}@nordlicht.example>\r\n"));
    }
    text.push_str("MIME-Version: 1.0\r\n");
    let words = paragraphs(owner.name, name, random);
    if plan.attachment > 0 {
        let (file, kind) = random.pick(&words::FILES);
        text.push_str(
            "Content-Type: multipart/mixed; boundary=\"part-of-letter\"\r\n\r\n--part-of-letter\r\n",
        );
        body(&words, random.chance(50), &mut text);
        text.push_str(&format!(
            "\r\n--part-of-letter\r\nContent-Type: {kind}; name=\"{file}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{file}\"\r\n\r\n"
        ));
        text.push_str(quarry.cut(plan.attachment, random));
        text.push_str("--part-of-letter--\r\n");
    } else {
        body(&words, random.chance(40), &mut text);
    }
    Message::new(&subject, text).at(plan.received)
}

fn paragraphs(owner: &str, other: &str, random: &mut Random) -> Vec<String> {
    let mut all =
        vec![format!("{} {other},", random.pick(&["Dear", "Hello", "Hallo", "Guten Tag", "Bonjour"]))];
    for _ in 0..2 + random.below(4) {
        let mut paragraph = String::new();
        for _ in 0..2 + random.below(4) {
            let number = (random.below(90) + 3).to_string();
            paragraph.push_str(&random.pick(&words::SENTENCES).replace("{}", &number));
            paragraph.push(' ');
        }
        all.push(paragraph.trim_end().to_owned());
    }
    all.push(random.pick(&["Best regards", "Viele Grüße", "Cordialement", "Cordiali saluti"]).to_string());
    all.push(owner.to_owned());
    all
}

/// A text part, or text and the same as a page.
fn body(words: &[String], page: bool, text: &mut String) {
    if page {
        text.push_str(
            "Content-Type: multipart/alternative; boundary=\"text-or-page\"\r\n\r\n--text-or-page\r\n",
        );
    }
    text.push_str("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
    for paragraph in words {
        text.push_str(paragraph);
        text.push_str("\r\n\r\n");
    }
    if page {
        text.push_str("--text-or-page\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n");
        text.push_str("<html><body style=\"font-family: sans-serif\">\r\n");
        for paragraph in words {
            text.push_str(&format!("<p>{paragraph}</p>\r\n"));
        }
        text.push_str("</body></html>\r\n--text-or-page--\r\n");
    }
}
