//! What the fields of a request must hold, each refusal with the field's path.

mod rules;

use std::{collections::HashMap, net::IpAddr};

use shared::{
    batch::BatchForm,
    endpoint::{Endpoint, ImapEndpoint, Login, Tls, TokenClient},
    job::{JobSecrets, NewJob},
    limits::Limits,
    project::{ProjectForm, ProjectView, SideForm},
};

use super::Fault;
use crate::token;

/// Longest project name, in characters.
const PROJECT_NAME_MAX: usize = 100;
/// Longest note, in characters.
const NOTE_MAX: usize = 1000;
/// Longest login name and host name, in bytes.
const NAME_MAX: usize = 255;
/// Longest password or token, in bytes: OAuth tokens reach some thousands.
const SECRET_MAX: usize = 16 * 1024;
/// Most mailboxes a project moves at once.
const PARALLEL_MAX: u16 = 64;
/// Most hours of one side: every hour of a week.
const HOURS_MAX: usize = 7 * 24;
/// Most rows of one request.
const ROWS_MAX: usize = 10_000;

/// Longest text to look for, in characters.
const SEARCH_MAX: usize = 200;

/// A stored secret must not be sent to a server of somebody else's choice.
pub(super) const ENTER_AGAIN: &str =
    "Enter the password again: the stored one is only used with the server and the admin it was entered for.";

/// Checks what a list is searched for.
pub(super) fn search(text: Option<&str>) -> Result<(), Fault> {
    if text.is_some_and(|text| text.chars().count() > SEARCH_MAX || has_control(text)) {
        let message = format!("Search for at most {SEARCH_MAX} characters, without line breaks.");
        return Err(Fault::invalid("search", message));
    }
    Ok(())
}

/// Checks a new project, or new settings for one; returns it with its name trimmed.
pub(crate) fn project_form(
    mut form: ProjectForm,
    before: Option<&ProjectView>,
) -> Result<ProjectForm, Fault> {
    form.name = form.name.trim().to_owned();
    Fault::all([
        name("project", &form.name),
        side("source", &form.source, before.map(|view| (&view.source, view.source_has_secret))),
        side("target", &form.target, before.map(|view| (&view.target, view.target_has_secret))),
        parallel(form.options.parallel),
        rules::check(&form.options),
        limits("options.source_limits", &form.options.source_limits),
        limits("options.target_limits", &form.options.target_limits),
    ])?;
    Ok(form)
}

/// Checks a new batch, or new settings for one; returns it with its name trimmed.
pub(super) fn batch_form(mut form: BatchForm) -> Result<BatchForm, Fault> {
    form.name = form.name.trim().to_owned();
    let hours = Limits { hours: form.hours.clone(), zone: form.zone.clone(), ..Limits::default() };
    Fault::all([name("batch", &form.name), limits("", &hours), last_pass(&form)])?;
    Ok(form)
}

/// Checks a trimmed name; `what` says whose it is.
fn name(what: &str, name: &str) -> Result<(), Fault> {
    if name.is_empty() || name.chars().count() > PROJECT_NAME_MAX || has_control(name) {
        let message = format!("Give the {what} a name of 1 to {PROJECT_NAME_MAX} characters.");
        return Err(Fault::invalid("name", message));
    }
    Ok(())
}

fn parallel(parallel: u16) -> Result<(), Fault> {
    if (1..=PARALLEL_MAX).contains(&parallel) {
        return Ok(());
    }
    let message = format!("Choose how many mailboxes move at once: 1 to {PARALLEL_MAX}.");
    Err(Fault::invalid("options.parallel", message))
}

fn last_pass(form: &BatchForm) -> Result<(), Fault> {
    let last = form.repeat.and_then(|repeat| repeat.until);
    if form.start_at.zip(last).is_some_and(|(start, last)| last <= start) {
        let message = "The last delta pass is not after the start. Choose a later moment for it, or none.";
        return Err(Fault::invalid("repeat.until", message));
    }
    Ok(())
}

/// Checks a note that an admin leaves.
pub(super) fn note(note: &str) -> Result<(), Fault> {
    if note.chars().count() > NOTE_MAX || note.contains('\0') {
        return Err(Fault::invalid("note", format!("Write a note of at most {NOTE_MAX} characters.")));
    }
    Ok(())
}

