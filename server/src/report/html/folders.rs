//! The table of folders, with the totals as its last row.

use shared::report::{Report, ReportFolder, Tally, Totals};

use crate::report::{markup::Markup, words};

/// Writes the table.
pub(super) fn write(page: &mut Markup, report: &Report) {
    page.raw("<section>\n<h2 id=\"folders\">Folders</h2>\n");
    if report.folders.is_empty() {
        page.raw("<p class=\"clear\">No folder was compared.</p>\n</section>\n");
        return;
    }
    page.raw(
        "<div class=\"scroll\" role=\"region\" aria-labelledby=\"folders\" tabindex=\"0\">\n<table class=\"folders\">\n\
         <thead>\n<tr><th scope=\"col\">Folder</th>",
    );
    let tallies = Tally::COLUMNS.map(Tally::title);
    for title in ["Source", "Target"].into_iter().chain(tallies).chain(["Source size", "Target size"]) {
        page.raw("<th scope=\"col\" class=\"n\">").raw(title).raw("</th>");
    }
    page.raw("</tr>\n</thead>\n<tbody>\n");
    for folder in &report.folders {
        row(page, folder);
    }
    page.raw("</tbody>\n<tfoot>\n<tr><th scope=\"row\">All ");
    page.say(&words::counted(report.folders.len() as u64, "folder")).raw("</th>");
    numbers(page, &report.totals);
    page.raw("</tr>\n</tfoot>\n</table>\n</div>\n</section>\n");
}

fn row(page: &mut Markup, folder: &ReportFolder) {
    page.raw("<tr><th scope=\"row\">").value(&folder.source.to_string());
    if let Some(role) = folder.role.map(words::role).filter(|role| !names_itself(folder, role)) {
        page.raw(" <span class=\"role\">").say(role).raw("</span>");
    }
    if folder.source != folder.target {
        page.raw("<span class=\"to\">on the target: ").value(&folder.target.to_string()).raw("</span>");
    }
    page.raw("</th>");
    numbers(page, &folder.totals);
    page.raw("</tr>\n");
}

/// Whether a folder's name is its role: "Trash" needs no word beside it.
fn names_itself(folder: &ReportFolder, role: &str) -> bool {
    folder.source.0.last().is_some_and(|name| name.eq_ignore_ascii_case(role))
}

/// The class of a number that deserves a look.
const fn class(tally: Tally) -> &'static str {
    match tally {
        Tally::Altered => "altered",
        Tally::Missing => "missing",
        Tally::Extra => "extra",
        Tally::Matched | Tally::Identical | Tally::Differing | Tally::LeftOut => "",
    }
}

fn numbers(page: &mut Markup, totals: &Totals) {
    let sides = [("", totals.source_items), ("", totals.target_items)];
    let tallies = Tally::COLUMNS.map(|tally| (class(tally), tally.of(totals)));
    for (class, number) in sides.into_iter().chain(tallies) {
        // A nought steps back, so that the others stand out.
        let quiet = if number == 0 { " nought" } else { "" };
        page.raw("<td class=\"n ").raw(class).raw(quiet).raw("\">").number(number).raw("</td>");
    }
    for bytes in [totals.source_bytes, totals.target_bytes] {
        let quiet = if bytes == 0 { " nought" } else { "" };
        page.raw("<td class=\"n").raw(quiet).raw("\">").size(bytes).raw("</td>");
    }
}
