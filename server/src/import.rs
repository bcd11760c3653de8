//! A list of mailboxes that an admin brings: bytes → table → columns → rows, each with what is wrong with it. Pure: nothing
//! is stored, and nothing is looked up.

mod answers;
mod bad_rows;
mod columns;
mod discovered;
mod exclude;
mod judge;
mod merge;
mod rename;
mod secrets;
mod text;
mod xlsx;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use shared::{
    endpoint::Endpoint,
    import::{FILE_MAX, ImportColumn, ImportField, ImportForm, ImportPreview, ROWS_MAX, SHOWN_MAX},
    job::NewJob,
    list::PAGE,
};

pub(crate) use answers::{Answers, RowKey};
pub(crate) use bad_rows::write as bad_rows;
pub(crate) use discovered::write as discovered;
pub(crate) use judge::Known;
use judge::{Judged, Rules};
pub(crate) use secrets::{Mailbox, secrets};

/// Why a list cannot be understood at all, with the field of the request at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Refused {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A table as it was brought. No `Debug`: it holds passwords.
pub(super) struct Sheet {
    /// What it is, in words.
    kind: String,
    rows: Vec<Line>,
    written: Written,
}

/// How a list is written as text: as it was brought, so that whoever made it can read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    separator: u8,
    /// It begins with a byte order mark.
    marked: bool,
}

impl Default for Written {
    /// What no text was: as spreadsheets expect it.
    fn default() -> Self {
        Self { separator: b',', marked: true }
    }
}

/// One row of it.
pub(super) struct Line {
    /// Its line in the file, or its row in the sheet, counted from 1.
    number: u64,
    cells: Vec<String>,
    /// A quote was opened and never closed.
    torn: bool,
}

/// A list that was understood, with what is wrong with it.
pub(crate) struct Import {
    kind: String,
    written: Written,
    header: Option<Line>,
    columns: Vec<Option<ImportField>>,
    lines: Vec<Line>,
    judged: Vec<Judged>,
    lacking: Vec<ImportField>,
    needless: Vec<ImportField>,
    exclude: Vec<String>,
    domains: Vec<String>,
}

impl Import {
    /// Understands a list. `known` is what the project has already.
    pub(crate) fn read(
        form: &ImportForm,
        source: &Endpoint,
        target: &Endpoint,
        known: &Known,
    ) -> Result<Self, Refused> {
        let sheet = sheet(form.text.as_deref(), form.file.as_deref())?;
        let rename = rename::Rules::parse(&form.rename)
            .map_err(|(at, message)| Refused::new(format!("rename[{at}]"), message))?;
        let merge = form.merge.as_deref().filter(|merge| !merge.trim().is_empty());
        let merge =
            merge.map(merge::Rule::parse).transpose().map_err(|message| Refused::new("merge", message))?;
        let exclude = form.exclude.clone().unwrap_or_else(exclude::defaults);
        let patterns = exclude::parse(&exclude).map_err(|message| Refused::new("exclude", message))?;
        let needs = [source.secret_per_mailbox(), target.secret_per_mailbox()];

        let guess = columns::guess(&sheet.rows, needs);
        let header = form.header.unwrap_or(guess.header);
        let Sheet { kind, rows: mut lines, written } = sheet;
        let header = if header && !lines.is_empty() { Some(lines.remove(0)) } else { None };
        if let Some(header) = &header
            && (bad_rows::is_ours(&header.cells) || discovered::is_ours(&header.cells))
        {
            bad_rows::unguard(&mut lines);
        }
        if lines.is_empty() {
            return Err(Refused::new("text", "There is no row in this list. Bring one mailbox a row."));
        }
        if lines.len() > ROWS_MAX {
            let message = format!("A list has at most {ROWS_MAX} rows. Bring it in several parts.");
            return Err(Refused::new("text", message));
        }
        let columns = form.columns.clone().unwrap_or(guess.columns);
        if let Some(twice) = columns::named_twice(&columns) {
            let message = format!("Only one column can be the {}.", columns::words(twice));
            return Err(Refused::new("columns", message));
        }
        let rules = Rules {
            columns: &columns,
            needs,
            rename: &rename,
            exclude: &patterns,
            merge: merge.as_ref(),
            known,
        };
        let (judged, domains) = judge::judge(&lines, &rules, form.domains.as_deref());
        let (lacking, needless) = columns::compare(&columns, needs);
        Ok(Self { kind, written, header, columns, lines, judged, lacking, needless, exclude, domains })
    }

