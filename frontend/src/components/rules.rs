//! A project's rules in words: what is moved, and where it goes.

use leptos::prelude::*;
use shared::{
    project::Options,
    rules::{DeletedPolicy, LabelPolicy, OversizedPolicy, ReceiptPolicy, written_size},
};

use super::icon::{Icon, IconName};
use crate::view::safe::clean;

/// What of the mailboxes is moved; nothing where everything is.
#[component]
pub(crate) fn RuleSummary(options: Options) -> impl IntoView {
    let rows = rules(&options);
    (!rows.is_empty()).then(|| {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(title, lines)| {
                let lines: Vec<_> =
                    lines.iter().map(|line| view! { <li><bdi>{clean(line)}</bdi></li> }).collect();
                view! { <div><dt>{title}</dt><dd><ul role="list">{lines}</ul></dd></div> }
            })
            .collect();
        view! {
            <details class="card rules" data-test="rules">
                <summary>
                    <Icon name=IconName::Info/>
                    <h2>"Not everything is moved as it is: this project has rules"</h2>
                </summary>
                <dl>{rows}</dl>
            </details>
        }
    })
}

/// The rules that differ from moving everything to its own name.
fn rules(options: &Options) -> Vec<(&'static str, Vec<String>)> {
    let Options { folders, filter, deleted, oversized, gmail_labels, read_receipts, .. } = options;
    let system = match &folders.system {
        None => Vec::new(),
        Some(all) if all.is_empty() => vec!["Moved like any other".into()],
        Some(names) => names.clone(),
    };
    let messages = [
        filter.newer_than.map(|age| format!("Received since {age}")),
        filter.older_than.map(|age| format!("Received before {age}")),
        filter.min_bytes.map(|bytes| format!("Of {} or more", written_size(bytes))),
        filter.max_bytes.map(|bytes| format!("Of {} or less", written_size(bytes))),
    ];
    let unusual = |title: &str, unusual: bool| unusual.then(|| title.to_owned()).into_iter().collect();
    let rows = [
        ("Only these folders", folders.include.clone()),
        ("Not these folders", folders.exclude.clone()),
        ("Folders that the source makes for itself", system),
        ("Moved elsewhere", folders.moves.iter().map(ToString::to_string).collect()),
        ("Paths changed", folders.regex.iter().map(ToString::to_string).collect()),
        ("What folders are for", folders.roles.iter().map(ToString::to_string).collect()),
        ("Only messages", messages.into_iter().flatten().collect()),
        ("Messages marked as deleted", unusual(deleted.title(), *deleted != DeletedPolicy::Carry)),
        (
            "Messages larger than the target takes",
            unusual(oversized.title(), *oversized != OversizedPolicy::Skip),
        ),
        (
            "Messages with several labels on Gmail",
            unusual(gmail_labels.title(), *gmail_labels != LabelPolicy::Copies),
        ),
        (
            "Messages that ask for a read receipt and were read",
            unusual(read_receipts.title(), *read_receipts != ReceiptPolicy::Settle),
        ),
    ];
    rows.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_moving_everything_is_told() {
        assert!(rules(&Options::default()).is_empty());
        let mut options = Options { deleted: DeletedPolicy::Skip, ..Options::default() };
        options.folders.moves = vec!["Old=New".parse().expect("a move")];
        options.folders.system = Some(Vec::new());
        options.filter.max_bytes = Some(25 << 20);
        let told: Vec<_> = rules(&options).into_iter().map(|(_, lines)| lines.join(" | ")).collect();
        assert_eq!(told, ["Moved like any other", "Old=New", "Of 25M or less", "Leave them out"]);
    }
}
