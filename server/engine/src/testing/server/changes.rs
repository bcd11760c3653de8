//! UID STORE and UID MOVE.

use super::{
    State,
    answer::tagged,
    command::{Argument, Command},
    fetch::in_set,
    session::{Out, Seat},
};

pub(super) fn store(state: &mut State, seat: &Seat, command: &Command) -> Vec<Out> {
    let [set, sign, Argument::List(flags)] = command.arguments.as_slice() else {
        return tagged(command, "BAD what to store");
    };
    let (set, sign) = (set.text(), sign.text().to_ascii_uppercase());
    let folder = seat.selected.as_ref().and_then(|name| state.mailbox.folders.get_mut(name));
    let Some(folder) = folder else { return tagged(command, "BAD no folder is open") };
    for message in folder.messages.iter_mut().filter(|message| in_set(&set, message.uid, u32::MAX)) {
        for flag in flags.iter().map(Argument::text) {
            match sign.as_str() {
                "+FLAGS.SILENT" => _ = message.flags.insert(flag),
                "-FLAGS.SILENT" => _ = message.flags.remove(&flag),
                _ => return tagged(command, "BAD plus or minus"),
            }
        }
    }
    tagged(command, "OK stored")
}

pub(super) fn move_to(state: &mut State, seat: &Seat, command: &Command) -> Vec<Out> {
    let [set, name] = command.arguments.as_slice() else { return tagged(command, "BAD what to move") };
    let (set, name) = (set.text(), super::folders::name(state, Some(name)));
    if !state.mailbox.folders.contains_key(&name) {
        return tagged(command, "NO [TRYCREATE] no such folder");
    }
    let Some(from) = seat.selected.as_ref().and_then(|name| state.mailbox.folders.get_mut(name)) else {
        return tagged(command, "BAD no folder is open");
    };
    let uids: Vec<u32> =
        from.messages.iter().map(|message| message.uid).filter(|uid| in_set(&set, *uid, u32::MAX)).collect();
    let moved: Vec<_> = uids.iter().map(|uid| from.take(*uid)).collect();
    let to = state.mailbox.folder(&name);
    let new: Vec<String> = moved.into_iter().map(|message| to.add(message).to_string()).collect();
    let old: Vec<String> = uids.iter().map(u32::to_string).collect();
    let told = format!("* OK [COPYUID {} {} {}] moved\r\n", to.validity, old.join(","), new.join(","));
    let mut outs = vec![Out::Bytes(told.into_bytes())];
    outs.extend(tagged(command, "OK done"));
    outs
}
