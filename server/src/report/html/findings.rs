//! The causes in a table, then every finding under its cause.

use std::collections::BTreeMap;

use shared::{
    cause::Cause,
    finding::{CauseCount, Finding, ItemLabel, Severity, by_cause},
    report::Report,
};

use crate::report::{markup::Markup, words};

/// Writes the causes with their numbers and advice.
pub(super) fn write_causes(page: &mut Markup, report: &Report) {
    page.raw("<section>\n<h2 id=\"causes\">Findings by cause</h2>\n");
    let causes = complete(report);
    if causes.is_empty() {
        page.raw("<p class=\"clear\">Nothing was found that a person should know: no loss, no difference, no rename.");
        page.raw("</p>\n");
    } else {
        table(page, &causes);
    }
    page.raw("</section>\n");
}

/// Writes every finding under its cause.
pub(super) fn write_all(page: &mut Markup, report: &Report) {
    if report.findings.is_empty() {
        return;
    }
    let mut groups = BTreeMap::<Cause, Vec<&Finding>>::new();
    for finding in &report.findings {
        groups.entry(finding.cause).or_default().push(finding);
    }
    page.raw("<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Every finding</h2>\n");
    for (number, cause) in complete(report).iter().enumerate() {
        if let Some(findings) = groups.remove(&cause.cause) {
            group(page, number as u64 + 1, cause, &findings);
        }
    }
    page.raw("</section>\n");
}

/// The report's causes, and any cause that only its findings name: a finding is never left out for want of a heading. A
/// report of an earlier version does not say how many findings of a cause matter less than the worst; the findings do.
fn complete(report: &Report) -> Vec<CauseCount> {
    let mut found = by_cause(&report.findings);
    let mut causes = report.causes.clone();
    for cause in &mut causes {
        if let Some(at) = found.iter().position(|found| found.cause == cause.cause) {
            let found = found.remove(at);
            if found.count == cause.count {
                *cause = CauseCount { title: cause.title.clone(), advice: cause.advice.clone(), ..found };
            }
        }
    }
    causes.extend(found);
    causes
}

fn table(page: &mut Markup, causes: &[CauseCount]) {
    page.raw(
        "<div class=\"scroll\" role=\"region\" aria-labelledby=\"causes\" tabindex=\"0\">\n<table class=\"causes\">\n\
         <thead>\n<tr><th scope=\"col\">Severity</th><th scope=\"col\" class=\"n\">Findings</th>\
         <th scope=\"col\">Cause</th><th scope=\"col\">What to do</th></tr>\n</thead>\n<tbody>\n",
    );
    // Findings of one cause that matter less have a line of their own.
    let lines = causes.iter().enumerate();
    let lines =
        lines.flat_map(|(number, cause)| cause.by_severity().map(move |group| (number, cause, group)));
    for (number, cause, group) in lines {
        page.raw("<tr><td>");
        severity(page, group.severity);
        page.raw("</td><td class=\"n\">").number(group.count).raw("</td><th scope=\"row\"><a href=\"#cause-");
        page.digits(number as u64 + 1).raw("\">").say(&cause.title).raw("</a></th><td>").say(&cause.advice);
        page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n</div>\n");
}

fn group(page: &mut Markup, number: u64, cause: &CauseCount, findings: &[&Finding]) {
    let with_items = findings.iter().any(|finding| finding.subject.item.is_some());
    page.raw("<section class=\"group\">\n<h3 id=\"cause-").digits(number).raw("\">");
    for group in cause.by_severity() {
        severity(page, group.severity);
        page.raw(" ");
    }
    page.say(&cause.title).raw(" <span class=\"quiet\">(").number(findings.len() as u64);
    page.raw(")</span></h3>\n<p class=\"advice\">").say(&cause.advice).raw(" <code>").say(cause.cause.id());
    page.raw("</code></p>\n<div class=\"scroll\" role=\"region\" aria-labelledby=\"cause-").digits(number);
    page.raw("\" tabindex=\"0\">\n<table class=\"findings\">\n<thead>\n<tr><th scope=\"col\">Folder</th>");
    if with_items {
        page.raw("<th scope=\"col\">Message</th>");
    }
    page.raw("<th scope=\"col\">Particulars</th></tr>\n</thead>\n<tbody>\n");
    for finding in findings {
        page.raw("<tr><td>");
        match &finding.subject.folder {
            Some(folder) => page.value(&folder.to_string()),
            None => page.raw(words::WHOLE_MAILBOX),
        };
        page.raw("</td>");
        if with_items {
            page.raw("<td>");
            if let Some(label) = &finding.subject.item {
                item(page, label);
            }
            page.raw("</td>");
        }
        page.raw("<td>").value(&finding.detail).raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn item(page: &mut Markup, label: &ItemLabel) {
    page.raw("<span class=\"uid\">UID ").value(&label.id).raw("</span> · ").size(label.size);
    if let Some(received) = label.received {
        page.raw(" · ").moment(received);
    }
    if let Some(message_id) = &label.message_id {
        page.raw("<span class=\"message-id\">").value(message_id).raw("</span>");
    }
}

fn severity(page: &mut Markup, severity: Severity) {
    let class = match severity {
        Severity::Info => "<span class=\"severity info\">",
        Severity::Warning => "<span class=\"severity warning\">",
        Severity::Loss => "<span class=\"severity loss\">",
    };
    page.raw(class).raw(severity.title()).raw("</span>");
}
