//! Folders: LIST, LSUB, CREATE, SUBSCRIBE, SELECT, EXAMINE.

use std::collections::BTreeSet;

use super::{
    State,
    answer::tagged,
    command::{Argument, Command},
    habits::kept_back,
    session::{Out, Seat},
};

/// The name a command is about, as the mailbox spells it.
pub(super) fn name(state: &State, argument: Option<&Argument>) -> Vec<u8> {
    let name = argument.map(Argument::bytes).unwrap_or_default();
    let inbox = || state.mailbox.folders.keys().find(|known| known.eq_ignore_ascii_case(b"INBOX"));
    if name.eq_ignore_ascii_case(b"INBOX") {
        inbox().cloned().unwrap_or(name.to_vec())
    } else {
        name.to_vec()
    }
}

pub(super) fn list(state: &State, command: &Command) -> Vec<Out> {
    let returns = command.arguments.iter().any(|argument| argument.bytes().eq_ignore_ascii_case(b"RETURN"));
    let subscribed_only = command.word == "LSUB";
    let reference = command.arguments.first().map(Argument::bytes).unwrap_or_default();
    let pattern = command.arguments.get(1).map(Argument::bytes).unwrap_or_default();
    let wild = pattern.iter().position(|byte| matches!(byte, b'%' | b'*')).unwrap_or(pattern.len());
    // What every name begins with that is asked for.
    let (stem, pattern) = ([reference, &pattern[..wild]].concat(), &pattern[wild..]);
    if !subscribed_only && state.habits.breaks_at.is_some_and(|branch| reaches(&stem, pattern, branch)) {
        return tagged(command, "NO the mountpoint is broken");
    }
    let mut out = Vec::new();
    let mut parents = BTreeSet::new();
    for (name, folder) in &state.mailbox.folders {
        let subscribed = state.mailbox.subscribed.contains(name);
        let Some(rest) = name.strip_prefix(stem.as_slice()) else { continue };
        if (subscribed_only && !subscribed) || folder.has("\\Hidden") {
            continue;
        }
        let separator = state.habits.separator.map(|separator| separator as u8);
        let end = rest.iter().position(|byte| Some(*byte) == separator).filter(|_| pattern == b"%");
        let mut attributes = if subscribed_only { Vec::new() } else { folder.attributes.clone() };
        let mut shown = name.as_slice();
        if let Some(end) = end {
            // Of what is further down only the level that was asked for is told.
            shown = &name[..stem.len() + end];
            if state.mailbox.folders.contains_key(shown) || !parents.insert(shown) {
                continue;
            }
            attributes = vec!["\\Noselect".into()];
        }
        if returns && subscribed {
            attributes.push("\\Subscribed".into());
        }
        let separator =
            state.habits.separator.map_or("NIL".to_owned(), |separator| format!("\"{separator}\""));
        let head = format!("* {} ({}) {separator} ", command.word, attributes.join(" "));
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&spelled(shown));
        out.extend_from_slice(b"\r\n");
    }
    let mut outs = vec![Out::Bytes(out)];
    outs.extend(tagged(command, "OK that is all"));
    outs
}

/// Whether a listing comes below a branch.
fn reaches(stem: &[u8], pattern: &[u8], branch: &str) -> bool {
    pattern.ends_with(b"*") || stem.starts_with(branch.as_bytes())
}

/// Names come as atoms, quoted or as literals, as servers like it.
fn spelled(name: &[u8]) -> Vec<u8> {
    if name.iter().all(u8::is_ascii_alphanumeric) && name != b"NIL" {
        name.to_vec()
    } else if name.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'\r' | b'\n')) {
        [format!("{{{}}}\r\n", name.len()).as_bytes(), name].concat()
    } else {
        [b"\"", name, b"\""].concat()
    }
}

