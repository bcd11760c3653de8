//! Carries changed flags to messages that are on the target, and moves messages between its folders.

use std::collections::{BTreeMap, HashMap};

use shared::cause::Cause;

use super::permanent;
use crate::{
    error::{ConnectorError, Reach},
    model::{Flags, ItemId},
    target::{Moved, OpenFolder, Remark, Remarked},
    wire::imap::{
        encode,
        look::{Look, Wanted},
        session::{ImapSession, Permanent, Way},
    },
};

/// UIDs that are named in one command at most: a line stays below what servers take.
const UIDS: usize = 500;

pub(super) async fn carry(
    session: &mut ImapSession,
    folder: &OpenFolder,
    remarks: &[Remark],
) -> Result<Vec<Remarked>, ConnectorError> {
    let uids: Vec<u32> = remarks.iter().map(|remark| remark.target).collect();
    let look = those(session, folder, &uids).await?;
    let there: HashMap<ItemId, Flags> = look.metas.into_iter().map(|meta| (meta.id, meta.flags)).collect();
    let permanent = permanent(&folder.keeps);
    let mut changes: BTreeMap<(bool, String), Vec<u32>> = BTreeMap::new();
    let mut refused: HashMap<u32, String> = HashMap::new();
    let mut outcomes = Vec::with_capacity(remarks.len());
    for remark in remarks {
        let Some(there) = there.get(&ItemId::Uid(remark.target)) else {
            outcomes.push(Remarked::Gone);
            continue;
        };
        let merged = merge(remark, there, permanent.as_ref());
        for change in &merged.changes {
            changes.entry(change.clone()).or_default().push(remark.target);
        }
        outcomes.push(match (merged.kept.is_empty(), merged.changes.is_empty()) {
            (false, _) => Remarked::Kept(merged.kept),
            (true, false) => Remarked::Carried,
            (true, true) => Remarked::Same,
        });
    }
    for ((add, flag), mut uids) in changes {
        uids.sort_unstable();
        let sign = if add { '+' } else { '-' };
        for uids in uids.chunks(UIDS) {
            let command = format!("UID STORE {} {sign}FLAGS.SILENT ({flag})", encode::uid_set(uids));
            let condition = session.connection.run(command.as_bytes(), |_| {}).await?;
            if condition.hint().is_some() {
                let doing =
                    format!("marking messages in folder {} on {}", folder.folder.path, session.peer());
                let (reach, cause) = (Reach::Mailbox, Cause::FlagsAltered);
                return Err(session.connection.refused(&condition, reach, cause, doing));
            }
            if !condition.is_ok() {
                refused.extend(uids.iter().map(|uid| (*uid, condition.words.clone())));
            }
        }
    }
    for (outcome, remark) in outcomes.iter_mut().zip(remarks) {
        if let Some(words) = refused.remove(&remark.target) {
            *outcome = Remarked::Refused(words);
        }
    }
    Ok(outcomes)
}

/// What of some messages stands in a folder now, perhaps beside others: few are asked for by their ids, so that a large
/// folder is not listed for them.
pub(super) async fn those(
    session: &mut ImapSession,
    folder: &OpenFolder,
    uids: &[u32],
) -> Result<Look, ConnectorError> {
    let mut uids = uids.to_vec();
    uids.sort_unstable();
    uids.dedup();
    let wanted = match uids.first() {
        Some(first) if uids.len() > UIDS => Wanted::From(*first),
        Some(_) => Wanted::These(&uids),
        None => Wanted::Nothing,
    };
    session.look_at(&folder.folder, wanted, Way::Write).await
}

/// What is to be done to one message.
#[derive(Debug, Default, PartialEq, Eq)]
struct Merged {
    /// Flags to be set (true) or taken away.
    changes: Vec<(bool, String)>,
    /// Flags that were changed on both sides.
    kept: Vec<String>,
}

/// Flag by flag: what the source changed is changed on the target, unless somebody changed it there too.
fn merge(remark: &Remark, there: &Flags, permanent: Option<&Permanent>) -> Merged {
    let mut merged = Merged::default();
    let (before, now) = (names(&remark.before), names(&remark.now));
    let there = names(there);
    let has = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut all: Vec<&str> = before.iter().chain(&now).copied().collect();
    all.sort_unstable();
    all.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    for name in all {
        let (was, is, is_there) = (has(&before, name), has(&now, name), has(&there, name));
        if was == is || is_there == is {
            continue;
        }
        let kept = permanent
            .is_none_or(|kept| kept.any || kept.keywords.iter().any(|k| k.eq_ignore_ascii_case(name)));
        let sendable = name.starts_with('\\') || (encode::is_keyword(name) && kept);
        if !sendable {
            continue;
        }
        // Here and before agreed, so only the source changed it.
        if is_there == was {
            merged.changes.push((is, name.to_owned()));
        } else {
            merged.kept.push(name.to_owned());
        }
    }
    merged
}

