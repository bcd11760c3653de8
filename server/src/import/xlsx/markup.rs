//! XML as a stream of tags and texts, as far as spreadsheets write it. Names come without their prefix. Entities that a
//! document defines for itself are not known, so none can grow.

/// One piece of a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>`, or `<name …/>` when `closed`.
    Open { name: &'a str, attributes: Attributes<'a>, closed: bool },
    /// `</name>`, and once more after an opening tag that is closed.
    Close(&'a str),
    /// Text between tags.
    Text(String),
}

/// The attributes of a tag, as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attributes<'a>(&'a str);

impl Attributes<'_> {
    /// The value of an attribute, whatever its prefix.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            let (value, behind) = after[1..].split_once(quote)?;
            if local(before.trim()) == name {
                return Some(plain(value));
            }
            rest = behind;
        }
        None
    }
}

/// The pieces of a document, in order. What is broken ends it.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    let mut closing = None;
    std::iter::from_fn(move || {
        if let Some(name) = closing.take() {
            return Some(Token::Close(name));
        }
        loop {
            if rest.is_empty() {
                return None;
            }
            let Some(tag) = rest.strip_prefix('<') else {
                let end = rest.find('<').unwrap_or(rest.len());
                let text = plain(&rest[..end]);
                rest = &rest[end..];
                return Some(Token::Text(text));
            };
            if let Some(data) = tag.strip_prefix("![CDATA[") {
                let (data, after) = data.split_once("]]>")?;
                rest = after;
                return Some(Token::Text(data.to_owned()));
            }
            if let Some(comment) = tag.strip_prefix("!--") {
                rest = comment.split_once("-->")?.1;
                continue;
            }
            let end = end_of(tag)?;
            let inside = &tag[..end];
            rest = &tag[end + 1..];
            if inside.starts_with(['?', '!']) {
                continue;
            }
            if let Some(name) = inside.strip_prefix('/') {
                return Some(Token::Close(local(name.trim())));
            }
            let closed = inside.ends_with('/');
            let inside = inside.strip_suffix('/').unwrap_or(inside);
            let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
            let name = local(name);
            if closed {
                closing = Some(name);
            }
            return Some(Token::Open { name, attributes: Attributes(attributes), closed });
        }
    })
}

/// Where a tag ends: at the first `>` outside quotes.
fn end_of(tag: &str) -> Option<usize> {
    let mut quote = None;
    tag.bytes().position(|byte| match (byte, quote) {
        (b'"' | b'\'', None) => {
            quote = Some(byte);
            false
        }
        (byte, Some(open)) if byte == open => {
            quote = None;
            false
        }
        (b'>', None) => true,
        (_, Some(_) | None) => false,
    })
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Text without references. What is not known stays as it stands.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let named = rest[at + 1..].split_once(';').filter(|(name, _)| name.len() <= 8);
        let character = named.and_then(|(name, _)| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix('x') {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (character, named) {
            (Some(character), Some((_, behind))) => {
                plain.push(character);
                rest = behind;
            }
            (Some(_) | None, _) => {
                plain.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}
