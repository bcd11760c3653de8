//! Accounts that were found on the source, as a list that can be brought: each goes to the mailbox of its own name.

use super::bad_rows::guard;

/// The name of the first column. A list that begins with it was written here.
const SOURCE: &str = "Source user (as the source lists it)";
const TARGET: &str = "Target user";

/// Whether the first row of a list was written here.
pub(super) fn is_ours(cells: &[String]) -> bool {
    cells.first().is_some_and(|cell| cell.trim() == SOURCE)
}

/// Writes the list: RFC 4180 with commas. Whoever names accounts on the source is not trusted with formulas: no cell begins
/// one, and what was put before it is taken away again when the list is brought.
pub(crate) fn write(accounts: &[String]) -> Result<String, csv::Error> {
    // Always in quotes: a spreadsheet that parts at semicolons must not find a cell that begins a formula, either.
    let quoted = csv::QuoteStyle::Always;
    let mut sheet = csv::WriterBuilder::new().quote_style(quoted).from_writer(Vec::new());
    sheet.write_record([SOURCE, TARGET])?;
    for account in accounts {
        let cell = guard(account);
        sheet.write_record([&cell, &cell])?;
    }
    let bytes = sheet.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use shared::{
        endpoint::{Endpoint, ImapEndpoint, Login},
        import::ImportForm,
    };

    use super::write;
    use crate::import::{Import, Known};

    #[test]
    fn every_account_that_was_found_is_brought_under_its_own_name() {
        let names = [
            "=1+1",
            "+49123@old.example",
            "'quoted",
            "a \"b\"",
            "a,b",
            "a;b",
            "anna@old.example",
            "bert",
            "größe",
            "\"x",
        ]
        .map(str::to_owned);
        let list = write(&names).expect("writes");
        assert!(!list.contains("\n=") && !list.contains(",="), "no formula for a spreadsheet: {list}");
        let admin =
            Endpoint::Imap(ImapEndpoint::new("old.example", Login::AuthorizationId { admin: "root".into() }));
        let form = ImportForm { text: Some(list), ..ImportForm::default() };
        let import = Import::read(&form, &admin, &admin, &Known::default()).expect("a list");
        assert!(import.preview(&form).header);
        let rows = import.good().into_iter().map(|(_, job)| (job.source_user, job.target_user));
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows, names.map(|name| (name.clone(), name)));
    }
}
