//! Text that came from a mail server, made harmless to look at.

const LONGEST: usize = 200;
const LONGEST_SENTENCE: usize = 1000;

/// Drops control characters and marks that turn the direction of writing, and cuts what is too long to read.
pub(crate) fn clean(text: &str) -> String {
    clean_to(LONGEST, text)
}

/// The same for a sentence of ours that carries a server's words: it may be longer.
pub(crate) fn clean_sentence(text: &str) -> String {
    clean_to(LONGEST_SENTENCE, &text.replace('\n', " "))
}

fn clean_to(longest: usize, text: &str) -> String {
    let mut kept = text.chars().filter(|character| !is_hostile(*character));
    let mut clean: String = kept.by_ref().take(longest).collect();
    if kept.next().is_some() {
        clean.push('…');
    }
    clean
}

fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_sentence};

    #[test]
    fn a_folder_name_cannot_turn_the_line_around() {
        assert_eq!(clean("in\u{202e}xob\u{7}/\u{2067}日本語"), "inxob/日本語");
    }

    #[test]
    fn a_sentence_keeps_its_end() {
        let sentence = format!("{}.\nDo this.", "x".repeat(300));
        assert!(clean_sentence(&sentence).ends_with(". Do this."));
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        assert_eq!(clean(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(clean(&"é".repeat(201)), format!("{}…", "é".repeat(200)));
    }
}
