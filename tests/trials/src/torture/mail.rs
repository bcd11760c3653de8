//! The mail of one round.

use servers::{
    corpus::{Corpus, Folder, Message},
    random::Random,
};

/// A mailbox of one of three kinds; in each some messages are there several times, byte for byte.
pub(super) fn draw(random: &mut Random) -> Corpus {
    match random.below(3) {
        0 => with_twins(Corpus::spread(100 + random.below(400) as usize)),
        1 => with_large(with_twins(Corpus::spread(40)), random),
        _ => storable(Corpus::nasty()),
    }
}

/// Every tenth message is there three times, so that what was sent cannot be told by its content alone.
fn with_twins(mut corpus: Corpus) -> Corpus {
    for folder in &mut corpus.folders {
        let twins: Vec<_> = folder.messages.iter().step_by(10).cloned().collect();
        folder.messages.extend(twins.iter().chain(&twins).cloned());
    }
    corpus
}

/// Messages that take a while on the line, so that faults strike within one.
fn with_large(mut corpus: Corpus, random: &mut Random) -> Corpus {
    let messages = (0..6 + random.below(6)).map(|number| {
        let mut text = format!("Subject: large {number}\r\nMessage-ID: <large.{number}@old.example>\r\n\r\n");
        let lines = random.below(20_000);
        for line in 0..lines {
            text.push_str(&format!("Line {line} of {number}, and some more words to fill it.\r\n"));
        }
        Message::new("large", text)
    });
    corpus.folders.push(Folder::new(&["Large"], messages.collect()));
    corpus
}

/// Without what no server keeps as it is: whether that is reported is another test's matter.
fn storable(mut corpus: Corpus) -> Corpus {
    for folder in &mut corpus.folders {
        folder.messages.retain(|message| {
            let odd =
                message.bytes.is_empty() || message.bytes.contains(&0) || message.label.contains("2035");
            !odd && message.bytes.len() < 1 << 20
        });
    }
    corpus
}