/// Checks how much of a system may be used; that each number is at least one is a matter of its type.
/// Without a path the fields are the request's own.
fn limits(path: &str, limits: &Limits) -> Result<(), Fault> {
    let field = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let hours = if limits.hours.len() > HOURS_MAX || limits.hours.iter().any(|hours| hours.days.is_empty()) {
        let message = "Write the allowed hours as days with hours, such as Mon-Fri 20:00-06:00.";
        Err(Fault::invalid(field("hours"), message))
    } else {
        Ok(())
    };
    let zone = engine::guest::check(limits)
        .map_err(|error| Fault::invalid(field("zone"), format!("Reading the time zone failed: {error}.")));
    Fault::all([hours, zone])
}

/// Checks one side; `before` is the stored endpoint and whether its secret is stored.
fn side(path: &str, form: &SideForm, before: Option<(&Endpoint, bool)>) -> Result<(), Fault> {
    let at = endpoint(&format!("{path}.endpoint"), &form.endpoint);
    Fault::all([at, side_secret(format!("{path}.secret"), form, before)])
}

fn side_secret(field: String, form: &SideForm, before: Option<(&Endpoint, bool)>) -> Result<(), Fault> {
    if let Some(entered) = &form.secret {
        return secret(&field, entered);
    }
    if form.endpoint.secret_per_mailbox() {
        return Ok(());
    }
    match before {
        Some((stored, true)) if stored.same_login(&form.endpoint) => Ok(()),
        Some((_, true)) => Err(Fault::invalid(field, ENTER_AGAIN)),
        Some((_, false)) | None => {
            Err(Fault::invalid(field, "Enter the admin's password: every mailbox is opened with it."))
        }
    }
}

/// Checks where a system is and how to log in.
pub(super) fn endpoint(path: &str, endpoint: &Endpoint) -> Result<(), Fault> {
    match endpoint {
        Endpoint::Imap(imap) => imap_endpoint(path, imap),
    }
}

fn imap_endpoint(path: &str, imap: &ImapEndpoint) -> Result<(), Fault> {
    let invalid = |field: &str, message: &str| Err(Fault::invalid(format!("{path}.{field}"), message));
    let host = match host_problem(&imap.host) {
        Some(problem) => invalid("host", problem),
        // Whether a server is this machine is known of a host that can be one.
        None if imap.tls == Tls::None && !is_loopback(&imap.host) => invalid(
            "tls",
            "Clear text is allowed to this machine only. Choose implicit TLS (993) or STARTTLS (143).",
        ),
        None => Ok(()),
    };
    let port = if imap.port == 0 {
        invalid("port", "Enter a port from 1 to 65535: 993 for implicit TLS, 143 for STARTTLS.")
    } else {
        Ok(())
    };
    let is_pin =
        |pin: &String| pin.len() == 64 && pin.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let pin = if imap.pin.as_ref().is_none_or(is_pin) {
        Ok(())
    } else {
        invalid("pin", "A certificate's SHA-256 has 64 digits 0-9 and a-f in lower case.")
    };
    Fault::all([host, port, pin, login(path, &imap.login)])
}

fn login(path: &str, login: &Login) -> Result<(), Fault> {
    match login {
        Login::Password => Ok(()),
        Login::Token { client } => client.as_ref().map_or(Ok(()), |client| token_client(path, client)),
        Login::AuthorizationId { admin } => login_name(&format!("{path}.login.admin"), admin),
        Login::Master { admin, template } => {
            let fits = template.contains("{user}") && template.len() <= NAME_MAX && !has_control(template);
            let template = if fits {
                Ok(())
            } else {
                Err(Fault::invalid(
                    format!("{path}.login.template"),
                    "The template makes the login name and must contain {user}, as in {user}*{admin}.",
                ))
            };
            Fault::all([login_name(&format!("{path}.login.admin"), admin), template])
        }
    }
}

/// Checks where and how tokens are fetched.
fn token_client(path: &str, client: &TokenClient) -> Result<(), Fault> {
    let invalid =
        |field: &str, message: &str| Err(Fault::invalid(format!("{path}.login.client.{field}"), message));
    let host = || token::host_of(&client.token_url).unwrap_or_default();
    let url = match token::url_problem(&client.token_url) {
        Some(problem) => invalid("token_url", problem),
        None => host_problem(&host()).map_or(Ok(()), |problem| invalid("token_url", problem)),
    };
    let is_id = !client.client_id.trim().is_empty()
        && client.client_id.len() <= NAME_MAX
        && !has_control(&client.client_id);
    let id = if is_id {
        Ok(())
    } else {
        invalid("client_id", "Enter the client's id as the token server knows it.")
    };
    let is_scope = |scope: &String| scope.len() <= 4 * NAME_MAX && !has_control(scope);
    let scope = if client.scope.as_ref().is_none_or(is_scope) {
        Ok(())
    } else {
        invalid("scope", "A scope is a line of words, such as https://mail.example/imap offline_access.")
    };
    Fault::all([url, id, scope])
}

