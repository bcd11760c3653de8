//! Changes of paths by regular expressions, for experts. Bounded: a hostile expression costs little time and memory.

use regex::{Regex, RegexBuilder};
use shared::{folder::FolderPath, rules::RegexRule};

use super::fault::RuleFault;

/// The longest expression and the longest replacement, in bytes.
const LONGEST: usize = 1000;
/// What a compiled expression may take, in bytes.
const MEMORY: usize = 256 * 1024;
/// The longest written path that comes out, in bytes.
const LONGEST_PATH: usize = 4096;

/// Expressions with their replacements, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Regexes(Vec<(Regex, String)>);

impl Regexes {
    pub(super) fn new(rules: &[RegexRule]) -> Result<Self, RuleFault> {
        let read = |(at, rule): (usize, &RegexRule)| {
            let fault = |why| RuleFault { field: "regex", at, text: rule.pattern.clone(), why };
            Ok((read(rule).map_err(fault)?, rule.replacement.clone()))
        };
        rules.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The path after every change, or why it stays as it is.
    pub(super) fn apply(&self, path: &FolderPath) -> Result<FolderPath, String> {
        let mut text = path.written();
        let mut changed = false;
        for (regex, replacement) in &self.0 {
            let places = regex.find_iter(&text).count();
            if places == 0 {
                continue;
            }
            // Before it is built: each place may put the whole path in again, once for each group named.
            let groups = replacement.matches('$').count();
            if places.saturating_mul(replacement.len() + groups * text.len()) > 16 * LONGEST_PATH {
                return Err(format!(
                    "the rule \"{regex}\" would make its path too long, so it keeps its name"
                ));
            }
            text = regex.replace_all(&text, replacement.as_str()).into_owned();
            changed = true;
        }
        if !changed {
            return Ok(path.clone());
        }
        let wish = FolderPath::parse(&text);
        if wish.0.is_empty() {
            return Err("the project's expressions leave nothing of its path, so it keeps its name".into());
        }
        if text.len() > LONGEST_PATH {
            return Err("the project's expressions make its path too long, so it keeps its name".into());
        }
        Ok(wish)
    }
}

fn read(rule: &RegexRule) -> Result<Regex, String> {
    if rule.pattern.is_empty() {
        return Err("it is empty".into());
    }
    if rule.pattern.len() > LONGEST || rule.replacement.len() > LONGEST {
        return Err(format!("it or its replacement is longer than {LONGEST} bytes"));
    }
    let built =
        RegexBuilder::new(&rule.pattern).size_limit(MEMORY).dfa_size_limit(MEMORY).nest_limit(50).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "it is too large when compiled".into(),
        // Its words span several lines and mark the place with signs below the expression.
        other => other.to_string().lines().last().unwrap_or("it is no regular expression").trim().to_owned(),
    })
}
