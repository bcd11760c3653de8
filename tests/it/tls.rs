//! Certificates are verified, pins are exact, STARTTLS is never optional, clear text stays on this machine.

use servers::{
    certificate::{Authority, Certificate},
    corpus::Corpus,
    dovecot::{Dovecot, Encryption},
    stub::{Manner, Stub},
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

/// A source with this certificate, a message in it, and a target that is beyond doubt.
fn pair(encryption: Encryption) -> (Dovecot, Dovecot) {
    let source = Dovecot::builder().encryption(encryption).start().expect("starts");
    Corpus::small(1).write(&source, USER).expect("writes");
    (source, Dovecot::builder().start().expect("starts"))
}

fn with(certificate: Certificate) -> Encryption {
    Encryption::With(Box::new(certificate))
}

fn cli(source: Mailbox, target: &Dovecot) -> Cli {
    Cli::new(source, Mailbox::on(target, USER))
}

#[test]
fn a_self_signed_certificate_is_refused_and_shown_for_pinning() {
    let (source, target) = pair(Encryption::SelfSigned);
    let mailbox = Mailbox::on(&source, USER).pinned(None);
    let sha256 = &source.certificate().expect("a certificate").sha256;
    cli(mailbox.clone(), &target).run().ends_with(7).says(&["source", "--pin", sha256]);
    cli(mailbox.clone().starttls(&source), &target).run().ends_with(7).says(&["--pin", sha256]);
    let colons: Vec<_> =
        sha256.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    cli(mailbox.pinned(Some(&colons.join(":"))), &target).run().ends_with(0);
}

#[test]
fn the_targets_certificate_is_refused_just_so() {
    let (source, target) = pair(Encryption::SelfSigned);
    let sha256 = &target.certificate().expect("a certificate").sha256;
    let run = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER).pinned(None)).run();
    run.ends_with(7).says(&["target", "--target-pin", sha256]);
}

#[test]
fn a_pinned_certificate_is_accepted_and_another_one_is_not() {
    let (source, target) = pair(Encryption::SelfSigned);
    cli(Mailbox::on(&source, USER), &target).run().ends_with(0);
    cli(Mailbox::on(&source, USER).starttls(&source), &target).run().ends_with(0);
    let other = "0".repeat(64);
    cli(Mailbox::on(&source, USER).pinned(Some(&other)), &target)
        .run()
        .ends_with(7)
        .says(&["another certificate than the pinned one"]);
}

#[test]
fn a_pin_holds_for_an_expired_certificate_and_one_for_another_name() {
    for certificate in [Certificate::expired(), Certificate::for_name("elsewhere.example")] {
        let (source, target) = pair(with(certificate.expect("a certificate")));
        cli(Mailbox::on(&source, USER).pinned(None), &target).run().ends_with(7);
        cli(Mailbox::on(&source, USER), &target).run().ends_with(0);
    }
}

#[test]
fn a_certificate_of_a_trusted_authority_needs_no_pin_but_the_right_name_and_time() {
    let authority = Authority::new().expect("an authority");
    let trusting = |source: &Dovecot, target: &Dovecot| {
        let cli = cli(Mailbox::on(source, USER).pinned(None), target);
        let file = cli.dir().join("authority.pem");
        std::fs::write(&file, &authority.pem).expect("writes");
        cli.with_variable("SSL_CERT_FILE", &file.to_string_lossy())
            .with_variable("SSL_CERT_DIR", "/nonexistent")
            .run()
    };
    let good = authority.sign(&["localhost", "127.0.0.1"]).expect("signs");
    let (source, target) = pair(with(good));
    trusting(&source, &target).ends_with(0);
    let name = authority.sign(&["elsewhere.example"]).expect("signs");
    let (source, target) = pair(with(name));
    trusting(&source, &target)
        .ends_with(7)
        .says(&["elsewhere.example", "Use a host name the certificate names"]);
    let old = authority.sign_expired(&["localhost", "127.0.0.1"]).expect("signs");
    let (source, target) = pair(with(old));
    trusting(&source, &target).ends_with(7).says(&["expired"]);
}

#[test]
fn starttls_is_never_left_out() {
    let (source, target) = pair(Encryption::None);
    let mailbox = Mailbox::plain(&source, USER).starttls(&source);
    let log = source.wire();
    cli(mailbox.clone(), &target).run().ends_with(7).says(&["STARTTLS"]);
    assert_eq!(log.commands(), [], "nobody logged in");
    let stub = Stub::start(Manner::Injects).expect("starts");
    cli(mailbox.port(stub.port()), &target).run().ends_with(7).says(&["clear text"]);
}

#[test]
fn implicit_tls_to_a_port_in_clear_text_is_told_as_such() {
    let (source, target) = pair(Encryption::SelfSigned);
    let mailbox = Mailbox::on(&source, USER).port(source.plain_port());
    cli(mailbox, &target).run().ends_with(7).says(&["source"]);
}

#[test]
fn clear_text_goes_to_this_machine_only() {
    let (source, target) = pair(Encryption::None);
    cli(Mailbox::plain(&source, USER), &target).run().ends_with(0);
    // An address for documentation (RFC 5737): nobody is there, and nobody must be asked.
    let run = cli(Mailbox::plain(&source, USER).host("192.0.2.1"), &target).run();
    let run = run.ends_with(2).says(&["192.0.2.1", "clear"]);
    assert!(run.took.as_secs() < 5, "it took {:?}", run.took);
}
