//! Filters in small cases.

use std::num::NonZeroU16;

use proptest::prelude::*;
use shared::{
    cause::Cause,
    folder::FolderPath,
    project::Options,
    rules::{Age, DeletedPolicy, Filter, OversizedPolicy},
    time::Timestamp,
};

use super::{left_out, stops_before};
use crate::model::{Flags, ItemId, ItemMeta, Received};

/// 2026-01-31T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_769_860_800_000);

fn item(size: u64, seconds: Option<i64>, flags: &[&str]) -> ItemMeta {
    let mut all = Flags::default();
    for flag in flags {
        assert!(all.system.insert(flag));
    }
    let received = seconds.map(|seconds| Received { seconds, zone_minutes: 60 });
    ItemMeta { id: ItemId::Uid(1), size, received, flags: all }
}

fn age(text: &str) -> Option<Age> {
    Some(text.parse().expect("an age"))
}

fn check(filter: Filter, item: &ItemMeta, expected: Option<&str>) {
    let found = left_out(item, &Options { filter, ..Options::default() }, NOW);
    assert!(found.iter().all(|(cause, _)| *cause == Cause::Filtered));
    assert_eq!(found.map(|(_, detail)| detail).as_deref(), expected);
}

#[test]
fn without_filters_everything_is_moved() {
    for message in [item(0, None, &[]), item(u64::MAX, Some(i64::MIN / 2), &["\\Deleted"])] {
        assert_eq!(left_out(&message, &Options::default(), NOW), None);
    }
}

#[test]
fn messages_are_left_out_by_age_to_the_second() {
    let since = Filter { newer_than: age("2026-01-01"), ..Filter::default() };
    let midnight = 1_767_225_600;
    check(since, &item(1, Some(midnight), &[]), None);
    check(
        since,
        &item(1, Some(midnight - 1), &[]),
        Some("Received 1-Jan-2026 00:59:59 +0100; the project moves messages since 1-Jan-2026."),
    );
    let before = Filter { older_than: age("2026-01-01"), ..Filter::default() };
    check(before, &item(1, Some(midnight - 1), &[]), None);
    check(
        before,
        &item(1, Some(midnight), &[]),
        Some("Received 1-Jan-2026 01:00:00 +0100; the project moves messages before 1-Jan-2026."),
    );
    let days = Filter { newer_than: age("30d"), ..Filter::default() };
    check(days, &item(1, Some(NOW.seconds() - 30 * 86_400), &[]), None);
    check(
        days,
        &item(1, Some(NOW.seconds() - 30 * 86_400 - 1), &[]),
        Some(
            "Received 1-Jan-2026 12:59:59 +0100; the project moves messages since 1-Jan-2026 12:00:00 +0000.",
        ),
    );
}

#[test]
fn what_is_older_than_the_days_that_come_first_is_put_off_to_the_next_pass() {
    let first_days = Options { day_one: NonZeroU16::new(30), ..Options::default() };
    let (since, old) = (NOW.seconds() - 30 * 86_400, NOW.seconds() - 30 * 86_400 - 1);
    assert_eq!(left_out(&item(1, Some(since), &[]), &first_days, NOW), None);
    let detail =
        "Received 1-Jan-2026 12:59:59 +0100; the newest 30 days come first, this with the next pass.";
    let put_off = left_out(&item(1, Some(old), &[]), &first_days, NOW);
    assert_eq!(put_off, Some((Cause::NextPass, detail.to_owned())));
    let small = Filter { max_bytes: Some(20), ..Filter::default() };
    let filtered = left_out(&item(21, Some(old), &[]), &Options { filter: small, ..first_days }, NOW);
    assert_eq!(filtered.map(|(cause, _)| cause), Some(Cause::Filtered), "no later pass brings it");
}

#[test]
fn a_message_whose_date_cannot_be_read_is_never_left_out_for_its_age() {
    let filter = Filter { newer_than: age("0d"), older_than: age("0d"), ..Filter::default() };
    check(filter, &item(1, None, &[]), None);
    let first_days = Options { day_one: NonZeroU16::new(1), ..Options::default() };
    assert_eq!(left_out(&item(1, None, &[]), &first_days, NOW), None);
}

#[test]
fn messages_are_left_out_by_size_to_the_byte() {
    let filter = Filter { min_bytes: Some(10), max_bytes: Some(20), ..Filter::default() };
    check(filter, &item(10, None, &[]), None);
    check(filter, &item(20, None, &[]), None);
    check(filter, &item(9, None, &[]), Some("9 bytes; the project moves messages of 10 bytes or more."));
    check(filter, &item(21, None, &[]), Some("21 bytes; the project moves messages of 20 bytes or less."));
}

#[test]
fn edge_047_what_is_marked_as_deleted_is_carried_or_left_out_as_the_project_says() {
    let (marked, other) = (item(1, None, &["\\Deleted", "\\Seen"]), item(1, None, &["\\Seen"]));
    let skip = Options { deleted: DeletedPolicy::Skip, ..Options::default() };
    assert_eq!(left_out(&marked, &skip, NOW).map(|(cause, _)| cause), Some(Cause::MarkedDeleted));
    assert_eq!(left_out(&other, &skip, NOW), None);
    assert_eq!(left_out(&marked, &Options::default(), NOW), None);
}

#[test]
fn edge_027_a_pass_can_stop_before_it_writes_when_messages_are_too_big() {
    let (folder, small, large) = (FolderPath::new(["Work"]), item(11, None, &[]), item(30, None, &[]));
    let both = [(&folder, &small), (&folder, &large)];
    assert!(stops_before(&Options::default(), both).is_none());
    let stop = Options { oversized: OversizedPolicy::StopBefore, ..Options::default() };
    assert!(stops_before(&stop, []).is_none());
    let error = stops_before(&stop, both).expect("stops");
    assert_eq!(error.cause, Cause::TooBig);
    assert_eq!(
        error.detail,
        "2 messages are larger than the target takes, the largest with 30 bytes in \"Work\"; the project says that \
         nothing is written then"
    );
}

proptest! {
    #[test]
    fn every_message_is_on_one_side_of_a_limit(
        seconds in -4_000_000_000_i64..4_000_000_000,
        days in 0_u32..40_000,
        size in 0_u64..100,
        limit in 0_u64..100,
    ) {
        let message = item(size, Some(seconds), &[]);
        let out = |filter| left_out(&message, &Options { filter, ..Options::default() }, NOW).is_some();
        let days = Some(Age::Days(days));
        prop_assert_ne!(
            out(Filter { newer_than: days, ..Filter::default() }),
            out(Filter { older_than: days, ..Filter::default() })
        );
        let (up, down) = (Filter { min_bytes: Some(limit), ..Filter::default() }, Filter { max_bytes: Some(limit), ..Filter::default() });
        prop_assert_eq!(!out(up) && !out(down), size == limit);
    }
}
