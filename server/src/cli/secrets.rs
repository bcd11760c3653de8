//! Passwords and tokens: from a file, the environment or a prompt; never from the command line.

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use secrecy::SecretString;
use shared::check::Side;

use super::{Problem, side::SideOrder};

/// No password is longer; what is longer is the wrong file.
const MAX_BYTES: u64 = 64 * 1024;

/// Asks a person.
type Ask<'a> = &'a dyn Fn(&str) -> io::Result<String>;

/// Where secrets come from, so that a test can bring its own.
pub(super) struct Origins<'a> {
    /// The environment.
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
    /// None when there is nobody to ask.
    pub(super) ask: Option<Ask<'a>>,
}

/// The secret of one side, from this process's surroundings.
pub(super) fn find(order: &SideOrder) -> Result<SecretString, Problem> {
    let environment = |name: &str| std::env::var(name).ok();
    let ask = |prompt: &str| rpassword::prompt_password(prompt);
    let ask: Ask<'_> = &ask;
    let ask = io::stdin().is_terminal().then_some(ask);
    find_in(order, &Origins { environment: &environment, ask })
}

/// The secret of one side: file before environment before prompt.
pub(super) fn find_in(order: &SideOrder, origins: &Origins<'_>) -> Result<SecretString, Problem> {
    if let Some(path) = &order.secret_file {
        return first_line(path).map(Into::into);
    }
    let variable = variable(order.side);
    if let Some(secret) = (origins.environment)(variable).filter(|secret| !secret.is_empty()) {
        return Ok(secret.into());
    }
    let Some(ask) = origins.ask else {
        return Err(missing(order, "there is no terminal to ask on"));
    };
    match ask(&format!(
        "Password of {} on the {} ({}): ",
        order.login_name(),
        order.side.title(),
        order.endpoint.host
    )) {
        Ok(secret) if secret.is_empty() => Err(missing(order, "nothing was entered")),
        Ok(secret) => Ok(secret.into()),
        Err(error) => Err(missing(order, &error.to_string())),
    }
}

/// The environment variable of a side.
const fn variable(side: Side) -> &'static str {
    match side {
        Side::Source => "CARBONIO_MIGRATE_PASSWORD",
        Side::Target => "CARBONIO_MIGRATE_TARGET_PASSWORD",
    }
}

fn flag(side: Side) -> &'static str {
    match side {
        Side::Source => "--password-file",
        Side::Target => "--target-password-file",
    }
}

fn missing(order: &SideOrder, happened: &str) -> Problem {
    let side = order.side;
    Problem::arguments(format!(
        "Asking for the password of {} on the {} failed: {happened}. Put it in the first line of a file and name that \
         with {}, or set {}.",
        order.login_name(),
        side.title(),
        flag(side),
        variable(side),
    ))
}

/// A file's first line without its line end: what an editor or `echo` adds is no part of a password.
fn first_line(path: &Path) -> Result<String, Problem> {
    let problem = |happened: &str| {
        Problem::arguments(format!(
            "Reading the password file {} failed: {happened}. Name a file whose first line is the password or token, and \
             which this user may read.",
            path.display()
        ))
    };
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)).map_err(
        |error| match error.kind() {
            io::ErrorKind::InvalidData => problem("it is not UTF-8 text"),
            _ => problem(&error.to_string()),
        },
    )?;
    if text.len() as u64 > MAX_BYTES {
        return Err(problem("it is too large for a password"));
    }
    let line = text.split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() {
        return Err(problem("its first line is empty"));
    }
    Ok(line.into())
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use secrecy::ExposeSecret as _;
    use shared::{
        check::Side,
        endpoint::{ImapEndpoint, Login},
    };

    use super::{Ask, Origins, Problem, SideOrder, find_in};
    use crate::cli::Exit;

    fn order(secret_file: Option<PathBuf>, login: Login) -> SideOrder {
        let endpoint = ImapEndpoint::new("old.example", login);
        SideOrder { side: Side::Source, endpoint, user: "anna".into(), secret_file }
    }

    fn found(order: &SideOrder, environment: Option<&str>, typed: Option<&str>) -> Result<String, Problem> {
        let environment =
            |name: &str| environment.filter(|_| name == "CARBONIO_MIGRATE_PASSWORD").map(ToOwned::to_owned);
        let ask = |_: &str| typed.map(ToOwned::to_owned).ok_or_else(|| io::Error::other("closed"));
        let ask: Ask<'_> = &ask;
        let origins = Origins { environment: &environment, ask: typed.map(|_| ask) };
        find_in(order, &origins).map(|secret| secret.expose_secret().to_owned())
    }

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        file
    }

    #[test]
    fn a_file_wins_over_the_environment_over_a_prompt() {
        let file = file(b"from file\n");
        let with_file = order(Some(file.path().into()), Login::Password);
        let without = order(None, Login::Password);
        assert_eq!(found(&with_file, Some("from env"), Some("typed")).expect("found"), "from file");
        assert_eq!(found(&without, Some("from env"), Some("typed")).expect("found"), "from env");
        assert_eq!(found(&without, Some(""), Some("typed")).expect("found"), "typed");
    }

    #[test]
    fn only_the_line_end_is_no_part_of_a_password() {
        for (content, password) in [
            (&b"s3cret"[..], "s3cret"),
            (b"s3cret\n", "s3cret"),
            (b"s3cret\r\n", "s3cret"),
            (b" s3 cret \nsecond line\n", " s3 cret "),
            ("pässwörd\n".as_bytes(), "pässwörd"),
        ] {
            let file = file(content);
            assert_eq!(
                found(&order(Some(file.path().into()), Login::Password), None, None).expect("found"),
                password
            );
        }
    }

    #[test]
    fn an_unusable_file_is_named_and_its_content_is_not() {
        for content in [&b""[..], b"\nsecond", b"canary\xff\xfe", &[b'x'; 70_000]] {
            let file = file(content);
            let problem = found(&order(Some(file.path().into()), Login::Password), Some("unused"), None);
            let problem = problem.expect_err("refused");
            assert_eq!(problem.exit, Exit::Arguments);
            assert!(problem.message.contains(&*file.path().to_string_lossy()), "{}", problem.message);
            assert!(
                !problem.message.contains("canary") && !problem.message.contains("xxx"),
                "{}",
                problem.message
            );
        }
        let problem = found(&order(Some("/does/not/exist".into()), Login::Password), None, None);
        assert!(problem.expect_err("refused").message.contains("/does/not/exist"));
    }

    #[test]
    fn without_a_terminal_the_error_says_how_to_give_a_password() {
        let admin = Login::AuthorizationId { admin: "root".into() };
        let problem = found(&order(None, admin), None, None).expect_err("refused");
        assert_eq!(problem.exit, Exit::Arguments);
        for part in ["root", "source", "--password-file", "CARBONIO_MIGRATE_PASSWORD"] {
            assert!(problem.message.contains(part), "{part} is not in: {}", problem.message);
        }
    }

    #[test]
    fn an_empty_answer_is_no_password() {
        assert!(found(&order(None, Login::Password), None, Some("")).is_err());
    }
}
