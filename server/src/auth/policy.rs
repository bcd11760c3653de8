//! Which login names and passwords are accepted. No rules on composition: length counts, and not being guessable.

use shared::auth::{PASSWORD_MAX, PASSWORD_MIN};

/// Words that guessers try first, alone, repeated or with digits and signs around them.
const COMMON: [&str; 38] = [
    "abc",
    "access",
    "admin",
    "administrator",
    "asdf",
    "asdfgh",
    "asdfghjkl",
    "baseball",
    "carbonio",
    "changeme",
    "default",
    "dragon",
    "football",
    "hello",
    "iloveyou",
    "letmein",
    "login",
    "mail",
    "master",
    "migrate",
    "migration",
    "monkey",
    "my",
    "pass",
    "password",
    "passwort",
    "princess",
    "qwerty",
    "qwertyuiop",
    "root",
    "secret",
    "server",
    "shadow",
    "sunshine",
    "welcome",
    "zextras",
    "zimbra",
    "zxcvbnm",
];

/// Longest login name, in characters.
const NAME_MAX: usize = 64;

/// Says what is wrong with a new password; none when it is good. `context` holds words of this place: the login name,
/// the host.
pub(crate) fn password_problem(password: &str, context: &[&str]) -> Option<String> {
    if password.chars().count() < PASSWORD_MIN {
        return Some(format!("The password is too short: take at least {PASSWORD_MIN} characters."));
    }
    if password.len() > PASSWORD_MAX {
        return Some(format!("The password is too long: take at most {PASSWORD_MAX} bytes."));
    }
    let lower = password.to_lowercase();
    let letters: String = lower.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.is_empty() {
        let run = is_digit_run(&lower);
        return run
            .then(|| "The password is a run of digits that guessers try first: take something else.".into());
    }
    let of_this_place = context.iter().flat_map(|text| {
        text.split(|c: char| !c.is_alphabetic())
            .filter(|word| word.chars().count() > 2)
            .map(str::to_lowercase)
    });
    let words: Vec<String> = COMMON.iter().map(|word| (*word).to_owned()).chain(of_this_place).collect();
    made_of(&letters, &words).then(|| {
        "The password is made of words that guessers try first, such as names of this system or its people: take other \
         words."
            .into()
    })
}

/// Says what is wrong with a login name; none when it is good.
pub(crate) fn name_problem(name: &str) -> Option<String> {
    let good = |c: char| c.is_alphanumeric() || "._-@+".contains(c);
    let length = name.chars().count();
    if (1..=NAME_MAX).contains(&length) && name.chars().all(good) {
        return None;
    }
    Some(format!("A login name has 1 to {NAME_MAX} letters, digits and the signs . _ - @ +, and no spaces."))
}

/// Whether a text is nothing but words of the list, one after the other.
fn made_of(text: &str, words: &[String]) -> bool {
    // The ends of what is made of words so far; each is looked at once, so the work is text times words at most.
    let mut ends = std::collections::BTreeSet::from([0]);
    while let Some(end) = ends.pop_first() {
        if end == text.len() {
            return true;
        }
        ends.extend(
            words.iter().filter(|word| text[end..].starts_with(word.as_str())).map(|word| end + word.len()),
        );
    }
    false
}

/// Whether digits only stand still or go one up or one down.
fn is_digit_run(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        digits.windows(2).all(|pair| matches!((pair[1] + 10 - pair[0]) % 10, 0 | 1 | 9))
    })
}

#[cfg(test)]
mod tests {
    use super::{name_problem, password_problem};

    fn check(password: &str, good: bool) {
        let problem = password_problem(password, &["anna", "mail.example.org"]);
        assert_eq!(problem.is_none(), good, "{password:?}: {problem:?}");
    }

    #[test]
    fn length_counts_and_composition_does_not() {
        check("short", false);
        check("            ", true);
        check("🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎🐎", true);
        check(&"x".repeat(256), true);
        check(&"x".repeat(257), false);
    }

    #[test]
    fn words_of_this_place_are_refused_however_they_are_dressed() {
        for guessable in [
            "Carbonio2026!!",
            "zimbra-zextras",
            "passwordpassword",
            "Password1234",
            "anna.example",
            "ANNA@mail2026",
        ] {
            check(guessable, false);
        }
        check("123456789012", false);
        check("000000000000", false);
        check("carbonio weather balloon", true);
        check("927384650192", true);
    }

    #[test]
    fn a_login_name_is_one_word() {
        for good in ["anna", "anna@example.org", "Jörg_2"] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in ["", "two words", "line\nbreak", "<b>", &"x".repeat(65)] {
            assert!(name_problem(bad).is_some(), "{bad:?}");
        }
    }
}
