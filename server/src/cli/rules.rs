//! What of the mailbox is moved and where it goes, as typed, and what becomes of it.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use engine::mapping::rules::faults;
use shared::rules::{
    Age, BadRule, DeletedPolicy, Filter, FolderRules, LabelPolicy, OversizedPolicy, ReceiptPolicy, parse_size,
};

use super::Problem;

#[cfg(test)]
mod tests;

// Folders and messages.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What is moved (without any of these: everything)")]
pub(super) struct RulesArgs {
    /// Move only this folder and what is below it; may be given several times. A pattern: Projects/20*, **/Cache,
    /// \Sent for the folder with that role
    #[arg(long, value_name = "FOLDER", requires = "source")]
    include: Vec<String>,
    /// Leave out this folder and what is below it; may be given several times, and goes before --include
    #[arg(long, value_name = "FOLDER", requires = "source")]
    exclude: Vec<String>,
    /// Whether folders that Exchange, Zimbra or Gmail make for themselves (Sync Issues, Calendar, Chats) are moved
    #[arg(long, value_name = "WHAT", default_value = "skip")]
    system_folders: SystemArg,
    /// Put a folder elsewhere with everything below it; `=Old` puts all into Old; may be given several times
    #[arg(long = "move", value_name = "FROM=TO", requires = "source")]
    moves: Vec<String>,
    /// Change folder paths by a regular expression, as in 's|^Lists/(.*)|Mailing lists/$1|'; may be given several times
    #[arg(long, value_name = "s|FROM|TO|", requires = "source")]
    folder_regex: Vec<String>,
    /// Say what a folder is for: sent, drafts, trash, junk, archive or none; may be given several times
    #[arg(long, value_name = "FOLDER=ROLE", requires = "source")]
    folder_role: Vec<String>,
    /// Move only messages received since: a day as 2024-01-31 (UTC), or days before now as 90d
    #[arg(long, value_name = "AGE", requires = "source")]
    newer_than: Option<Age>,
    /// Move only messages received before
    #[arg(long, value_name = "AGE", requires = "source")]
    older_than: Option<Age>,
    /// Move only messages of at most this size: bytes, or 500K, 25M, 1G
    #[arg(long, value_name = "SIZE", requires = "source")]
    max_size: Option<String>,
    /// Move only messages of at least this size
    #[arg(long, value_name = "SIZE", requires = "source")]
    min_size: Option<String>,
    /// What happens to messages that are marked as deleted
    #[arg(long, value_name = "WHAT", default_value = "carry")]
    deleted: DeletedArg,
    /// What happens when messages are larger than the target says it takes
    #[arg(long, value_name = "WHAT", default_value = "skip")]
    oversized: OversizedArg,
    /// What happens on the way out of Gmail to messages that have several labels
    #[arg(long, value_name = "WHAT", default_value = "copies")]
    gmail_labels: LabelsArg,
    /// What happens to messages that ask for a read receipt and were read already
    #[arg(long, value_name = "WHAT", default_value = "settle")]
    read_receipts: ReceiptsArg,
}

/// Folders that a mail system makes for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SystemArg {
    /// They stay behind, each by name
    Skip,
    /// They are moved like any other
    Move,
}

/// Messages marked as deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DeletedArg {
    /// They are moved with their mark
    Carry,
    /// They stay behind, each by name
    Skip,
}

/// Messages larger than the target takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OversizedArg {
    /// They stay behind, each by name
    Skip,
    /// Nothing is written, so that the target's limit can be raised
    StopBefore,
}

/// Messages with several labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LabelsArg {
    /// A copy in every label's folder
    Copies,
    /// One copy, in the first of INBOX, Sent, Drafts and the labels by their path; the others are named
    First,
}

/// Messages that ask for a read receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReceiptsArg {
    /// Their copies are marked $MDNSent, so that no mail program answers once more
    Settle,
    /// Their copies are marked as they are
    Keep,
}

/// What is moved and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) folders: FolderRules,
    pub(super) filter: Filter,
    pub(super) deleted: DeletedPolicy,
    pub(super) oversized: OversizedPolicy,
    pub(super) gmail_labels: LabelPolicy,
    pub(super) read_receipts: ReceiptPolicy,
}

impl TryFrom<RulesArgs> for Rules {
    type Error = Problem;

    fn try_from(args: RulesArgs) -> Result<Self, Problem> {
        let folders = FolderRules {
            include: args.include,
            exclude: args.exclude,
            system: match args.system_folders {
                SystemArg::Skip => None,
                SystemArg::Move => Some(Vec::new()),
            },
            moves: lines("move", &args.moves)?,
            regex: lines("folder-regex", &args.folder_regex)?,
            roles: lines("folder-role", &args.folder_role)?,
            below: None,
        };
        if let Some(fault) = faults(&folders).first() {
            let flag = match fault.field {
                "moves" => "move",
                "regex" => "folder-regex",
                "roles" => "folder-role",
                field => field,
            };
            return Err(Problem::arguments(format!("--{flag} {fault}. See --help.")));
        }
        let filter = Filter {
            newer_than: args.newer_than,
            older_than: args.older_than,
            min_bytes: size("min-size", args.min_size.as_ref())?,
            max_bytes: size("max-size", args.max_size.as_ref())?,
        };
        if let Some((_, why)) = filter.contradiction() {
            return Err(Problem::arguments(format!("No message can be moved: {why}.")));
        }
        Ok(Self {
            folders,
            filter,
            deleted: match args.deleted {
                DeletedArg::Carry => DeletedPolicy::Carry,
                DeletedArg::Skip => DeletedPolicy::Skip,
            },
            oversized: match args.oversized {
                OversizedArg::Skip => OversizedPolicy::Skip,
                OversizedArg::StopBefore => OversizedPolicy::StopBefore,
            },
            gmail_labels: match args.gmail_labels {
                LabelsArg::Copies => LabelPolicy::Copies,
                LabelsArg::First => LabelPolicy::First,
            },
            read_receipts: match args.read_receipts {
                ReceiptsArg::Settle => ReceiptPolicy::Settle,
                ReceiptsArg::Keep => ReceiptPolicy::Keep,
            },
        })
    }
}

/// Reads the lines of a flag.
fn lines<T: FromStr<Err = BadRule>>(flag: &str, texts: &[String]) -> Result<Vec<T>, Problem> {
    let read = |text: &String| text.parse().map_err(|wrong| unread(flag, text, wrong));
    texts.iter().map(read).collect()
}

fn size(flag: &str, text: Option<&String>) -> Result<Option<u64>, Problem> {
    text.map(|text| parse_size(text).map_err(|wrong| unread(flag, text, wrong))).transpose()
}

fn unread(flag: &str, text: &str, wrong: BadRule) -> Problem {
    Problem::arguments(format!("--{flag} {text:?} cannot be read: {wrong}. See --help."))
}
