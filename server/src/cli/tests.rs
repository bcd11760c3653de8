//! The arguments, as typed, and what becomes of them.

use clap::{CommandFactory as _, Parser};
use shared::{
    endpoint::{Login, Tls},
    limits::{Limits, Zone},
    pass::PassKind,
    project::VerifyDepth,
};

use super::{
    Exit, MigrateArgs, Problem,
    order::{LedgerPlace, Order},
};

/// A command line with nothing but a migration's arguments.
#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    migrate: MigrateArgs,
}

const BASIC: &str = "--source imap --host old.example --user anna@a --target-host new.example --target-user anna@b \
                     --data-dir /data";

/// What a line asks for; the outer error is the parser's, the inner one ours.
fn parse(line: &str) -> Result<Result<Order, Problem>, clap::Error> {
    let words = std::iter::once("carbonio-migrate").chain(line.split_whitespace());
    Line::try_parse_from(words).map(|line| Order::try_from(line.migrate))
}

#[track_caller]
fn order(more: &str) -> Order {
    parse(&format!("{BASIC} {more}")).expect("parses").expect("makes sense")
}

#[track_caller]
fn refused(line: &str, parts: &[&str]) {
    let (code, message) = match parse(line) {
        Err(error) => (error.exit_code(), error.to_string()),
        Ok(order) => {
            let problem = order.expect_err("refused");
            (problem.exit.code().into(), problem.message)
        }
    };
    assert_eq!(code, i32::from(Exit::Arguments.code()), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn five_arguments_are_enough() {
    let order = order("");
    for side in [&order.source, &order.target] {
        assert_eq!((side.endpoint.port, side.endpoint.tls), (993, Tls::Implicit));
        assert_eq!((&side.endpoint.login, &side.endpoint.pin), (&Login::Password, &None));
    }
    assert_eq!((order.only, order.options.verify), (None, VerifyDepth::Content));
    assert_eq!(order.source.label(), "anna@a at old.example");
    assert!(matches!(&order.ledger, LedgerPlace::Default(path) if path.starts_with("/data/ledgers")));
}

#[test]
fn the_port_follows_the_protection_unless_it_is_given() {
    let order = order("--tls starttls --target-tls none --target-port 1143");
    assert_eq!((order.source.endpoint.tls, order.source.endpoint.port), (Tls::Starttls, 143));
    assert_eq!((order.target.endpoint.tls, order.target.endpoint.port), (Tls::None, 1143));
}

#[test]
fn clear_text_to_another_machine_is_refused_before_anything_is_sent() {
    let line = |host: &str| BASIC.replace("old.example", host) + " --tls none";
    for host in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "::ffff:192.0.2.1", "0.0.0.0"] {
        refused(&line(host), &["--tls none", "implicit"]);
    }
    for host in ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "::ffff:127.0.0.1", "localhost"] {
        parse(&line(host)).expect("parses").expect("is this machine");
    }
}

#[test]
fn every_login_has_its_arguments() {
    let login = |more: &str| order(more).source.endpoint.login;
    assert_eq!(login("--login-as root"), Login::AuthorizationId { admin: "root".into() });
    let master = |template: &str| Login::Master { admin: "root".into(), template: template.into() };
    assert_eq!(login("--master root"), master("{user}*{admin}"));
    assert_eq!(login("--master root --master-template {admin}/{user}"), master("{admin}/{user}"));
    assert_eq!(login("--token-file t"), Login::Token { client: None });
    assert_eq!(
        order("--target-login-as root").target.endpoint.login,
        Login::AuthorizationId { admin: "root".into() }
    );
    assert_eq!(order("--password-file p").source.secret_file.as_deref(), Some("p".as_ref()));
    assert_eq!(order("--target-token-file t").target.secret_file.as_deref(), Some("t".as_ref()));
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    for more in [
        "--login-as a --master b",
        "--login-as a --token-file t",
        "--master a --token-file t",
        "--password-file p --token-file t",
        "--target-login-as a --target-master b",
        "--target-password-file p --target-token-file t",
        "--dry-run --verify-only",
        "--master-template {user}",
        "--master-template {user} --login-as a",
        "--target-master-template {user} --target-login-as a",
    ] {
        refused(&format!("{BASIC} {more}"), &[]);
    }
}

#[test]
fn what_is_missing_is_named() {
    for missing in ["--host", "--user", "--target-host", "--target-user"] {
        let words: Vec<_> = BASIC.split_whitespace().collect();
        let at = words.iter().position(|word| *word == missing).expect("is there");
        let line = [&words[..at], &words[at + 2..]].concat().join(" ");
        refused(&line, &[missing]);
    }
    refused(BASIC.strip_prefix("--source imap").expect("begins so"), &["--source"]);
    refused("", &["--source imap"]);
}

