//! What is known of a server product: which shortcuts are safe on it, and which limits it keeps.

use std::time::Duration;

use shared::endpoint::Preset;

use super::connection::Capabilities;
use crate::mapping::TargetProfile;

/// How to write to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Which product it is, or is treated as.
    pub preset: Preset,
    /// What folder names it takes.
    pub names: TargetProfile,
    /// Several messages in one APPEND (RFC 3502): only where that is atomic over a crash and cheaper.
    pub multiappend: bool,
    /// Largest literal sent without waiting for the server's consent (RFC 7888); 0: always wait.
    pub unasked_literal: usize,
    /// Send NOOP after so many APPENDs, because errors in a row and repeated commands are counted.
    pub noop_every: Option<usize>,
    /// Pieces of a large message that are asked for at once. Zimbra closes a connection from which nobody reads what it sends for
    /// ten seconds, and a slow target may take longer for a piece.
    pub pieces: usize,
    /// How long an answer that was lost may still take effect: looks after an interruption, one after each pause.
    pub settle: &'static [Duration],
}

const QUICK: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(300), Duration::from_secs(1)];
const PATIENT: [Duration; 7] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

impl Profile {
    /// What is known of a product, as far as this server's capabilities bear it out.
    pub(crate) fn of(
        preset: Preset,
        capabilities: &Capabilities,
        separator: Option<char>,
        prefix: &[u8],
    ) -> Self {
        // Zimbra rolls a broken MULTIAPPEND back message by message: a crash in between leaves a part behind.
        let zimbra = matches!(preset, Preset::Zimbra | Preset::Carbonio);
        let atomic = matches!(preset, Preset::Dovecot | Preset::Cyrus);
        let unasked_literal = if capabilities.has("LITERAL+") {
            // On Zimbra a refusal for size comes before the bytes only when the literal is announced first.
            if zimbra { 64 * 1024 } else { usize::MAX }
        } else if capabilities.has("LITERAL-") {
            4096
        } else {
            0
        };
        Self {
            preset,
            // Where every name begins with `INBOX.`, a folder below INBOX and one beside it are the same.
            names: TargetProfile {
                inbox_children: !prefix.to_ascii_uppercase().starts_with(b"INBOX"),
                ..TargetProfile::of(preset, separator)
            },
            multiappend: atomic && capabilities.has("MULTIAPPEND") && capabilities.has("LITERAL+"),
            unasked_literal,
            // After five errors in a row it closes, after 25 of the same command too: a good one resets both.
            noop_every: zimbra.then_some(4),
            pieces: if zimbra { 1 } else { 2 },
            settle: if atomic { &QUICK } else { &PATIENT },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(words: &str) -> Capabilities {
        Capabilities::read(words.split(' '))
    }

    #[test]
    fn carbonio_never_gets_several_messages_in_one_command() {
        let capabilities = capabilities("IMAP4REV1 LITERAL+ MULTIAPPEND UIDPLUS");
        let carbonio = Profile::of(Preset::Carbonio, &capabilities, None, b"");
        assert!(!carbonio.multiappend);
        assert_eq!((carbonio.unasked_literal, carbonio.noop_every, carbonio.pieces), (64 * 1024, Some(4), 1));
        let dovecot = Profile::of(Preset::Dovecot, &capabilities, None, b"");
        assert_eq!((dovecot.multiappend, dovecot.pieces), (true, 2));
    }

    #[test]
    fn edge_156_nothing_is_sent_unasked_to_a_server_that_does_not_offer_it() {
        assert_eq!(
            Profile::of(Preset::Dovecot, &capabilities("IMAP4REV1 MULTIAPPEND"), None, b"").unasked_literal,
            0
        );
        assert!(!Profile::of(Preset::Dovecot, &capabilities("IMAP4REV1 MULTIAPPEND"), None, b"").multiappend);
        assert_eq!(
            Profile::of(Preset::Generic, &capabilities("IMAP4REV1 LITERAL-"), None, b"").unasked_literal,
            4096
        );
    }
}
