//! Rules that make names on the target of names on the source.

use regex::{Regex, RegexBuilder};
use shared::rules::RegexRule;

/// Largest compiled rule, in bytes.
const SIZE_MAX: usize = 1 << 20;
/// Most rules.
const RULES_MAX: usize = 100;

/// Rules in order: each works on what the one before made.
pub(super) struct Rules(Vec<Rule>);

enum Rule {
    /// Another domain, whatever stands before the `@`.
    Domain { from: String, to: String },
    /// A pattern, and the pieces of what stands there instead.
    Pattern { from: Regex, whole: bool, to: Vec<Piece> },
    /// A regular expression over the whole name.
    Regex { from: Regex, to: String },
}

enum Piece {
    Text(String),
    /// What a word of the pattern fitted: all of it, or its first characters.
    Word {
        name: String,
        first: Option<usize>,
    },
}

impl Rules {
    /// Reads rules; the error has the index of the rule and says what is wrong with it.
    pub(super) fn parse(lines: &[String]) -> Result<Self, (usize, String)> {
        if lines.len() > RULES_MAX {
            return Err((RULES_MAX, format!("Write at most {RULES_MAX} rules.")));
        }
        let rules = lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty());
        rules
            .map(|(at, line)| rule(line.trim()).map_err(|error| (at, error)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The name on the target; none when no rule fits.
    pub(super) fn apply(&self, name: &str) -> Option<String> {
        let mut now = name.to_owned();
        let mut fits = false;
        for rule in &self.0 {
            if let Some(next) = rule.apply(&now) {
                (now, fits) = (next, true);
            }
        }
        fits.then_some(now)
    }
}

fn rule(line: &str) -> Result<Rule, String> {
    if line.starts_with("s|") || line.starts_with("s/") {
        let RegexRule { pattern, replacement } =
            line.parse().map_err(|error| format!("The rule cannot be read: {error}."))?;
        return Ok(Rule::Regex { from: compile(&pattern)?, to: replacement });
    }
    let Some((from, to)) = line.split_once("->").or_else(|| line.split_once('→')) else {
        return Err("A rule has an arrow: @old.example -> @new.example.".into());
    };
    let (from, to) = (from.trim(), to.trim());
    if let (Some(from), Some(to)) = (from.strip_prefix('@'), to.strip_prefix('@')) {
        if from.is_empty() || to.is_empty() || from.contains('{') || to.contains('{') {
            return Err("Name both domains: @old.example -> @new.example.".into());
        }
        return Ok(Rule::Domain { from: from.to_owned(), to: to.to_owned() });
    }
    let whole = from.contains('@');
    if whole != to.contains('@') {
        return Err("Write the domain on both sides of the arrow, or on neither.".into());
    }
    let (pattern, words) = words_of(from)?;
    let pieces = pieces_of(to)?;
    let unknown = pieces.iter().find_map(|piece| match piece {
        Piece::Word { name, .. } if !words.contains(name) => Some(name),
        Piece::Word { .. } | Piece::Text(_) => None,
    });
    if let Some(unknown) = unknown {
        return Err(format!("{{{unknown}}} stands on the right of the arrow and not on the left."));
    }
    Ok(Rule::Pattern { from: compile(&format!("^{pattern}$"))?, whole, to: pieces })
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(true).size_limit(SIZE_MAX);
    builder.build().map_err(|_| "The pattern is no regular expression that can be used.".to_owned())
}

/// Text cut at `{words}`; what is between braces comes with `true`.
fn cut(text: &str) -> Result<Vec<(bool, &str)>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = rest[open..].find('}').ok_or("A { has no } after it.")? + open;
        parts.push((false, &rest[..open]));
        parts.push((true, &rest[open + 1..close]));
        rest = &rest[close + 1..];
    }
    parts.push((false, rest));
    Ok(parts)
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// A word fits letters, digits and what else stands in names, but none of the signs that part a name.
fn words_of(from: &str) -> Result<(String, Vec<String>), String> {
    let (mut pattern, mut words) = (String::new(), Vec::<String>::new());
    for (braces, part) in cut(from)? {
        if !braces {
            pattern.push_str(&regex::escape(part));
        } else if !is_word(part) || words.iter().any(|word| word == part) {
            return Err(format!(
                "{{{part}}} must be a word of letters that stands once on the left: {{first}}."
            ));
        } else {
            pattern.push_str(&format!("(?P<{part}>[^@._+-]+)"));
            words.push(part.to_owned());
        }
    }
    if words.is_empty() {
        return Err("The left of the arrow needs a word in braces: {first}.{last}.".into());
    }
    Ok((pattern, words))
}

fn pieces_of(to: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    for (braces, part) in cut(to)? {
        pieces.push(match (braces, part.split_once(':')) {
            (false, _) => Piece::Text(part.to_owned()),
            (true, None) => Piece::Word { name: part.to_owned(), first: None },
            (true, Some((name, first))) => {
                let first =
                    first.parse().map_err(|_| format!("{{{part}}} needs a number after its colon."))?;
                Piece::Word { name: name.to_owned(), first: Some(first) }
            }
        });
    }
    Ok(pieces)
}

impl Rule {
    fn apply(&self, name: &str) -> Option<String> {
        match self {
            Self::Domain { from, to } => {
                let (local, domain) = name.rsplit_once('@')?;
                domain.eq_ignore_ascii_case(from).then(|| format!("{local}@{to}"))
            }
            Self::Pattern { from, whole: true, to } => made(from, name, to),
            Self::Pattern { from, whole: false, to } => match name.rsplit_once('@') {
                Some((local, domain)) => made(from, local, to).map(|local| format!("{local}@{domain}")),
                None => made(from, name, to),
            },
            Self::Regex { from, to } => {
                from.is_match(name).then(|| from.replace_all(name, to.as_str()).into_owned())
            }
        }
    }
}

fn made(from: &Regex, name: &str, to: &[Piece]) -> Option<String> {
    let fitted = from.captures(name)?;
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Word { name, first } => {
            let word = fitted.name(name).map_or("", |fit| fit.as_str());
            word.chars().take(first.unwrap_or(usize::MAX)).collect()
        }
    };
    Some(to.iter().map(piece).collect())
}

