//! The sums of an inventory, and what to know of them.

use leptos::prelude::*;
use shared::inventory::ProjectInventory;

use crate::{
    components::{Icon, IconName, Tile},
    view::{
        amount::{bytes, counted},
        locale::{count, moment},
        span::left,
        words::Tone,
    },
};

/// Tiles, and a line for everything that needs eyes.
#[component]
pub(super) fn Sums(sums: Memo<Option<ProjectInventory>>) -> impl IntoView {
    let part = move |of: fn(&ProjectInventory) -> String| {
        Signal::derive(move || sums.with(|sums| sums.as_ref().map(of).unwrap_or_default()))
    };
    let lines = move || {
        let notes = sums.with(|sums| sums.as_ref().map(notes).unwrap_or_default());
        let note = |(tone, text): (Tone, String)| {
            let icon = if tone == Tone::Plain { IconName::Info } else { IconName::Warning };
            view! { <p class=format!("note {}", tone.class())><Icon name=icon/><span>{text}</span></p> }
        };
        notes.into_iter().map(note).collect_view()
    };
    let looked = part(|it| match it.unseen {
        0 => "all".into(),
        unseen => format!("{} not yet", count(unseen)),
    });
    view! {
        <section class="card summary" aria-label="Sums" data-test="inventory-sums">
            <dl class="tiles">
                <Tile label="Mailboxes looked at" value=part(|it| count(it.seen)) note=looked/>
                <Tile label="Folders" value=part(|it| count(it.folders))/>
                <Tile label="Messages" value=part(|it| count(it.items)) note=part(|it| bytes(it.bytes))/>
                <Tile label="To copy" value=part(|it| count(it.copy)) note=part(|it| bytes(it.copy_bytes))/>
                <Tile label="Too large for the target" value=part(|it| count(it.oversized)) note=part(|it| bytes(it.oversized_bytes))/>
                <Tile label="Folders with another name" value=part(|it| count(it.renamed)) note=part(|it| clashes(it.clashes))/>
                <Tile label="Mailboxes that do not fit" value=part(short) note=part(lacking)/>
                <Tile label="Time expected" value=part(time)/>
            </dl>
            <p class="hint">{part(when)}</p>
            {lines}
        </section>
    }
}

fn clashes(clashes: u64) -> String {
    if clashes == 0 { String::new() } else { format!("{} clash", count(clashes)) }
}

/// How many mailboxes do not fit; that none is known to is no promise where the target tells no quota.
fn short(it: &ProjectInventory) -> String {
    let told = it.seen.saturating_sub(it.limitless);
    if it.short == 0 && told == 0 { "Not known".into() } else { count(it.short) }
}

fn lacking(it: &ProjectInventory) -> String {
    if it.short_bytes == 0 { String::new() } else { format!("{} lacking", bytes(it.short_bytes)) }
}

fn time(it: &ProjectInventory) -> String {
    match (it.time.seconds, it.time.items_left) {
        (Some(seconds), _) => left(Some(seconds)),
        (None, 0) if it.seen > 0 => "Nothing left".into(),
        (None, _) => "Not known yet".into(),
    }
}

/// When it was looked, and when it would be done.
fn when(it: &ProjectInventory) -> String {
    let looked = match (it.oldest, it.newest) {
        (Some(oldest), Some(newest)) if oldest == newest => format!("Looked at {}.", moment(newest)),
        (Some(oldest), Some(newest)) => {
            format!(
                "Looked at between {} and {}. The numbers are from those looks; look again to renew them.",
                moment(oldest),
                moment(newest)
            )
        }
        (None, _) | (_, None) => String::new(),
    };
    let done = match (it.time.done, &it.time.why_not) {
        (Some((from, to)), _) => format!(
            "Begun now, what is left ({}, {}) would be done between {} and {}, at the pace so far.",
            counted(it.time.items_left, "message", "messages"),
            bytes(it.time.bytes_left),
            moment(from),
            moment(to)
        ),
        (None, Some(why)) => why.clone(),
        (None, None) => String::new(),
    };
    format!("{looked} {done}").trim().to_owned()
}

