//! Several mailboxes that become one: each but one of them goes below a folder of its own.

use std::collections::HashMap;

use shared::{folder::FolderPath, job::NewJob};

use super::judge::{Judged, Known};

/// Longest rule, in bytes.
const RULE_MAX: usize = 1024;

/// Where the mailboxes go that do not stay at the top.
pub(super) struct Rule(FolderPath);

impl Rule {
    /// Reads a folder with `{name}` and `{user}` in it; the error is a sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > RULE_MAX {
            return Err(format!("A folder has at most {RULE_MAX} bytes."));
        }
        let folder = FolderPath::parse(text.trim());
        if folder.0.is_empty() {
            return Err("Name a folder: From {name}.".into());
        }
        let known = |level: &String| level.replace("{name}", "").replace("{user}", "").contains(['{', '}']);
        if folder.0.iter().any(known) {
            return Err("Between braces stands {name} or {user}.".into());
        }
        Ok(Self(folder))
    }

    /// Gives their folders to rows that share a target and say none themselves.
    pub(super) fn apply(&self, rows: &mut [Judged], known: &Known) {
        let open = |row: &Judged| row.is_good() && row.job.below.is_none();
        let mut at_top = HashMap::<String, usize>::new();
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| open(row)) {
            let first = at_top.entry(row.job.target_user.to_lowercase()).or_insert(at);
            if is_namesake(&row.job) && !is_namesake(&rows[*first].job) {
                *first = at;
            }
        }
        for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| open(row)) {
            let stays = at_top.get(&row.job.target_user.to_lowercase()) == Some(&at);
            if !stays || known.has_top(&row.job.target_user) {
                row.job.below = Some(self.of(&row.job.source_user));
                row.merged = true;
            }
        }
    }

    fn of(&self, user: &str) -> FolderPath {
        let level = |level: &String| level.replace("{name}", local(user)).replace("{user}", user);
        FolderPath::new(self.0.0.iter().map(level))
    }
}

fn is_namesake(job: &NewJob) -> bool {
    local(&job.source_user).to_lowercase() == local(&job.target_user).to_lowercase()
}

fn local(user: &str) -> &str {
    user.rsplit_once('@').map_or(user, |(local, _)| local)
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn a_folder_is_made_of_a_name_and_never_of_the_signs_in_it() {
        let rule = |text: &str| Rule::parse(text).ok().map(|rule| rule.of("a/b@old.example").0);
        assert_eq!(rule("Old/From {name}"), Some(vec!["Old".into(), "From a/b".into()]));
        assert_eq!(rule("{user}"), Some(vec!["a/b@old.example".into()]));
        assert_eq!([rule("/"), rule("{nmae}"), rule("{name")], [None, None, None]);
    }
}
