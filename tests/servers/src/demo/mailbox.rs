//! One person's mailbox: folders, and letters spread over them.

use super::{
    letter::{self, Plan, Quarry},
    people::Person,
};
use crate::{
    corpus::{Corpus, Folder, Message},
    dovecot::Dovecot,
    error::Result,
    moment,
    random::Random,
};

/// The folders every mailbox has, with their share of the messages in percent.
const USUAL: [(&str, u64); 6] =
    [("INBOX", 40), ("Gesendet", 18), ("Papierkorb", 5), ("Spam", 4), ("Archiv", 5), ("Entwürfe", 1)];

/// Fills a person's mailbox and returns how many messages it holds.
pub(super) fn fill(server: &Dovecot, person: &Person, quarry: &Quarry) -> Result<usize> {
    let corpus = corpus(person, quarry);
    corpus.write(server, &person.address())?;
    Ok(corpus.len())
}

fn corpus(person: &Person, quarry: &Quarry) -> Corpus {
    let seed = person.login.bytes().fold(7u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut random = Random::new(seed);
    let mut folders: Vec<_> = USUAL.iter().map(|(name, _)| Folder::new(&[name], Vec::new())).collect();
    for path in person.folders {
        let path: Vec<_> = path.split('>').collect();
        let folder = Folder::new(&path, Vec::new());
        folders.push(if random.chance(85) { folder } else { folder.unsubscribed() });
    }
    // An empty folder is missed too when it does not come along.
    folders.push(Folder::new(&["Leer, aber wichtig"], Vec::new()));
    let own = USUAL.len()..folders.len() - 1;
    for number in 0..person.messages {
        let place = place(&mut random).unwrap_or_else(|| own.start + random.below(own.len() as u64) as usize);
        let message = message(person, place, number, quarry, &mut random);
        folders[place].messages.push(message);
    }
    for folder in &mut folders {
        folder.messages.sort_by_key(|message| message.received);
    }
    Corpus { folders }
}

/// One of the usual folders by its share, or none: one of the person's own.
fn place(random: &mut Random) -> Option<usize> {
    let mut left = random.below(100);
    USUAL.iter().position(|(_, share)| {
        let here = left < *share;
        left = left.saturating_sub(*share);
        here
    })
}

fn message(person: &Person, place: usize, number: u64, quarry: &Quarry, random: &mut Random) -> Message {
    let attachment = match number {
        // One large file in each mailbox, and a few of some hundred kilobytes.
        17 => 1_500_000 + random.below(2_500_000),
        _ if random.chance(4) => 40_000 + random.below(200_000),
        _ => 0,
    };
    let received = moment::seconds(2021, 1, 4, 6, 0, 0) + random.below(125_000_000) as i64;
    let sent_or_draft = matches!(USUAL.get(place), Some(("Gesendet" | "Entwürfe", _)));
    let plan = Plan { outgoing: sent_or_draft, attachment: attachment as usize, received };
    let mut message = letter::write(person, plan, quarry, random);
    let mut flag = |flag: &str, percent| {
        if random.chance(percent) {
            message.flags.push(flag.into());
        }
    };
    match USUAL.get(place) {
        Some(("Entwürfe", _)) => flag("\\Draft", 100),
        Some(("Gesendet", _)) => flag("\\Seen", 100),
        Some(("Spam", _)) => flag("$Junk", 100),
        _ => {
            flag("\\Seen", 82);
            flag("\\Answered", 20);
            flag("\\Flagged", 6);
            flag("$Forwarded", 4);
            flag("$label1", 5);
            flag("Wichtig-2024", 2);
            flag("NonJunk", 30);
        }
    }
    message
}
