//! Whether what is to be copied fits into the target mailbox: foretold before anything is written.

use shared::{
    cause::Cause,
    finding::{Finding, Severity, Subject},
    size::size,
};

use super::survey::Work;
use crate::model::{Allowance, Room};

/// What a person should know when it does not fit. What an earlier pass copied is in what is used already; only what is
/// still to be copied needs room.
pub(super) fn foretold(room: &Room, works: &[Work]) -> Option<Finding> {
    let plans = || works.iter().filter_map(|work| Some(&work.to_do()?.plan));
    let bytes = plans().map(|plan| plan.copy_bytes).fold(0, u64::saturating_add);
    let messages = plans().map(|plan| plan.copy.len() as u64).sum();
    let detail = lack(room, bytes, messages)?;
    let subject = Subject::default();
    Some(Finding { severity: Severity::Warning, cause: Cause::TargetFull, subject, detail })
}

/// In words, what does not fit.
fn lack(room: &Room, bytes: u64, messages: u64) -> Option<String> {
    let too_little = |room: Option<Allowance>, wanted| room.filter(|room| room.free() < wanted);
    let bytes = too_little(room.bytes, bytes).map(|room| {
        format!(
            "What is to be copied needs {}, the mailbox has {} free of {}.",
            size(bytes),
            size(room.free()),
            size(room.limit)
        )
    });
    let messages = too_little(room.messages, messages).map(|room| {
        format!(
            "{messages} messages are to be copied, the mailbox takes {} more of {}.",
            room.free(),
            room.limit
        )
    });
    let mut sentences: Vec<String> = bytes.into_iter().chain(messages).collect();
    if sentences.is_empty() {
        return None;
    }
    sentences.push("A pass copies as far as it goes; what proves to be there already needs no room.".into());
    Some(sentences.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{Allowance, Room, lack};

    #[test]
    fn it_is_foretold_only_what_does_not_fit() {
        let room = |free_bytes: u64, free_messages: u64| Room {
            bytes: Some(Allowance { used: 5_000_000_000, limit: 5_000_000_000 + free_bytes }),
            messages: Some(Allowance { used: 10, limit: 10 + free_messages }),
        };
        assert_eq!(lack(&room(3_200_000_000, 7), 3_200_000_000, 7), None);
        assert_eq!(lack(&Room::default(), u64::MAX, u64::MAX), None);
        let words = lack(&room(1_100_000_000, 7), 3_200_000_000, 7).expect("too little");
        assert!(
            words.starts_with(
                "What is to be copied needs 3.2 GB, the mailbox has 1.1 GB free of 6.1 GB. A pass"
            )
        );
        let words = lack(&room(3_200_000_000, 6), 3_200_000_000, 7).expect("too little");
        assert!(
            words.starts_with("7 messages are to be copied, the mailbox takes 6 more of 16. A pass"),
            "{words}"
        );
        let words = lack(&room(0, 0), 1, 1).expect("too little");
        assert!(
            words.contains("needs 1 B, the mailbox has 0 B free") && words.contains("takes 0 more"),
            "{words}"
        );
    }
}
