//! UID SEARCH (RFC 3501, section 6.4.4; RFC 4731), as far as it is used: everything, a set of UIDs, one flag.

use super::{
    State,
    answer::tagged,
    command::{Argument, Command},
    fetch::in_set,
    session::{Out, Seat},
};

pub(super) fn search(state: &mut State, seat: &Seat, command: &Command) -> Vec<Out> {
    let folder = seat.selected.as_ref().and_then(|name| state.mailbox.folders.get(name));
    let Some(folder) = folder else { return tagged(command, "BAD no folder is open") };
    let last = folder.messages.last().map_or(0, |message| message.uid);
    let words: Vec<String> = command.arguments.iter().map(Argument::text).collect();
    let returns = words.first().is_some_and(|word| word == "RETURN");
    let criteria: Vec<&str> = words.iter().skip(if returns { 2 } else { 0 }).map(String::as_str).collect();
    let mut found = Vec::new();
    for message in &folder.messages {
        let fits = match criteria.as_slice() {
            ["ALL"] => true,
            ["UID", set] => in_set(set, message.uid, last),
            ["KEYWORD", keyword] => message.flags.contains(*keyword),
            [flag] => message
                .flags
                .iter()
                .any(|known| known.strip_prefix("\\").is_some_and(|known| known.eq_ignore_ascii_case(flag))),
            _ => return tagged(command, "BAD what to look for"),
        };
        if fits {
            found.push(message.uid);
        }
    }
    let mut outs = if returns {
        let set = crate::wire::imap::encode::uid_set(&found);
        let all = if found.is_empty() { String::new() } else { format!(" ALL {set}") };
        vec![Out::Bytes(format!("* ESEARCH (TAG \"{}\") UID{all}\r\n", command.tag).into_bytes())]
    } else {
        let numbers: String = found.iter().map(|uid| format!(" {uid}")).collect();
        vec![Out::Bytes(format!("* SEARCH{numbers}\r\n").into_bytes())]
    };
    outs.extend(tagged(command, "OK searched"));
    outs
}
