//! Times to wait as servers write them into their words: "Suggested Backoff Time: 178755 milliseconds", "retry in 5 min".

use std::time::Duration;

/// Words that a time to wait follows.
const KEYS: [&str; 12] = [
    "backoffmilliseconds",
    "backoff",
    "back-off",
    "back off",
    "retry-after",
    "retry after",
    "retry in",
    "try again in",
    "try again after",
    "please wait",
    "wait for",
    "wait",
];
/// Characters between such a word and its time.
const NEAR: usize = 40;
/// Longer than this no server means it.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The time to wait that some words name, given in lower case; none: they name none.
pub(super) fn said(lower: &str) -> Option<Duration> {
    KEYS.iter().find_map(|key| {
        let (_, rest) = lower.split_once(key)?;
        let end = rest.char_indices().nth(NEAR).map_or(rest.len(), |(at, _)| at);
        let (near, beyond) = rest.split_at(end);
        let begin = near.find(|c: char| c.is_ascii_digit())?;
        let number = &near[begin..];
        let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        // A number that is cut at the end of the look is none.
        if digits == number.len() && beyond.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let value: u64 = number[..digits].parse().ok()?;
        let unit = unit(&number[digits..]).or_else(|| bare(key, &near[..begin]))?;
        Some(Duration::from_millis(value.saturating_mul(unit)).min(LONGEST))
    })
}

/// Milliseconds of the unit that a number is followed by.
fn unit(rest: &str) -> Option<u64> {
    let word = rest.trim_start_matches([' ', '-']);
    let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    Some(match &word[..end] {
        "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
        _ => return None,
    })
}

/// The same where the number stands alone: Exchange counts milliseconds, HTTP (RFC 9110, section 10.2.3) seconds.
fn bare(key: &str, between: &str) -> Option<u64> {
    if key.starts_with("back") {
        let seconds = between.contains("second") && !between.contains("millisecond");
        return Some(if seconds { 1000 } else { 1 });
    }
    key.starts_with("retry-after").then_some(1000)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edge_091_and_145_and_146_times_are_read_in_every_spelling() {
        for (words, millis) in [
            ("Request is throttled. Suggested Backoff Time: 178755 milliseconds", Some(178_755)),
            ("ErrorServerBusy BackOffMilliseconds: 297749", Some(297_749)),
            ("<t:Value Name=\"BackOffMilliseconds\">297749</t:Value>", Some(297_749)),
            ("Backoff Time: 300000", Some(300_000)),
            ("suggested back-off (seconds): 30", Some(30_000)),
            ("Too many requests. Retry-After: 120", Some(120_000)),
            ("Rate limit hit, retry after 30 seconds", Some(30_000)),
            ("Try again in 10 minutes.", Some(600_000)),
            ("please wait 2 hours and log in again", Some(7_200_000)),
            ("Too many logins, wait 15s", Some(15_000)),
            ("retry in about 5 min", Some(300_000)),
            ("wait 999999999999999 hours", Some(86_400_000)),
            ("Server Unavailable. 15", None),
            ("Timeout while waiting for lock", None),
            ("try again in a while", None),
            ("please wait; error 17", None),
            ("wait 99999999999999999999999999999999 s", None),
        ] {
            assert_eq!(said(&words.to_ascii_lowercase()), millis.map(Duration::from_millis), "{words}");
        }
    }

    proptest! {
        #[test]
        fn no_words_make_the_reader_panic(words in "(backoff|wait|retry after)[ :a-zé0-9<>.]{0,80}") {
            let _ = said(&words);
        }
    }
}
