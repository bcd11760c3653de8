//! One connection from greeting to goodbye.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{net::TcpStream, time::sleep};

use super::{
    ADMIN, Cover, Fuse, Greeting, Habits, SECRET, Shared, State, TOKEN, USER,
    answer::{self, answer},
    command::Command,
    line::Line,
    lock,
    wire::{Gone, Wire},
};
use crate::testing::clock;

/// Commands whose answers may come side by side with those of others.
const INDEPENDENT: [&str; 6] = ["UID FETCH", "ID", "NAMESPACE", "LIST", "LSUB", "APPEND"];

/// Commands that change what is under the session, or go on within it.
const OWN: [&str; 3] = ["AUTHENTICATE", "STARTTLS", "COMPRESS"];

/// A piece of an answer.
#[derive(Debug)]
pub(super) enum Out {
    Bytes(Vec<u8>),
    Pause(Duration),
    Close,
}

/// What a connection remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct Seat {
    pub logged_in: bool,
    pub selected: Option<Vec<u8>>,
    /// Wants to hear of ids that are gone.
    pub vanishes: bool,
    /// Refusals in a row.
    pub refusals: usize,
}

/// What the fuse has a command come to.
enum Turn {
    Done,
    NotDone,
    DoneUnanswered,
    DoneDumb,
    DoneLate(Duration),
    Answered(Vec<u8>),
    Hung,
}

pub(super) async fn serve(stream: TcpStream, shared: Shared) {
    _ = stream.set_nodelay(true);
    let mut wire = Wire::new(Box::new(Line::new(stream, &shared)), &shared);
    {
        let (now, most) = &mut lock(&shared).seats;
        *now += 1;
        *most = (*most).max(*now);
    }
    _ = converse(&mut wire, &shared).await;
    lock(&shared).seats.0 -= 1;
}

async fn converse(wire: &mut Wire, shared: &Shared) -> Result<(), Gone> {
    let (greeting, cover, other_key) = {
        let habits = &lock(shared).habits;
        (habits.greeting.clone(), habits.cover, habits.other_key)
    };
    if cover == Cover::Tls {
        super::tls::accept(wire, other_key).await?;
    }
    greet(wire, greeting).await?;
    let mut seat = Seat::default();
    loop {
        let mut commands = vec![wire.command().await?];
        let alone = !INDEPENDENT.contains(&commands[0].word.as_str());
        if lock(shared).habits.interleaves && !alone {
            commands.extend(std::iter::from_fn(|| wire.ready(&INDEPENDENT)));
        }
        let mut answers = Vec::new();
        for command in commands {
            answers.push(take_turn(wire, shared, &mut seat, &command).await?);
        }
        let mut waiting = Vec::new();
        for out in side_by_side(answers) {
            if let Out::Bytes(bytes) = &out {
                waiting.extend_from_slice(bytes);
                continue;
            }
            wire.say(&std::mem::take(&mut waiting)).await?;
            match out {
                Out::Bytes(_) => {}
                Out::Pause(time) => sleep(time).await,
                Out::Close => return Err(Gone),
            }
        }
        wire.say(&waiting).await?;
    }
}

async fn greet(wire: &mut Wire, greeting: Greeting) -> Result<(), Gone> {
    match greeting {
        Greeting::Words(words) => wire.say(format!("* OK {words}\r\n").as_bytes()).await,
        Greeting::Raw(bytes) => wire.say(&bytes).await,
        Greeting::Last(bytes) => {
            wire.say(&bytes).await?;
            Err(Gone)
        }
        Greeting::Silence => std::future::pending().await,
    }
}

/// Does a command, as far as the fuse lets it come.
async fn take_turn(
    wire: &mut Wire,
    shared: &Shared,
    seat: &mut Seat,
    command: &Command,
) -> Result<Vec<Out>, Gone> {
    let turn = lock(shared).turn(command);
    match turn {
        Turn::Done => perform(wire, shared, seat, command).await,
        Turn::NotDone => Err(Gone),
        Turn::DoneUnanswered => {
            answer(&mut lock(shared), seat, command);
            Err(Gone)
        }
        Turn::DoneDumb => {
            wire.fall_dumb().await;
            perform(wire, shared, seat, command).await
        }
        Turn::DoneLate(time) => {
            let (shared, mut seat, command) = (Shared::clone(shared), seat.clone(), command.clone());
            clock::spawn(async move {
                sleep(time).await;
                answer(&mut lock(&shared), &mut seat, &command);
            });
            Err(Gone)
        }
        Turn::Answered(bytes) => Ok(vec![Out::Bytes(bytes)]),
        Turn::Hung => std::future::pending().await,
    }
}

