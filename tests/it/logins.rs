//! Every way to open a mailbox.

use servers::{
    corpus::Corpus,
    dovecot::{Dovecot, MASTER, MASTER_PASSWORD},
    imap::Imap,
};
use tests::{cli::Cli, mailbox::Mailbox};

const USER: &str = "anna@old.example";

fn moves(source: &Dovecot, target: &Dovecot, user: &str, change: impl Fn(Mailbox) -> Mailbox) {
    Corpus::small(3).write(source, user).expect("writes");
    let cli = Cli::new(change(Mailbox::on(source, user)), change(Mailbox::on(target, user)));
    cli.run().ends_with(0);
    let mut imap = Imap::connect(target.plain_port()).expect("connects");
    imap.login(&format!("{user}*{MASTER}"), MASTER_PASSWORD).expect("the master user opens it");
    assert_eq!(imap.status("INBOX", "MESSAGES").expect("counts"), 3);
}

fn pair(mechanisms: &str) -> (Dovecot, Dovecot) {
    let start = || Dovecot::builder().mechanisms(mechanisms).start().expect("starts");
    (start(), start())
}

#[test]
fn the_mailbox_logs_in_with_its_own_name_and_a_password_that_needs_quoting() {
    let (source, target) = pair("plain login");
    moves(&source, &target, USER, |mailbox| mailbox);
}

#[test]
fn a_name_beyond_ascii_logs_in_by_plain() {
    let (source, target) = pair("plain");
    moves(&source, &target, "ännä@old.example", |mailbox| mailbox);
}

#[test]
fn an_admin_opens_the_mailbox_as_authorization_identity() {
    let (source, target) = pair("plain login");
    moves(&source, &target, USER, Mailbox::by_admin);
}

#[test]
fn a_master_user_opens_the_mailbox_under_a_name_made_of_both() {
    let (source, target) = pair("plain login");
    moves(&source, &target, USER, Mailbox::by_master);
}

#[test]
fn a_wrong_password_is_told_with_its_side_and_never_shown() {
    let (source, target) = pair("plain login");
    let good = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let wrong = |mailbox: &Mailbox| mailbox.clone().secret("wr0ng-secret");
    for (from, to, side) in [
        (wrong(&good.0), good.1.clone(), "source"),
        (good.0.clone(), wrong(&good.1), "target"),
        (wrong(&good.0.clone().by_admin()), good.1.clone(), "source"),
        (wrong(&good.0.clone().by_master()), good.1.clone(), "source"),
    ] {
        let run = Cli::new(from, to).run().ends_with(5).says(&[
            side,
            "AUTHENTICATIONFAILED",
            "Check the name and the password that log in",
        ]);
        assert!(!run.said().contains("wr0ng-secret"), "{}", run.said());
    }
}

#[test]
fn a_login_the_server_does_not_offer_is_told_as_such() {
    let (source, target) = pair("plain login");
    // Without PLAIN, Dovecot does not offer the LOGIN command either.
    let poor = Dovecot::builder().mechanisms("login").start().expect("starts");
    let (from, to) = (Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    Cli::new(from.clone().by_token(), to.clone()).run().ends_with(5).says(&["source", "XOAUTH2"]);
    let poor = Mailbox::on(&poor, USER);
    Cli::new(from.clone(), poor.clone()).run().ends_with(5).says(&["target", "PLAIN"]);
    Cli::new(poor.by_admin(), to).run().ends_with(5).says(&["source", "PLAIN", "authorization"]);
}

#[test]
fn the_password_may_come_from_the_environment() {
    let (source, target) = pair("plain login");
    Corpus::small(2).write(&source, USER).expect("writes");
    let cli = Cli::new(Mailbox::on(&source, USER), Mailbox::on(&target, USER));
    let arguments: Vec<_> = cli.command().get_args().map(ToOwned::to_owned).collect();
    let mut command = tests::binary::command();
    let mut skip = false;
    for argument in arguments {
        let flag = argument.to_string_lossy().ends_with("password-file");
        if !std::mem::replace(&mut skip, flag) && !flag {
            command.arg(argument);
        }
    }
    command.env("CARBONIO_MIGRATE_PASSWORD", servers::dovecot::PASSWORD);
    command.env("CARBONIO_MIGRATE_TARGET_PASSWORD", servers::dovecot::PASSWORD);
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
