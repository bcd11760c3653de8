//! Moments as the browser's own field for them has them: `2026-11-24T20:00`, on this browser's clock.

use shared::time::Timestamp;

/// A moment for the field.
pub(crate) fn to_field(at: Timestamp) -> String {
    let [year, month, day, hour, minute] = host::parts(at);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")
}

/// The moment of the field; none when nothing or no moment stands in it.
pub(crate) fn from_field(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // Only a day would be read as one in UTC.
    if text.len() < 16 || !text.contains('T') { None } else { host::read(text) }
}

#[cfg(target_arch = "wasm32")]
mod host {
    use js_sys::Date;
    use shared::time::Timestamp;

    pub(super) fn parts(at: Timestamp) -> [u32; 5] {
        let date = Date::new(&(at.millis() as f64).into());
        [date.get_full_year(), date.get_month() + 1, date.get_date(), date.get_hours(), date.get_minutes()]
    }

    pub(super) fn read(text: &str) -> Option<Timestamp> {
        let millis = Date::new(&text.into()).get_time();
        millis.is_finite().then(|| Timestamp::from_millis(millis as i64))
    }
}

/// Outside a browser, where only tests run: UTC.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use shared::time::Timestamp;

    pub(super) fn parts(at: Timestamp) -> [u32; 5] {
        let text = at.to_string();
        let number =
            |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse().ok()).unwrap_or(0);
        [number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16)]
    }

    pub(super) fn read(text: &str) -> Option<Timestamp> {
        serde_json::from_str(&format!("\"{text}:00Z\"")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{from_field, to_field};

    #[test]
    fn a_moment_survives_the_field() {
        let at = from_field("2026-11-24T20:05").expect("a moment");
        assert_eq!(to_field(at), "2026-11-24T20:05");
        for text in ["", "2026-11-24", "tomorrow at eight o'clock"] {
            assert_eq!(from_field(text), None, "{text}");
        }
    }
}
