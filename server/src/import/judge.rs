//! What is wrong with each row.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::{
    folder::FolderPath,
    import::{ImportAnswer, ImportField, ImportProblem, ImportRow, ImportShow, ProblemCount},
    job::NewJob,
};

use super::{Line, exclude, merge, rename};

/// Longest login name, in bytes.
const NAME_MAX: usize = 255;
/// Longest password or token, in bytes.
pub(super) const SECRET_MAX: usize = 16 * 1024;

/// The mailboxes that the project has already.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pairs: HashSet<(String, String)>,
    /// Where each target mailbox is written to: the folder that everything goes below, or its top.
    places: HashSet<(String, Option<FolderPath>)>,
    domains: [HashSet<String>; 2],
}

impl Known {
    /// Adds a mailbox of the project.
    pub(crate) fn add(&mut self, source: String, target: String, below: Option<FolderPath>) {
        for (domains, name) in self.domains.iter_mut().zip([&source, &target]) {
            domains.extend(domain(name));
        }
        self.places.insert((target.to_lowercase(), below));
        self.pairs.insert((source, target));
    }

    /// Whether a mailbox of the project is written to the top of this one.
    pub(super) fn has_top(&self, target: &str) -> bool {
        self.places.contains(&(target.to_lowercase(), None))
    }
}

/// By what rows are judged.
pub(super) struct Rules<'a> {
    pub(super) columns: &'a [Option<ImportField>],
    /// Whether source and target need a password of each mailbox.
    pub(super) needs: [bool; 2],
    pub(super) rename: &'a rename::Rules,
    pub(super) exclude: &'a [String],
    pub(super) merge: Option<&'a merge::Rule>,
    pub(super) known: &'a Known,
}

/// A row with what is wrong with it. No `Debug`: it holds passwords.
pub(super) struct Judged {
    pub(super) line: u64,
    pub(super) job: NewJob,
    renamed: bool,
    pub(super) merged: bool,
    pub(super) excluded: bool,
    pub(super) problems: Vec<ImportProblem>,
    /// What both systems said of it, when they were asked.
    pub(super) answer: Option<ImportAnswer>,
}

/// How many rows there are of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) good: u64,
    pub(crate) bad: u64,
    pub(crate) excluded: u64,
}

impl Judged {
    pub(super) fn is_bad(&self) -> bool {
        !self.excluded && !self.problems.is_empty()
    }

    pub(super) fn is_good(&self) -> bool {
        !self.excluded && self.problems.is_empty()
    }

    pub(super) fn is_shown(&self, show: ImportShow) -> bool {
        match show {
            ImportShow::All => true,
            ImportShow::Good => self.is_good(),
            ImportShow::Bad => self.is_bad(),
            ImportShow::Excluded => self.excluded,
        }
    }

    pub(super) fn row(&self) -> ImportRow {
        ImportRow {
            line: self.line,
            source_user: self.job.source_user.clone(),
            target_user: self.job.target_user.clone(),
            renamed: self.renamed,
            below: self.job.below.clone(),
            merged: self.merged,
            excluded: self.excluded,
            problems: self.problems.clone(),
            answer: self.answer.clone(),
        }
    }

    /// Whether it can be added, and not both systems said what they know.
    pub(super) fn is_unasked(&self) -> bool {
        self.is_good() && !self.answer.as_ref().is_some_and(ImportAnswer::is_whole)
    }

    /// Its mailbox with its row in the list.
    pub(super) fn job(self) -> Option<(u64, NewJob)> {
        self.is_good().then_some((self.line, self.job))
    }
}

/// Judges rows; returns them with the domains that belong here: those given, or those guessed.
pub(super) fn judge(
    lines: &[Line],
    rules: &Rules<'_>,
    domains: Option<&[String]>,
) -> (Vec<Judged>, Vec<String>) {
    let mut rows: Vec<_> = lines.iter().map(|line| alone(line, rules)).collect();
    let domains = match domains {
        Some(given) => {
            given.iter().map(|domain| domain.trim().trim_start_matches('@').to_lowercase()).collect()
        }
        None => usual_domains(&rows, rules.known),
    };
    if let Some(rule) = rules.merge {
        rule.apply(&mut rows, rules.known);
    }
    among_others(&mut rows, rules.known);
    strangers(&mut rows, &domains);
    (rows, domains)
}

