//! Which messages are left out by the project's rules, and why. Pure.

use shared::{
    cause::Cause,
    folder::FolderPath,
    project::Options,
    rules::{Age, DeletedPolicy, OversizedPolicy},
    time::Timestamp,
};

use crate::{
    error::{ConnectorError, Reach, Retry},
    model::{ItemMeta, Received},
    wire::imap::date,
};

#[cfg(test)]
mod tests;

/// Why a message is not moved, in a cause and a sentence; none: no rule speaks against it.
///
/// `now` is when the pass began, the same for all its messages. A message that is on the target already is not asked
/// about: rules never take anything back.
pub fn left_out(item: &ItemMeta, options: &Options, now: Timestamp) -> Option<(Cause, String)> {
    let deleted = item.flags.system.names().any(|name| name == "\\Deleted");
    if deleted && options.deleted == DeletedPolicy::Skip {
        let detail = "It is marked as deleted; the project leaves such messages out.".to_owned();
        return Some((Cause::MarkedDeleted, detail));
    }
    let filter = &options.filter;
    let size = item.size;
    let too_small = filter.min_bytes.filter(|least| size < *least);
    let too_large = filter.max_bytes.filter(|most| size > *most);
    let seconds = item.received.map(|received| received.seconds);
    let too_old = filter.newer_than.filter(|age| seconds.is_some_and(|seconds| seconds < age.seconds(now)));
    let too_new = filter.older_than.filter(|age| seconds.is_some_and(|seconds| seconds >= age.seconds(now)));
    let detail = match (too_old, too_new, too_small, too_large) {
        (Some(age), ..) => {
            format!(
                "Received {}; the project moves messages since {}.",
                received(item),
                day(age.seconds(now))
            )
        }
        (None, Some(age), ..) => {
            format!(
                "Received {}; the project moves messages before {}.",
                received(item),
                day(age.seconds(now))
            )
        }
        (None, None, Some(least), _) => {
            format!("{size} bytes; the project moves messages of {least} bytes or more.")
        }
        (None, None, None, Some(most)) => {
            format!("{size} bytes; the project moves messages of {most} bytes or less.")
        }
        (None, None, None, None) => return put_off(item, options, now),
    };
    Some((Cause::Filtered, detail))
}

/// What is older than the days that come first, in a pass that moves these alone.
fn put_off(item: &ItemMeta, options: &Options, now: Timestamp) -> Option<(Cause, String)> {
    let days = options.day_one?.get();
    let since = Age::Days(u32::from(days)).seconds(now);
    item.received.filter(|received| received.seconds < since)?;
    let detail = match days {
        1 => format!("Received {}; the newest day comes first, this with the next pass.", received(item)),
        days => {
            format!(
                "Received {}; the newest {days} days come first, this with the next pass.",
                received(item)
            )
        }
    };
    Some((Cause::NextPass, detail))
}

/// Why a pass must end before it writes: messages that are larger than the target takes, where the project says that
/// nothing shall be written then. `too_big` are those messages with their folders.
pub fn stops_before<'a>(
    options: &Options,
    too_big: impl IntoIterator<Item = (&'a FolderPath, &'a ItemMeta)>,
) -> Option<ConnectorError> {
    match options.oversized {
        OversizedPolicy::Skip => return None,
        OversizedPolicy::StopBefore => {}
    }
    let all: Vec<_> = too_big.into_iter().collect();
    let (folder, largest) = all.iter().max_by_key(|(_, item)| item.size)?;
    let messages = if all.len() == 1 { "1 message is" } else { &format!("{} messages are", all.len()) };
    Some(ConnectorError {
        reach: Reach::Mailbox,
        retry: Retry::Never,
        cause: Cause::TooBig,
        doing: "comparing the messages' sizes with what the target takes".into(),
        detail: format!(
            "{messages} larger than the target takes, the largest with {} bytes in \"{folder}\"; the project \
             says that nothing is written then",
            largest.size
        ),
    })
}

fn received(item: &ItemMeta) -> String {
    item.received.map_or_else(String::new, |received| date::format(received).trim_start().to_owned())
}

/// A moment as the day it lies in (UTC), with the time when it is not midnight.
fn day(seconds: i64) -> String {
    let text = date::format(Received { seconds, zone_minutes: 0 });
    let text = text.trim_start();
    text.strip_suffix(" 00:00:00 +0000").unwrap_or(text).to_owned()
}
