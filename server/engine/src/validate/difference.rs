//! What differs between a message and its copy.

use std::sync::Arc;

use shared::{cause::Cause, folder::Role, project::VerifyDepth};

use super::{FolderPair, KeywordRule};
use crate::{
    matching::Seen,
    model::{Received, SystemFlags},
    receipts::SENT,
    wire::imap::date,
};

/// Judgements of spam filters, which Carbonio keeps for a session only: their loss is not told where they cannot stay.
const PASSING_KEYWORDS: [&str; 4] = ["$Junk", "$NotJunk", "Junk", "NonJunk"];

/// Changed bytes. `same` says whether the fingerprints are equal; where only headers were read, sizes must be too.
pub(super) fn bytes(here: &Seen, there: &Seen, same: bool, depth: VerifyDepth) -> Option<(Cause, String)> {
    let (before, after) = (here.meta.size, there.meta.size);
    let same = match depth {
        VerifyDepth::Content => same,
        VerifyDepth::Headers => same && before == after,
        // What is of another size was read, like in the first case.
        VerifyDepth::Listing => same,
    };
    let detail = if before == after {
        format!("Some of its {before} bytes were replaced.")
    } else {
        format!("{before} bytes became {after}.")
    };
    (!same).then_some((Cause::BytesAltered, detail))
}

/// Another date, other flags, other keywords.
pub(super) fn marks(here: &Seen, there: &Seen, pair: &FolderPair) -> Vec<(Cause, String)> {
    let (here, there) = (&here.meta, &there.meta);
    let (lost, mut added) = keywords(&here.flags.keywords, &there.flags.keywords, &pair.keeps.keywords);
    // What was read needs no receipt any more: we mark it so, and mail programs do.
    added.retain(|name| !(name.eq_ignore_ascii_case(SENT) && here.flags.system.has("\\Seen")));
    let date = dates(here.received, there.received).map(|detail| (Cause::DateAltered, detail));
    let flags = flags(here.flags.system, there.flags.system, pair.role, &added);
    let flags = flags.map(|detail| (Cause::FlagsAltered, detail));
    let lost = lost.map(|detail| (Cause::KeywordsLost, detail));
    date.into_iter().chain(flags).chain(lost).collect()
}

/// Dates are equal when they are the same second, in whatever zone each server tells it.
fn dates(here: Option<Received>, there: Option<Received>) -> Option<String> {
    match (here, there) {
        (None, None) => None,
        (Some(here), Some(there)) if here.seconds == there.seconds => None,
        (Some(here), Some(there)) => Some(format!("{} became {}.", words(here), words(there))),
        (Some(here), None) => Some(format!("{} became a date that cannot be read.", words(here))),
        (None, Some(there)) => Some(format!("A date that cannot be read became {}.", words(there))),
    }
}

fn words(received: Received) -> String {
    date::format(received).trim_start().to_owned()
}

fn flags(
    here: SystemFlags,
    there: SystemFlags,
    role: Option<Role>,
    added_keywords: &[&str],
) -> Option<String> {
    let beyond = |all: SystemFlags, known: SystemFlags| -> Vec<&str> {
        all.names().filter(|name| !known.names().any(|other| other == *name)).collect()
    };
    let lost = beyond(here, there);
    let mut added = beyond(there, here);
    // What stands in Drafts is a draft: servers mark it so, and it is right.
    added.retain(|name| !(role == Some(Role::Drafts) && *name == "\\Draft"));
    added.extend(added_keywords);
    match (lost.is_empty(), added.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("The target lacks {}.", lost.join(", "))),
        (true, false) => Some(format!("The target has {} besides.", added.join(", "))),
        (false, false) => {
            Some(format!("The target lacks {} and has {} besides.", lost.join(", "), added.join(", ")))
        }
    }
}

/// The keywords the copy lacks, in a sentence, and those it has besides. Case does not count.
fn keywords<'a>(
    here: &[Arc<str>],
    there: &'a [Arc<str>],
    rule: &KeywordRule,
) -> (Option<String>, Vec<&'a str>) {
    let has = |keywords: &[Arc<str>], keyword: &str| {
        keywords.iter().any(|other| other.eq_ignore_ascii_case(keyword))
    };
    let kept = |keyword: &str| match rule {
        KeywordRule::All => true,
        KeywordRule::Only(names) => names.iter().any(|name| name.eq_ignore_ascii_case(keyword)),
        KeywordRule::None => false,
    };
    let passing = |keyword: &str| PASSING_KEYWORDS.iter().any(|name| name.eq_ignore_ascii_case(keyword));
    let (lost, refused): (Vec<_>, Vec<_>) = here
        .iter()
        .map(|keyword| &**keyword)
        .filter(|keyword| !has(there, keyword) && (kept(keyword) || !passing(keyword)))
        .partition(|keyword| kept(keyword));
    let mut sentences = Vec::new();
    if !refused.is_empty() {
        sentences.push(format!("The target's folder does not keep {}.", refused.join(", ")));
    }
    let added = there.iter().map(|keyword| &**keyword).filter(|keyword| !has(here, keyword));
    let (nameless, added): (Vec<_>, Vec<_>) =
        added.partition(|keyword| !lost.is_empty() && is_nameless(keyword));
    if !lost.is_empty() {
        let lost = lost.join(", ");
        sentences.push(match nameless.is_empty() {
            true => format!("The target lacks {lost}, although its folder could keep it."),
            false => format!(
                "The target took {lost} and lost the name: it shows {} instead, as Dovecot does when it is killed \
                 while it writes. Set {lost} on the message there.",
                nameless.join(", ")
            ),
        });
    }
    ((!sentences.is_empty()).then(|| sentences.join(" ")), added)
}

/// Whether it is what Dovecot shows for a keyword whose name it lost: `unknown-0`.
fn is_nameless(keyword: &str) -> bool {
    let number = keyword.strip_prefix("unknown-");
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}