#[cfg(test)]
mod tests {
    use super::Rules;

    fn check(rules: &[&str], name: &str, expected: Option<&str>) {
        let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let rules = Rules::parse(&rules).map_err(|(at, error)| format!("{at}: {error}")).expect("rules");
        assert_eq!(rules.apply(name).as_deref(), expected, "{name}");
    }

    fn refused(rule: &str) -> String {
        Rules::parse(&["@a -> @b".to_owned(), rule.to_owned()])
            .err()
            .map(|(_, error)| error)
            .expect("is refused")
    }

    #[test]
    fn a_domain_becomes_another() {
        let rules = ["@old.example -> @new.example"];
        check(&rules, "anna@OLD.example", Some("anna@new.example"));
        check(&rules, "anna@sub.old.example", None);
        check(&rules, "anna", None);
        check(&["@old.example → @new.example"], "a@old.example", Some("a@new.example"));
    }

    #[test]
    fn words_of_a_name_are_put_together_anew() {
        let rules = ["{first}.{last} -> {first:1}{last}", "@old.example -> @new.example"];
        check(&rules, "anna.berg@old.example", Some("aberg@new.example"));
        check(&rules, "anna@old.example", Some("anna@new.example"));
        check(&rules, "a.b.c@elsewhere.example", None);
        check(&["{u}@a.example -> {u}@b.example"], "eva@a.example", Some("eva@b.example"));
        check(&["{first}.{last} -> {last}.{first}"], "Österreich.Ä", Some("Ä.Österreich"));
    }

    #[test]
    fn a_regular_expression_works_on_the_whole_name() {
        check(&["s|^x-(.*)@.*$|$1@new.example|"], "x-bob@old.example", Some("bob@new.example"));
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused_with_what_to_write() {
        assert!(refused("old.example").contains("arrow"));
        assert!(refused("{first} -> {last}").contains("not on the left"));
        assert!(refused("anna -> bert").contains("braces"));
        assert!(refused("{a@x -> b@y").contains('}'));
        assert!(refused("s|(|x|").contains("regular expression"));
        assert!(refused("{a}@x -> {a}").contains("both sides"));
        assert!(refused("@ -> @b").contains("domains"));
    }
}
