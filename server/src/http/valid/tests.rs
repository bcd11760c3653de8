//! What is accepted and what is refused, and under which field.

use shared::{
    batch::{BatchForm, Repeat},
    endpoint::{Endpoint, ImapEndpoint, Login, Tls},
    id::ProjectId,
    job::NewJob,
    project::{Options, ProjectForm, ProjectRow, ProjectView, SideForm},
    time::Timestamp,
    under_way::UnderWay,
};

use super::{batch_form, job_rows, project_form};
use crate::http::Fault;

fn imap() -> ImapEndpoint {
    ImapEndpoint::new("mail.example.org", Login::Password)
}

fn form(source: ImapEndpoint, secret: Option<&str>) -> ProjectForm {
    ProjectForm {
        name: " Move ".into(),
        source: SideForm { endpoint: Endpoint::Imap(source), secret: secret.map(Into::into) },
        target: SideForm { endpoint: Endpoint::Imap(imap()), secret: None },
        options: Options::default(),
    }
}

fn stored(source: ImapEndpoint) -> ProjectView {
    let row = ProjectRow {
        id: ProjectId(1),
        name: "Move".into(),
        source_host: source.host.clone(),
        target_host: "mail.example.org".into(),
        created: Timestamp::from_millis(0),
        jobs: 0,
        active: 0,
        complete: 0,
        failed: 0,
        copied: 0,
        copied_bytes: 0,
        under_way: UnderWay::default(),
    };
    ProjectView {
        row,
        source: Endpoint::Imap(source),
        source_has_secret: true,
        target: Endpoint::Imap(imap()),
        target_has_secret: false,
        options: Options::default(),
        version: String::new(),
    }
}

fn field(outcome: Result<ProjectForm, Fault>) -> Option<String> {
    outcome.err().map(|fault| fault.body().field.clone().expect("a field is named"))
}

#[track_caller]
fn check(source: ImapEndpoint, at_fault: Option<&str>) {
    assert_eq!(field(project_form(form(source.clone(), None), None)).as_deref(), at_fault, "{source:?}");
}

#[test]
fn a_host_is_a_name_or_an_address_and_nothing_else() {
    for host in ["mail.example.org", "192.0.2.1", "2001:db8::1", "bücher.example", "mail_1"] {
        check(ImapEndpoint { host: host.into(), ..imap() }, None);
    }
    for host in
        ["", " ", "imap://mail", "mail example", "mail:993", "a@b", "mail/", "..", "-x", "x\r\nA1 LOGOUT"]
    {
        check(ImapEndpoint { host: host.into(), ..imap() }, Some("source.endpoint.host"));
    }
    for host in ["169.254.169.254", "0.0.0.0", "::", "fe80::1", "224.0.0.1", "::ffff:169.254.169.254"] {
        check(ImapEndpoint { host: host.into(), ..imap() }, Some("source.endpoint.host"));
    }
}

#[test]
fn clear_text_goes_to_this_machine_only() {
    let clear = |host: &str| ImapEndpoint { host: host.into(), port: 143, tls: Tls::None, ..imap() };
    check(clear("127.0.0.1"), None);
    check(clear("::1"), None);
    check(clear("localhost"), None);
    check(clear("mail.example.org"), Some("source.endpoint.tls"));
    check(clear("10.0.0.1"), Some("source.endpoint.tls"));
}

#[test]
fn ports_pins_and_templates_are_checked() {
    check(ImapEndpoint { port: 0, ..imap() }, Some("source.endpoint.port"));
    check(ImapEndpoint { pin: Some("AB".repeat(32)), ..imap() }, Some("source.endpoint.pin"));
    check(ImapEndpoint { pin: Some("ab".repeat(32)), ..imap() }, None);
    let master = |admin: &str, template: &str| ImapEndpoint {
        login: Login::Master { admin: admin.into(), template: template.into() },
        ..imap()
    };
    check(master("", "{user}*{admin}"), Some("source.endpoint.login.admin"));
    check(master("root", "{admin}"), Some("source.endpoint.login.template"));
    check(master("root", "{user}*{admin}"), Some("source.secret"));
}

