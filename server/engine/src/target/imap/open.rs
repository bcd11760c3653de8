//! Makes and opens folders for writing, several on their way at once.

use std::collections::VecDeque;

use shared::cause::Cause;

use super::keyword_rule;
use crate::{
    error::{ConnectorError, Reach},
    model::{Folder, Watermark},
    target::{OpenFolder, Wish},
    validate::Keeps,
    wire::imap::{
        append::{self, Condition},
        listing::wire_name,
        session::{Asked, Chunk, FolderState, ImapSession, Way},
    },
};

/// Folders on their way at once.
const UNDER_WAY: usize = 16;

/// What a command that is under way does for the folder at a position.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Create(usize),
    Subscribe(usize),
    Open(usize),
    /// A good command in between, for servers that count refusals.
    Nothing,
}

/// A folder on its way.
struct Place {
    folder: Folder,
    state: FolderState,
    refused: Option<ConnectorError>,
    unsubscribed: Option<String>,
}

pub(super) async fn open(
    session: &mut ImapSession,
    wishes: &[Wish<'_>],
) -> Result<Vec<Result<OpenFolder, ConnectorError>>, ConnectorError> {
    let mut places: Vec<Place> = wishes.iter().map(|wish| place(session, wish)).collect();
    let mut waiting = wishes.iter().enumerate();
    let mut under_way: VecDeque<(Asked, Doing)> = VecDeque::new();
    loop {
        let sent = under_way.len();
        while under_way.len() < UNDER_WAY
            && let Some((at, wish)) = waiting.next()
        {
            ask(session, &places[at].folder, wish, at, &mut under_way);
        }
        if under_way.is_empty() {
            return Ok(places.into_iter().map(Place::outcome).collect());
        }
        if under_way.len() > sent {
            session.flush().await?;
        }
        match session.next().await? {
            Chunk::Other(data) => {
                if let Some((_, Doing::Open(at))) = under_way.front() {
                    places[*at].state.read(&data);
                }
            }
            Chunk::Body { .. } | Chunk::TooLarge { .. } => {}
            Chunk::End { asked, condition } => match under_way.pop_front() {
                Some((expected, doing)) if expected == asked => end(session, &mut places, doing, &condition)?,
                Some(_) | None => return Err(session.connection.broken("answers in another order")),
            },
        }
    }
}

fn place(session: &ImapSession, wish: &Wish<'_>) -> Place {
    let listing = &session.listing;
    let folder = wish.existing.cloned().unwrap_or_else(|| Folder {
        wire: wire_name(wish.path, &listing.prefix, listing.separator),
        path: wish.path.clone(),
        role: None,
        selectable: false,
        subscribed: false,
        holds_all: false,
    });
    Place { folder, state: FolderState::default(), refused: None, unsubscribed: None }
}

fn ask(
    session: &mut ImapSession,
    folder: &Folder,
    wish: &Wish<'_>,
    at: usize,
    under_way: &mut VecDeque<(Asked, Doing)>,
) {
    let name = session.name(&folder.wire);
    if !folder.selectable {
        under_way.push_back((session.ask(&[b"CREATE ".as_slice(), &name].concat()), Doing::Create(at)));
    }
    if wish.subscribe && !folder.subscribed {
        under_way.push_back((session.ask(&[b"SUBSCRIBE ".as_slice(), &name].concat()), Doing::Subscribe(at)));
    }
    under_way.push_back((session.ask_folder(folder, Way::Write), Doing::Open(at)));
    if session.listing.profile.noop_every.is_some() {
        under_way.push_back((session.ask(b"NOOP"), Doing::Nothing));
    }
}

fn end(
    session: &mut ImapSession,
    places: &mut [Place],
    doing: Doing,
    condition: &Condition,
) -> Result<(), ConnectorError> {
    let (at, refused) = match doing {
        Doing::Nothing => return Ok(()),
        Doing::Subscribe(at) => {
            if !condition.is_ok() {
                places[at].unsubscribed = Some(condition.words.clone());
            }
            return Ok(());
        }
        Doing::Create(at) => (at, created(session, &places[at].folder, condition)),
        Doing::Open(at) => (at, session.opened(&places[at].folder, condition)),
    };
    match refused {
        Ok(()) => {}
        // What follows a refusal is refused too: the first says why.
        Err(error) if error.reach == Reach::Folder => _ = places[at].refused.get_or_insert(error),
        Err(error) => return Err(error),
    }
    Ok(())
}

fn created(session: &ImapSession, folder: &Folder, condition: &Condition) -> Result<(), ConnectorError> {
    let exists = condition.is("ALREADYEXISTS") || condition.words.to_ascii_lowercase().contains("exists");
    if condition.is_ok() || exists {
        return Ok(());
    }
    let doing = format!("creating folder {} on {}", folder.path, session.peer());
    let (cause, reach) = match append::refusal(condition) {
        Cause::TargetFull => (Cause::TargetFull, Reach::Mailbox),
        _ => (Cause::FolderRefused, Reach::Folder),
    };
    Err(session.connection.refused(condition, reach, cause, doing))
}

impl Place {
    fn outcome(self) -> Result<OpenFolder, ConnectorError> {
        let Self { folder, state, refused, unsubscribed } = self;
        if let Some(error) = refused {
            return Err(error);
        }
        Ok(OpenFolder {
            mark: Watermark { validity: state.validity, next: state.next },
            items: state.exists,
            keeps: Keeps { keywords: keyword_rule(state.permanent.as_ref()) },
            // Made just now: asked for once more, it is there.
            folder: Folder { selectable: true, ..folder },
            unsubscribed,
        })
    }
}
