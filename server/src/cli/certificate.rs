//! The certificate for which a server was refused, as a card to compare, and the argument that pins it.

use std::time::Duration;

use engine::check::check;
use shared::{
    cause::Cause,
    check::{CertificateCard, CheckReport, Side},
    endpoint::Endpoint,
    pass::PassEnd,
};
use tokio::sync::watch;

use super::{order::Order, side::SideOrder};
use crate::report::words;

/// Longer than this nobody waits for a card.
const PATIENCE: Duration = Duration::from_secs(20);

/// The cards of the sides that are not trusted, when that is why the pass could not go on.
pub(super) async fn refused(order: &Order, end: &PassEnd) -> Option<String> {
    let PassEnd::Aborted {
        cause: Cause::TlsUntrusted | Cause::TlsName | Cause::TlsExpired | Cause::TlsPin,
        ..
    } = end
    else {
        return None;
    };
    let mut text = String::new();
    for side in [&order.source, &order.target] {
        if let Some(card) = shown_by(side).await.filter(|card| !card.trusted) {
            text.push_str(&card_text(side, &card));
        }
    }
    Some(text)
}

/// What the server shows before any login.
async fn shown_by(side: &SideOrder) -> Option<CertificateCard> {
    let (sender, report) = watch::channel(CheckReport::waiting());
    let endpoint = Endpoint::Imap(side.endpoint.clone());
    // Time running out leaves what was seen until then.
    let _ = tokio::time::timeout(PATIENCE, check(&endpoint, None, sender)).await;
    report.borrow().certificate.clone()
}

fn card_text(side: &SideOrder, card: &CertificateCard) -> String {
    let flag = match side.side {
        Side::Source => "--pin",
        Side::Target => "--target-pin",
    };
    let lines = [
        ("issued to", card.subject.clone()),
        ("issued by", card.issuer.clone()),
        ("for", card.names.join(", ")),
        ("valid", format!("{} to {}", card.not_before, card.not_after)),
        ("SHA-256", card.sha256.clone()),
    ];
    let host = words::shown(&side.endpoint.host);
    let mut text = format!("\nThe {} {host} shows this certificate:\n", side.side.title());
    for (name, value) in lines {
        text.push_str(&format!("  {name:<9}  {}\n", words::shown(&value)));
    }
    text.push_str(&format!(
        "Compare the SHA-256 with the server's own. If it is the same, run this again with {flag} {}\n",
        card.sha256
    ));
    text
}

#[cfg(test)]
mod tests {
    use shared::{
        check::{CertificateCard, Side},
        endpoint::{ImapEndpoint, Login},
    };

    use super::{SideOrder, card_text};

    #[test]
    fn a_card_names_all_that_is_to_be_compared_and_the_argument_that_pins() {
        let card = CertificateCard {
            subject: "CN=mail".into(),
            issuer: "CN=\u{1b}[2Jme".into(),
            names: vec!["mail.example".into(), "imap.example".into()],
            not_before: "2025-01-01".into(),
            not_after: "2026-01-01".into(),
            sha256: "ab".repeat(32),
            trusted: false,
        };
        for (side, flag) in [(Side::Source, " --pin abab"), (Side::Target, " --target-pin abab")] {
            let endpoint = ImapEndpoint::new("mail.example", Login::Password);
            let text =
                card_text(&SideOrder { side, endpoint, user: "anna".into(), secret_file: None }, &card);
            for part in
                ["CN=mail", "mail.example, imap.example", "2025-01-01 to 2026-01-01", side.title(), flag]
            {
                assert!(text.contains(part), "{part:?} is not in:\n{text}");
            }
            assert!(!text.contains('\u{1b}'));
        }
    }
}