/// What is wrong with a row by itself.
fn alone(line: &Line, rules: &Rules<'_>) -> Judged {
    let cell = |field: ImportField| {
        let at = rules.columns.iter().position(|column| *column == Some(field));
        at.and_then(|at| line.cells.get(at)).map(String::as_str).unwrap_or_default()
    };
    let source_user = cell(ImportField::SourceUser).trim().to_owned();
    let mut target_user = cell(ImportField::TargetUser).trim().to_owned();
    let mut renamed = false;
    let mut problems = Vec::new();
    let excluded = exclude::fits(rules.exclude, &source_user);
    if target_user.is_empty()
        && !source_user.is_empty()
        && let Some(made) = rules.rename.apply(&source_user)
    {
        (target_user, renamed) = (made, true);
    }
    if line.torn || source_user.contains('\n') || target_user.contains('\n') {
        problems.push(ImportProblem::Unreadable);
    } else {
        if source_user.is_empty() {
            problems.push(ImportProblem::NoSource);
        }
        if target_user.is_empty() {
            problems.push(ImportProblem::NoTarget);
        }
        let unfit = |name: &String| name.len() > NAME_MAX || name.chars().any(char::is_control);
        if [&source_user, &target_user].into_iter().any(unfit) {
            problems.push(ImportProblem::BadName);
        }
        for (field, needed, problem) in [
            (ImportField::SourceSecret, rules.needs[0], ImportProblem::NoSourceSecret),
            (ImportField::TargetSecret, rules.needs[1], ImportProblem::NoTargetSecret),
        ] {
            if needed && cell(field).is_empty() {
                problems.push(problem);
            }
            if needed && (cell(field).len() > SECRET_MAX || cell(field).contains(['\0', '\r', '\n'])) {
                problems.push(ImportProblem::BadSecret);
            }
        }
    }
    let below = FolderPath::parse(cell(ImportField::Below).trim());
    let secret = |field, needed: bool| needed.then(|| cell(field).to_owned());
    Judged {
        line: line.number,
        job: NewJob {
            source_user,
            source_secret: secret(ImportField::SourceSecret, rules.needs[0]),
            target_user,
            target_secret: secret(ImportField::TargetSecret, rules.needs[1]),
            below: (!below.0.is_empty()).then_some(below),
        },
        renamed,
        merged: false,
        excluded,
        problems,
        answer: None,
    }
}

/// Rows that say what another row, or the project, says already.
fn among_others(rows: &mut [Judged], known: &Known) {
    let mut pairs = HashMap::new();
    let mut places = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.is_good()) {
        let pair = (row.job.source_user.clone(), row.job.target_user.clone());
        let place = (row.job.target_user.to_lowercase(), row.job.below.clone());
        let problem = if known.pairs.contains(&pair) {
            Some(ImportProblem::InProject)
        } else if let Some(line) = pairs.get(&pair) {
            Some(ImportProblem::Duplicate { line: *line })
        } else if let Some(line) = places.get(&place) {
            Some(ImportProblem::SameTarget { line: Some(*line) })
        } else if known.places.contains(&place) {
            Some(ImportProblem::SameTarget { line: None })
        } else {
            None
        };
        pairs.entry(pair).or_insert(row.line);
        places.entry(place).or_insert(row.line);
        row.problems.extend(problem);
    }
}

/// Rows whose domains do not belong here.
fn strangers(rows: &mut [Judged], domains: &[String]) {
    let domains: HashSet<&str> = domains.iter().map(String::as_str).collect();
    let strange = |name: &str| domain(name).filter(|domain| !domains.contains(domain.as_str()));
    for row in rows.iter_mut().filter(|row| !row.excluded) {
        let source = strange(&row.job.source_user).map(|domain| ImportProblem::SourceDomain { domain });
        let target = strange(&row.job.target_user).map(|domain| ImportProblem::TargetDomain { domain });
        row.problems.extend(source.into_iter().chain(target));
    }
}

/// The domains of the project's mailboxes, and on each side those of a tenth of the rows or more.
fn usual_domains(rows: &[Judged], known: &Known) -> Vec<String> {
    let mut usual: HashSet<String> = known.domains.iter().flatten().cloned().collect();
    for name in
        [|job: &NewJob| &job.source_user, |job: &NewJob| &job.target_user] as [fn(&NewJob) -> &String; 2]
    {
        let mut counts = HashMap::<String, usize>::new();
        for domain in rows.iter().filter(|row| !row.excluded).filter_map(|row| domain(name(&row.job))) {
            *counts.entry(domain).or_default() += 1;
        }
        let all: usize = counts.values().sum();
        usual.extend(counts.into_iter().filter(|(_, count)| count * 10 >= all).map(|(domain, _)| domain));
    }
    let mut usual: Vec<_> = usual.into_iter().collect();
    usual.sort();
    usual
}

fn domain(name: &str) -> Option<String> {
    name.rsplit_once('@').map(|(_, domain)| domain.to_lowercase())
}

/// How many rows there are of each sort.
pub(super) fn counts(rows: &[Judged]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        match (row.excluded, row.problems.is_empty()) {
            (true, _) => counts.excluded += 1,
            (false, true) => counts.good += 1,
            (false, false) => counts.bad += 1,
        }
    }
    counts
}

/// How many rows have each problem, the most frequent first.
pub(super) fn problems(rows: &[Judged]) -> Vec<ProblemCount> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for problem in rows.iter().filter(|row| !row.excluded).flat_map(|row| &row.problems) {
        *counts.entry(problem.title()).or_default() += 1;
    }
    let mut counts: Vec<_> =
        counts.into_iter().map(|(title, count)| ProblemCount { title: title.into(), count }).collect();
    counts.sort_by_key(|group| std::cmp::Reverse(group.count));
    counts
}
