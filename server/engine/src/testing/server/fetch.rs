//! UID FETCH.

use std::time::Duration;

use super::{
    State,
    answer::tagged,
    command::{Argument, Command},
    habits::{Breaks, holds, kept_back},
    session::{Out, Seat},
};
use crate::testing::mailbox::{Folder, Message};

/// Longest line that servers are known to take (Zimbra's default is 10 KiB).
const LONGEST: usize = 8 * 1024;

pub(super) fn fetch(state: &mut State, seat: &Seat, command: &Command) -> Vec<Out> {
    if command.line.len() > LONGEST {
        state.offence(format!("a line of {} bytes", command.line.len()));
    }
    let upper =
        |list: &[Argument]| -> Vec<String> { list.iter().map(|it| it.text().to_ascii_uppercase()).collect() };
    let (set, wanted, modifiers) = match command.arguments.as_slice() {
        [set, Argument::List(wanted)] => (set.text(), upper(wanted), Vec::new()),
        [set, Argument::List(wanted), Argument::List(modifiers)] => {
            (set.text(), upper(wanted), upper(modifiers))
        }
        _ => (String::new(), Vec::new(), Vec::new()),
    };
    let (since, vanished) = match modifiers.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => (None, false),
        ["CHANGEDSINCE", since, rest @ ..] if state.habits.can("CONDSTORE") => {
            (since.parse::<u64>().ok(), *rest == ["VANISHED"])
        }
        _ => {
            state.offence(format!("what it cannot: {}", command.line));
            return tagged(command, "BAD unknown modifier");
        }
    };
    if vanished && !seat.vanishes {
        state.offence("VANISHED was never enabled");
        return tagged(command, "BAD enable it first");
    }
    let bodies = wanted.iter().any(|item| item.starts_with("BODY"));
    let omits = state.habits.omits.as_mut().filter(|(_, left)| !bodies && *left > 0);
    let omitted = omits.map(|(marker, left)| {
        *left -= 1;
        *marker
    });
    let numbers = seat.selected.as_ref().and_then(|name| state.numbered(name).cloned()).unwrap_or_default();
    let folder = seat.selected.as_ref().and_then(|name| state.mailbox.folders.get(name));
    let (Some(folder), false) = (folder, wanted.is_empty()) else {
        return tagged(command, "BAD nothing to fetch");
    };
    let habits = &state.habits;
    let last = folder.messages.last().map_or(0, |message| message.uid);
    let mut outs = Vec::new();
    let selected = |name: &str| seat.selected.as_deref() == Some(name.as_bytes());
    if let Some((_, how)) = habits.breaks_listing.filter(|(name, _)| !bodies && selected(name)) {
        outs.push(match how {
            Breaks::Closes => Out::Close,
            Breaks::Hangs => Out::Pause(Duration::from_secs(3600)),
            Breaks::Miscounts | Breaks::Babbles => Out::Bytes(b"* ((\r\n".to_vec()),
        });
        return outs;
    }
    let mut delivered = 0;
    if let (Some(since), true) = (since, vanished) {
        let gone = numbers.gone_since(since);
        if !gone.is_empty() {
            let line = format!("* VANISHED (EARLIER) {}\r\n", crate::wire::imap::encode::uid_set(&gone));
            outs.push(Out::Bytes(line.into_bytes()));
        }
    }
    for (at, message) in folder
        .messages
        .iter()
        .enumerate()
        .skip(kept_back(habits, folder))
        .filter(|(_, message)| in_set(&set, message.uid, last))
        .filter(|(_, message)| since.is_none_or(|since| numbers.of(message.uid) > since))
    {
        if let Some((_, words)) =
            habits.withholds.filter(|(marker, _)| bodies && holds(&message.body, marker))
        {
            outs.extend(tagged(command, words));
            return outs;
        }
        if omitted.is_some_and(|marker| holds(&message.body, marker)) {
            continue;
        }
        let balks = |item: &str| wanted.iter().any(|wanted| wanted == item);
        if let Some((_, _, words)) =
            habits.balks.filter(|(item, marker, _)| balks(item) && holds(&message.body, marker))
        {
            outs.extend(tagged(command, words));
            return outs;
        }
        if bodies && habits.loses.is_some_and(|marker| holds(&message.body, marker)) {
            continue;
        }
        if let Some((_, how)) = habits.breaks.filter(|(marker, _)| bodies && holds(&message.body, marker)) {
            let (number, uid) = (at + 1, message.uid);
            let few = message.body.len() - 5;
            let body = String::from_utf8_lossy(&message.body);
            match how {
                Breaks::Closes => outs.push(Out::Close),
                Breaks::Hangs => outs.push(Out::Pause(Duration::from_secs(3600))),
                Breaks::Miscounts => {
                    let row = format!("* {number} FETCH (UID {uid} BODY[] {{{few}}}\r\n{body})\r\n");
                    outs.push(Out::Bytes(row.into_bytes()));
                    outs.extend(tagged(command, "OK that is all"));
                }
                Breaks::Babbles => outs.push(Out::Bytes(b"* ((\r\n".to_vec())),
            }
            return outs;
        }
        if habits.chatty {
            let news = format!(
                "* {0} FETCH (FLAGS (\\Seen))\r\n* {0} FETCH (UID {1} FLAGS (\\Flagged))\r\n",
                at + 1,
                message.uid
            );
            outs.push(Out::Bytes(news.into_bytes()));
        }
        let mut row = told(state, at + 1, message, &wanted);
        if since.is_some() {
            row.truncate(row.len() - ")\r\n".len());
            row.extend_from_slice(format!(" MODSEQ ({}))\r\n", numbers.of(message.uid)).as_bytes());
        }
        outs.push(Out::Bytes(row));
        delivered += 1;
        if let Some((_, time)) = habits.dawdles.filter(|(every, _)| bodies && delivered % every == 0) {
            outs.push(Out::Pause(time));
        }
    }
    outs.extend(tagged(command, "OK that is all"));
    // What is not only peeked at is seen from then on.
    if wanted.iter().any(|item| item.starts_with("BODY[") || item == "RFC822") {
        state.offence("a body was fetched without PEEK");
    }
    outs
}

