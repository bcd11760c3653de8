//! A pasted list of mailboxes: lines into rows, each with what is wrong with it.

use std::collections::BTreeSet;

use shared::job::NewJob;

/// Which columns a line has: a side where an admin logs in for all mailboxes needs no password of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) source_secret: bool,
    pub(crate) target_secret: bool,
}

impl Columns {
    /// The columns' names in order, as a line is to be written.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let mut names = vec!["source user"];
        if self.source_secret {
            names.push("source password");
        }
        names.push("target user");
        if self.target_secret {
            names.push("target password");
        }
        names
    }
}

/// One pasted line. No `Debug`: it holds passwords.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number, counted from 1.
    pub(crate) number: usize,
    /// What it says, as far as it could be read.
    pub(crate) job: NewJob,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

/// Reads pasted lines. Comma, semicolon or tab between the fields; quotes around a field that holds one of them.
/// `known` are the pairs of source and target user the project has already.
pub(crate) fn read(text: &str, columns: Columns, known: &BTreeSet<(String, String)>) -> Vec<Line> {
    let separator = separator(text);
    let mut seen = BTreeSet::new();
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fields = fields(line, separator);
        if line.trim().is_empty() || (lines.is_empty() && is_heading(&fields, columns)) {
            continue;
        }
        let (job, mut problem) = row(&fields, columns);
        let pair = (job.source_user.clone(), job.target_user.clone());
        if problem.is_none() && known.contains(&pair) {
            problem = Some("This mailbox is in the project already.".into());
        }
        if problem.is_none() && !seen.insert(pair) {
            problem = Some("This mailbox stands on an earlier line already.".into());
        }
        lines.push(Line { number: index + 1, job, problem });
    }
    lines
}

fn row(fields: &[String], columns: Columns) -> (NewJob, Option<String>) {
    let names = columns.names();
    let mut given = fields.iter();
    let mut next = || given.next().cloned().unwrap_or_default();
    let source_user = next().trim().to_owned();
    let source_secret = columns.source_secret.then(&mut next);
    let target_user = next().trim().to_owned();
    let target_secret = columns.target_secret.then(&mut next);
    let empty = names.iter().zip(fields).find(|(_, field)| field.trim().is_empty());
    let problem = if fields.len() == names.len() {
        empty.map(|(name, _)| format!("The {name} is empty."))
    } else {
        Some(format!("{} fields instead of {}: {}.", fields.len(), names.len(), names.join(", ")))
    };
    (NewJob { source_user, source_secret, target_user, target_secret, below: None }, problem)
}

/// The first separator of the first line that has text: a password may hold the others.
fn separator(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.chars().find(|character| matches!(character, ',' | ';' | '\t')).unwrap_or(',')
}

fn is_heading(fields: &[String], columns: Columns) -> bool {
    let plain = |text: &str| text.trim().to_lowercase().replace(['_', '-'], " ");
    fields.iter().map(|field| plain(field)).eq(columns.names())
}

/// Splits a line as RFC 4180 says: a doubled quote inside quotes is a quote.
fn fields(line: &str, separator: char) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            character if character == separator && !quoted => fields.push(std::mem::take(&mut field)),
            character => field.push(character),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Columns = Columns { source_secret: true, target_secret: true };
    const NEITHER: Columns = Columns { source_secret: false, target_secret: false };

    fn check(text: &str, columns: Columns, expected: &str) {
        let known = BTreeSet::from([("known@old".to_owned(), "known@new".to_owned())]);
        let secret = |secret: Option<String>| secret.unwrap_or_else(|| "-".into());
        let rows: Vec<String> = read(text, columns, &known)
            .into_iter()
            .map(|Line { number, job, problem }| match problem {
                Some(problem) => format!("{number}: {problem}"),
                None => format!(
                    "{number}: {} {} > {} {}",
                    job.source_user,
                    secret(job.source_secret),
                    job.target_user,
                    secret(job.target_secret)
                ),
            })
            .collect();
        assert_eq!(rows.join("\n"), expected, "{text}");
    }

    #[test]
    fn a_line_names_both_mailboxes_and_their_passwords() {
        check(
            "a@old,one,a@new,two\r\n\n b@old ,x, b@new,y",
            BOTH,
            "1: a@old one > a@new two\n3: b@old x > b@new y",
        );
    }

    #[test]
    fn a_password_keeps_its_spaces_quotes_and_separators() {
        check(
            "a@old,\"p,\"\"1\"\"\",a@new, lead\nb@old,x;y,b@new,z\"",
            BOTH,
            "1: a@old p,\"1\" > a@new  lead\n2: b@old x;y > b@new z\"",
        );
    }

    #[test]
    fn a_spreadsheet_may_use_tabs_or_semicolons_and_a_heading() {
        check("Source_User;Target user\na@old;a@new", NEITHER, "2: a@old - > a@new -");
        check("a@old\tone\ta@new\ttwo", BOTH, "1: a@old one > a@new two");
    }

    #[test]
    fn every_bad_line_says_what_is_wrong_with_it() {
        check(
            "a@old,one,a@new\nb@old,,b@new,two\nknown@old,x,known@new,y\nc@old,x,c@new,y\nc@old,x,c@new,z",
            BOTH,
            "1: 3 fields instead of 4: source user, source password, target user, target password.\n\
             2: The source password is empty.\n\
             3: This mailbox is in the project already.\n\
             4: c@old x > c@new y\n\
             5: This mailbox stands on an earlier line already.",
        );
    }

    #[test]
    fn where_one_side_has_an_admin_only_the_other_needs_passwords() {
        let columns = Columns { source_secret: false, target_secret: true };
        check("a@old,a@new,two", columns, "1: a@old - > a@new two");
    }
}
