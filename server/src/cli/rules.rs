//! What of the mailbox is moved and where it goes, as typed, and what becomes of it.

use clap::{Args, ValueEnum};
use engine::mapping::rules::faults;
use shared::{
    folder::{FolderPath, Role},
    rules::{Age, DeletedPolicy, Filter, FolderMove, FolderRules, OversizedPolicy, RegexRule, RoleRule},
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

/// What is moved and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) folders: FolderRules,
    pub(super) filter: Filter,
    pub(super) deleted: DeletedPolicy,
    pub(super) oversized: OversizedPolicy,
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
            moves: args.moves.iter().map(|text| folder_move(text)).collect::<Result<_, _>>()?,
            regex: args.folder_regex.iter().map(|text| regex(text)).collect::<Result<_, _>>()?,
            roles: args.folder_role.iter().map(|text| role(text)).collect::<Result<_, _>>()?,
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
        let size = |flag: &str, text: Option<String>| text.map(|text| bytes(flag, &text)).transpose();
        let filter = Filter {
            newer_than: args.newer_than,
            older_than: args.older_than,
            min_bytes: size("min-size", args.min_size)?,
            max_bytes: size("max-size", args.max_size)?,
        };
        if let Some(why) = filter.contradiction() {
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
        })
    }
}

fn folder_move(text: &str) -> Result<FolderMove, Problem> {
    let (from, to) = FolderPath::parse_pair(text).ok_or_else(|| {
        Problem::arguments(format!(
            "--move {text:?} does not say where to: write FROM=TO, as in --move \"Old/Lists=Lists\"."
        ))
    })?;
    Ok(FolderMove { from, to })
}

fn role(text: &str) -> Result<RoleRule, Problem> {
    let roles = Role::ALL.map(|role| (role.title().to_lowercase(), Some(role)));
    let known = |word: &str| match word {
        "none" => Some(None),
        word => roles.iter().find(|(name, _)| name == word).map(|(_, role)| *role),
    };
    // The word behind the last sign has no sign in it.
    let read = text.rsplit_once('=').and_then(|(path, word)| Some((path, known(&word.to_lowercase())?)));
    let (path, role) = read.ok_or_else(|| {
        Problem::arguments(format!(
            "--folder-role {text:?} names no role: write FOLDER=ROLE with sent, drafts, trash, junk, archive or none."
        ))
    })?;
    Ok(RoleRule { path: FolderPath::parse(path), role })
}

/// `s`, any sign, the expression, the sign, the replacement, the sign.
fn regex(text: &str) -> Result<RegexRule, Problem> {
    let read = || {
        let rest = text.strip_prefix('s')?;
        let sign = rest.chars().next().filter(|sign| !sign.is_alphanumeric() && *sign != '\\')?;
        let parts: Vec<_> = rest.split(sign).collect();
        match parts.as_slice() {
            ["", pattern, replacement, ""] => {
                Some(RegexRule { pattern: (*pattern).into(), replacement: (*replacement).into() })
            }
            _ => None,
        }
    };
    read().ok_or_else(|| {
        Problem::arguments(format!(
            "--folder-regex {text:?} cannot be read: write s|FROM|TO|, with a sign in place of | that is in neither."
        ))
    })
}

/// A size in bytes, or with K, M or G behind it (1,024, its square and its cube).
fn bytes(flag: &str, text: &str) -> Result<u64, Problem> {
    let (digits, unit) = match text.trim_end_matches(['b', 'B']).trim_end_matches('i') {
        plain if plain.ends_with(|c: char| c.is_ascii_digit()) => (plain, 1),
        scaled => match scaled.char_indices().next_back() {
            Some((at, 'k' | 'K')) => (&scaled[..at], 1 << 10),
            Some((at, 'm' | 'M')) => (&scaled[..at], 1 << 20),
            Some((at, 'g' | 'G')) => (&scaled[..at], 1 << 30),
            Some(_) | None => ("", 1),
        },
    };
    let number = digits.trim_end().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.ok_or_else(|| {
        Problem::arguments(format!("--{flag} {text:?} is no size: write bytes as 1048576, or 500K, 25M, 1G."))
    })
}
