//! Where a folder of the old mail system is expected on the new one, and whether every difference was named.

use servers::{
    dovecot::SpecialUse,
    verify::{Difference, Print},
};
use shared::{
    cause::Cause,
    finding::{Finding, Severity},
    folder::FolderPath,
    report::Report,
};

/// A folder's place where only the special-use folders have other names.
pub fn by_role(from: SpecialUse, to: SpecialUse) -> impl Fn(&[String]) -> Vec<String> {
    move |path| {
        let mut path = path.to_vec();
        path[0] = from.rename(&path[0], to);
        path
    }
}

/// A folder's place as the report tells it, for folders whose names the target cannot hold; each such rename must be a
/// finding. Every other folder has to be where `otherwise` says.
pub fn by_report<'a>(
    report: &'a Report,
    cannot_be: impl Fn(&[String]) -> bool + 'a,
    otherwise: impl Fn(&[String]) -> Vec<String> + 'a,
) -> impl Fn(&[String]) -> Vec<String> + 'a {
    move |path| {
        if !cannot_be(path) {
            return otherwise(path);
        }
        let source = FolderPath(path.to_vec());
        let named = report.findings.iter().any(|finding| {
            finding.cause == Cause::FolderRenamed && finding.subject.folder.as_ref() == Some(&source)
        });
        assert!(named, "the rename of {source} is no finding");
        let place = report.folders.iter().find(|folder| folder.source == source);
        place.unwrap_or_else(|| panic!("{source} is not in the report")).target.0.clone()
    }
}

/// The differences that no finding of the report names.
pub fn unnamed<'a>(
    differences: &'a [Difference],
    report: &Report,
    place: impl Fn(&[String]) -> Vec<String>,
) -> Vec<&'a Difference> {
    differences
        .iter()
        .filter(|difference| !report.findings.iter().any(|one| names(one, difference, &place)))
        .collect()
}

fn names(finding: &Finding, difference: &Difference, place: impl Fn(&[String]) -> Vec<String>) -> bool {
    let Some(folder) = &finding.subject.folder else { return false };
    if place(&folder.0) != difference.path() && folder.0 != difference.path() {
        return false;
    }
    match difference {
        Difference::FolderMissing(_) => finding.cause == Cause::FolderRefused,
        Difference::Subscription(_) => finding.cause == Cause::SubscriptionLost,
        // Nothing ever excuses what nobody sent there.
        Difference::FolderExtra(..) | Difference::Extra(..) => false,
        Difference::Missing(_, one) => finding.severity == Severity::Loss && is_about(finding, one),
        Difference::Date(_, one, _) => finding.cause == Cause::DateAltered && is_about(finding, one),
        Difference::Flags(_, one, _) => finding.cause == Cause::FlagsAltered && is_about(finding, one),
        Difference::Keywords(_, one, _) => finding.cause == Cause::KeywordsLost && is_about(finding, one),
    }
}

/// A finding names a message by what the source told of it.
fn is_about(finding: &Finding, one: &Print) -> bool {
    let received = finding.subject.item.as_ref().and_then(|item| item.received);
    received.is_some_and(|received| received.seconds() == one.received)
}