/// What needs eyes, the worst first.
fn notes(it: &ProjectInventory) -> Vec<(Tone, String)> {
    let of = |number: u64| counted(number, "mailbox", "mailboxes");
    let has = |number: u64| if number == 1 { "has" } else { "have" };
    let mut notes = Vec::new();
    if it.short > 0 {
        let verb = if it.short == 1 { "does" } else { "do" };
        let what =
            format!("{} {verb} not fit on the target. Raise the quota there before the move.", of(it.short));
        notes.push((Tone::Bad, what));
    }
    if it.unreadable > 0 {
        notes.push((
            Tone::Bad,
            format!(
                "{} of {} cannot be opened on the source: the content is not counted and does not move. Let the login \
                 read it there, then look again.",
                counted(it.unreadable, "folder", "folders"),
                of(it.unreadable_mailboxes)
            ),
        ));
    }
    if it.oversized > 0 {
        notes.push((
            Tone::Warning,
            format!(
                "{} in {} larger than the target takes. Raise its limit; otherwise such messages stay behind, or nothing \
                 of the mailbox moves where the project says so.",
                counted(it.oversized, "message", "messages"),
                of(it.oversized_mailboxes)
            ),
        ));
    }
    if it.clashes > 0 {
        notes.push((
            Tone::Warning,
            format!(
                "{} {} folders whose name is taken or not allowed on the target: such a folder gets another one, as its \
                 mailbox's plan shows. To choose it yourself, add a rule in the project's settings.",
                of(it.clashing_mailboxes),
                has(it.clashing_mailboxes)
            ),
        ));
    }
    if it.looking > 0 {
        notes.push((Tone::Plain, format!("{} still being looked at.", of(it.looking))));
    }
    if it.unseen > 0 {
        notes.push((
            Tone::Plain,
            format!(
                "{} not looked at yet, or only by an earlier version, which kept no inventory: a look, or the next pass, \
                 counts the content.",
                of(it.unseen)
            ),
        ));
    }
    if it.limitless > 0 && it.limitless < it.seen {
        let what = format!(
            "Of {} the target tells no quota: nobody can say whether there is room.",
            of(it.limitless)
        );
        notes.push((Tone::Plain, what));
    } else if it.limitless > 0 {
        notes.push((
            Tone::Plain,
            "The target tells no quota: nobody can say whether the mailboxes fit.".into(),
        ));
    }
    if it.left_out > 0 {
        notes.push((Tone::Plain, format!("{} left out on purpose: not counted here.", of(it.left_out))));
    }
    notes
}

#[cfg(test)]
pub(super) mod tests {
    use shared::{inventory::TimeExpected, time::Timestamp};

    use super::{ProjectInventory, Tone, notes, short, time, when};

    pub(in super::super) fn empty() -> ProjectInventory {
        ProjectInventory {
            made: Timestamp::from_millis(0),
            mailboxes: 0,
            seen: 0,
            unseen: 0,
            looking: 0,
            left_out: 0,
            oldest: None,
            newest: None,
            folders: 0,
            unreadable: 0,
            unreadable_mailboxes: 0,
            items: 0,
            bytes: 0,
            copy: 0,
            copy_bytes: 0,
            oversized: 0,
            oversized_bytes: 0,
            oversized_mailboxes: 0,
            renamed: 0,
            clashes: 0,
            clashing_mailboxes: 0,
            short: 0,
            short_bytes: 0,
            limitless: 0,
            time: TimeExpected { items_left: 0, bytes_left: 0, seconds: None, done: None, why_not: None },
        }
    }

    #[test]
    fn that_no_mailbox_is_known_not_to_fit_is_no_promise_where_the_target_tells_no_quota() {
        let of = |seen, limitless, lacks| ProjectInventory { seen, limitless, short: lacks, ..empty() };
        assert_eq!(short(&of(13, 13, 0)), "Not known");
        assert_eq!(short(&of(0, 0, 0)), "Not known");
        assert_eq!((short(&of(13, 4, 0)), short(&of(13, 4, 2))), ("0".into(), "2".into()));
    }

    #[test]
    fn what_an_earlier_version_looked_at_is_not_taken_for_empty() {
        let told = notes(&ProjectInventory { mailboxes: 3, unseen: 3, ..empty() });
        let [(Tone::Plain, text)] = &told[..] else { panic!("{told:?}") };
        assert!(text.starts_with("3 mailboxes not looked at yet, or only by an earlier version"), "{text}");
    }

    #[test]
    fn what_needs_eyes_is_told_worst_first_and_nothing_of_what_is_well() {
        assert!(notes(&empty()).is_empty());
        let it = ProjectInventory {
            seen: 9,
            short: 1,
            oversized: 4,
            oversized_mailboxes: 2,
            limitless: 3,
            left_out: 1,
            ..empty()
        };
        let told: Vec<String> = notes(&it).into_iter().map(|(_, text)| text).collect();
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[0], "1 mailbox does not fit on the target. Raise the quota there before the move.");
        assert!(told[1].starts_with("4 messages in 2 mailboxes larger than the target takes."), "{told:?}");
    }

    #[test]
    fn a_time_that_is_not_known_is_said_to_be_so() {
        let with = |seconds, items_left, why: &str| {
            let why_not = Some(why.to_owned());
            let expected = TimeExpected { items_left, bytes_left: 1, seconds, done: None, why_not };
            ProjectInventory { seen: 1, time: expected, ..empty() }
        };
        assert_eq!(time(&with(None, 7, "Move a few first.")), "Not known yet");
        assert_eq!(when(&with(None, 7, "Move a few first.")), "Move a few first.");
        assert_eq!(time(&with(None, 0, "Nothing.")), "Nothing left");
        assert_eq!(time(&with(Some((7200, 10_000)), 7, "")), "2–3 h");
    }
}