#[test]
fn a_name_is_trimmed_and_needed() {
    assert_eq!(project_form(form(imap(), None), None).expect("accepted").name, "Move");
    let empty = ProjectForm { name: "  ".into(), ..form(imap(), None) };
    assert_eq!(field(project_form(empty, None)).as_deref(), Some("name"));
}

#[test]
fn a_stored_secret_goes_only_where_it_was_entered_for() {
    let master = ImapEndpoint { login: Login::AuthorizationId { admin: "root".into() }, ..imap() };
    let before = stored(master.clone());
    assert_eq!(field(project_form(form(master.clone(), None), Some(&before))), None, "nothing changed");
    let elsewhere = ImapEndpoint { host: "evil.example".into(), ..master.clone() };
    assert_eq!(
        field(project_form(form(elsewhere.clone(), None), Some(&before))).as_deref(),
        Some("source.secret")
    );
    assert_eq!(field(project_form(form(elsewhere, Some("typed again")), Some(&before))), None);
    let pinned = ImapEndpoint { pin: Some("ab".repeat(32)), ..master };
    assert_eq!(
        field(project_form(form(pinned, None), Some(&before))),
        None,
        "a pin makes it no other server"
    );
}

#[test]
fn a_form_is_told_all_its_mistakes_at_once() {
    let source = ImapEndpoint {
        host: "a b".into(),
        port: 0,
        login: Login::Master { admin: String::new(), template: "x".into() },
        ..imap()
    };
    let options = Options { parallel: 0, ..Options::default() };
    let fault = project_form(ProjectForm { name: " ".into(), options, ..form(source, None) }, None)
        .expect_err("refused");
    let fields: Vec<Option<&str>> = fault.body().faults().map(|(field, _)| field).collect();
    let expected = [
        "name",
        "source.endpoint.host",
        "source.endpoint.port",
        "source.endpoint.login.admin",
        "source.endpoint.login.template",
        "source.secret",
        "options.parallel",
    ];
    assert_eq!(fields, expected.map(Some));
    assert!(fault.body().message.contains("name"), "the first message stays the first");
}

fn row(user: &str, secret: Option<&str>) -> NewJob {
    NewJob {
        source_user: user.into(),
        source_secret: secret.map(Into::into),
        target_user: user.into(),
        target_secret: secret.map(Into::into),
        below: None,
    }
}

#[test]
fn a_bad_row_is_named_by_its_number() {
    let endpoint = Endpoint::Imap(imap());
    let check = |rows: &[NewJob], at_fault: Option<&str>| {
        let fault = job_rows(&endpoint, &endpoint, rows).err();
        assert_eq!(fault.and_then(|fault| fault.body().field.clone()).as_deref(), at_fault);
    };
    check(&[row("anna", Some("x"))], None);
    check(&[], Some("jobs"));
    check(&[row("anna", Some("x")), row("", Some("x"))], Some("jobs[1].source_user"));
    check(&[row("anna", None)], Some("jobs[0].source_secret"));
    check(&[row("anna", Some("a\r\nb"))], Some("jobs[0].source_secret"));
    check(
        &[row("anna", Some("x")), row("bert", Some("x")), row("anna", Some("x"))],
        Some("jobs[2].source_user"),
    );
}

#[test]
fn rows_need_no_secret_where_an_admin_logs_in_for_all() {
    let admin =
        Endpoint::Imap(ImapEndpoint { login: Login::AuthorizationId { admin: "root".into() }, ..imap() });
    assert_eq!(job_rows(&admin, &admin, &[row("anna", None)]), Ok(()));
}

#[test]
fn the_last_delta_pass_comes_after_the_start() {
    let until = |millis: Option<i64>| {
        let repeat = Repeat { hours: std::num::NonZeroU16::MIN, until: millis.map(Timestamp::from_millis) };
        batch_form(BatchForm {
            name: "First".into(),
            priority: 0,
            start_at: Some(Timestamp::from_millis(10)),
            hours: Vec::new(),
            zone: shared::limits::Zone::Utc,
            parallel: None,
            repeat: Some(repeat),
            day_one: None,
        })
    };
    for earlier in [9, 10] {
        let fault = until(Some(earlier)).expect_err("refused");
        assert_eq!(fault.body().field.as_deref(), Some("repeat.until"));
    }
    assert!(until(Some(11)).is_ok() && until(None).is_ok());
}