async fn perform(
    wire: &mut Wire,
    shared: &Shared,
    seat: &mut Seat,
    command: &Command,
) -> Result<Vec<Out>, Gone> {
    let own = OWN.contains(&command.word.as_str());
    if let Some(outs) = own.then(|| answer::instead(&lock(shared), command)).flatten() {
        return Ok(outs);
    }
    match command.word.as_str() {
        "AUTHENTICATE" => authenticate(wire, seat, command).await,
        "STARTTLS" => {
            let Habits { cover, other_key, .. } = lock(shared).habits.clone();
            if !matches!(cover, Cover::Starttls | Cover::Injected) {
                return Ok(answer::tagged(command, "BAD there is no TLS here"));
            }
            let injected = if cover == Cover::Injected { "* CAPABILITY IMAP4rev1 X-EVIL\r\n" } else { "" };
            wire.say(format!("{} OK go on\r\n{injected}", command.tag).as_bytes()).await?;
            super::tls::accept(wire, other_key).await?;
            Ok(Vec::new())
        }
        "COMPRESS" if seat.logged_in && lock(shared).habits.can("COMPRESS=DEFLATE") => {
            wire.say(format!("{} OK deflated from here on\r\n", command.tag).as_bytes()).await?;
            wire.deflate();
            Ok(Vec::new())
        }
        _ => Ok(answer(&mut lock(shared), seat, command)),
    }
}

async fn authenticate(wire: &mut Wire, seat: &mut Seat, command: &Command) -> Result<Vec<Out>, Gone> {
    wire.say(b"+ \r\n").await?;
    let encoded = wire.line().await?;
    let response = STANDARD.decode(&encoded).unwrap_or_default();
    let response = String::from_utf8_lossy(&response).into_owned();
    let mechanism = command.arguments.first().map(super::command::Argument::text).unwrap_or_default();
    let accepted = match mechanism.as_str() {
        "PLAIN" => [format!("\0{USER}\0{SECRET}"), format!("{USER}\0{ADMIN}\0{SECRET}")].contains(&response),
        "XOAUTH2" => response == format!("user={USER}\x01auth=Bearer {TOKEN}\x01\x01"),
        _ => false,
    };
    if accepted {
        seat.logged_in = true;
        return Ok(answer::tagged(command, "OK welcome"));
    }
    if mechanism == "XOAUTH2" {
        // What is wrong comes as a challenge, which is to be answered with nothing.
        wire.say(format!("+ {}\r\n", STANDARD.encode("{\"status\":\"401\"}")).as_bytes()).await?;
        wire.line().await?;
    }
    // Some servers repeat what they were given.
    let response = response.replace(|c: char| c.is_control(), " ");
    let answer = format!("NO [AUTHENTICATIONFAILED] not with {encoded} which is {response}");
    Ok(answer::tagged(command, &answer))
}

/// Several answers at once: a piece of each in turn, and their ends the other way round.
fn side_by_side(mut answers: Vec<Vec<Out>>) -> Vec<Out> {
    if answers.len() < 2 {
        return answers.pop().unwrap_or_default();
    }
    let ends: Vec<Out> = answers.iter_mut().rev().filter_map(Vec::pop).collect();
    let longest = answers.iter().map(Vec::len).max().unwrap_or(0);
    let mut answers: Vec<_> = answers.into_iter().map(Vec::into_iter).collect();
    let mut outs = Vec::new();
    for _ in 0..longest {
        outs.extend(answers.iter_mut().filter_map(Iterator::next));
    }
    outs.extend(ends);
    outs
}

impl State {
    /// Counts a command and looks whether it is the one at which the server breaks.
    fn turn(&mut self, command: &Command) -> Turn {
        let shown = command.line.split_once(' ').map_or("", |(_, shown)| shown);
        self.tally.commands += usize::from(shown.starts_with(self.counts));
        self.log.push(shown.to_owned());
        let number = self.tally.commands;
        if let Some(Fuse::ChangesEach(left, change)) = &mut self.fuse
            && shown.starts_with(self.counts)
        {
            change(&mut self.mailbox);
            *left -= 1;
            self.fuse.take_if(|fuse| matches!(fuse, Fuse::ChangesEach(0, _)));
            return Turn::Done;
        }
        let blown = self.fuse.take_if(|fuse| match fuse {
            Fuse::Before(at)
            | Fuse::After(at)
            | Fuse::Deaf(at)
            | Fuse::Late(at, _)
            | Fuse::Says(at, _)
            | Fuse::Changes(at, _)
            | Fuse::Crashes(at, _)
            | Fuse::Silent(at) => *at == number && shown.starts_with(self.counts),
            Fuse::Said(_) | Fuse::Stalls(_) | Fuse::Heard(_) | Fuse::ChangesEach(..) => false,
        });
        match blown {
            None | Some(Fuse::Said(_) | Fuse::Stalls(_) | Fuse::Heard(_) | Fuse::ChangesEach(..)) => {
                Turn::Done
            }
            Some(Fuse::Changes(_, change)) => {
                change(&mut self.mailbox);
                Turn::Done
            }
            Some(Fuse::Crashes(_, change)) => {
                change(&mut self.mailbox);
                Turn::NotDone
            }
            Some(Fuse::Before(_)) => Turn::NotDone,
            Some(Fuse::After(_)) => Turn::DoneUnanswered,
            Some(Fuse::Deaf(_)) => Turn::DoneDumb,
            Some(Fuse::Late(_, time)) => Turn::DoneLate(time),
            Some(Fuse::Silent(_)) => Turn::Hung,
            Some(Fuse::Says(_, bytes)) => {
                let words = String::from_utf8_lossy(&bytes).contains("{tag}");
                let answer = String::from_utf8_lossy(&bytes).replace("{tag}", &command.tag).into_bytes();
                Turn::Answered(if words { answer } else { bytes })
            }
        }
    }
}