fn names(flags: &Flags) -> Vec<&str> {
    let mut names: Vec<&str> = flags.system.names().collect();
    names.extend(flags.keywords.iter().map(AsRef::<str>::as_ref));
    names
}

/// UID MOVE (RFC 6851).
pub(super) async fn move_items(
    session: &mut ImapSession,
    from: &OpenFolder,
    to: &OpenFolder,
    uids: &[u32],
) -> Result<Moved, ConnectorError> {
    if !session.connection.capabilities.has("MOVE") {
        return Ok(Moved::Stayed("the target cannot move messages".into()));
    }
    if !session.is_selected(&from.folder.wire) {
        session.look_at(&from.folder, Wanted::Nothing, Way::Write).await?;
    }
    let mut moved: HashMap<u32, u32> = HashMap::new();
    let mut any = false;
    for uids in uids.chunks(UIDS) {
        let name = session.name(&to.folder.wire);
        let mut sorted = uids.to_vec();
        sorted.sort_unstable();
        let command = [format!("UID MOVE {} ", encode::uid_set(&sorted)).as_bytes(), &name].concat();
        let mut told: Vec<(Vec<u32>, Vec<u32>)> = Vec::new();
        let condition = session
            .connection
            .run(&command, |data| {
                // `* OK [COPYUID 432432 42:69 1202:1229]` comes before the end (RFC 6851, section 4.3).
                let words: Vec<String> = data.values.iter().filter_map(|value| value.text()).collect();
                if let ("COPYUID", [_, old, new]) = (data.name.as_str(), words.as_slice()) {
                    told.push((encode::read_set(old), encode::read_set(new)));
                }
            })
            .await?;
        if !condition.is_ok() {
            if !any && told.is_empty() && condition.hint().is_none() {
                return Ok(Moved::Stayed(format!("the target answered: “{}”", condition.words)));
            }
            // Some are moved: what is where is looked at anew.
            let doing = format!("moving messages to folder {} on {}", to.folder.path, session.peer());
            return Err(session.connection.refused(&condition, Reach::Folder, Cause::MovedAtSource, doing));
        }
        any = true;
        if let Some(code) = condition.code.filter(|code| code.name == "COPYUID") {
            let words: Vec<&str> = code.arguments.split(' ').collect();
            if let [_, old, new] = words.as_slice() {
                told.push((encode::read_set(old), encode::read_set(new)));
            }
        }
        moved.extend(
            told.into_iter()
                .filter(|(old, new)| old.len() == new.len())
                .flat_map(|(old, new)| old.into_iter().zip(new)),
        );
    }
    Ok(Moved::Went(uids.iter().map(|uid| moved.get(uid).copied()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flags as words: `\\Seen work`.
    fn flags(words: &str) -> Flags {
        let mut flags = Flags::default();
        for word in words.split_whitespace() {
            if !flags.system.insert(word) {
                flags.keywords.push(word.into());
            }
        }
        flags
    }

    fn check(before: &str, now: &str, there: &str, changes: &str, kept: &str) {
        let remark = Remark { target: 1, before: flags(before), now: flags(now) };
        let merged = merge(&remark, &flags(there), None);
        let shown: Vec<String> = merged
            .changes
            .iter()
            .map(|(add, name)| format!("{}{name}", if *add { '+' } else { '-' }))
            .collect();
        assert_eq!((shown.join(" ").as_str(), merged.kept.join(" ").as_str()), (changes, kept));
    }

    #[test]
    fn edge_046_only_what_the_source_changed_and_the_target_did_not_is_carried() {
        check("", "\\Seen", "", "+\\Seen", "");
        check("\\Seen work", "", "\\Seen work", "-\\Seen -work", "");
        check("", "\\Seen", "\\Flagged", "+\\Seen", "");
        check("", "\\Seen", "\\Seen", "", "");
        check("\\Seen", "\\Seen", "", "", "");
        check("", "", "\\Seen", "", "");
        check("Work", "work", "WORK", "", "");
    }

    #[test]
    fn a_keyword_the_folder_does_not_keep_is_not_sent() {
        let remark = Remark { target: 1, before: flags(""), now: flags("\\Seen work") };
        let merged = merge(&remark, &flags(""), Some(&Permanent::default()));
        assert_eq!(merged.changes, [(true, "\\Seen".to_owned())]);
    }
}
