//! The columns of lists on the terminal: the same ones by verb whatever the rows hold, with heads for people. Everything
//! else stands in the answer as JSON.

use super::{
    ordered::Ordered,
    show::{cell, short},
};

/// A column: its head, and where its value stands in a row.
pub(super) type Column = (&'static str, &'static str);

pub(super) const PROJECTS: &[Column] = &[
    ("Name", "/name"),
    ("ID", "/id"),
    ("Source", "/source_host"),
    ("Target", "/target_host"),
    ("Mailboxes", "/jobs"),
    ("Active", "/active"),
    ("Complete", "/complete"),
    ("Failed", "/failed"),
    ("Messages on the target", "/copied"),
];
pub(super) const CAUSES: &[Column] = &[
    ("Cause", "/title"),
    ("Severity", "/severity"),
    ("Findings", "/count"),
    ("Mailboxes", "/jobs"),
    ("Could not go on", "/stopped"),
    ("Word", "/cause"),
    ("What to do", "/advice"),
];
pub(super) const BATCHES: &[Column] = &[
    ("Name", "/settings/name"),
    ("ID", "/id"),
    ("Priority", "/settings/priority"),
    ("Mailboxes", "/counts/jobs"),
    ("Active", "/counts/active"),
    ("Complete", "/counts/complete"),
    ("With exceptions", "/counts/exceptions"),
    ("Failed", "/counts/failed"),
    ("Left out", "/counts/skipped"),
    ("Starts", "/settings/start_at"),
    ("Next pass", "/next_run"),
    ("Cut over", "/done"),
];
pub(super) const MAILBOXES: &[Column] = &[
    ("Source", "/source_user"),
    ("Target", "/target_user"),
    ("Below", "/below"),
    ("ID", "/id"),
    ("State", "/state"),
    ("Verdict", "/verdict"),
    ("Messages", "/counts/items"),
    ("On the target", "/counts/copied"),
    ("Left out", "/counts/skipped"),
    ("Changed", "/updated"),
    ("Problem", "/problem"),
];
pub(super) const INVENTORY: &[Column] = &[
    ("Source", "/source_user"),
    ("Target", "/target_user"),
    ("Below", "/below"),
    ("ID", "/id"),
    ("Batch", "/batch"),
    ("Looked at", "/found/looked"),
    ("Folders", "/found/folders"),
    ("Messages", "/found/items"),
    ("Bytes", "/found/bytes"),
    ("To copy", "/found/copy"),
    ("Too large", "/found/oversized"),
    ("Free bytes", "/found/free_bytes"),
    ("Fits", "/fit"),
];
pub(super) const PASSES: &[Column] = &[
    ("Pass", "/kind"),
    ("Newest days only", "/newest_only"),
    ("ID", "/id"),
    ("Started", "/started"),
    ("Ended", "/ended"),
    ("Outcome", "/end/outcome"),
    ("Messages", "/counts/items"),
    ("Copied", "/counts/copied"),
    ("Left out", "/counts/skipped"),
];
pub(super) const FINDINGS: &[Column] = &[
    ("Severity", "/severity"),
    ("Folder", "/subject/folder"),
    ("UID", "/subject/item/id"),
    ("ID", "/id"),
    ("Particulars", "/detail"),
];
pub(super) const NODES: &[Column] = &[
    ("Name", "/name"),
    ("ID", "/id"),
    ("Kind", "/kind"),
    ("State", "/state"),
    ("Mailboxes", "/mailboxes"),
    ("At most", "/workers"),
    ("Heard from", "/seen"),
    ("Started", "/started"),
    ("Version", "/version"),
];
pub(super) const ACTIVITY: &[Column] = &[
    ("ID", "/id"),
    ("When", "/at"),
    ("Who", "/who"),
    ("From", "/address"),
    ("Action", "/action"),
    ("Outcome", "/outcome"),
    ("About", "/subject"),
];
pub(super) const ADMINS: &[Column] = &[
    ("Name", "/name"),
    ("ID", "/id"),
    ("Role", "/role"),
    ("May log in", "/enabled"),
    ("Last login", "/last_login"),
    ("Added", "/created"),
];
pub(super) const TOKENS: &[Column] = &[
    ("Name", "/name"),
    ("ID", "/id"),
    ("Admin", "/admin_name"),
    ("May", "/scope"),
    ("Made", "/created"),
    ("Ends", "/expires"),
    ("Last used", "/last_used"),
];

/// A line for each row, the columns under their heads.
pub(super) fn table(columns: &[Column], rows: &[Ordered]) -> String {
    let heads = columns.iter().map(|(head, _)| (*head).to_owned()).collect();
    let line = |row: &Ordered| {
        columns.iter().map(|(_, at)| short(&row.at(at).map(cell).unwrap_or_default())).collect()
    };
    aligned(&std::iter::once(heads).chain(rows.iter().map(line)).collect::<Vec<_>>())
}

/// Lines whose cells stand under each other.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let mut out = String::new();
    for line in lines {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MAILBOXES, Ordered, table};
    use crate::cli::verbs::table::VERBS;

    #[test]
    fn columns_are_the_same_whatever_the_rows_hold_and_their_heads_are_for_people() {
        let full = json!({ "id": 7, "source_user": "anna", "target_user": "anna.new", "below": ["Old", "Mail"],
            "state": "failed", "verdict": null, "counts": { "items": 3, "copied": 2, "skipped": 0 }, "updated": "now",
            "problem": "No.", "version": "x", "project": 1 });
        let bare = json!({ "id": 8, "source_user": "bert", "target_user": "bert" });
        let rows = [Ordered::from(&full), Ordered::from(&bare)];
        let shown = table(MAILBOXES, &rows);
        let head = shown.lines().next().unwrap_or_default();
        assert!(head.starts_with("Source  Target    Below"), "{shown}");
        assert!(shown.contains("Old / Mail") && !shown.contains("project"), "{shown}");
        assert_eq!(
            table(MAILBOXES, &rows[1..]).lines().next().map(|line| line.matches("  ").count() > 9),
            Some(true)
        );
    }

    #[test]
    fn every_list_has_its_columns() {
        let lists = VERBS.iter().filter(|verb| verb.word() == "list" || verb.part == "/rows");
        let without: Vec<_> = lists.filter(|verb| verb.columns.is_empty()).map(|verb| verb.words).collect();
        assert!(without.is_empty(), "these verbs need columns: {without:?}");
    }
}
