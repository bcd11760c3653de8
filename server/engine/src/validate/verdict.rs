//! The judgement over a whole mailbox, and the sentence that says it.

use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    project::VerifyDepth,
    report::{Totals, Verdict},
};

/// Missing messages with a cause are too many above this share of the source (one in so many) …
const TOO_MANY_ONE_IN: u64 = 100;
/// … and above this number.
const TOO_MANY: u64 = 10;

/// Judges a mailbox and says why.
///
/// Perfect: every message that was to be there is and nothing differs. Good: every one is there unchanged; dates, flags,
/// keywords or names differ. Investigate: something is missing or changed and every one has a cause, or there are more copies
/// than there should be. Poor: something is missing without a cause, or more than one percent (and more than ten) with
/// one.
pub fn verdict(totals: &Totals, findings: &[Finding], depth: VerifyDepth) -> (Verdict, String) {
    let worst = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Info);
    let unexplained = number(findings, Cause::Missing);
    // What the next pass brings is not there yet: that is no loss, and no proof.
    let later = super::count(findings.iter().filter(|finding| finding.cause == Cause::NextPass).count());
    let now = Totals {
        source_items: totals.source_items.saturating_sub(later),
        missing: totals.missing.saturating_sub(later),
        ..*totals
    };
    let changed = totals.missing + totals.altered + number(findings, Cause::Duplicate);
    let too_many = now.missing > TOO_MANY
        && now.missing.saturating_mul(TOO_MANY_ONE_IN) > now.source_items.saturating_sub(now.left_out);
    let verdict = if unexplained > 0 || too_many {
        Verdict::Poor
    } else if worst == Severity::Loss || changed > 0 {
        Verdict::Investigate
    } else if worst == Severity::Warning || totals.identical + totals.left_out < totals.source_items {
        Verdict::Good
    } else {
        Verdict::Perfect
    };
    let mut sentence = match (later, now.missing) {
        (0, _) => presence(totals, unexplained, depth, findings),
        (_, 0) => first_days(later, totals.source_items),
        (_, _) => {
            let now = presence(&now, unexplained, depth, findings);
            format!("{} Of the others: {now}", first_days(later, totals.source_items))
        }
    };
    let differences = differences(totals, findings);
    if !differences.is_empty() {
        sentence.push_str(&format!(" {}.", differences.join(", ")));
    }
    (verdict, sentence)
}

/// What the first days of a mailbox leave to the next pass.
fn first_days(later: u64, all: u64) -> String {
    let verb = if later == 1 { "follows" } else { "follow" };
    format!("First days only: {} of {} {verb} with the next pass.", grouped(later), messages(all))
}

/// The first sentence: what is there and what is not.
fn presence(totals: &Totals, unexplained: u64, depth: VerifyDepth, findings: &[Finding]) -> String {
    let (all, missing) = (totals.source_items, totals.missing);
    let anew = findings.iter().any(|finding| finding.cause == Cause::ReadAnew);
    let how = match depth {
        VerifyDepth::Content if anew => {
            "byte for byte, or by content where a server writes messages anew at each reading"
        }
        VerifyDepth::Content => "byte for byte",
        VerifyDepth::Headers => "with the same header and size (bodies were not compared)",
        VerifyDepth::Listing => "with the size the target lists for it (contents were not read again)",
    };
    if all == 0 {
        return "The source has no message to compare.".into();
    }
    if missing > 0 {
        let verb = if missing == 1 { "is" } else { "are" };
        let why = match unexplained {
            0 if missing == 1 => "with a known cause".into(),
            0 => "each with a known cause".into(),
            some if some == missing => "without a known cause".into(),
            some => format!("{} of them without a known cause", grouped(some)),
        };
        return format!("{} of {} {verb} missing on the target, {why}.", grouped(missing), messages(all));
    }
    match (all, totals.altered) {
        _ if totals.left_out == all => {
            format!("None of {} of the source was to be on the target.", messages(all))
        }
        _ if totals.left_out > 0 => {
            let (left_out, rest) = (totals.left_out, messages(all - totals.left_out));
            let how = if totals.altered == 0 { how } else { "but not all as they were" };
            format!(
                "{rest} of {} of the source are on the target, {how}; {} on purpose not.",
                grouped(all),
                grouped(left_out)
            )
        }
        (1, 0) => format!("The one message of the source is on the target, {how}."),
        (_, 0) => format!("All {} of the source are on the target, {how}.", messages(all)),
        (1, _) => "The one message of the source is on the target, but not as it was.".into(),
        (_, _) => format!("All {} of the source are on the target, but not all as they were.", messages(all)),
    }
}

/// Everything else that differs, in counts.
fn differences(totals: &Totals, findings: &[Finding]) -> Vec<String> {
    let duplicates = number(findings, Cause::Duplicate);
    let unmoved = number(findings, Cause::FolderRefused) + number(findings, Cause::FolderUnreadable);
    let parts = [
        (totals.altered, "message has changed bytes", "messages have changed bytes"),
        (duplicates, "copy too many is on the target", "copies too many are on the target"),
        (told(findings, Cause::DateAltered), "has another received date", "have another received date"),
        (told(findings, Cause::FlagsAltered), "has other flags", "have other flags"),
        (told(findings, Cause::KeywordsLost), "lost keywords", "lost keywords"),
        (told(findings, Cause::FolderRenamed), "folder got another name", "folders got another name"),
        (unmoved, "folder could not be moved", "folders could not be moved"),
        (
            totals.extra.saturating_sub(duplicates),
            "message is on the target only",
            "messages are on the target only",
        ),
    ];
    parts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| format!("{} {}", grouped(count), if count == 1 { one } else { many }))
        .collect()
}

/// How many findings of a cause there are where any weighs more than a remark: as many as stand under it in the list.
fn told(findings: &[Finding], cause: Cause) -> u64 {
    match number(findings, cause) {
        0 => 0,
        _ => super::count(findings.iter().filter(|finding| finding.cause == cause).count()),
    }
}

/// How many findings of a cause weigh more than a remark.
fn number(findings: &[Finding], cause: Cause) -> u64 {
    let found = findings.iter().filter(|finding| finding.cause == cause && finding.severity > Severity::Info);
    super::count(found.count())
}

fn messages(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "message" } else { "messages" })
}

/// A number as people write it: 3,037.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
