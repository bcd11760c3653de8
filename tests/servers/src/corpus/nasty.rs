//! The corpus of everything that commonly breaks a migration: its folders, flags and dates.

use super::{Corpus, Folder, Message, odd};
use crate::moment;

/// Everything. The messages' bytes are in [`odd`].
pub(super) fn corpus() -> Corpus {
    let mut folders = vec![
        Folder::new(&["INBOX"], odd::identity()),
        Folder::new(&["Odd bytes"], odd::bytes()),
        Folder::new(&["Odd structure"], odd::structure()),
        Folder::new(&["Large"], odd::large()).unsubscribed(),
        Folder::new(&["Dates"], dates()),
        Folder::new(&["Flags"], flags()),
    ];
    folders.extend(awkward_names());
    folders.extend(shapes());
    Corpus { folders }
}

/// The same without what is only large, and with one message in each folder with an awkward name. Every message but the
/// twins was received in a second of its own, so that each can be told by it.
pub(super) fn awkward() -> Corpus {
    let mut corpus = corpus();
    corpus.folders.retain(|folder| folder.path != ["Large"]);
    let names = AWKWARD.map(|path| path.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let mut number = 0;
    for folder in &mut corpus.folders {
        if names.contains(&folder.path) {
            folder.messages.truncate(1);
        }
        let alike = |message: &Message| message.label.starts_with("twin") || folder.path == ["Dates"];
        for message in folder.messages.iter_mut().filter(|message| !alike(message)) {
            number += 1;
            message.received += number;
        }
    }
    corpus
}

fn letter(label: &str) -> Message {
    let text = format!(
        "From: a@old.example\r\nTo: b@old.example\r\nSubject: {label}\r\nMessage-ID: <{}@old.example>\r\n\
         Date: Thu, 29 Feb 2024 12:30:45 +0000\r\n\r\nAbout {label}.\r\n",
        label.replace(|character: char| !character.is_ascii_alphanumeric(), "."),
    );
    Message::new(label, text)
}

fn dates() -> Vec<Message> {
    vec![
        letter("received in 1970").at(moment::seconds(1970, 1, 2, 3, 4, 5)),
        letter("received in 2035").at(moment::seconds(2035, 6, 7, 8, 9, 10)),
        letter("received on a one-digit day").at(moment::seconds(2024, 1, 1, 0, 0, 0)),
        letter("received in the last second of a year").at(moment::seconds(1999, 12, 31, 23, 59, 59)),
        letter("received on a leap day").at(moment::seconds(2000, 2, 29, 0, 0, 1)),
    ]
}

fn flags() -> Vec<Message> {
    let each: [&[&str]; 10] = [
        &[],
        &["\\Seen"],
        &["\\Answered"],
        &["\\Flagged"],
        &["\\Deleted"],
        &["\\Draft"],
        &["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"],
        &["$Forwarded", "$MDNSent"],
        &["\\Seen", "NonJunk", "$label1", "Project_X", "a.b/c:d"],
        &["\\Flagged", "$Junk", "$NotPhishing", "UPPER", "lower"],
    ];
    each.iter().map(|flags| letter(&format!("flags {}", flags.join(" "))).flagged(flags)).collect()
}

/// Names that tools and servers trip over.
pub(super) const AWKWARD: [&[&str]; 11] = [
    &["either/or"],
    &["~tilde & 100%"],
    &["📬 Post & more 🎉"],
    &["Кириллица"],
    &["日本語", "受信箱"],
    &["Café Zürich"],
    &["Cafe\u{301} decomposed"],
    &["quote \" and back\\slash"],
    &["  spaces around  "],
    &["stars and ? and []{}"],
    &["&AOk-"],
];

fn awkward_names() -> Vec<Folder> {
    let mut folders = Vec::new();
    for path in AWKWARD {
        let shown = path.join(" > ");
        let first = letter(&format!("first in {shown}"));
        let second = letter(&format!("second in {shown}")).flagged(&["\\Seen"]);
        folders.push(Folder::new(path, vec![first, second]));
    }
    folders
}

/// Empty folders, parents that hold nothing, deep nesting, folders under INBOX, near-equal names.
fn shapes() -> Vec<Folder> {
    let deep = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    vec![
        Folder::new(&["Empty"], Vec::new()),
        Folder::new(&["Empty, not subscribed"], Vec::new()).unsubscribed(),
        Folder::new(&["Noselect parent", "child"], vec![letter("under a parent that cannot be opened")]),
        Folder::new(&["Noselect grandparent", "nothing", "empty child"], Vec::new()),
        Folder::new(&deep, vec![letter("ten folders down")]),
        Folder::new(&["INBOX", "Under the inbox"], vec![letter("under INBOX")]),
        Folder::new(&["Work"], vec![letter("in Work")]),
        Folder::new(&["work"], vec![letter("in work")]).unsubscribed(),
        Folder::new(&["Work", "Work"], vec![letter("in Work in Work")]),
        Folder::new(&["long ".repeat(30).trim_end()], vec![letter("in a folder with a long name")]),
    ]
}
