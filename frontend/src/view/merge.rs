//! What somebody typed into a form, put on top of what another saved meanwhile.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// A form as it is shown once the newest settings are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Merged<T> {
    /// The newest settings with what was typed; none: the two do not fit together.
    pub(crate) form: Option<T>,
    /// Both changed the same field.
    both: bool,
}

impl<T> Merged<T> {
    /// What is said of it.
    pub(crate) const fn told(&self) -> &'static str {
        match (&self.form, self.both) {
            (None, _) => {
                "The newest settings are loaded. What was typed here does not fit them and is lost: change them again."
            }
            (Some(_), false) => {
                "The newest settings are loaded, with what was typed here. Look at them, then save."
            }
            (Some(_), true) => {
                "The newest settings are loaded, with what was typed here. Where both changed the same, what was typed \
                 here stands. Look at them, then save."
            }
        }
    }
}

/// Puts what was typed on top of the newest form: `base` is the form that typing began from. A field that only one of both
/// changed is as that one left it; of a field that both changed, what was typed stands.
pub(crate) fn merge<T: Serialize + DeserializeOwned>(base: &T, typed: &T, newest: &T) -> Merged<T> {
    let value = |form: &T| serde_json::to_value(form).ok();
    let (base, typed, newest) = (value(base), value(typed), value(newest));
    let mut both = false;
    let merged = merged(base.as_ref(), typed.as_ref(), newest.as_ref(), &mut both);
    Merged { form: merged.and_then(whole), both }
}

/// The form of a value, if nothing of the value is left out: the name of an admin beside a login that has none would be.
fn whole<T: Serialize + DeserializeOwned>(value: Value) -> Option<T> {
    let form: T = serde_json::from_value(value.clone()).ok()?;
    (serde_json::to_value(&form).ok()? == value).then_some(form)
}

fn merged(
    base: Option<&Value>,
    typed: Option<&Value>,
    newest: Option<&Value>,
    both: &mut bool,
) -> Option<Value> {
    if typed == base || typed == newest {
        return newest.cloned();
    }
    if newest == base {
        return typed.cloned();
    }
    match (base, typed, newest) {
        (Some(Value::Object(base)), Some(Value::Object(typed)), Some(Value::Object(newest))) => {
            let mut fields = Map::new();
            for name in typed.keys().chain(newest.keys()) {
                let field = merged(base.get(name), typed.get(name), newest.get(name), both);
                if let Some(field) = field {
                    fields.insert(name.clone(), field);
                }
            }
            Some(Value::Object(fields))
        }
        _ => {
            *both = true;
            typed.cloned()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use shared::{
        endpoint::{Endpoint, ImapEndpoint, Login},
        project::{Options, ProjectForm, SideForm},
    };

    use super::merge;

    fn form(name: &str, parallel: u16, login: Login) -> ProjectForm {
        let side = |host: &str, login| SideForm {
            endpoint: Endpoint::Imap(ImapEndpoint::new(host, login)),
            secret: None,
        };
        ProjectForm {
            name: name.into(),
            source: side("old.example", login),
            target: side("new.example", Login::Password),
            options: Options { parallel, ..Options::default() },
        }
    }

    #[test]
    fn what_only_one_changed_is_kept_and_of_what_both_changed_what_was_typed() {
        let base = form("Move", 4, Login::Password);
        let mut typed = form("Move", 9, Login::Password);
        typed.source.secret = Some("typed".into());
        typed.options.day_one = NonZeroU16::new(30);
        let newest = form("Great move", 4, Login::Password);
        let merged = merge(&base, &typed, &newest);
        assert!(merged.told().ends_with("typed here. Look at them, then save."));
        let form_of = merged.form.expect("they fit");
        assert_eq!((form_of.name.as_str(), form_of.options.parallel), ("Great move", 9));
        assert_eq!(form_of.options.day_one, typed.options.day_one);
        assert_eq!(form_of.source.secret.as_deref(), Some("typed"));

        let both = merge(&base, &typed, &form("Move", 7, Login::Password));
        assert!(both.told().contains("both changed the same"));
        assert_eq!(both.form.expect("they fit").options.parallel, 9);
    }

    #[test]
    fn what_does_not_fit_together_is_said_to_be_lost() {
        let admin = |admin: &str| Login::AuthorizationId { admin: admin.into() };
        let base = form("Move", 4, admin("root"));
        let typed = form("Move", 4, admin("other"));
        let merged = merge(&base, &typed, &form("Move", 4, Login::Password));
        assert!(merged.form.is_none(), "an admin's name belongs to no password of each mailbox: {merged:?}");
        assert!(merged.told().contains("is lost"));
    }
}
