//! What the columns of a list say, guessed from their names in three languages and from what stands in them.

use shared::import::ImportField;

use super::Line;

/// Rows that are looked at.
const LOOKED_AT: usize = 200;

const SOURCE: &[&str] = &[
    "source", "src", "from", "old", "origin", "quelle", "quell", "alt", "alte", "alter", "altes", "von",
    "sorgente", "origine", "da", "vecchio", "vecchia",
];
const TARGET: &[&str] = &[
    "target",
    "destination",
    "dest",
    "dst",
    "to",
    "new",
    "ziel",
    "neu",
    "neue",
    "neuer",
    "neues",
    "nach",
    "destinazione",
    "nuovo",
    "nuova",
    "a",
];
const SECRET: &[&str] = &[
    "password",
    "pass",
    "passwd",
    "pwd",
    "pw",
    "secret",
    "token",
    "passwort",
    "kennwort",
    "geheimnis",
    "parola",
    "segreto",
];
const FOLDER: &[&str] =
    &["folder", "below", "into", "subfolder", "ordner", "unterordner", "cartella", "sottocartella"];
const USER: &[&str] = &[
    "user",
    "username",
    "login",
    "mail",
    "email",
    "address",
    "account",
    "mailbox",
    "benutzer",
    "benutzername",
    "anmeldename",
    "adresse",
    "konto",
    "postfach",
    "utente",
    "indirizzo",
    "casella",
    "posta",
    "conto",
];

/// What a list seems to be.
pub(super) struct Guess {
    pub(super) header: bool,
    pub(super) columns: Vec<Option<ImportField>>,
}

/// Guesses; `needs` says whether source and target need a password of each mailbox.
pub(super) fn guess(rows: &[Line], needs: [bool; 2]) -> Guess {
    let width = rows.iter().take(LOOKED_AT).map(|line| line.cells.len()).max().unwrap_or_default();
    let named = rows.first().map(|first| by_names(&first.cells)).unwrap_or_default();
    let first_has_address = rows.first().is_some_and(|first| first.cells.iter().any(|cell| is_address(cell)));
    let header = !first_has_address && named.iter().any(Option::is_some);
    let mut columns = if header { named } else { Vec::new() };
    columns.resize(width, None);
    by_contents(&rows[usize::from(header).min(rows.len())..], &mut columns, needs, header);
    Guess { header, columns }
}

