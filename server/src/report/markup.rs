//! A page being written. Data cannot become markup here: only text from the source code is taken as it is.

use shared::time::Timestamp;

use super::words;

/// A page being written.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Markup as it stands in the source code: `'static` keeps data out.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A sentence of the product's own, as text.
    pub(super) fn say(&mut self, sentence: &str) -> &mut Self {
        for c in words::visible(sentence).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// Other people's text: harmless, cut, and with its own writing direction.
    pub(super) fn value(&mut self, value: &str) -> &mut Self {
        self.raw("<bdi>").say(&words::shown(value)).raw("</bdi>")
    }

    /// A number for people, with its exact value for programs.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.raw("<data value=\"").digits(number).raw("\">").say(&words::count(number)).raw("</data>")
    }

    /// Bytes for people, with their exact number for programs.
    pub(super) fn size(&mut self, bytes: u64) -> &mut Self {
        self.raw("<data value=\"").digits(bytes).raw("\">").say(&words::size(bytes)).raw("</data>")
    }

    /// A moment for people and for programs.
    pub(super) fn moment(&mut self, time: Timestamp) -> &mut Self {
        self.raw("<time datetime=\"")
            .say(&time.to_string())
            .raw("\">")
            .say(&words::moment(time))
            .raw("</time>")
    }

    /// A bare number: the only data that may stand in an attribute.
    pub(super) fn digits(&mut self, number: u64) -> &mut Self {
        self.0.push_str(&number.to_string());
        self
    }

    /// The page.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Markup;

    #[test]
    fn no_value_can_open_a_tag_close_an_attribute_or_leave_its_place() {
        let mut page = Markup::default();
        page.value("</bdi><script>alert('1')</script>&amp;\"\u{202e}");
        let text = String::from_utf8(page.into_bytes()).expect("is UTF-8");
        let inner =
            text.strip_prefix("<bdi>").and_then(|rest| rest.strip_suffix("</bdi>")).expect("is wrapped");
        assert!(!inner.contains(['<', '>', '"', '\'', '\u{202e}']), "{inner}");
        assert!(inner.contains("&amp;amp;"), "{inner}");
    }
}
