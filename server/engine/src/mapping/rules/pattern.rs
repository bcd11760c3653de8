//! Patterns that name folders: `Projects/*/Old`, `**/Cache`, `\Trash`.

use shared::folder::Role;

use super::fault::RuleFault;
use crate::mapping::profile::fold;

/// The longest pattern, in characters.
const LONGEST: usize = 1000;

/// Names a folder and everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Whatever folder has the role.
    Role(Role),
    /// By its names.
    Path(Vec<Level>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Level {
    /// `**`: any levels, none too.
    Many,
    /// One level.
    Name(Vec<Sign>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// `*`: any characters, none too.
    Many,
    /// `?`
    One,
    Is(char),
}

/// Reads the patterns of a field.
pub(super) fn all(field: &'static str, texts: &[String]) -> Result<Vec<Pattern>, RuleFault> {
    let read = |(at, text): (usize, &String)| {
        Pattern::read(text).map_err(|why| RuleFault { field, at, text: text.clone(), why: why.into() })
    };
    texts.iter().enumerate().map(read).collect()
}

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        if text.chars().count() > LONGEST {
            return Err("it is longer than 1000 characters");
        }
        if let Some(word) = text.strip_prefix('\\')
            && let Some(role) = Role::ALL.into_iter().find(|role| role.title().eq_ignore_ascii_case(word))
        {
            return Ok(Self::Role(role));
        }
        let mut levels = vec![Vec::new()];
        let folded = fold(text);
        let mut chars = folded.chars();
        while let Some(c) = chars.next() {
            let sign = match c {
                '/' => {
                    levels.push(Vec::new());
                    continue;
                }
                '*' => Sign::Many,
                '?' => Sign::One,
                '\\' => match chars.next() {
                    Some(c @ ('*' | '?' | '/' | '\\')) => Sign::Is(c),
                    Some(_) | None => {
                        return Err(
                            "a backslash stands before * ? / or \\, or before a role: \\Trash, \\Junk, \
                                    \\Sent, \\Drafts, \\Archive, \\Inbox",
                        );
                    }
                },
                c => Sign::Is(c),
            };
            levels.extend(levels.is_empty().then(Vec::new));
            if let Some(level) = levels.last_mut() {
                level.push(sign);
            }
        }
        levels.retain(|level: &Vec<Sign>| !level.is_empty());
        if levels.is_empty() {
            return Err("it names no folder");
        }
        let level = |signs: Vec<Sign>| match signs.as_slice() {
            [Sign::Many, Sign::Many] => Level::Many,
            _ => Level::Name(signs),
        };
        Ok(Self::Path(levels.into_iter().map(level).collect()))
    }

    /// Whether it names a folder, or one above it. `names` are folded.
    pub(super) fn covers(&self, names: &[String], role: Option<Role>) -> bool {
        match self {
            Self::Role(wanted) => role == Some(*wanted),
            Self::Path(levels) => {
                let fits = |level: &Level, name: &String| match level {
                    Level::Many => true,
                    Level::Name(signs) => {
                        let name: Vec<char> = name.chars().collect();
                        let one = |sign: &Sign, c: &char| match sign {
                            Sign::Many | Sign::One => true,
                            Sign::Is(wanted) => wanted == c,
                        };
                        wild(signs, &name, |sign| *sign == Sign::Many, one)
                    }
                };
                let and_below: Vec<Level> = levels.iter().cloned().chain([Level::Many]).collect();
                wild(&and_below, names, |level| *level == Level::Many, fits)
            }
        }
    }
}

/// Whether a row of things fits a row of wishes, some of which stand for any number of things. Takes at most as many
/// steps as the product of both lengths, whatever the wishes are.
fn wild<P, T>(wishes: &[P], things: &[T], many: impl Fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
    let (mut wish, mut thing) = (0, 0);
    // Where to go on when it does not fit: after the last "many", which then takes one thing more.
    let mut back = None;
    while thing < things.len() {
        match wishes.get(wish) {
            Some(this) if many(this) => {
                back = Some((wish + 1, thing));
                wish += 1;
            }
            Some(this) if fits(this, &things[thing]) => {
                wish += 1;
                thing += 1;
            }
            Some(_) | None => match &mut back {
                Some((after, taken)) => {
                    *taken += 1;
                    (wish, thing) = (*after, *taken);
                }
                None => return false,
            },
        }
    }
    wishes[wish..].iter().all(many)
}