    /// What is shown of it.
    pub(crate) fn preview(&self, form: &ImportForm) -> ImportPreview {
        let counts = judge::counts(&self.judged);
        let chosen = || self.judged.iter().filter(|row| row.is_shown(form.show));
        let limit = form.limit.unwrap_or(PAGE).clamp(1, SHOWN_MAX) as usize;
        let offset = usize::try_from(form.offset).unwrap_or(usize::MAX);
        ImportPreview {
            kind: self.kind.clone(),
            header: self.header.is_some(),
            columns: self.titled(),
            lacking: self.lacking.clone(),
            needless: self.needless.clone(),
            rows: self.judged.len() as u64,
            good: counts.good,
            bad: counts.bad,
            excluded: counts.excluded,
            problems: judge::problems(&self.judged),
            exclude: self.exclude.clone(),
            domains: self.domains.clone(),
            unasked: self.judged.iter().filter(|row| row.is_unasked()).count() as u64,
            total: chosen().count() as u64,
            shown: chosen().skip(offset).take(limit).map(Judged::row).collect(),
        }
    }

    /// How many rows can be added, have a problem, or are left out.
    pub(crate) fn counts(&self) -> judge::Counts {
        judge::counts(&self.judged)
    }

    /// Lets what both systems said of rows count.
    pub(crate) fn hear(&mut self, answers: &Answers) {
        answers::hear(&mut self.judged, answers);
    }

    /// The mailboxes of which not both systems said what they know, each with what recognises it: at most so many, and how
    /// many there are besides.
    pub(crate) fn unasked(&self, most: usize, answers: &Answers) -> (Vec<(RowKey, &NewJob)>, u64) {
        let mut rows = self.judged.iter().filter(|row| row.is_unasked());
        let chosen = rows.by_ref().take(most).map(|row| (answers.key(&row.job), &row.job)).collect();
        (chosen, rows.count() as u64)
    }

    /// The mailboxes of the good rows, each with its row in the list.
    pub(crate) fn good(self) -> Vec<(u64, NewJob)> {
        self.judged.into_iter().filter_map(Judged::job).collect()
    }

    fn titled(&self) -> Vec<ImportColumn> {
        let widest = self.lines.iter().map(|line| line.cells.len()).max().unwrap_or_default();
        let cell = |line: Option<&Line>, at: usize| {
            line.and_then(|line| line.cells.get(at)).cloned().unwrap_or_default()
        };
        (0..widest.max(self.columns.len()))
            .map(|at| {
                let field = self.columns.get(at).copied().flatten();
                let name = cell(self.header.as_ref(), at);
                let title =
                    if name.trim().is_empty() { format!("Column {}", columns::letter(at)) } else { name };
                let sample = match field {
                    Some(ImportField::SourceUser | ImportField::TargetUser | ImportField::Below) => {
                        cell(self.lines.first(), at)
                    }
                    // What nobody has named yet may be a password too.
                    Some(ImportField::SourceSecret | ImportField::TargetSecret) | None => String::new(),
                };
                ImportColumn { title, field, sample }
            })
            .collect()
    }
}

fn sheet(text: Option<&str>, file: Option<&str>) -> Result<Sheet, Refused> {
    match (text, file) {
        (Some(text), None) => Ok(text::table(text, "Pasted text", true)),
        (None, Some(file)) => {
            let bytes = STANDARD
                .decode(file.as_bytes())
                .map_err(|_| Refused::new("file", "The file did not arrive whole. Choose it again."))?;
            if bytes.len() > FILE_MAX {
                let message = format!("A file has at most {} MiB.", FILE_MAX / 1024 / 1024);
                return Err(Refused::new("file", message));
            }
            if bytes.starts_with(b"PK\x03\x04") {
                xlsx::read(&bytes).map_err(|message| Refused::new("file", message))
            } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
                let message =
                    "This is an old Excel file (XLS), or one with a password. Save it as XLSX or CSV.";
                Err(Refused::new("file", message))
            } else {
                let (text, encoding, marked) = text::decode(&bytes);
                Ok(text::table(&text, encoding, marked))
            }
        }
        (Some(_), Some(_)) | (None, None) => {
            Err(Refused::new("text", "Paste a list or choose a file: one of the two."))
        }
    }
}

#[cfg(test)]
mod tests;
