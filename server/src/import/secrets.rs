//! A list of new passwords for mailboxes that a project has: whose each row is, and what is wrong with it. Pure.

use std::collections::{HashMap, HashSet};

use shared::{
    check::Side,
    id::JobId,
    import::{ImportField, ImportProblem, ROWS_MAX},
    job::JobSecrets,
    secrets::SecretsForm,
};

use super::{Line, Refused, columns, judge::SECRET_MAX, sheet};

/// How many bad rows are named; of the others it is told how many there are.
const NAMED_MAX: usize = 20;

/// A mailbox of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mailbox {
    pub(crate) id: JobId,
    pub(crate) source_user: String,
    pub(crate) target_user: String,
}

/// Reads a list: the new passwords of each mailbox that it names, or everything that is wrong with it. `needs` says whether
/// source and target need a password of each mailbox. No refusal repeats a cell: in a column that was mistaken for
/// another it may be a password.
pub(crate) fn secrets(
    form: &SecretsForm,
    needs: [bool; 2],
    mailboxes: &[Mailbox],
) -> Result<Vec<(JobId, JobSecrets)>, Vec<Refused>> {
    let field = if form.file.is_some() { "file" } else { "text" };
    let refused = |message: &str| vec![Refused::new(field, message)];
    if needs == [false, false] {
        return Err(refused(
            "An admin logs in for all mailboxes on both sides, so none has a password of its own. Change the admins' \
             passwords in the project's settings.",
        ));
    }
    let mut lines = sheet(form.text.as_deref(), form.file.as_deref()).map_err(|refused| vec![refused])?.rows;
    if lines.is_empty() {
        return Err(refused("There is no list yet. Paste one, or choose a file."));
    }
    let mut by_source = HashMap::<&str, Vec<&Mailbox>>::new();
    for mailbox in mailboxes {
        by_source.entry(&mailbox.source_user).or_default().push(mailbox);
    }
    let targets: HashSet<&str> = mailboxes.iter().map(|mailbox| mailbox.target_user.as_str()).collect();
    let is_known = |cell: &str| by_source.contains_key(cell.trim());
    let is_target = |cell: &str| targets.contains(cell.trim());
    let Some((header, columns)) = columns::of_secrets(&lines, needs, is_known, is_target) else {
        return Err(refused(
            "Which column is which cannot be told. Name them in the first row: source user, source password, target \
             user, target password. Only the first is needed, and one with passwords.",
        ));
    };
    lines.drain(..usize::from(header));
    if lines.is_empty() {
        return Err(refused("There is no row in this list. Bring one mailbox a row."));
    }
    if lines.len() > ROWS_MAX {
        return Err(refused(&format!("A list has at most {ROWS_MAX} rows. Bring it in several parts.")));
    }
    let mut found = Found::default();
    let bad: Vec<Refused> = lines
        .iter()
        .filter_map(|line| {
            let row = Row { line, columns: &columns, needs };
            let problem = row.fill(&by_source, &mut found).err()?;
            Some(Refused::new(field, format!("Row {}: {problem}", line.number)))
        })
        .collect();
    if bad.is_empty() { Ok(found.into_secrets()) } else { Err(named(bad, field)) }
}

/// The first bad rows, and how many there are besides.
fn named(mut bad: Vec<Refused>, field: &str) -> Vec<Refused> {
    let more = bad.len().saturating_sub(NAMED_MAX);
    bad.truncate(NAMED_MAX);
    if more > 0 {
        bad.push(Refused::new(field, format!("{more} more rows have a problem.")));
    }
    bad
}

/// What was found until now: in the order of the list, each place with the row that filled it.
#[derive(Default)]
struct Found {
    secrets: Vec<(JobId, JobSecrets)>,
    at: HashMap<JobId, usize>,
    rows: HashMap<(JobId, Side), u64>,
}

impl Found {
    fn of(&mut self, id: JobId) -> Option<&mut JobSecrets> {
        let secrets = &mut self.secrets;
        let at = *self.at.entry(id).or_insert_with(|| {
            secrets.push((id, JobSecrets::default()));
            secrets.len() - 1
        });
        secrets.get_mut(at).map(|(_, secrets)| secrets)
    }

