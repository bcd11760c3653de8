//! A server's certificate on a card, so that a person can compare it and trust exactly this one.

use leptos::prelude::*;
use shared::check::CertificateCard;

use super::badge::Badge;
use crate::view::{safe::clean, words::Tone};

/// What the certificate says, and the button that pins it while it is not trusted.
#[component]
pub(crate) fn Certificate(
    /// Whose it is.
    #[prop(into)]
    label: String,
    card: CertificateCard,
    on_trust: Callback<String>,
) -> impl IntoView {
    let (tone, text) = if card.trusted { (Tone::Good, "Trusted") } else { (Tone::Bad, "Not trusted") };
    let row = |name: &'static str, value: String| {
        view! { <div><dt>{name}</dt><dd><bdi>{clean(&value)}</bdi></dd></div> }
    };
    let trust = (!card.trusted).then(|| {
        let sha256 = card.sha256.clone();
        view! {
            <p class="hint">
                "Compare the SHA-256 with what the server's admin sees on the server itself, for example with "
                <code>"openssl x509 -noout -fingerprint -sha256 -in cert.pem"</code>
                ". Trust it only if every character is the same."
            </p>
            <button type="button" class="button" data-test="trust" on:click=move |_| on_trust.run(sha256.clone())>
                "Trust exactly this certificate"
            </button>
        }
    });
    view! {
        <section class="certificate" aria-label=label data-test="certificate">
            <h3>"Certificate " <Badge tone=tone text=text/></h3>
            <dl class="pairs">
                {row("Issued to", card.subject)}
                {row("Issued by", card.issuer)}
                {row("For the names", card.names.join(", "))}
                {row("Valid", format!("{} to {}", card.not_before, card.not_after))}
                <div><dt>"SHA-256"</dt><dd class="fingerprint">{fingerprint(&card.sha256)}</dd></div>
            </dl>
            {trust}
        </section>
    }
}

/// As OpenSSL and browsers write it: pairs of capitals with colons between.
pub(crate) fn fingerprint(sha256: &str) -> String {
    let digits: Vec<char> = sha256.to_uppercase().chars().collect();
    digits.chunks(2).map(String::from_iter).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_reads_as_other_tools_write_it() {
        assert_eq!(fingerprint("00ab9f"), "00:AB:9F");
        assert_eq!(fingerprint("é1"), "É1");
    }
}
