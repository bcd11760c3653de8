//! Folders and filters of a project: the fields, and what they come to.

use std::str::FromStr;

use leptos::prelude::*;
use shared::{
    endpoint::Preset,
    project::Options,
    rules::{
        Age, BadRule, DeletedPolicy, Filter, FolderRules, LabelPolicy, OversizedPolicy, ReceiptPolicy,
        parse_size, written_size,
    },
};

use crate::{
    api::http::{Failure, both},
    components::{Choice, LinesField, RadioField, SelectField, TextField},
};

/// What happens to the folders that a mail system makes for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    /// The list of the source's preset.
    Usual,
    /// They are moved.
    Move,
    /// A list of the project's own.
    Own,
}

/// What stands in the fields.
#[derive(Clone, Copy)]
pub(super) struct RulesDraft {
    include: RwSignal<String>,
    exclude: RwSignal<String>,
    system: RwSignal<System>,
    own_system: RwSignal<String>,
    moves: RwSignal<String>,
    regex: RwSignal<String>,
    roles: RwSignal<String>,
    newer_than: RwSignal<String>,
    older_than: RwSignal<String>,
    min_bytes: RwSignal<String>,
    max_bytes: RwSignal<String>,
    deleted: RwSignal<DeletedPolicy>,
    oversized: RwSignal<OversizedPolicy>,
    gmail_labels: RwSignal<LabelPolicy>,
    read_receipts: RwSignal<ReceiptPolicy>,
}

impl RulesDraft {
    pub(super) fn of(options: &Options) -> Self {
        let FolderRules { include, exclude, system, moves, regex, roles, below: _ } = &options.folders;
        let filter = &options.filter;
        let lines = |lines: Vec<String>| RwSignal::new(lines.join("\n"));
        let all = |rules: &[String]| lines(rules.to_vec());
        let text = |text: Option<String>| RwSignal::new(text.unwrap_or_default());
        Self {
            include: all(include),
            exclude: all(exclude),
            system: RwSignal::new(match system {
                None => System::Usual,
                Some(names) if names.is_empty() => System::Move,
                Some(_) => System::Own,
            }),
            own_system: all(system.as_deref().unwrap_or_default()),
            moves: lines(moves.iter().map(ToString::to_string).collect()),
            regex: lines(regex.iter().map(ToString::to_string).collect()),
            roles: lines(roles.iter().map(ToString::to_string).collect()),
            newer_than: text(filter.newer_than.map(|age| age.to_string())),
            older_than: text(filter.older_than.map(|age| age.to_string())),
            min_bytes: text(filter.min_bytes.map(written_size)),
            max_bytes: text(filter.max_bytes.map(written_size)),
            deleted: RwSignal::new(options.deleted),
            oversized: RwSignal::new(options.oversized),
            gmail_labels: RwSignal::new(options.gmail_labels),
            read_receipts: RwSignal::new(options.read_receipts),
        }
    }

    /// Puts what is typed into the options, or says which fields cannot be read.
    pub(super) fn fill(self, options: Options) -> Result<Options, Failure> {
        let paths = both(both(rules(MOVES, self.moves), rules(ROLES, self.roles)), rules(REGEX, self.regex));
        let age = str::parse::<Age>;
        let ages = both(given(NEWER, self.newer_than, age), given(OLDER, self.older_than, age));
        let sizes = both(given(MIN, self.min_bytes, parse_size), given(MAX, self.max_bytes, parse_size));
        let ((((moves, roles), regex), (newer_than, older_than)), (min_bytes, max_bytes)) =
            both(both(paths, ages), sizes)?;
        let folders = FolderRules {
            include: lines(&self.include.get()),
            exclude: lines(&self.exclude.get()),
            system: match self.system.get() {
                System::Usual => None,
                System::Move => Some(Vec::new()),
                System::Own => Some(lines(&self.own_system.get())),
            },
            moves,
            regex,
            roles,
            below: None,
        };
        let filter = Filter { newer_than, older_than, min_bytes, max_bytes };
        Ok(Options {
            folders,
            filter,
            deleted: self.deleted.get(),
            oversized: self.oversized.get(),
            gmail_labels: self.gmail_labels.get(),
            read_receipts: self.read_receipts.get(),
            ..options
        })
    }
}

const MOVES: &str = "options.folders.moves";
const REGEX: &str = "options.folders.regex";
const ROLES: &str = "options.folders.roles";
const NEWER: &str = "options.filter.newer_than";
const OLDER: &str = "options.filter.older_than";
const MIN: &str = "options.filter.min_bytes";
const MAX: &str = "options.filter.max_bytes";

