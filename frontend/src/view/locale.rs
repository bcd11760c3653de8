//! Numbers and moments as the reader writes them, through the browser's `Intl`.
//!
//! The panel speaks English: whoever reads another language gets English words, with the day before the month.

use shared::time::Timestamp;

/// Digits behind the point.
#[derive(Debug, Clone, Copy)]
enum Digits {
    None = 0,
    One = 1,
}

/// A whole number with its thousands apart.
pub(crate) fn count(value: u64) -> String {
    host::number(value as f64, Digits::None)
}

/// A number with one digit behind the point.
pub(crate) fn tenths(value: f64) -> String {
    host::number(value, Digits::One)
}

/// Day and time of day.
pub(crate) fn moment(at: Timestamp) -> String {
    host::moment(at)
}

/// How long ago, in words.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let (value, unit) = super::span::ago(now.seconds() - at.seconds());
    host::ago(value, unit)
}

/// The moment it is now.
pub(crate) fn now() -> Timestamp {
    host::now()
}

#[cfg(target_arch = "wasm32")]
mod host {
    use js_sys::{Array, Date, Function, Intl, Object, Reflect};
    use shared::time::Timestamp;
    use wasm_bindgen::JsValue;

    use super::Digits;

    thread_local! {
        static LOCALES: Array = locales();
        // Index: `Digits`. Making a formatter is slow, using it is quick.
        static NUMBERS: [Function; 2] = [0, 1].map(|digits| {
            let digits = JsValue::from(digits);
            let options = options(&[("minimumFractionDigits", digits.clone()), ("maximumFractionDigits", digits)]);
            LOCALES.with(|locales| Intl::NumberFormat::new(locales, &options).format())
        });
        static MOMENTS: Function = {
            let options = options(&[("dateStyle", "medium".into()), ("timeStyle", "short".into())]);
            LOCALES.with(|locales| Intl::DateTimeFormat::new(locales, &options).format())
        };
        static AGO: Intl::RelativeTimeFormat = {
            let options = options(&[("numeric", "auto".into())]);
            LOCALES.with(|locales| Intl::RelativeTimeFormat::new(locales, &options))
        };
    }

    fn locales() -> Array {
        let wanted = leptos::prelude::window().navigator().language();
        let locale = wanted.filter(|language| language.starts_with("en")).unwrap_or_else(|| "en-GB".into());
        Array::of1(&locale.into())
    }

    fn options(entries: &[(&str, JsValue)]) -> Object {
        let options = Object::new();
        for (key, value) in entries {
            // Setting a property of a fresh plain object cannot fail.
            let _ = Reflect::set(&options, &(*key).into(), value);
        }
        options
    }

    pub(super) fn number(value: f64, digits: Digits) -> String {
        NUMBERS.with(|formats| call(&formats[digits as usize], &value.into()))
    }

    pub(super) fn moment(at: Timestamp) -> String {
        MOMENTS.with(|format| call(format, &Date::new(&(at.millis() as f64).into())))
    }

    pub(super) fn ago(value: i64, unit: &str) -> String {
        AGO.with(|format| String::from(format.format(value as f64, unit)))
    }

    pub(super) fn now() -> Timestamp {
        Timestamp::from_millis(Date::now() as i64)
    }

    fn call(format: &Function, value: &JsValue) -> String {
        format.call1(&JsValue::NULL, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
    }
}

/// Outside a browser, where only tests run: plain English forms.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use shared::time::Timestamp;

    use super::Digits;

    pub(super) fn number(value: f64, digits: Digits) -> String {
        let text = format!("{value:.*}", digits as usize);
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
    }

    pub(super) fn moment(at: Timestamp) -> String {
        at.to_string()
    }

    pub(super) fn ago(value: i64, unit: &str) -> String {
        format!("{value} {unit}")
    }

    pub(super) fn now() -> Timestamp {
        std::time::SystemTime::now().into()
    }
}
