//! The style sheets as one.

use std::{fs, io, path::Path};

/// These come first, in this order: what is later wins.
const FIRST: [&str; 4] = ["tokens.css", "base.css", "layout.css", "components.css"];

/// All style sheets of a folder, joined.
pub(crate) fn read(folder: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".css") && !name.starts_with('.') {
            names.push(name);
        }
    }
    let mut joined = String::new();
    for name in in_order(names) {
        joined.push_str(&compact(&fs::read_to_string(folder.join(name))?));
    }
    Ok(joined)
}

/// The known ones first, then the others by name.
fn in_order(mut names: Vec<String>) -> Vec<String> {
    names.sort_by_cached_key(|name| {
        let rank = FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
        (rank, name.clone())
    });
    names
}

/// Without comments, indentation and empty lines. What stands in quotes is not touched, and everything else is left
/// to compression.
fn compact(sheet: &str) -> String {
    let bare = without_comments(sheet);
    let mut lines: Vec<&str> = bare.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.push("");
    lines.join("\n")
}

fn without_comments(sheet: &str) -> String {
    let mut bare = String::with_capacity(sheet.len());
    let mut quote = None;
    let mut rest = sheet.chars().peekable();
    while let Some(letter) = rest.next() {
        match (quote, letter) {
            (None, '/') if rest.peek() == Some(&'*') => {
                rest.next();
                skip_comment(&mut rest);
                // A comment separates words.
                bare.push(' ');
                continue;
            }
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            (Some(_), '\\') => {
                bare.push(letter);
                bare.extend(rest.next());
                continue;
            }
            _ => {}
        }
        bare.push(letter);
    }
    bare
}

fn skip_comment(rest: &mut impl Iterator<Item = char>) {
    let mut star = false;
    for letter in rest {
        if star && letter == '/' {
            return;
        }
        star = letter == '*';
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, in_order, read};

    #[test]
    fn tokens_come_first_and_unknown_sheets_last_by_name() {
        let names = ["wizard.css", "components.css", "base.css", "about.css", "tokens.css", "layout.css"];
        let ordered = in_order(names.map(String::from).to_vec());
        assert_eq!(
            ordered,
            ["tokens.css", "base.css", "layout.css", "components.css", "about.css", "wizard.css"]
        );
    }

    fn check(sheet: &str, expected: &str) {
        assert_eq!(compact(sheet), expected, "{sheet}");
    }

    #[test]
    fn comments_and_indentation_go() {
        check("/* a */\n.b {\n  color: red; /* why */\n}\n", ".b {\ncolor: red;\n}\n");
        check("a/* two words */b{}", "a b{}\n");
        check("a{}/**/b{}/***/c{}/* * / */d{}", "a{} b{} c{} d{}\n");
        check("a{}/* never closed", "a{}\n");
        check("", "");
    }

    #[test]
    fn what_stands_in_quotes_stays() {
        check(r#"a::before{content:"/* no comment */"}"#, "a::before{content:\"/* no comment */\"}\n");
        check(r#"a{content:"\"/*"}/* x */"#, "a{content:\"\\\"/*\"}\n");
        check("a{content:'\"/*'}", "a{content:'\"/*'}\n");
        check(
            "a{background:url('data:image/svg+xml,<svg/>')}",
            "a{background:url('data:image/svg+xml,<svg/>')}\n",
        );
    }

    #[test]
    fn other_files_in_the_folder_are_left_out() {
        let folder = tempfile::tempdir().expect("folder");
        for (file, text) in [("tokens.css", "t{}"), ("a.css", "a{}"), ("README.md", "x"), (".a.css", "x")] {
            std::fs::write(folder.path().join(file), text).expect("file");
        }
        assert_eq!(read(folder.path()).expect("style"), "t{}\na{}\n");
    }
}
