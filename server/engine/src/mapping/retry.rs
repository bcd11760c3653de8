//! Another name for a folder that the target refused at run time.

use std::collections::BTreeSet;

use shared::{
    finding::{Finding, Severity},
    folder::FolderPath,
};

use super::{MappedFolder, profile::fold, renamed};

/// Another spelling of a path, to try when a target refuses its last name; `attempt` counts from 1.
///
/// Goes from harmless to plain: a `_` in front of a leading sign, signs replaced, only ASCII letters and digits, then
/// the same with the attempt's number. No two attempts give the same, and none gives the path itself.
pub fn alternative(path: &FolderPath, attempt: u32) -> FolderPath {
    let Some((name, parent)) = path.0.split_last() else { return path.clone() };
    let mut seen = BTreeSet::from([name.clone()]);
    let spellings = [guarded(name), letters(name, char::is_alphanumeric), plain(name)];
    let numbered = (1_u32..).map(|number| format!("{}_{number}", plain(name)));
    let nth = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let spelling =
        spellings.into_iter().chain(numbered).filter(|spelling| seen.insert(spelling.clone())).nth(nth);
    FolderPath(parent.iter().cloned().chain(spelling).collect())
}

/// Gives a mapped folder another spelling that no other folder has, after the target refused its name; folders below it
/// follow. `attempt` is the next to try, from 1, and counts on; `said` are the target's words. None when the position
/// is none of the list's, or INBOX's.
pub fn rename(mapped: &mut [MappedFolder], index: usize, attempt: &mut u32, said: &str) -> Option<Finding> {
    let folder =
        mapped.get(index).filter(|folder| !folder.target.is_inbox() && !folder.target.0.is_empty())?;
    let (source, refused) = (folder.source.path.clone(), folder.target.clone());
    let taken: BTreeSet<Vec<String>> = mapped.iter().map(|folder| folded(&folder.target)).collect();
    let place = loop {
        let place = alternative(&refused, *attempt);
        *attempt += 1;
        if !taken.contains(&folded(&place)) {
            break place;
        }
    };
    for folder in mapped.iter_mut().filter(|folder| folder.target.0.starts_with(&refused.0)) {
        let rest = folder.target.0.split_off(refused.0.len());
        folder.target.0 = place.0.iter().cloned().chain(rest).collect();
        folder.existing = None;
    }
    Some(renamed(&source, &place, Severity::Warning, &format!("the target refused the old name ({said})")))
}

fn folded(path: &FolderPath) -> Vec<String> {
    path.0.iter().map(|name| fold(name)).collect()
}

/// A leading sign is what servers take for something else: a home directory, a hidden file, a namespace.
fn guarded(name: &str) -> String {
    if name.starts_with(char::is_alphanumeric) { name.to_owned() } else { format!("_{name}") }
}

fn letters(name: &str, keep: impl Fn(char) -> bool) -> String {
    let kept = name.chars().map(|c| if keep(c) || matches!(c, ' ' | '-' | '_') { c } else { '_' });
    let kept: String = kept.collect();
    let kept = kept.trim();
    if kept.starts_with('_') { kept.to_owned() } else { guarded(kept) }
}

fn plain(name: &str) -> String {
    let name = letters(name, |c| c.is_ascii_alphanumeric());
    name[..name.len().min(60)].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{
        super::{
            map_folders,
            tests::{GENERIC, listing, path, written},
        },
        alternative, rename,
    };

    #[test]
    fn a_refused_name_gets_one_spelling_after_the_other() {
        let spellings = |name: &str| -> Vec<_> {
            (1..=4).map(|attempt| alternative(&path(name), attempt).0.join(" > ")).collect()
        };
        assert_eq!(
            spellings("~tilde & 100%"),
            ["_~tilde & 100%", "_tilde _ 100_", "_tilde _ 100__1", "_tilde _ 100__2"]
        );
        assert_eq!(spellings("a > Müll*"), ["a > Müll_", "a > M_ll_", "a > M_ll__1", "a > M_ll__2"]);
        assert_eq!(spellings("Plain"), ["Plain_1", "Plain_2", "Plain_3", "Plain_4"]);
    }

    #[test]
    fn a_refused_name_takes_its_children_along_and_takes_no_others_place() {
        let (mut mapped, _) =
            map_folders(&listing("INBOX, _~a, ~a, ~a > b, ~ab"), &[], &BTreeMap::new(), &GENERIC);
        let index = mapped.iter().position(|folder| folder.source.path == path("~a")).expect("there");
        let mut attempt = 1;
        let finding = rename(&mut mapped, index, &mut attempt, "no ~ please").expect("renamed");
        assert_eq!(
            finding.detail,
            "\"~a\" becomes \"_a\" on the target: the target refused the old name (no ~ please)."
        );
        assert_eq!(attempt, 3);
        let found: Vec<_> = mapped.iter().map(written).collect();
        assert_eq!(found.join(", "), "+INBOX, +_~a, +~a -> _a, +~a > b -> _a > b, +~ab");
        assert_eq!(rename(&mut mapped, 0, &mut attempt, "INBOX stays"), None);
        assert_eq!(rename(&mut mapped, 9, &mut attempt, "no such folder"), None);
    }
}