pub(super) fn create(state: &mut State, command: &Command) -> Vec<Out> {
    let name = name(state, command.arguments.first());
    match state.mailbox.folders.get_mut(&name) {
        Some(folder) if folder.attributes.iter().any(|attribute| attribute == "\\Noselect") => {
            folder.attributes.retain(|attribute| attribute != "\\Noselect");
        }
        Some(_) => return tagged(command, "NO [ALREADYEXISTS] it is there"),
        None => _ = state.mailbox.add(&name),
    }
    tagged(command, "OK made")
}

pub(super) fn subscribe(state: &mut State, command: &Command) -> Vec<Out> {
    let name = name(state, command.arguments.first());
    state.mailbox.subscribed.insert(name);
    tagged(command, "OK subscribed")
}

pub(super) fn status(state: &mut State, command: &Command) -> Vec<Out> {
    let name = name(state, command.arguments.first());
    let modseq = state.modseq(&name);
    let Some(folder) = state.mailbox.folders.get(&name) else {
        return tagged(command, "NO [NONEXISTENT] no such folder");
    };
    let sizes = folder.messages.iter().map(|message| message.body.len()).sum::<usize>();
    let asked = command.arguments.iter().any(|argument| match argument {
        Argument::List(items) => items.contains(&Argument::Atom(b"SIZE".to_vec())),
        Argument::Atom(_) | Argument::Quoted(_) | Argument::Literal(_) => false,
    });
    let size = if asked { format!(" SIZE {sizes}") } else { String::new() };
    let line = format!(
        "(MESSAGES {} UIDNEXT {} UIDVALIDITY {} HIGHESTMODSEQ {}{size})\r\n",
        folder.messages.len() + usize::from(state.habits.miscounts),
        folder.next,
        folder.validity,
        modseq
    );
    let mut outs =
        vec![Out::Bytes([b"* STATUS ", spelled(&name).as_slice(), b" ", line.as_bytes()].concat())];
    outs.extend(tagged(command, "OK so"));
    outs
}

pub(super) fn open(state: &mut State, seat: &mut Seat, command: &Command) -> Vec<Out> {
    let name = name(state, command.arguments.first());
    let modseq = state.modseq(&name);
    seat.selected = None;
    let habits = &state.habits;
    let folder = state.mailbox.folders.get(&name);
    let selectable =
        |folder: &&super::super::mailbox::Folder| !folder.has("\\Noselect") && !folder.has("\\Hidden");
    let Some(folder) = folder.filter(selectable) else {
        return tagged(command, "NO [NONEXISTENT] no such folder");
    };
    let writable = command.word == "SELECT";
    let system = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
    let keywords: BTreeSet<&str> = folder
        .messages
        .iter()
        .flat_map(|message| &message.flags)
        .map(String::as_str)
        .filter(|flag| !flag.starts_with('\\'))
        .collect();
    let keywords: String = keywords.iter().map(|keyword| format!(" {keyword}")).collect();
    let mut lines = vec![
        format!("* FLAGS ({system}{keywords})"),
        format!("* {} EXISTS", folder.messages.len() - kept_back(habits, folder)),
        "* 0 RECENT".to_owned(),
        format!("* OK [UIDVALIDITY {}] so", folder.validity),
    ];
    if habits.tells_next {
        lines.push(format!("* OK [UIDNEXT {}] so", folder.next));
    }
    if habits.can("CONDSTORE") {
        lines.push(match modseq {
            0 => "* OK [NOMODSEQ] none here".to_owned(),
            modseq => format!("* OK [HIGHESTMODSEQ {modseq}] so"),
        });
    }
    if habits.tells_permanent {
        let mut kept: Vec<&str> = if writable { vec![system] } else { Vec::new() };
        kept.extend(habits.keeps.iter().filter(|_| writable));
        kept.extend((habits.keeps_any && writable).then_some("\\*"));
        lines.push(format!("* OK [PERMANENTFLAGS ({})] so", kept.join(" ")));
    }
    seat.selected = Some(name);
    let mut outs: Vec<Out> =
        lines.into_iter().map(|line| Out::Bytes(format!("{line}\r\n").into_bytes())).collect();
    outs.extend(tagged(command, if writable { "OK [READ-WRITE] open" } else { "OK [READ-ONLY] open" }));
    outs
}
