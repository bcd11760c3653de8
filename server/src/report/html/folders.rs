//! The table of folders, with the totals as its last row.

use shared::report::{Report, ReportFolder, Totals};

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
         <thead>\n<tr><th scope=\"col\">Folder</th>\
         <th scope=\"col\" class=\"n\">Source</th><th scope=\"col\" class=\"n\">Target</th>\
         <th scope=\"col\" class=\"n\">Matched</th><th scope=\"col\" class=\"n\">Identical</th>\
         <th scope=\"col\" class=\"n\">Altered</th><th scope=\"col\" class=\"n\">Missing</th>\
         <th scope=\"col\" class=\"n\">Left out</th>\
         <th scope=\"col\" class=\"n\">Extra</th><th scope=\"col\" class=\"n\">Source size</th>\
         <th scope=\"col\" class=\"n\">Target size</th></tr>\n</thead>\n<tbody>\n",
    );
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

fn numbers(page: &mut Markup, totals: &Totals) {
    let columns = [
        ("", totals.source_items),
        ("", totals.target_items),
        ("", totals.matched),
        ("", totals.identical),
        ("altered", totals.altered),
        ("missing", totals.missing),
        ("", totals.left_out),
        ("extra", totals.extra),
    ];
    for (class, number) in columns {
        // A nought steps back, so that the others stand out.
        let quiet = if number == 0 { " nought" } else { "" };
        page.raw("<td class=\"n ").raw(class).raw(quiet).raw("\">").number(number).raw("</td>");
    }
    for bytes in [totals.source_bytes, totals.target_bytes] {
        let quiet = if bytes == 0 { " nought" } else { "" };
        page.raw("<td class=\"n").raw(quiet).raw("\">").size(bytes).raw("</td>");
    }
}
