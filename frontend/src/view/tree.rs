//! Folders in a flat list into the rows of a tree.

use std::collections::BTreeMap;

use shared::folder::FolderPath;

/// One row of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    /// The whole path.
    pub(crate) path: FolderPath,
    /// How deep it hangs, from 0.
    pub(crate) depth: usize,
    /// Whether other rows hang below it.
    pub(crate) parent: bool,
    /// Which entry of the list it is; none: a folder that only holds folders and was not listed itself.
    pub(crate) index: Option<usize>,
}

/// Every listed folder and every folder above one, each below its parent. Siblings keep the order of the list,
/// because the server sends it in the order a person expects.
pub(crate) fn grow<'a>(paths: impl IntoIterator<Item = &'a FolderPath>) -> Vec<Branch> {
    let mut nodes = BTreeMap::from([(Vec::new(), Node::default())]);
    for (index, path) in paths.into_iter().enumerate() {
        for depth in 1..=path.0.len() {
            let part = path.0[..depth].to_vec();
            if !nodes.contains_key(&part) {
                nodes.insert(part.clone(), Node::default());
                if let Some(above) = nodes.get_mut(&path.0[..depth - 1]) {
                    above.children.push(part);
                }
            }
        }
        if let Some(node) = nodes.get_mut(&path.0) {
            node.index = Some(index);
        }
    }
    let mut rows = Vec::new();
    visit(&nodes, &[], &mut rows);
    rows
}

#[derive(Default)]
struct Node {
    index: Option<usize>,
    children: Vec<Vec<String>>,
}

fn visit(nodes: &BTreeMap<Vec<String>, Node>, path: &[String], rows: &mut Vec<Branch>) {
    let Some(node) = nodes.get(path) else { return };
    if !path.is_empty() {
        rows.push(Branch {
            path: FolderPath(path.to_vec()),
            depth: path.len() - 1,
            parent: !node.children.is_empty(),
            index: node.index,
        });
    }
    for child in &node.children {
        visit(nodes, child, rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(list: &[&str], expected: &str) {
        let paths: Vec<_> = list.iter().map(|path| FolderPath::new(path.split('/'))).collect();
        let drawn: Vec<String> = grow(&paths)
            .into_iter()
            .map(|row| {
                let name = row.path.0.last().cloned().unwrap_or_default();
                let index = row.index.map_or("-".into(), |index| index.to_string());
                format!("{}{name} {index}{}", " ".repeat(row.depth), if row.parent { " +" } else { "" })
            })
            .collect();
        assert_eq!(drawn.join("\n"), expected);
    }

    #[test]
    fn folders_hang_below_their_parents_in_the_order_given() {
        check(&["INBOX", "Work", "Archive", "Work/2025"], "INBOX 0\nWork 1 +\n 2025 3\nArchive 2");
    }

    #[test]
    fn a_folder_that_is_not_listed_still_holds_its_children() {
        check(&["a/b/c", "a/b"], "a - +\n b 1 +\n  c 0");
    }

    #[test]
    fn names_that_differ_only_in_case_stay_two_folders() {
        check(&["News", "news"], "News 0\nnews 1");
    }
}
