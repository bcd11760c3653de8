//! Fills a source with what it really takes: each system gets the whole awkward corpus and keeps its own selection.

use servers::{
    corpus::{Corpus, Folder, Message},
    dovecot::Storage,
    imap::Imap,
    utf7,
};

use super::system::{System, USER};

/// The awkward corpus without those messages that imap4d makes something else of: it cuts a message at a NUL, takes a
/// first `From ` line away with what follows, and keeps nothing of one that begins with a blank line.
pub(super) fn recognisable() -> Corpus {
    let cut = ["mbox From line first", "NUL in the body", "no headers, blank line first"];
    let mut corpus = Corpus::awkward();
    for folder in &mut corpus.folders {
        folder.messages.retain(|message| !cut.contains(&message.label.as_str()));
    }
    corpus
}

pub(super) fn fill(system: &System, corpus: &Corpus) {
    match system {
        // Past the protocol, so that there is also what no client can store: NUL, zero bytes, a date in the future.
        System::Dovecot(Storage::Maildir, server) => corpus.write(server, USER).expect("writes"),
        System::Dovecot(Storage::Mdbox, _) | System::Cyrus(_) | System::Courier(_) | System::Imap4d(_) => {
            let (prefix, separator) = system.open().namespace().expect("tells");
            let mut imap = system.open();
            for folder in &corpus.folders {
                let Some(wire) = make(&mut imap, folder, &prefix, &separator) else { continue };
                for message in &folder.messages {
                    if !store(&mut imap, &wire, message) {
                        // Some are answered by hanging up.
                        imap = system.open();
                    }
                }
            }
            settle(&mut imap);
        }
    }
}

/// Opens every folder once for writing, as its user's mail program has done: imap4d gives its messages lasting numbers
/// no sooner.
fn settle(imap: &mut Imap) {
    for folder in imap.folders().expect("lists").iter().filter(|folder| folder.selectable()) {
        imap.select(&folder.wire).expect("opens");
        imap.command("CLOSE").expect("closes");
    }
}

/// The folder's name on the wire; none where the system refuses it.
fn make(imap: &mut Imap, folder: &Folder, prefix: &str, separator: &str) -> Option<String> {
    let names: Vec<_> = folder.path.iter().map(|name| utf7::encode(name)).collect();
    if names == ["INBOX"] {
        return Some("INBOX".into());
    }
    let wire = format!("{prefix}{}", names.join(separator));
    imap.create(&wire).ok()?;
    if folder.subscribed {
        imap.subscribe(&wire).ok()?;
    }
    Some(wire)
}

/// Stores a message with all its flags, else with those that every system knows. Whether the connection is still good.
fn store(imap: &mut Imap, wire: &str, message: &Message) -> bool {
    let system: Vec<_> = message.flags.iter().filter(|flag| flag.starts_with('\\')).cloned().collect();
    let mut good = true;
    for flags in [&message.flags, &system] {
        if imap.append(wire, flags, Some(message.received), &message.bytes).is_ok() {
            return true;
        }
        good = imap.command("NOOP").is_ok();
        if !good || system.len() == message.flags.len() {
            break;
        }
    }
    good
}