/// The words of a column's name: `Source_User` is `source user`, `quellPasswort` is `quell passwort`.
fn words_in(name: &str) -> Vec<String> {
    let mut text = String::new();
    let mut before_low = false;
    for c in name.trim().chars() {
        if c.is_uppercase() && before_low {
            text.push(' ');
        }
        before_low = c.is_lowercase();
        text.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    text.to_lowercase().replace("e mail", "email").split_whitespace().map(str::to_owned).collect()
}

/// German writes words in one: `Quellpasswort`, `Zielkonto`.
fn has(words: &[String], known: &[&str]) -> bool {
    let glued = |word: &str| {
        known.iter().any(|known| known.len() >= 4 && (word.starts_with(known) || word.ends_with(known)))
    };
    words.iter().any(|word| known.contains(&word.as_str()) || glued(word))
}

fn by_names(cells: &[String]) -> Vec<Option<ImportField>> {
    let mut fields: Vec<Option<ImportField>> = Vec::with_capacity(cells.len());
    for cell in cells {
        let words = words_in(cell);
        let side = match (has(&words, SOURCE), has(&words, TARGET)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            (true, true) | (false, false) => None,
        };
        let taken = |field| fields.contains(&Some(field));
        let field = if has(&words, SECRET) {
            match side {
                Some(false) => Some(ImportField::TargetSecret),
                Some(true) => Some(ImportField::SourceSecret),
                // Passwords stand beside the name they belong to.
                None if taken(ImportField::TargetUser) => Some(ImportField::TargetSecret),
                None => Some(ImportField::SourceSecret),
            }
        } else if has(&words, FOLDER) {
            Some(ImportField::Below)
        } else if has(&words, USER) || (side.is_some() && words.len() == 1) {
            match side {
                Some(true) => Some(ImportField::SourceUser),
                Some(false) => Some(ImportField::TargetUser),
                None if !taken(ImportField::SourceUser) => Some(ImportField::SourceUser),
                None => Some(ImportField::TargetUser),
            }
        } else {
            None
        };
        fields.push(field.filter(|field| !fields.contains(&Some(*field))));
    }
    fields
}

fn by_contents(rows: &[Line], columns: &mut [Option<ImportField>], needs: [bool; 2], header: bool) {
    let looked_at = || rows.iter().take(LOOKED_AT);
    let full = looked_at().count().max(1);
    let addresses = |at: usize| {
        let found = looked_at().filter(|line| line.cells.get(at).is_some_and(|cell| is_address(cell)));
        found.count() * 10 >= full * 7
    };
    for field in [ImportField::SourceUser, ImportField::TargetUser] {
        if !columns.contains(&Some(field))
            && let Some(at) = (0..columns.len()).find(|at| columns[*at].is_none() && addresses(*at))
        {
            columns[at] = Some(field);
        }
    }
    if header {
        return;
    }
    // Without names: as a list is pasted, with each name its password right behind.
    if !columns.contains(&Some(ImportField::SourceUser)) {
        let fields = [
            ImportField::SourceUser,
            ImportField::SourceSecret,
            ImportField::TargetUser,
            ImportField::TargetSecret,
        ];
        let asked = [true, needs[0], true, needs[1]];
        let order = fields.into_iter().zip(asked).filter_map(|(field, asked)| asked.then_some(field));
        columns.iter_mut().zip(order).for_each(|(column, field)| *column = Some(field));
        return;
    }
    for (user, secret, needed) in [
        (ImportField::SourceUser, ImportField::SourceSecret, needs[0]),
        (ImportField::TargetUser, ImportField::TargetSecret, needs[1]),
    ] {
        let after = columns.iter().position(|column| *column == Some(user)).map(|at| at + 1);
        if needed
            && let Some(column) = after.and_then(|at| columns.get_mut(at)).filter(|column| column.is_none())
        {
            *column = Some(secret);
        }
    }
}

/// The columns of a list of passwords, and whether its first row names them; none when they cannot be told. `is_known` says
/// whether a cell is the name of a mailbox: a row with one is a mailbox's, whatever else stands in it; `is_target` the same of
/// its name on the target.
pub(super) fn of_secrets(
    rows: &[Line],
    needs: [bool; 2],
    is_known: impl Fn(&str) -> bool,
    is_target: impl Fn(&str) -> bool,
) -> Option<(bool, Vec<Option<ImportField>>)> {
    let first = rows.first()?;
    let named = by_names(&first.cells);
    let says = |field| named.contains(&Some(field));
    if says(ImportField::SourceUser)
        && (says(ImportField::SourceSecret) || says(ImportField::TargetSecret))
        && !first.cells.iter().any(|cell| is_known(cell))
    {
        return Some((true, named));
    }
    let filled = |line: &Line| line.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |at| at + 1);
    let width = rows.iter().map(filled).max().unwrap_or_default();
    let whole = [
        (true, ImportField::SourceUser),
        (needs[0], ImportField::SourceSecret),
        (true, ImportField::TargetUser),
        (needs[1], ImportField::TargetSecret),
    ];
    let whole: Vec<_> = whole.into_iter().filter_map(|(there, field)| there.then_some(field)).collect();
    // A list without its last column may lack the target's passwords, which stay as they are, or the names there: a name must not
    // become a password.
    let names_target = whole
        .iter()
        .position(|field| *field == ImportField::TargetUser)
        .is_some_and(|at| rows.iter().any(|line| line.cells.get(at).is_some_and(|cell| is_target(cell))));
    let mut fields = whole.clone();
    if width < whole.len() && !names_target {
        fields.retain(|field| *field != ImportField::TargetUser);
    }
    let fits = (2..=fields.len()).contains(&width);
    fits.then(|| (false, fields.into_iter().map(Some).collect()))
}

