//! What a project's rules for folders and messages must hold.

use engine::mapping::rules::faults;
use shared::project::Options;

use super::Fault;

/// Checks folder rules and filters.
pub(super) fn check(options: &Options) -> Result<(), Fault> {
    let folders = faults(&options.folders).into_iter().map(|fault| {
        let message = format!("Rule {}, {fault}.", fault.at + 1);
        Err(Fault::invalid(format!("options.folders.{}", fault.field), message))
    });
    let filter = options.filter.contradiction().map(|(field, why)| {
        let message = format!("No message could be moved: {why}.");
        Err(Fault::invalid(format!("options.filter.{field}"), message))
    });
    Fault::all(folders.chain(filter))
}

#[cfg(test)]
mod tests {
    use shared::rules::{Filter, FolderRules};

    use super::*;

    fn field(options: &Options) -> Option<String> {
        check(options).err().and_then(|fault| fault.body().field.clone())
    }

    #[test]
    fn rules_are_refused_with_their_field() {
        assert_eq!(field(&Options::default()), None);
        let folders = |folders| Options { folders, ..Options::default() };
        let texts = || vec!["ok".to_owned(), "\\Tresh".to_owned()];
        for (name, rules) in [
            ("include", FolderRules { include: texts(), ..FolderRules::default() }),
            ("exclude", FolderRules { exclude: texts(), ..FolderRules::default() }),
            ("system", FolderRules { system: Some(texts()), ..FolderRules::default() }),
            ("moves", FolderRules { moves: vec!["=".parse().expect("reads")], ..FolderRules::default() }),
            (
                "regex",
                FolderRules { regex: vec!["s|(|x|".parse().expect("reads")], ..FolderRules::default() },
            ),
            (
                "roles",
                FolderRules { roles: vec!["a=inbox".parse().expect("reads")], ..FolderRules::default() },
            ),
        ] {
            assert_eq!(field(&folders(rules)), Some(format!("options.folders.{name}")));
        }
        let filter = |filter| Options { filter, ..Options::default() };
        let dates =
            Filter { newer_than: "1d".parse().ok(), older_than: "2d".parse().ok(), ..Filter::default() };
        assert_eq!(field(&filter(dates)).as_deref(), Some("options.filter.older_than"));
        let sizes = Filter { min_bytes: Some(2), max_bytes: Some(1), ..Filter::default() };
        assert_eq!(field(&filter(sizes)).as_deref(), Some("options.filter.max_bytes"));
    }
}