fn told(state: &State, number: usize, message: &Message, wanted: &[String]) -> Vec<u8> {
    let mut out = format!("* {number} FETCH (").into_bytes();
    for (at, item) in wanted.iter().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        match item.as_str() {
            "UID" => out.extend_from_slice(format!("UID {}", message.uid).as_bytes()),
            "FLAGS" => {
                let flags: Vec<&str> = message.flags.iter().map(String::as_str).collect();
                out.extend_from_slice(format!("FLAGS ({})", flags.join(" ")).as_bytes());
            }
            "INTERNALDATE" => {
                out.extend_from_slice(format!("INTERNALDATE \"{}\"", message.received).as_bytes())
            }
            "RFC822.SIZE" => {
                let size = u64::try_from(message.body.len()).expect("small messages");
                out.extend_from_slice(format!("RFC822.SIZE {}", (state.habits.sizes)(size)).as_bytes());
            }
            "X-GM-MSGID" => out.extend_from_slice(format!("X-GM-MSGID {}", message.number).as_bytes()),
            "X-GM-LABELS" => {
                out.extend_from_slice(b"X-GM-LABELS (");
                out.extend_from_slice(&labels(state, message).join(&b' '));
                out.extend_from_slice(b")");
            }
            "BODY.PEEK[]" => section(&mut out, "BODY[]", &(state.habits.delivers)(&message.body)),
            "BODY.PEEK[HEADER]" => {
                section(&mut out, "BODY[HEADER]", header(&(state.habits.delivers)(&message.body)));
            }
            part if part.starts_with("BODY.PEEK[]<") => {
                let numbers = part["BODY.PEEK[]<".len()..].trim_end_matches('>');
                let (from, length) = numbers.split_once('.').expect("a part");
                let body = (state.habits.delivers)(&message.body);
                let from: usize = from.parse().expect("a number");
                let length: usize = length.parse().expect("a number");
                let piece = &body[from.min(body.len())..(from + length).min(body.len())];
                section(&mut out, &format!("BODY[]<{from}>"), piece);
            }
            other => out.extend_from_slice(format!("{other} NIL").as_bytes()),
        }
    }
    out.extend_from_slice(b")\r\n");
    out
}

/// The labels of a message, as Gmail spells them.
fn labels(state: &State, message: &Message) -> Vec<Vec<u8>> {
    const SYSTEM: [(&str, &str); 4] =
        [("\\Sent", "Sent"), ("\\Drafts", "Draft"), ("\\Flagged", "Starred"), ("\\Important", "Important")];
    let under = state.mailbox.folders.iter().filter(|(_, folder)| {
        !folder.has("\\All") && folder.messages.iter().any(|other| other.number == message.number)
    });
    let spelled = |name: &[u8], folder: &Folder| {
        let system = SYSTEM.iter().find(|(attribute, _)| folder.has(attribute)).map(|(_, label)| *label);
        match system.or((name == b"INBOX").then_some("Inbox")) {
            Some(label) => format!("\"\\\\{label}\"").into_bytes(),
            None if name.iter().all(u8::is_ascii_alphanumeric) => name.to_vec(),
            None => [b"\"", name, b"\""].concat(),
        }
    };
    under.map(|(name, folder)| spelled(name, folder)).collect()
}

fn section(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    out.extend_from_slice(format!("{name} {{{}}}\r\n", bytes.len()).as_bytes());
    out.extend_from_slice(bytes);
}

/// Up to and with the first empty line.
fn header(body: &[u8]) -> &[u8] {
    let ends = [b"\r\n\r\n".as_slice(), b"\n\n".as_slice()]
        .into_iter()
        .filter_map(|end| Some(body.windows(end.len()).position(|window| window == end)? + end.len()));
    ends.min().map_or(body, |end| &body[..end])
}

/// Whether a UID is in a set (RFC 3501, section 9, sequence-set).
pub(super) fn in_set(set: &str, uid: u32, last: u32) -> bool {
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    set.split(',').any(|part| {
        let (from, to) = part.split_once(':').unwrap_or((part, part));
        let (from, to) = (number(from), number(to));
        (from.min(to)..=from.max(to)).contains(&uid)
    })
}