    fn put(&mut self, id: JobId, side: Side, secret: &str) {
        let Some(secrets) = self.of(id) else { return };
        let place = match side {
            Side::Source => &mut secrets.source_secret,
            Side::Target => &mut secrets.target_secret,
        };
        *place = Some(secret.to_owned());
    }

    fn into_secrets(self) -> Vec<(JobId, JobSecrets)> {
        self.secrets
    }
}

/// One row, and how it is read.
struct Row<'a> {
    line: &'a Line,
    columns: &'a [Option<ImportField>],
    needs: [bool; 2],
}

impl Row<'_> {
    fn cell(&self, field: ImportField) -> &str {
        let at = self.columns.iter().position(|column| *column == Some(field));
        at.and_then(|at| self.line.cells.get(at)).map(String::as_str).unwrap_or_default()
    }

    /// The passwords in it that a mailbox needs.
    fn secrets(&self) -> impl Iterator<Item = (Side, &str)> {
        let cells = [(Side::Source, ImportField::SourceSecret), (Side::Target, ImportField::TargetSecret)];
        let needed = cells.into_iter().zip(self.needs).filter(|(_, needed)| *needed);
        needed.map(|((side, field), _)| (side, self.cell(field))).filter(|(_, secret)| !secret.is_empty())
    }

    /// Puts its passwords where they belong; says what is wrong otherwise.
    fn fill(&self, by_source: &HashMap<&str, Vec<&Mailbox>>, found: &mut Found) -> Result<(), String> {
        if self.line.torn {
            return Err(ImportProblem::Unreadable.to_string());
        }
        let (source, target) =
            (self.cell(ImportField::SourceUser).trim(), self.cell(ImportField::TargetUser).trim());
        if source.is_empty() {
            return Err(ImportProblem::NoSource.to_string());
        }
        let of_source = by_source.get(source).map(Vec::as_slice).unwrap_or_default();
        if of_source.is_empty() {
            return Err("The project has no mailbox with this name on the source.".into());
        }
        let meant = |mailbox: &&&Mailbox| target.is_empty() || mailbox.target_user == target;
        let meant: Vec<JobId> = of_source.iter().filter(meant).map(|mailbox| mailbox.id).collect();
        if meant.is_empty() {
            return Err(
                "The mailbox with this name on the source goes to none with this name on the target.".into(),
            );
        }
        let secrets: Vec<(Side, &str)> = self.secrets().collect();
        if secrets.is_empty() {
            return Err("There is no password in it that a mailbox of this project needs.".into());
        }
        for (side, secret) in secrets {
            if secret.len() > SECRET_MAX || secret.contains(['\0', '\r', '\n']) {
                return Err(ImportProblem::BadSecret.to_string());
            }
            if side == Side::Target && meant.len() > 1 {
                return Err(format!(
                    "This mailbox of the source goes to {} on the target. Name the one that is meant in a column “target \
                     user”.",
                    meant.len()
                ));
            }
            for id in &meant {
                if let Some(earlier) = found.rows.insert((*id, side), self.line.number) {
                    return Err(format!(
                        "Row {earlier} has a password for the same mailbox already. Remove one of the two."
                    ));
                }
                found.put(*id, side, secret);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use shared::{id::JobId, secrets::SecretsForm};

    use super::{Mailbox, NAMED_MAX, secrets};

    fn mailboxes() -> Vec<Mailbox> {
        let pairs = [("anna", "anna.new"), ("bert", "bert.new"), ("all", "one"), ("all", "two")];
        (1..)
            .zip(pairs)
            .map(|(id, (source, target))| Mailbox {
                id: JobId(id),
                source_user: source.into(),
                target_user: target.into(),
            })
            .collect()
    }

    fn pasted(text: &str) -> SecretsForm {
        SecretsForm { text: Some(text.into()), file: None }
    }

    /// What is stored, as `id: source/target` with `-` for what stays; or what is wrong, a line each.
    fn told(text: &str, needs: [bool; 2]) -> String {
        match secrets(&pasted(text), needs, &mailboxes()) {
            Ok(found) => {
                let shown = |secret: &Option<String>| secret.clone().unwrap_or_else(|| "-".into());
                let rows = found.iter().map(|(id, secrets)| {
                    format!("{id}: {}/{}", shown(&secrets.source_secret), shown(&secrets.target_secret))
                });
                rows.collect::<Vec<_>>().join("; ")
            }
            Err(refused) => {
                refused.iter().map(|refused| refused.message.clone()).collect::<Vec<_>>().join("\n")
            }
        }
    }

    const BOTH: [bool; 2] = [true, true];

    #[test]
    fn passwords_find_their_mailboxes_with_and_without_names_above_the_columns() {
        for (list, needs, stored) in [
            ("anna,a1,a2\nbert,b1,b2", BOTH, "1: a1/a2; 2: b1/b2"),
            ("anna,a1,anna.new,a2", BOTH, "1: a1/a2"),
            ("anna,a1\nbert,b1,", BOTH, "1: a1/-; 2: b1/-"),
            ("anna;a1;\nbert;;b2", BOTH, "1: a1/-; 2: -/b2"),
            ("source user,target password\nanna,a2", BOTH, "1: -/a2"),
            ("Zielpasswort;Quellkonto\na2;anna", BOTH, "1: -/a2"),
            // What stands where the target's name does is a name, also when all its passwords stay as they are.
            ("anna,a1,anna.new,\nbert,b1,bert.new,", BOTH, "1: a1/-; 2: b1/-"),
            ("anna,a1,anna.new", BOTH, "1: a1/-"),
            ("anna,a1", [true, false], "1: a1/-"),
            ("anna,a2", [false, true], "1: -/a2"),
            ("anna,anna.new,a2", [false, true], "1: -/a2"),
            // What looks like names of columns is a mailbox's row where the project has such a mailbox.
            ("anna,password", [true, false], "1: password/-"),
            // A password may begin and end with spaces, and hold the separator in quotes.
            ("anna,\" a,1 \"", [true, false], "1:  a,1 /-"),
            ("all,p", [true, false], "3: p/-; 4: p/-"),
            ("all,p,two,q\nall,r,one,s", BOTH, "4: p/q; 3: r/s"),
        ] {
            assert_eq!(told(list, needs), stored, "{list}");
        }
    }

    #[test]
    fn one_wrong_row_keeps_everything_from_being_stored_and_every_wrong_row_is_named() {
        let list = "anna,a1,a2\ncarl,canary,canary\n,canary,canary\nbert,,\nanna,canary,\nall,,canary\nbert,\"canary";
        let told = told(list, BOTH);
        for (row, problem) in [
            (2, "no mailbox with this name"),
            (3, "name on the source is empty"),
            (4, "no password"),
            (5, "Row 1 has a password"),
            (6, "goes to 2 on the target"),
            (7, "a quote is never closed"),
        ] {
            let line = told.lines().find(|line| line.starts_with(&format!("Row {row}: ")));
            assert!(line.is_some_and(|line| line.contains(problem)), "row {row}: {told}");
        }
        assert!(!told.contains("Row 1: ") && !told.contains("canary"), "{told}");
    }

    #[test]
    fn columns_that_cannot_be_told_apart_are_asked_for_and_nothing_of_them_is_repeated() {
        for list in ["canary", "a,b,canary,d,e"] {
            let told = told(list, BOTH);
            assert!(told.contains("Name them in the first row") && !told.contains("canary"), "{told}");
        }
        assert!(told("anna,a", [false, false]).contains("An admin logs in"));
        assert!(told("source user,source password\n", BOTH).contains("no row"));
    }

    #[test]
    fn of_a_wrong_list_the_first_rows_are_named_and_the_others_counted() {
        let list = "nobody,x\n".repeat(NAMED_MAX + 5);
        let told = told(&list, BOTH);
        assert_eq!(told.lines().count(), NAMED_MAX + 1);
        assert!(told.ends_with("5 more rows have a problem."), "{told}");
    }
}