/// The lines that hold something. A blank at an end is no part of a name here: nobody sees it.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn rules<T: FromStr<Err = BadRule>>(field: &'static str, text: RwSignal<String>) -> Result<Vec<T>, Failure> {
    let read = |line: String| {
        line.parse().map_err(|wrong| Failure::invalid(field, &format!("“{line}” cannot be read: {wrong}.")))
    };
    lines(&text.get()).into_iter().map(read).collect()
}

fn given<T, E: std::fmt::Display>(
    field: &'static str,
    text: RwSignal<String>,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, Failure> {
    let text = text.get();
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    read(text)
        .map(Some)
        .map_err(|wrong| Failure::invalid(field, &format!("“{text}” cannot be read: {wrong}.")))
}

/// The fields.
#[component]
pub(super) fn RulesFields(
    draft: RulesDraft,
    /// The product chosen for the source; none: it is recognised.
    #[prop(into)]
    preset: Signal<Option<Preset>>,
) -> impl IntoView {
    let usual = move || {
        let names = preset.get().map_or(&[][..], Preset::system_folders);
        (draft.system.get() == System::Usual && !names.is_empty())
            .then(|| view! { <p class="hint" data-test="usual-system">{format!("Left out: {}.", names.join(", "))}</p> })
    };
    let own = move || draft.system.get() == System::Own;
    // The list to begin with is the one that was seen before.
    let begin = Callback::new(move |system: System| {
        if system == System::Own && draft.own_system.with_untracked(String::is_empty) {
            let names = preset.get_untracked().unwrap_or(Preset::Exchange).system_folders();
            draft.own_system.set(names.join("\n"));
        }
    });
    view! {
        <section class="card" aria-label="Folders and filters" data-test="rules-form">
            <h2>"Folders and filters"</h2>
            <p class="hint">"Without rules, everything is moved to its own name. What a rule leaves out is named, folder by folder and message by message, and a dry run shows it beforehand."</p>
            <h3>"Folders"</h3>
            <div class="pair even">
                <LinesField name="options.folders.include" label="Move only" value=draft.include hint="One folder a line, with what is below it: Projects/20*, **/Cache, \\Sent for the folder with that role. Empty: all."/>
                <LinesField name="options.folders.exclude" label="Leave out" value=draft.exclude hint="The same; this goes before “Move only”. Such as \\Trash and \\Junk."/>
            </div>
            <SelectField name="options.folders.system.choice" label="Folders that the source makes for itself" value=draft.system choices=systems() on_chosen=begin hint="Sync Issues, Outbox, Calendar and their like on Exchange; Chats on Gmail."/>
            {usual}
            <Show when=own>
                <LinesField name="options.folders.system" label="Left out as folders of the source itself" value=draft.own_system rows=6/>
            </Show>
            <div class="pair even">
                <LinesField name=MOVES label="Move elsewhere" value=draft.moves hint="FROM=TO, one a line, with what is below: Old/Lists=Lists. “=Old” puts everything into Old."/>
                <LinesField name=ROLES label="What folders are for" value=draft.roles hint="Where names mislead: Weg=trash, Sent=none. Roles: sent, drafts, trash, junk, archive."/>
            </div>
            <LinesField name=REGEX label="Change paths by regular expressions" value=draft.regex rows=2 hint="For experts: s|^Lists/(.*)|Mailing lists/$1|, one a line, in this order."/>
            <h3>"Messages"</h3>
            <div class="pair even">
                <TextField name=NEWER label="Received since" value=draft.newer_than hint="A day as 2024-01-31 (UTC), or days before the pass as 365d."/>
                <TextField name=OLDER label="Received before" value=draft.older_than hint="The same. A message whose date cannot be read is moved."/>
            </div>
            <div class="pair even">
                <TextField name=MIN label="Of at least" value=draft.min_bytes hint="Bytes, or 500K, 25M, 1G."/>
                <TextField name=MAX label="Of at most" value=draft.max_bytes hint="Larger ones stay on the source, each by name."/>
            </div>
            <div class="pair even">
                <RadioField name="options.deleted" legend="Messages marked as deleted" value=draft.deleted choices=deleted()/>
                <RadioField name="options.oversized" legend="Messages larger than the target takes" value=draft.oversized choices=oversized()/>
            </div>
            <div class="pair even">
                <RadioField name="options.gmail_labels" legend="Messages with several labels on Gmail" value=draft.gmail_labels choices=labels()/>
                <RadioField name="options.read_receipts" legend="Messages that ask for a read receipt and were read" value=draft.read_receipts choices=receipts()/>
            </div>
        </section>
    }
}

fn systems() -> Vec<Choice<System>> {
    let choice = |value, word, title| Choice { value, word, title, explained: "" };
    vec![
        choice(System::Usual, "usual", "Leave out those that are known of its product"),
        choice(System::Move, "move", "Move them like any other"),
        choice(System::Own, "own", "Leave out those of a list"),
    ]
}

fn deleted() -> Vec<Choice<DeletedPolicy>> {
    let explained = |policy| match policy {
        DeletedPolicy::Carry => "Nothing is left behind; mail programs hide or strike them out as before.",
        DeletedPolicy::Skip => "They stay on the source, each by name.",
    };
    let choice = |policy: DeletedPolicy| Choice {
        value: policy,
        word: policy.word(),
        title: policy.title(),
        explained: explained(policy),
    };
    DeletedPolicy::ALL.map(choice).to_vec()
}

fn oversized() -> Vec<Choice<OversizedPolicy>> {
    let explained = |policy| match policy {
        OversizedPolicy::Skip => {
            "Everything else is moved; raise the target's limit and run again for these."
        }
        OversizedPolicy::StopBefore => "Where the target tells its limit, so that it can be raised first.",
    };
    let choice = |policy: OversizedPolicy| Choice {
        value: policy,
        word: policy.word(),
        title: policy.title(),
        explained: explained(policy),
    };
    OversizedPolicy::ALL.map(choice).to_vec()
}

fn labels() -> Vec<Choice<LabelPolicy>> {
    let explained = |policy| match policy {
        LabelPolicy::Copies => {
            "As mail programs show them today. What is only archived goes to the archive, once."
        }
        LabelPolicy::First => {
            "INBOX goes first, then Sent and Drafts, then labels by name; the other labels are named, message by message."
        }
    };
    let choice = |policy: LabelPolicy| Choice {
        value: policy,
        word: policy.word(),
        title: policy.title(),
        explained: explained(policy),
    };
    LabelPolicy::ALL.map(choice).to_vec()
}

fn receipts() -> Vec<Choice<ReceiptPolicy>> {
    let explained = |policy| match policy {
        ReceiptPolicy::Settle => {
            "So that no mail program sends the receipt once more; the messages stay as they are."
        }
        ReceiptPolicy::Keep => "A mail program may ask users to send a receipt again.",
    };
    let choice = |policy: ReceiptPolicy| Choice {
        value: policy,
        word: policy.word(),
        title: policy.title(),
        explained: explained(policy),
    };
    ReceiptPolicy::ALL.map(choice).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_gives_back_the_rules_it_was_made_of() {
        let owner = Owner::new();
        owner.with(|| {
            let mut options = Options::default();
            assert_eq!(RulesDraft::of(&options).fill(Options::default()), Ok(options.clone()));
            options.folders.include = vec!["Work".into(), "a b".into()];
            options.folders.system = Some(vec!["Outbox".into()]);
            options.folders.moves = vec!["Old=New".parse().expect("a move")];
            options.folders.regex = vec!["s|a|b|".parse().expect("an expression")];
            options.folders.roles = vec!["Weg=trash".parse().expect("a role")];
            options.filter.newer_than = "90d".parse().ok();
            options.filter.max_bytes = Some(25 << 20);
            options.deleted = DeletedPolicy::Skip;
            options.oversized = OversizedPolicy::StopBefore;
            options.gmail_labels = LabelPolicy::First;
            options.read_receipts = ReceiptPolicy::Keep;
            assert_eq!(RulesDraft::of(&options).fill(Options::default()), Ok(options));
        });
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_at_its_field() {
        let owner = Owner::new();
        owner.with(|| {
            let draft = RulesDraft::of(&Options::default());
            draft.moves.set("a=b\nnowhere\n".into());
            let failure = draft.fill(Options::default()).expect_err("refused");
            assert_eq!(failure.field(), Some(MOVES));
            assert!(failure.message().contains("nowhere"));
            draft.older_than.set("yesterday".into());
            let both = draft.fill(Options::default()).expect_err("refused");
            assert!(both.problem_of(MOVES).is_some() && both.problem_of(OLDER).is_some(), "{both:?}");
            draft.moves.set(String::new());
            assert_eq!(draft.fill(Options::default()).expect_err("refused").field(), Some(OLDER));
        });
    }
}
