//! Which product a server is, by its own words: the greeting, the answer to ID (RFC 2971), the capabilities.

use shared::endpoint::Preset;

use super::connection::Capabilities;

/// Words in the greeting or the answer to ID, in lower case; the first that fits decides.
const WORDS: [(&str, Preset); 12] = [
    // Carbonio calls itself Zimbra, of the release "carbonio".
    ("carbonio", Preset::Carbonio),
    ("zimbra", Preset::Zimbra),
    ("dovecot", Preset::Dovecot),
    ("cyrus", Preset::Cyrus),
    ("courier", Preset::Courier),
    ("mailutils", Preset::Mailutils),
    ("gimap", Preset::Gmail),
    ("y!imap", Preset::Yahoo),
    ("yahoo", Preset::Yahoo),
    ("iscream", Preset::Icloud),
    ("domino", Preset::Domino),
    ("microsoft exchange", Preset::Exchange),
];

/// The product, or [`Preset::Generic`] where nothing gives it away.
pub(crate) fn recognise(greeting: &str, id: &str, capabilities: &Capabilities) -> Preset {
    let said = format!("{greeting}\n{id}").to_lowercase();
    let word = WORDS.iter().find(|(word, _)| said.contains(word)).map(|(_, preset)| *preset);
    match word {
        // Only the one in the cloud takes access tokens.
        Some(Preset::Exchange) if capabilities.has("AUTH=XOAUTH2") => Preset::Microsoft365,
        Some(preset) => preset,
        None if capabilities.has("X-GM-EXT-1") => Preset::Gmail,
        None if said.contains("microsoft.exchange") => Preset::Exchange,
        None if capabilities.has("XAPPLELITERAL") => Preset::Icloud,
        None => Preset::Generic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(greeting: &str, id: &str, capabilities: &str, expected: Preset) {
        let capabilities = Capabilities::read(capabilities.split(' '));
        assert_eq!(recognise(greeting, id, &capabilities), expected, "{greeting} | {id}");
    }

    #[test]
    fn products_are_known_by_their_own_words() {
        check("[CAPABILITY IMAP4rev1] Dovecot (Debian) ready.", "Dovecot", "IMAP4REV1", Preset::Dovecot);
        check("mail IMAP4 service ready", "Zimbra 8.8.15 carbonio", "IMAP4REV1", Preset::Carbonio);
        check("mail.example.org Zimbra IMAP4rev1 server ready", "Zimbra 10.0.1", "IMAP4REV1", Preset::Zimbra);
        check("mail Cyrus IMAP 3.6.1-Debian server ready", "", "IMAP4REV1", Preset::Cyrus);
        check("Courier-IMAP ready. Copyright 1998-2022", "", "IMAP4REV1", Preset::Courier);
        check("IMAP4rev1 ready", "GNU Mailutils 3.15", "IMAP4REV1", Preset::Mailutils);
        check("Gimap ready for requests from 192.0.2.1", "GImap Google, Inc.", "X-GM-EXT-1", Preset::Gmail);
        check("IMAP4rev1 ready", "Yahoo! Inc. Y!IMAP 1.0", "IMAP4REV1", Preset::Yahoo);
        check("(1Z17:p00) iSCREAM ready to rumble", "", "IMAP4REV1 XAPPLELITERAL", Preset::Icloud);
        check("Domino IMAP4 Server Release 9.0.1 ready", "", "IMAP4REV1", Preset::Domino);
        check("The Microsoft Exchange IMAP4 service is ready.", "", "IMAP4 AUTH=PLAIN", Preset::Exchange);
        check(
            "The Microsoft Exchange IMAP4 service is ready. [TABQ]",
            "",
            "IMAP4 AUTH=PLAIN AUTH=XOAUTH2",
            Preset::Microsoft365,
        );
        check("IMAP4 ready", "Microsoft.Exchange.Imap4.Imap4Server", "IMAP4", Preset::Exchange);
        check("IMAP server ready", "", "IMAP4REV1 UIDPLUS", Preset::Generic);
    }
}
