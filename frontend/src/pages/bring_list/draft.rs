//! A list that was brought, and what the admin says about it.

use leptos::{prelude::*, task::spawn_local};
use shared::{
    id::BatchId,
    import::{ImportField, ImportForm, ImportShow, SYSTEM_ACCOUNTS},
};

use crate::{
    api::{self, http::Failure},
    components::{ChosenFile, Notices},
};

/// Said when the server knows no more what both systems said.
const RAN_OUT: &str = "What both systems said is not known any more: it is kept for an hour at most, and until the server \
                       stops. Rows that they refused count as good again. Ask both systems once more.";

/// What stands in the fields.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub(super) file: RwSignal<Option<ChosenFile>>,
    pub(super) text: RwSignal<String>,
    pub(super) header: RwSignal<Option<bool>>,
    /// None: as they are guessed.
    pub(super) columns: RwSignal<Option<Vec<Option<ImportField>>>>,
    pub(super) rename: RwSignal<String>,
    pub(super) exclude: RwSignal<String>,
    pub(super) merge: RwSignal<String>,
    pub(super) domains: RwSignal<String>,
    pub(super) batch: RwSignal<Option<BatchId>>,
    pub(super) show: RwSignal<ImportShow>,
    pub(super) page: RwSignal<usize>,
    /// Names what both systems said, when they were asked.
    pub(super) asked: RwSignal<Option<String>>,
    /// The round of asking that runs.
    pub(super) asking: RwSignal<Option<String>>,
    notices: Notices,
}

impl Draft {
    /// How many rows are shown at once.
    pub(super) const PAGE: usize = shared::list::PAGE as usize;

    pub(super) fn new() -> Self {
        let draft = Self {
            file: RwSignal::new(None),
            text: RwSignal::default(),
            header: RwSignal::new(None),
            columns: RwSignal::new(None),
            rename: RwSignal::default(),
            exclude: RwSignal::new(SYSTEM_ACCOUNTS.join("\n")),
            merge: RwSignal::default(),
            domains: RwSignal::default(),
            batch: RwSignal::new(None),
            show: RwSignal::new(ImportShow::All),
            page: RwSignal::new(0),
            asked: RwSignal::new(None),
            asking: RwSignal::new(None),
            notices: Notices::here(),
        };
        // The newer of the two counts, and another list has other columns.
        Effect::new(move |_| {
            if draft.file.with(Option::is_some) {
                draft.text.set(String::new());
                draft.forget_columns();
            }
        });
        Effect::new(move |_| {
            if draft.text.with(|text| !text.is_empty()) && draft.file.with_untracked(Option::is_some) {
                draft.file.set(None);
                draft.forget_columns();
            }
        });
        // So has another text: what was chosen for one list could take the other's passwords for names.
        let first = Memo::new(move |_| draft.text.with(|text| first_line(text)));
        Effect::new(move |before: Option<String>| {
            let now = first.get();
            if before.is_some_and(|before| before != now) {
                draft.forget_columns();
            }
            now
        });
        draft
    }

    /// Takes the list away, whichever it is.
    pub(super) fn clear(self) {
        self.file.set(None);
        self.text.set(String::new());
        self.forget_columns();
    }

    fn forget_columns(self) {
        self.header.set(None);
        self.columns.set(None);
        // What was said of one list is nothing about another.
        self.stop_asking();
        self.asked.set(None);
    }

    /// Stops the round that runs, if one does: where nobody sees it any more, nobody could. Good for a page that goes, too.
    pub(super) fn stop_asking(self) {
        let Some(round) = self.asking.try_get_untracked().flatten() else { return };
        let _ = self.asking.try_set(None);
        spawn_local(async move {
            // It may be over already, and ends by itself in any case.
            let _ = api::stop_asking(&round).await;
        });
    }

    /// Whether a failure says that what both systems said is forgotten. Then it is forgotten here, too, which is told: with
    /// it the server refuses the list, and without it takes it.
    pub(super) fn ran_out(self, failure: &Failure) -> bool {
        let ran_out = failure.field() == Some("asked");
        if ran_out {
            self.forget_answers();
        }
        ran_out
    }

    /// Forgets what both systems said, which nobody knows any more, and says so.
    pub(super) fn forget_answers(self) {
        self.asked.set(None);
        self.notices.fail(&Failure::invalid("asked", RAN_OUT));
    }

    /// Tells why something was not done with the list.
    pub(super) fn fail(self, failure: &Failure) {
        if !self.ran_out(failure) {
            self.notices.fail(failure);
        }
    }

    /// The list as it is asked about; none while there is none.
    pub(super) fn form(self) -> Option<ImportForm> {
        let file = self.file.with(|file| file.as_ref().map(|file| file.base64.clone()));
        let text = self.text.get();
        let text = (file.is_none() && !text.trim().is_empty()).then_some(text);
        if file.is_none() && text.is_none() {
            return None;
        }
        let domains = words(&self.domains.get());
        Some(ImportForm {
            text,
            file,
            header: self.header.get(),
            columns: self.columns.get(),
            // A line without a rule counts, so that the server names the right one.
            rename: self.rename.get().lines().map(str::to_owned).collect(),
            exclude: Some(words(&self.exclude.get())),
            domains: (!domains.is_empty()).then_some(domains),
            merge: Some(self.merge.get()),
            // It changes nothing about the rows.
            batch: self.batch.get_untracked(),
            show: self.show.get(),
            offset: (self.page.get() * Self::PAGE) as u64,
            limit: None,
            all_or_nothing: false,
            asked: self.asked.get(),
        })
    }

    /// Says what a column means. No two mean the same: the other one loses it.
    pub(super) fn say_column(self, now: Vec<Option<ImportField>>, at: usize, field: Option<ImportField>) {
        self.columns.set(Some(changed(now, at, field)));
    }
}

/// The line that tells which columns a list has.
fn first_line(text: &str) -> String {
    text.lines().map(str::trim_end).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

fn changed(
    mut columns: Vec<Option<ImportField>>,
    at: usize,
    field: Option<ImportField>,
) -> Vec<Option<ImportField>> {
    for column in columns.iter_mut().filter(|column| field.is_some() && **column == field) {
        *column = None;
    }
    if let Some(column) = columns.get_mut(at) {
        *column = field;
    }
    columns
}

/// What stands between commas, spaces and line breaks.
fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ';', ' ', '\n', '\t']).map(str::trim);
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use shared::import::ImportField::{SourceUser, TargetUser};

    use super::{changed, first_line, words};

    #[test]
    fn a_meaning_moves_from_one_column_to_another() {
        let columns = vec![Some(SourceUser), Some(TargetUser), None];
        assert_eq!(changed(columns.clone(), 2, Some(SourceUser)), [None, Some(TargetUser), Some(SourceUser)]);
        assert_eq!(changed(columns.clone(), 0, None), [None, Some(TargetUser), None]);
        assert_eq!(changed(columns, 9, None), [Some(SourceUser), Some(TargetUser), None]);
    }

    #[test]
    fn another_list_is_known_by_its_first_line() {
        let list = "name;password\r\nanna;secret\r\n";
        assert_eq!(first_line(list), "name;password");
        assert_eq!(
            first_line(&format!("\n{list}bert;secret")),
            first_line(list),
            "a row more is the same list"
        );
        assert_ne!(first_line("password;name\nsecret;anna"), first_line(list));
        assert_eq!(first_line(" \n"), "");
    }

    #[test]
    fn names_stand_on_lines_or_between_commas() {
        assert_eq!(words(" a.example,b.example;\n\nspam.*@* "), ["a.example", "b.example", "spam.*@*"]);
    }
}
