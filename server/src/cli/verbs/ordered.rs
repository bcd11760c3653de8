//! JSON whose fields stay in the order in which they came: the one in which the type of the answer declares them, which
//! people expect. `serde_json`'s own values sort them, and what is sealed and compared elsewhere counts on that.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ordered {
    /// What has nothing inside.
    Plain(Value),
    List(Vec<Self>),
    Fields(Vec<(String, Self)>),
}

impl Ordered {
    /// The value of a path such as `/rows`: fields alone, none of them with a slash in its name.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').skip(1).try_fold(self, |value, name| match value {
            Self::Fields(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value),
            Self::Plain(_) | Self::List(_) => None,
        })
    }

    /// Whether it is text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Plain(Value::String(_)))
    }
}

impl From<&Value> for Ordered {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Object(fields) => {
                Self::Fields(fields.iter().map(|(name, value)| (name.clone(), value.into())).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Self::Plain(value.clone()),
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AsItComes)
    }
}

struct AsItComes;

impl<'de> Visitor<'de> for AsItComes {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Plain(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ordered, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Ordered::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Ordered::Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Ordered;

    #[test]
    fn fields_stay_as_they_came_and_nothing_else_changes() {
        let text = r#"{"name":"a","id":7,"rows":[{"b":null,"a":[1,-2,0.5,true,"x"]}]}"#;
        let value: Ordered = serde_json::from_str(text).expect("is JSON");
        let Ordered::Fields(fields) = &value else { panic!("fields") };
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["name", "id", "rows"]);
        let Some(Ordered::List(rows)) = value.at("/rows") else { panic!("rows") };
        let Ordered::Fields(row) = &rows[0] else { panic!("a row") };
        assert_eq!(row[0].0, "b");
        assert_eq!(row[1].1, Ordered::from(&json!([1, -2, 0.5, true, "x"])));
        assert_eq!(value.at(""), Some(&value));
        assert_eq!(value.at("/none"), None);
    }
}
