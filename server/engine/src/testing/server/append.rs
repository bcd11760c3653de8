//! APPEND, of one message or of several: all or none.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{
    Draft, State,
    answer::tagged,
    command::{Argument, Command},
    habits::holds,
    session::Out,
};
use crate::{testing::mailbox::Message, wire::imap::date};

/// The server's present.
const NOW: &str = "23-Nov-2026 12:00:00 +0000";

pub(super) fn append(state: &mut State, command: &Command) -> Vec<Out> {
    let name = super::folders::name(state, command.arguments.first());
    let drafts = drafts(command.arguments.get(1..).unwrap_or_default());
    look(state, &drafts);
    if drafts.is_empty() {
        return tagged(command, "BAD nothing to store");
    }
    if state.habits.one_at_a_time && drafts.len() > 1 {
        return tagged(command, "BAD one at a time");
    }
    let poison = |marker: &str| drafts.iter().any(|draft| holds(&draft.body, marker));
    if state.habits.poisoned_by.is_some_and(poison) {
        return vec![Out::Close];
    }
    let deadly = state.habits.deadly;
    if deadly.is_some_and(|marker| drafts.iter().any(|draft| holds(&draft.body, marker))) {
        state.death.notify_one();
        return vec![Out::Close];
    }
    if !state.mailbox.folders.contains_key(&name) {
        return tagged(command, "NO [TRYCREATE] no such folder");
    }
    if let Some(words) = drafts.iter().find_map(|draft| refusal(state, draft)) {
        return tagged(command, words);
    }
    let coming: usize = drafts.iter().map(|draft| draft.body.len()).sum();
    if let Some((_, words)) = state.habits.room.filter(|(room, _)| used(state) + coming > *room) {
        return tagged(command, words);
    }
    let most = |(most, _): &(usize, _)| state.mailbox.messages() + drafts.len() > *most;
    if let Some((_, words)) = state.habits.most.filter(most) {
        return tagged(command, words);
    }
    let work = work(state, drafts.len());
    let rewrites = state.habits.rewrites;
    let folder = state.mailbox.folder(&name);
    let mut uids = Vec::new();
    for mut draft in drafts {
        rewrites(&mut draft);
        uids.push(folder.add(Message {
            flags: draft.flags.into_iter().collect::<BTreeSet<_>>(),
            received: draft.received.unwrap_or(NOW.into()),
            ..Message::new(draft.body)
        }));
    }
    let told = match (state.habits.can("UIDPLUS"), uids.as_slice()) {
        (true, [first, .., last]) => format!("OK [APPENDUID {} {first}:{last}] stored", folder.validity),
        (true, [only]) => format!("OK [APPENDUID {} {only}] stored", folder.validity),
        (_, _) => "OK stored".to_owned(),
    };
    work.into_iter().chain(tagged(command, &told)).collect()
}

/// How long it works on so many messages, from now on.
fn work(state: &mut State, messages: usize) -> Option<Out> {
    let each = state.habits.works?;
    let now = Instant::now();
    let begins = state.busy.filter(|busy| state.habits.in_turn && *busy > now).unwrap_or(now);
    let ends = begins + each * u32::try_from(messages).expect("few messages");
    state.busy = Some(ends);
    Some(Out::Pause(ends - now))
}

/// Bytes in the whole mailbox.
pub(super) fn used(state: &State) -> usize {
    state.mailbox.folders.values().flat_map(|folder| &folder.messages).map(|message| message.body.len()).sum()
}

fn refusal(state: &State, draft: &Draft) -> Option<&'static str> {
    let too_large = state.habits.largest.filter(|(largest, _)| draft.body.len() > *largest);
    too_large.map(|(_, words)| words).or_else(|| (state.habits.refuses)(draft))
}

fn drafts(arguments: &[Argument]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mut draft = Draft { flags: Vec::new(), received: None, body: Vec::new() };
    for argument in arguments {
        match argument {
            Argument::List(flags) => draft.flags = flags.iter().map(Argument::text).collect(),
            Argument::Quoted(date) => draft.received = Some(String::from_utf8_lossy(date).into_owned()),
            Argument::Literal(body) => {
                let empty = Draft { flags: Vec::new(), received: None, body: Vec::new() };
                drafts.push(Draft { body: body.clone(), ..std::mem::replace(&mut draft, empty) });
            }
            Argument::Atom(_) => return Vec::new(),
        }
    }
    drafts
}

/// What a server need not put up with.
fn look(state: &mut State, drafts: &[Draft]) {
    if drafts.len() > 1 && !state.habits.can("MULTIAPPEND") {
        state.offence(format!("{} messages in one APPEND", drafts.len()));
    }
    for draft in drafts {
        for flag in draft.flags.iter().filter(|flag| !is_flag(flag)) {
            state.offence(format!("the flag {flag}"));
        }
        let strict = |text: &String| text.len() == 26 && date::parse(text).is_some();
        if let Some(date) = draft.received.as_ref().filter(|text| !strict(text)) {
            state.offence(format!("the date {date}"));
        }
    }
}

/// One of the five a client may set, or a keyword: an atom.
fn is_flag(flag: &str) -> bool {
    match flag.strip_prefix('\\') {
        Some(system) => ["Answered", "Flagged", "Deleted", "Seen", "Draft"].contains(&system),
        None => flag.bytes().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte)),
    }
}