#[test]
fn a_host_is_a_bare_name_and_two_spellings_are_one() {
    let with = |host: &str| BASIC.replace("old.example", host);
    for (host, hint) in [
        ("imap://old.example", "without imap://"),
        ("old.example:993", "--port 993"),
        ("anna@old.example", "imap.example.org"),
        ("old.example/x", "imap.example.org"),
        (".", "imap.example.org"),
    ] {
        refused(&with(host), &["--host", hint]);
    }
    refused(&BASIC.replace("new.example", "new.example:1"), &["--target-host", "--target-port 1"]);
    let spelled = parse(&with("OLD.Example.")).expect("parses").expect("is a host");
    assert_eq!(spelled.source.endpoint.host, "old.example");
}

#[test]
fn a_pin_may_be_written_as_tools_print_it() {
    let colons = ["AB"; 32].join(":");
    assert_eq!(order(&format!("--pin {colons}")).source.endpoint.pin, Some("ab".repeat(32)));
    for pin in ["ab", &"ab".repeat(33), &"xy".repeat(32)] {
        refused(&format!("{BASIC} --pin {pin}"), &["--pin", "64"]);
    }
}

#[test]
fn a_template_must_name_the_mailbox() {
    refused(&format!("{BASIC} --master root --master-template {{admin}}"), &["{user}"]);
}

#[test]
fn a_mailbox_is_not_copied_into_itself() {
    let line = "--source imap --host a --user x --target-host A --target-user x --data-dir /data";
    refused(line, &["same mailbox"]);
    parse(&format!("{line} --target-port 1993"))
        .expect("parses")
        .expect("another server on the same machine");
}

#[test]
fn a_run_does_one_thing() {
    assert_eq!(order("--dry-run").only, Some(PassKind::DryRun));
    assert!(order("--retry-refused").retry_refused && !order("").retry_refused);
    assert_eq!(order("--verify-only --verify headers").only, Some(PassKind::Verify));
    assert_eq!(order("--verify headers").options.verify, VerifyDepth::Headers);
}

#[test]
fn a_chosen_ledger_is_taken_as_it_is() {
    assert_eq!(order("--ledger here.db").ledger, LedgerPlace::Chosen("here.db".into()));
}

#[test]
fn no_argument_takes_a_password() {
    for argument in Line::command().get_arguments() {
        let id = argument.get_id().as_str();
        let takes_secret = id.contains("password") || id.contains("token") || id.contains("secret");
        assert!(!takes_secret || id.ends_with("_file"), "{id}");
    }
}

#[test]
fn help_explains_passwords_and_every_exit_code() {
    let help = Line::command().render_help().to_string();
    for part in
        ["CARBONIO_MIGRATE_PASSWORD", "CARBONIO_MIGRATE_TARGET_PASSWORD", "--dry-run", "Ctrl-C", "--pin"]
    {
        assert!(help.contains(part), "{part} is missing in:\n{help}");
    }
    for exit in Exit::ALL {
        assert!(
            help.contains(&format!("{:>2}  {}", exit.code(), exit.explained())),
            "{exit:?} is missing in:\n{help}"
        );
    }
}

#[test]
fn the_parser_itself_finds_no_fault_with_its_arguments() {
    Line::command().debug_assert();
}

#[test]
fn limits_are_read_and_what_makes_no_sense_is_named() {
    let options = order("--source-connections 3 --bandwidth 10MB/s --messages-per-second 50").options;
    assert_eq!(options.source_limits.connections.get(), 3);
    assert_eq!(options.target_limits.connections, Limits::default().connections);
    for limits in [&options.source_limits, &options.target_limits] {
        assert_eq!(limits.bytes_per_second.map(u64::from), Some(10_000_000));
        assert_eq!(limits.messages_per_second.map(u32::from), Some(50));
    }
    let options = order("--hours 20:00-06:00 --time-zone +01:00").options;
    assert_eq!((options.source_limits.hours.len(), options.target_limits.zone), (1, Zone::Fixed(60)));
    refused(&format!("{BASIC} --bandwidth fast"), &["--bandwidth", "“fast” is no bandwidth"]);
    refused(&format!("{BASIC} --hours Mon-Fry"), &["--hours", "“Fry” is no day"]);
    refused(&format!("{BASIC} --hours 1-2 --time-zone Mars/Olympus"), &["--time-zone", "Mars/Olympus"]);
    refused(&format!("{BASIC} --source-connections 0"), &["--source-connections"]);
    refused(&format!("{BASIC} --time-zone UTC"), &["--hours"]);
}
