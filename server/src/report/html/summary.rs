//! The top of the page: the verdict, both sides and the totals.

use shared::report::{Approval, Report, ReportSide, Tally, Verdict};

use crate::report::{markup::Markup, words};

/// Writes the heading, the verdict with its sentence, both sides and the totals.
pub(super) fn write(page: &mut Markup, report: &Report) {
    page.raw(
        "<header>\n<p class=\"brand\">carbonio-migrate</p>\n<h1>Migration report</h1>\n<p class=\"when\">",
    );
    if !report.project.is_empty() {
        page.raw("Project ").value(&report.project).raw(" · ");
    }
    page.say(report.pass.title()).raw(", compared on ").moment(report.created).raw("</p>\n</header>\n");
    verdict(page, report);
    page.raw("<div class=\"sides\">\n");
    side(page, "Source", &report.source);
    page.raw("<p class=\"arrow\" aria-hidden=\"true\">→</p>\n");
    side(page, "Target", &report.target);
    page.raw("</div>\n");
    totals(page, report);
}

/// A sign beside the word, so that colour alone says nothing: check, check, exclamation mark, cross.
fn verdict(page: &mut Markup, report: &Report) {
    let (class, sign) = match report.verdict {
        Verdict::Perfect => ("perfect", "M6 12.5l4 4 8-9"),
        Verdict::Good => ("good", "M6 12.5l4 4 8-9"),
        Verdict::Investigate => ("investigate", "M12 6.5v7M12 17v.5"),
        Verdict::Poor => ("poor", "M7.5 7.5l9 9M16.5 7.5l-9 9"),
    };
    page.raw("<section class=\"verdict ").raw(class).raw("\" aria-labelledby=\"verdict\">\n");
    page.raw(
        "<svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><circle cx=\"12\" cy=\"12\" r=\"12\"/><path d=\"",
    );
    page.raw(sign).raw("\"/></svg>\n<div>\n<h2 id=\"verdict\"><span class=\"quiet\">Verdict: </span>");
    page.say(report.verdict.title()).raw("</h2>\n<p>").say(&report.sentence).raw("</p>\n");
    if let Some(Approval { who, at, note }) = &report.approved {
        page.raw("<p class=\"approved\">Differences approved by ").value(who).raw(" on ").moment(*at);
        if !note.is_empty() {
            page.raw(": ").value(note);
        }
        page.raw("</p>\n");
    }
    page.raw("</div>\n</section>\n");
}

fn side(page: &mut Markup, title: &'static str, side: &ReportSide) {
    page.raw("<section class=\"side\">\n<h2>").raw(title).raw("</h2>\n<p class=\"user\">").value(&side.user);
    page.raw("</p>\n<p class=\"host\">").value(&side.host).raw("</p>\n</section>\n");
}

/// The share of each outcome among the source's messages as a bar, with the same numbers in words under it.
fn totals(page: &mut Markup, report: &Report) {
    let totals = &report.totals;
    page.raw("<section class=\"totals\" aria-labelledby=\"totals\">\n<h2 id=\"totals\">Totals</h2>\n<dl class=\"sums\">\n");
    sum(page, "On the source", totals.source_items, totals.source_bytes);
    sum(page, "On the target", totals.target_items, totals.target_bytes);
    page.raw("</dl>\n");
    let parts = [
        ("identical", Tally::Identical),
        ("differing", Tally::Differing),
        ("altered", Tally::Altered),
        ("missing", Tally::Missing),
    ];
    bar(page, &parts.map(|(class, tally)| (class, tally.of(totals))));
    page.raw("<dl class=\"parts\">\n");
    for (class, tally) in parts {
        let number = tally.of(totals);
        part(page, class, tally, number);
        if number > 0 {
            page.raw(" <small>").say(&words::percent(number, totals.source_items)).raw("</small>");
        }
        page.raw("</dd></div>\n");
    }
    part(page, "left-out", Tally::LeftOut, totals.left_out);
    page.raw("</dd></div>\n");
    part(page, "extra", Tally::Extra, totals.extra);
    page.raw("</dd></div>\n</dl>\n</section>\n");
}

fn sum(page: &mut Markup, name: &'static str, items: u64, bytes: u64) {
    let noun = if items == 1 { "message" } else { "messages" };
    page.raw("<div><dt>").raw(name).raw("</dt><dd>").number(items).raw(" <small>").raw(noun).raw(", ");
    page.size(bytes).raw("</small></dd></div>\n");
}

fn part(page: &mut Markup, class: &'static str, tally: Tally, number: u64) {
    page.raw("<div class=\"").raw(class).raw(if number == 0 { " none\"><dt>" } else { "\"><dt>" });
    page.raw(tally.title())
        .raw("<span class=\"meaning\">")
        .raw(tally.meaning())
        .raw("</span></dt><dd>")
        .number(number);
}

/// Whole units of a bar 1000 wide. What is there at all is seen: at least 4 units, taken from the widest part.
fn bar(page: &mut Markup, parts: &[(&'static str, u64)]) {
    const WIDTH: u64 = 1000;
    const SEEN: u64 = 4;
    let whole: u128 = parts.iter().map(|(_, number)| u128::from(*number)).sum();
    if whole == 0 {
        return;
    }
    let mut widths: Vec<u64> = parts
        .iter()
        .map(|(_, number)| match *number {
            0 => 0,
            number => ((u128::from(number) * u128::from(WIDTH) / whole) as u64).max(SEEN),
        })
        .collect();
    let used: u64 = widths.iter().sum();
    if let Some(widest) = widths.iter_mut().max() {
        *widest = (*widest + WIDTH).saturating_sub(used);
    }
    page.raw("<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    let mut left = 0;
    for ((class, _), width) in parts.iter().zip(widths) {
        if width > 0 {
            page.raw("<rect class=\"")
                .raw(class)
                .raw("\" x=\"")
                .digits(left)
                .raw("\" width=\"")
                .digits(width);
            page.raw("\" height=\"10\"/>");
        }
        left += width;
    }
    page.raw("</svg>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSES: [&str; 4] = ["identical", "differing", "altered", "missing"];

    fn widths(numbers: [u64; 4]) -> Vec<u64> {
        let parts: Vec<_> = CLASSES.into_iter().zip(numbers).collect();
        let mut page = Markup::default();
        bar(&mut page, &parts);
        let text = String::from_utf8(page.into_bytes()).expect("is UTF-8");
        let width =
            |rest: &str| rest.split('"').next().and_then(|digits| digits.parse().ok()).expect("is a number");
        text.split(" width=\"").skip(1).map(width).collect()
    }

    #[test]
    fn a_bar_is_always_full_and_shows_one_message_in_a_million() {
        for numbers in [[1_000_000, 0, 0, 1], [1, 1, 1, 0], [0, 0, 0, 5], [u64::MAX, 7, u64::MAX, 1]] {
            let widths = widths(numbers);
            assert_eq!(widths.iter().sum::<u64>(), 1000, "{numbers:?}");
            assert_eq!(widths.len(), numbers.iter().filter(|number| **number > 0).count());
        }
    }

    #[test]
    fn an_empty_mailbox_has_no_bar() {
        assert!(widths([0; 4]).is_empty());
    }
}