/// Says what is wrong with a host; none when it is a name or an address.
pub(super) fn host_problem(host: &str) -> Option<&'static str> {
    if host.is_empty() {
        return Some("Enter the server's host name, such as mail.example.org.");
    }
    if host.contains("://") {
        return Some("Enter the host name alone, without imap:// or https:// before it.");
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return is_nowhere(ip.to_canonical())
            .then_some("No mail server is at this address: it is reserved for machines to find each other.");
    }
    if host
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
    {
        return Some("Enter the host name alone; the port has a field of its own.");
    }
    let fits = |c: char| c.is_alphanumeric() || "-._".contains(c);
    if host.len() > NAME_MAX || !host.chars().all(fits) || host.starts_with(['.', '-']) || host.contains("..")
    {
        return Some("This is no host name: it has letters, digits, dots and hyphens, and no spaces.");
    }
    None
}

/// Addresses that are no server's: among them the one where cloud machines are told their secrets.
fn is_nowhere(ip: IpAddr) -> bool {
    let link_local = match ip {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    link_local || ip.is_unspecified() || ip.is_multicast()
}

pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Checks the login name of a mailbox or an admin.
pub(super) fn login_name(field: &str, name: &str) -> Result<(), Fault> {
    if name.trim().is_empty() {
        return Err(Fault::invalid(field, "Enter the login name."));
    }
    if name.len() > NAME_MAX || has_control(name) {
        let message = format!("A login name has at most {NAME_MAX} bytes and no control characters.");
        return Err(Fault::invalid(field, message));
    }
    Ok(())
}

/// Checks a password or token without ever repeating it.
pub(super) fn secret(field: &str, secret: &str) -> Result<(), Fault> {
    if secret.is_empty() {
        return Err(Fault::invalid(field, "Enter the password."));
    }
    if secret.len() > SECRET_MAX || secret.contains(['\0', '\r', '\n']) {
        let message = format!("A password has at most {} KiB, no line breaks and no NUL.", SECRET_MAX / 1024);
        return Err(Fault::invalid(field, message));
    }
    Ok(())
}

/// Checks new secrets of a job.
pub(super) fn job_secrets(form: &JobSecrets) -> Result<(), Fault> {
    for (field, value) in [("source_secret", &form.source_secret), ("target_secret", &form.target_secret)] {
        if let Some(value) = value {
            secret(field, value)?;
        }
    }
    Ok(())
}

/// Checks new jobs against their project's endpoints.
pub(crate) fn job_rows(source: &Endpoint, target: &Endpoint, rows: &[NewJob]) -> Result<(), Fault> {
    if rows.is_empty() || rows.len() > ROWS_MAX {
        return Err(Fault::invalid("jobs", format!("Send 1 to {ROWS_MAX} mailboxes at once.")));
    }
    let mut seen = HashMap::new();
    for (number, row) in rows.iter().enumerate() {
        let field = |name: &str| format!("jobs[{number}].{name}");
        login_name(&field("source_user"), &row.source_user)?;
        login_name(&field("target_user"), &row.target_user)?;
        let secrets =
            [("source_secret", &row.source_secret, source), ("target_secret", &row.target_secret, target)];
        for (name, entered, endpoint) in secrets {
            match entered {
                Some(entered) => secret(&field(name), entered)?,
                None if endpoint.secret_per_mailbox() => {
                    let message =
                        "Enter the mailbox's password: this endpoint has no admin who logs in for all.";
                    return Err(Fault::invalid(field(name), message));
                }
                None => {}
            }
        }
        if let Some(earlier) = seen.insert((&row.source_user, &row.target_user), number) {
            let message =
                format!("This mailbox is in row {} already. Remove one of the two rows.", earlier + 1);
            return Err(Fault::invalid(field("source_user"), message));
        }
    }
    Ok(())
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests;
