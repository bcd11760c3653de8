//! Tables for a terminal: numbers to the right, then one column of text of any length, so that no script or emoji can
//! shift a line.

/// A row: its numbers, and the text after them.
pub(super) type Row = (Vec<String>, String);

/// Writes a table; `last` stands under a line.
pub(super) fn table(heads: &[&str], text_head: &str, rows: &[Row], last: Option<&Row>) -> String {
    let head = (heads.iter().map(ToString::to_string).collect(), text_head.to_owned());
    let all: Vec<&Row> = std::iter::once(&head).chain(rows).chain(last).collect();
    let width = |column: usize| {
        all.iter()
            .filter_map(|(numbers, _)| numbers.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |(numbers, text): &Row| {
        let mut line = String::new();
        for (cell, width) in numbers.iter().zip(&widths) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        format!("{line}  {text}\n")
    };
    let mut out = line(&head);
    out.extend(rows.iter().map(&line));
    if let Some(last) = last {
        let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let rule = (rules, "─".repeat(text_head.chars().count().max(12)));
        out.push_str(&line(&rule));
        out.push_str(&line(last));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn numbers_stand_under_each_other_and_text_goes_last() {
        let row = |numbers: [&str; 2], text: &str| (numbers.map(Into::into).to_vec(), text.to_owned());
        let rows = [row(["1,204", "3"], "INBOX"), row(["7", "0"], "日本語 / 受信箱")];
        let text = table(&["source", "skipped"], "folder", &rows, Some(&row(["1,211", "3"], "all")));
        let expected = "
  source  skipped  folder
   1,204        3  INBOX
       7        0  日本語 / 受信箱
  ──────  ───────  ────────────
   1,211        3  all
";
        assert_eq!(format!("\n{text}"), expected);
    }
}
