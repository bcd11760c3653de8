//! What each command does and what is answered.

use super::{
    ADMIN, Cover, SECRET, State, USER,
    command::{Argument, Command},
    session::{Out, Seat},
};

/// Does a command.
pub(super) fn answer(state: &mut State, seat: &mut Seat, command: &Command) -> Vec<Out> {
    let mut outs = match instead(state, command) {
        Some(outs) => outs,
        None => perform(state, seat, command),
    };
    if state.habits.chatty {
        let count = seat
            .selected
            .as_ref()
            .and_then(|name| state.mailbox.folders.get(name))
            .map(|it| it.messages.len());
        let news =
            count.map_or("* OK still here\r\n".into(), |count| format!("* {count} EXISTS\r\n* 0 RECENT\r\n"));
        outs.insert(0, Out::Bytes(b"* OK [ALERT] the moon is full\r\n".to_vec()));
        let end = outs.len() - 1;
        outs.insert(end, Out::Bytes(news.into_bytes()));
    }
    let refused = matches!(outs.last(), Some(Out::Bytes(bytes)) if is_refusal(bytes));
    seat.refusals = if refused { seat.refusals + 1 } else { 0 };
    if state.habits.patience.is_some_and(|patience| seat.refusals >= patience) {
        outs.push(Out::Bytes(b"* BYE too many errors\r\n".to_vec()));
        outs.push(Out::Close);
    }
    outs
}

fn is_refusal(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b' ').nth(1);
    line == Some(b"NO") || line == Some(b"BAD")
}

/// A habit's answer instead of the command's own.
pub(super) fn instead(state: &State, command: &Command) -> Option<Vec<Out>> {
    let line = command.line.split_once(' ')?.1;
    let (_, words) = state.habits.instead.iter().find(|(beginning, _)| line.starts_with(beginning))?;
    if words.starts_with("* ") {
        return Some(vec![Out::Bytes(format!("{words}\r\n").into_bytes()), Out::Close]);
    }
    Some(tagged(command, words))
}

/// The end of a command.
pub(super) fn tagged(command: &Command, words: &str) -> Vec<Out> {
    vec![Out::Bytes(format!("{} {words}\r\n", command.tag).into_bytes())]
}

fn perform(state: &mut State, seat: &mut Seat, command: &Command) -> Vec<Out> {
    let told = |told: String, words: &str| {
        let mut outs = vec![Out::Bytes(told.into_bytes())];
        outs.extend(tagged(command, words));
        outs
    };
    match command.word.as_str() {
        "CAPABILITY" => told(format!("* CAPABILITY {}\r\n", capabilities(state, seat)), "OK that is all"),
        "ENABLE" if seat.logged_in && state.habits.can("QRESYNC") => {
            if seat.selected.is_some() {
                state.offence("ENABLE while a folder is open");
            }
            seat.vanishes = true;
            told("* ENABLED QRESYNC\r\n".into(), "OK enabled")
        }
        "NOOP" => tagged(command, "OK nothing done"),
        "LOGIN" => login(state, seat, command),
        _ if !seat.logged_in => tagged(command, "BAD log in first"),
        "COMPRESS" if state.habits.can("COMPRESS=DEFLATE") => tagged(command, "OK deflated from here on"),
        "ID" => told(format!("* ID (\"name\" \"{}\")\r\n", state.habits.name), "OK glad to meet you"),
        "NAMESPACE" => {
            let class =
                |inside: &str| if inside.is_empty() { "NIL".to_owned() } else { format!("({inside})") };
            let [personal, others, common] = state.habits.namespaces.map(class);
            told(format!("* NAMESPACE {personal} {others} {common}\r\n"), "OK those")
        }
        "LIST" | "LSUB" => super::folders::list(state, command),
        "CREATE" => super::folders::create(state, command),
        "SUBSCRIBE" => super::folders::subscribe(state, command),
        "STATUS" => super::folders::status(state, command),
        "UID STORE" => super::changes::store(state, seat, command),
        "UID MOVE" if state.habits.can("MOVE") => super::changes::move_to(state, seat, command),
        "SELECT" | "EXAMINE" => super::folders::open(state, seat, command),
        "UID FETCH" => super::fetch::fetch(state, seat, command),
        "UID SEARCH" => super::search::search(state, seat, command),
        "APPEND" => super::append::append(state, command),
        "GETQUOTAROOT" => match resources(state) {
            resources if resources.is_empty() => told("* QUOTAROOT INBOX\r\n".into(), "OK none"),
            resources => told(format!("* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" ({resources})\r\n"), "OK so"),
        },
        _ => {
            if !state.habits.hears_no_literals {
                state.offence(format!("a command nobody expects: {}", command.line));
            }
            tagged(command, "BAD what?")
        }
    }
}

/// What is limited, as QUOTA tells it (RFC 9208, section 4.2.2).
fn resources(state: &State) -> String {
    if let Some(resources) = state.habits.tells_room {
        return resources.to_owned();
    }
    let used = super::append::used(state).div_ceil(1024);
    let storage = state.habits.room.map(|(room, _)| format!("STORAGE {used} {}", room / 1024));
    let count = state.mailbox.messages();
    let messages = state.habits.most.map(|(most, _)| format!("MESSAGE {count} {most}"));
    storage.into_iter().chain(messages).collect::<Vec<_>>().join(" ")
}

fn capabilities(state: &State, seat: &Seat) -> String {
    let offers_tls = !seat.logged_in && matches!(state.habits.cover, Cover::Starttls | Cover::Injected);
    let early = |name: &&str| {
        seat.logged_in || name.starts_with("AUTH=") || name.starts_with("LOGIN") || *name == "IMAP4rev1"
    };
    let mut names: Vec<&str> = state.habits.capabilities.iter().copied().filter(early).collect();
    if offers_tls {
        names.push("STARTTLS");
    }
    names.join(" ")
}

fn login(state: &State, seat: &mut Seat, command: &Command) -> Vec<Out> {
    let words: Vec<String> = command.arguments.iter().map(Argument::text).collect();
    let mut known = vec![USER.to_owned(), format!("{USER}*{ADMIN}")];
    known.extend(state.habits.admin_enters.then(|| ADMIN.to_owned()));
    if let [user, secret] = words.as_slice() {
        if known.contains(user) && secret == SECRET {
            seat.logged_in = true;
            return tagged(command, "OK welcome");
        }
        // Some servers repeat what they were given.
        return tagged(command, &format!("NO [AUTHENTICATIONFAILED] not {user} with {secret}"));
    }
    tagged(command, "BAD a name and a password")
}