/// Whether a text looks like an address.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.ends_with('.')
            && !text.contains(char::is_whitespace)
    })
}

/// Fields that no column says although they are needed, and fields that nobody needs.
pub(super) fn compare(
    columns: &[Option<ImportField>],
    needs: [bool; 2],
) -> (Vec<ImportField>, Vec<ImportField>) {
    let has = |field| columns.contains(&Some(field));
    let secrets = [(ImportField::SourceSecret, needs[0]), (ImportField::TargetSecret, needs[1])];
    let source = (!has(ImportField::SourceUser)).then_some(ImportField::SourceUser);
    let lacking = source.into_iter();
    let lacking = lacking
        .chain(secrets.into_iter().filter(|(field, needed)| *needed && !has(*field)).map(|(field, _)| field));
    let needless =
        secrets.into_iter().filter(|(field, needed)| !*needed && has(*field)).map(|(field, _)| field);
    (lacking.collect(), needless.collect())
}

/// A field that two columns say.
pub(super) fn named_twice(columns: &[Option<ImportField>]) -> Option<ImportField> {
    let mut seen = Vec::new();
    columns.iter().flatten().copied().find(|field| {
        let twice = seen.contains(field);
        seen.push(*field);
        twice
    })
}

/// A field in words.
pub(super) const fn words(field: ImportField) -> &'static str {
    match field {
        ImportField::SourceUser => "name on the source",
        ImportField::SourceSecret => "password on the source",
        ImportField::TargetUser => "name on the target",
        ImportField::TargetSecret => "password on the target",
        ImportField::Below => "folder to go below",
    }
}

/// How spreadsheets call a column: A, B, …, Z, AA, …
pub(super) fn letter(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + (at % 26) as u8));
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::{Guess, ImportField as F, Line, guess, letter};

    fn check(text: &str, needs: [bool; 2], header: bool, expected: &[Option<F>]) {
        let rows: Vec<_> = text
            .lines()
            .map(|line| Line { number: 1, cells: line.split(',').map(str::to_owned).collect(), torn: false })
            .collect();
        let Guess { header: found, columns } = guess(&rows, needs);
        assert_eq!((found, columns.as_slice()), (header, expected), "{text}");
    }

    const ALL: &[Option<F>] =
        &[Some(F::SourceUser), Some(F::SourceSecret), Some(F::TargetUser), Some(F::TargetSecret)];

    #[test]
    fn columns_are_known_by_their_names_in_three_languages() {
        for names in [
            "source user,source password,target user,target password",
            "Source_User,SourcePassword,TargetUser,Target-PW",
            "Quellkonto,Quellpasswort,Zielkonto,Zielpasswort",
            "alte E-Mail,altes Kennwort,neue E-Mail,neues Kennwort",
            "utente origine,password origine,utente destinazione,password destinazione",
            "Email,Password,New email,New password",
        ] {
            check(&format!("{names}\na@old.example,x,a@new.example,y"), [true, true], true, ALL);
        }
        check(
            "Name,Vorname,Von,Nach,Ordner\nBerg,Anna,a@old.example,a@new.example,Alt",
            [false, false],
            true,
            &[None, None, Some(F::SourceUser), Some(F::TargetUser), Some(F::Below)],
        );
    }

    #[test]
    fn columns_without_names_are_known_by_what_stands_in_them() {
        check("a@old.example,x,a@new.example,y", [true, true], false, ALL);
        check(
            "1,a@old.example,a@new.example",
            [false, false],
            false,
            &[None, Some(F::SourceUser), Some(F::TargetUser)],
        );
        check("anna,one,bert,two", [true, true], false, ALL);
        check("anna,bert", [false, false], false, &[Some(F::SourceUser), Some(F::TargetUser)]);
        check("a@old.example", [false, false], false, &[Some(F::SourceUser)]);
    }

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        assert_eq!([0, 25, 26, 51, 702].map(letter), ["A", "Z", "AA", "AZ", "AAA"]);
    }
}
