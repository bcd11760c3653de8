//! The report of the last validation, as it downloads, on screen.

mod sections;

use leptos::prelude::*;
use shared::{
    id::JobId,
    report::{Report, ReportFormat},
};

use super::missing::NotFound;
use crate::{
    api,
    components::{Badge, Icon, IconName, PageHead, crumb},
    load::load,
    view::{
        locale::moment,
        safe::{clean, clean_sentence},
        words::{Tone, depth_title, verdict_tone},
    },
};
use sections::{CausesOf, FoldersOf, TotalsOf};

/// The page.
#[component]
pub(crate) fn ReportPage(id: JobId) -> impl IntoView {
    let report = load(move || api::report(id));
    report.view_or(
        move |report| view! { <Whole id=id report=report/> }.into_any(),
        || view! { <NotFound/> }.into_any(),
    )
}

#[component]
fn Whole(id: JobId, report: Report) -> impl IntoView {
    let user = clean(&report.source.user);
    let crumbs = vec![crumb("Projects", "/"), crumb(user, format!("/jobs/{id}"))];
    let tone = verdict_tone(report.verdict);
    let icon = match tone {
        Tone::Good => IconName::Check,
        Tone::Plain | Tone::Busy | Tone::Warning | Tone::Bad => IconName::Warning,
    };
    let side = |name: &'static str, side: &shared::report::ReportSide| {
        let text = format!("{} on {}", clean(&side.user), clean(&side.host));
        view! { <div><dt>{name}</dt><dd><bdi>{text}</bdi></dd></div> }
    };
    let facts = view! {
        <dl class="pairs">
            {side("Source", &report.source)}
            {side("Target", &report.target)}
            <div><dt>"Compared"</dt><dd>{moment(report.created)}</dd></div>
            <div><dt>"By"</dt><dd>{format!("{} of version {}", report.pass.title(), report.version)}</dd></div>
            <div><dt>"How far"</dt><dd>{depth_title(report.depth)}</dd></div>
        </dl>
    };
    let approved = report.approved.map(|approval| {
        let note =
            if approval.note.is_empty() { String::new() } else { format!(": {}", clean(&approval.note)) };
        let text =
            format!("Differences approved by {} on {}{note}", clean(&approval.who), moment(approval.at));
        view! { <p data-test="approved"><bdi>{text}</bdi></p> }
    });
    view! {
        <PageHead title="Report" crumbs=crumbs><Downloads id=id/></PageHead>
        <section class=format!("card verdict {}", tone.class()) data-test="report-verdict" aria-label="Verdict">
            <Icon name=icon/>
            <div>
                <h2>{report.verdict.title()}</h2>
                <p>{clean_sentence(&report.sentence)}</p>
                {approved}
            </div>
        </section>
        <section class="card" aria-label="What was compared">
            {facts}
            <TotalsOf totals=report.totals/>
        </section>
        <section class="card">
            <h2>"Findings by cause"</h2>
            <CausesOf causes=report.causes findings=report.findings/>
        </section>
        <section class="card">
            <h2>"Folders"</h2>
            <FoldersOf folders=report.folders/>
        </section>
    }
}

/// The report in every form it downloads in, and one to print.
#[component]
pub(super) fn Downloads(id: JobId) -> impl IntoView {
    let links = ReportFormat::ALL.map(|format| {
        let word = format.extension();
        view! {
            <a class="button" href=api::report_link(id, format) download="" data-test=format!("download-{word}")>
                <Icon name=IconName::Download/>
                {word.to_uppercase()}
                <span class="unseen">" report"</span>
            </a>
        }
    });
    view! {
        <a class="button" href=api::printable_link(id) target="_blank" rel="external noopener" data-test="print">
            <Icon name=IconName::Print/>
            "Printable"
            <span class="unseen">" report, opens in a new tab"</span>
        </a>
        {links.collect_view()}
    }
}

/// Says whether anything is worth a word.
pub(super) fn nothing(text: &'static str) -> AnyView {
    view! { <p class="outcome"><Badge tone=Tone::Good text=text/></p> }.into_any()
}
