//! How it was compared, what the numbers mean, and how to tell that the page belongs to its JSON form.

use shared::report::{Report, Tally, Verdict};

use crate::report::{markup::Markup, words};

/// What the columns of numbers say.
const MEANINGS: [(Tally, &str); 5] = [
    (Tally::Matched, "On both sides with the same content."),
    (Tally::Identical, "Matched, and received date, flags and keywords are equal too."),
    (Tally::Altered, "Recognised on the target, but with changed bytes."),
    (Tally::Missing, "On the source and not on the target."),
    (Tally::Extra, "On the target and not on the source; mail that arrived later is counted here."),
];

const fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Perfect => "Every message that was to be on the target is there, and nothing differs.",
        Verdict::Good => "Every message that was to be on the target is there; small differences are named.",
        Verdict::Investigate => "Some messages are not on the target or changed, each with a cause.",
        Verdict::Poor => "Messages are missing without a cause, or too many with one.",
    }
}

/// Writes what was compared and what the words mean.
pub(super) fn write(page: &mut Markup, report: &Report) {
    page.raw("<section class=\"method\" aria-labelledby=\"method\">\n<h2 id=\"method\">How it was compared</h2>\n<p>");
    page.raw(words::depth(report.depth));
    page.raw(
        " Both mailboxes were read afresh for this comparison; what was noted while copying served only to say why a \
         message is not there. Reading changed nothing on the source, not even a flag.</p>\n<div class=\"meanings\">\n<dl>\n",
    );
    for (tally, meaning) in MEANINGS {
        page.raw("<dt>").raw(tally.title()).raw("</dt>\n<dd>").raw(meaning).raw("</dd>\n");
    }
    page.raw("</dl>\n<dl>\n");
    for verdict in [Verdict::Perfect, Verdict::Good, Verdict::Investigate, Verdict::Poor] {
        page.raw("<dt>Verdict “")
            .raw(verdict.title())
            .raw("”</dt>\n<dd>")
            .raw(meaning(verdict))
            .raw("</dd>\n");
    }
    page.raw("</dl>\n</div>\n</section>\n");
}

/// Writes the foot of the page: version, moment, and the SHA-256 of the JSON form.
pub(super) fn write_colophon(page: &mut Markup, report: &Report, json_sha256: &str) {
    page.raw("<footer>\n<p>Written by carbonio-migrate ")
        .value(&report.version)
        .raw(" on ")
        .moment(report.created);
    page.raw(
        ". Values longer than 200 characters are cut on this page and control characters are shown as signs; the JSON \
         form has everything in full.</p>\n<p>SHA-256 of the JSON form of this report:<br><code class=\"hash\">",
    );
    page.say(json_sha256).raw("</code></p>\n</footer>\n");
}
