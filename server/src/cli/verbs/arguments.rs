//! From the table to the command line's arguments, and from what was typed to a request.

use std::{
    ffi::OsStr,
    io::{self, IsTerminal as _, Read as _},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser};
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{
    Exit, Problem,
    show::Form,
    table::{NOUNS, Take, VERBS, Verb},
};

const HEADING: &str = "The server";
/// Where a server of this host listens unless it was told otherwise.
const DEFAULT_SERVER: &str = "http://127.0.0.1:7080";
const SERVER: &str = "CARBONIO_MIGRATE_SERVER";
const TOKEN: &str = "CARBONIO_MIGRATE_TOKEN";
const PIN: &str = "CARBONIO_MIGRATE_PIN";
/// What lives a short while and has a word for its id.
const PASSING: [&str; 2] = ["CHECK", "ASK"];
/// No form and no secret is larger.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

const CODES: &str = "\
The token is taken from --token-file, else from the environment (CARBONIO_MIGRATE_TOKEN); the panel makes one under your \
account. Over http the server must be on this machine.

Exit codes: 0 done (with --watch: complete), 2 bad arguments or refused as such, 3 complete with exceptions, 4 not \
possible now, or not complete, 5 token refused or not enough rights, 6 server not reachable, 7 TLS not trusted, 8 not \
understood, 10 a file cannot be used, 12 stopped by Ctrl-C, 1 an error inside.";

/// Everything a verb needs.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) place: Place,
    pub(super) request: Request,
    /// What `{id}` of the routes is.
    pub(super) id: Option<String>,
    pub(super) form: Form,
    pub(super) watch: bool,
    /// Nobody is asked before complete mailboxes are started again.
    pub(super) yes: bool,
}

/// Where the server is and how it is reached.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) server: String,
    pub(super) token: SecretString,
    pub(super) pin: Option<String>,
}

/// What is asked of it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// Below `/api/v1`.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
}

/// Adds every verb to the program's commands.
pub(crate) fn add_to(mut program: Command) -> Command {
    for (noun, about) in NOUNS {
        let verbs = || VERBS.iter().filter(|verb| verb.noun() == *noun);
        if program.find_subcommand(noun).is_some() {
            program = program.mut_subcommand(noun, |command| verbs().fold(command, add_verb));
        } else {
            let command =
                Command::new(*noun).about(*about).subcommand_required(true).arg_required_else_help(true);
            program = program.subcommand(verbs().fold(command, add_verb));
        }
    }
    program
}

/// Adds a verb, or the way to a server to the host's command of the same words.
fn add_verb(noun: Command, verb: &Verb) -> Command {
    if noun.find_subcommand(verb.word()).is_some() {
        return noun.mut_subcommand(verb.word(), |command| {
            let about = format!("{} [on a server, when --server is given]", verb.about);
            link_arguments(command.about(about), None)
        });
    }
    let command = Command::new(verb.word()).about(verb.about).after_help(CODES);
    let own = verb.takes.iter().filter_map(|take| argument(verb, take));
    let yes = (verb.is_for_many() && verb.word() == "start").then(|| {
        let help = "Start complete mailboxes again, too, without asking: each gets a delta pass";
        Arg::new("yes").long("yes").action(ArgAction::SetTrue).help(help)
    });
    noun.subcommand(link_arguments(command.args(own.chain(yes)), Some(DEFAULT_SERVER)))
}

fn link_arguments(command: Command, default: Option<&'static str>) -> Command {
    let option = |id: &'static str, long: &'static str, value: &'static str, help: &'static str| {
        Arg::new(id).long(long).value_name(value).help(help).help_heading(HEADING)
    };
    let server = option("server", "server", "URL", "Address of the server").env(SERVER);
    let flag = |id: &'static str, help: &'static str| {
        Arg::new(id).long(id).action(ArgAction::SetTrue).help(help).help_heading(HEADING)
    };
    command.args([
        match default {
            Some(default) => server.default_value(default),
            None => server,
        },
        option("token_file", "token-file", "FILE", "File whose first line is an API token"),
        option("pin", "pin", "SHA256", "Trust exactly the certificate with this SHA-256").env(PIN),
        option("output", "output", "FILE", "Write the answer to this file as it comes"),
        flag("json", "Print the answer as JSON"),
        flag("watch", "Go on telling until it is done, or until Ctrl-C"),
    ])
}

fn argument(verb: &Verb, take: &Take) -> Option<Arg> {
    let needed = |field: &str| !verb.optional.contains(&field);
    let option = |field: &'static str, help: &'static str| {
        let long = field.rsplit('.').next().unwrap_or(field).replace('_', "-");
        Arg::new(field).long(long).help(help).value_name("VALUE")
    };
    Some(match *take {
        Take::Id(name) => Arg::new("id").value_name(name).required(true).help("Its id"),
        Take::Word(field, help) => Arg::new(field).required(true).help(help).value_name(field.to_uppercase()),
        Take::Text(field, help) | Take::Number(field, help) => option(field, help).required(needed(field)),
        Take::Truth(field, help) => option(field, help)
            .required(needed(field))
            .value_parser(PossibleValuesParser::new(["true", "false"])),
        Take::Choice(field, words, help) => {
            option(field, help).required(needed(field)).value_parser(PossibleValuesParser::new(words))
        }
        Take::Secret(field, help) => Arg::new(secret_id(field))
            .long(format!("{}-file", field.replace('_', "-")))
            .value_name("FILE")
            .help(format!("{help}: the first line of this file; asked for when left out")),
        Take::Query(name, help) => option(name, help),
        Take::List(help) => {
            let help = format!("{help}. CSV in any character set, or XLSX; - reads standard input");
            let list = Arg::new("list").long("list").value_name("FILE").help(help);
            if needed("list") { list.required(true) } else { list.required_unless_present("form") }
        }
        Take::Form(help) => Arg::new("form")
            .long("form")
            .value_name("FILE")
            .required(needed("form"))
            .help(format!("{help}: JSON as in the API's description; - reads standard input")),
        Take::Fixed(..) => return None,
    })
}

fn secret_id(field: &str) -> String {
    format!("{field}_file")
}

/// Whether a server was named, by flag or environment.
pub(super) fn server_is_named(matches: &ArgMatches) -> bool {
    text(matches, "server").is_some()
}

/// What was typed, as a request.
pub(super) fn order(verb: &Verb, matches: &ArgMatches) -> Result<Order, Problem> {
    let id = id(verb, matches)?;
    let place = Place {
        server: text(matches, "server").unwrap_or_else(|| DEFAULT_SERVER.into()),
        token: token(matches)?,
        pin: text(matches, "pin"),
    };
    Ok(Order {
        place,
        request: Request {
            method: verb.method,
            path: filled(verb.route, id.as_deref()),
            query: query(verb, matches),
            body: body(verb, matches)?,
        },
        id,
        form: match text(matches, "output") {
            Some(file) => Form::File(file.into()),
            None if flag(matches, "json") => Form::Json,
            None => Form::People,
        },
        watch: flag(matches, "watch"),
        yes: flag(matches, "yes"),
    })
}

/// The id that was typed. Ids are numbers, but for those of what lives a short while.
fn id(verb: &Verb, matches: &ArgMatches) -> Result<Option<String>, Problem> {
    for take in verb.takes {
        let Take::Id(name) = take else { continue };
        let typed = text(matches, "id").unwrap_or_default();
        let of_a_word = PASSING.contains(name);
        let fits = match of_a_word {
            true => !typed.is_empty() && typed.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            false => typed.bytes().all(|byte| byte.is_ascii_digit()) && typed.parse::<i64>().is_ok(),
        };
        return match (fits, of_a_word) {
            (true, _) => Ok(Some(typed)),
            (false, true) => Err(Problem::arguments(format!(
                "{typed:?} is no id of this kind. Take the one that was printed when it began."
            ))),
            (false, false) => Err(Problem::arguments(format!(
                "{typed:?} is no id: {name} is a whole number. `carbonio-migrate {} list` shows them.",
                name.to_lowercase()
            ))),
        };
    }
    Ok(None)
}

/// A route with its id in place.
pub(super) fn filled(route: &str, id: Option<&str>) -> String {
    // An id is a word of our own or a number: whatever else was typed must not become another path.
    let safe: String =
        id.unwrap_or_default().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    route.replace("{id}", &safe)
}

fn query(verb: &Verb, matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let given = |take: &Take| match *take {
        Take::Query(name, _) => Some((name, text(matches, name)?)),
        Take::Id(_)
        | Take::Word(..)
        | Take::Text(..)
        | Take::Choice(..)
        | Take::Number(..)
        | Take::Truth(..)
        | Take::Secret(..)
        | Take::Fixed(..)
        | Take::List(..)
        | Take::Form(_) => None,
    };
    verb.takes.iter().filter_map(given).collect()
}

fn body(verb: &Verb, matches: &ArgMatches) -> Result<Option<Value>, Problem> {
    let mut fields = Map::new();
    let mut any = false;
    for take in verb.takes {
        let (field, value) = match *take {
            Take::Id(_) | Take::Query(..) => continue,
            Take::Form(_) => match text(matches, "form").map(|file| form(&file)).transpose()? {
                None => continue,
                Some(Value::Object(given)) => {
                    (fields, any) = (given, true);
                    continue;
                }
                Some(whole) => return Ok(Some(whole)),
            },
            Take::Fixed(field, value) => (field, Some(Value::from(value))),
            Take::Word(field, _) | Take::Text(field, _) | Take::Choice(field, ..) => {
                (field, text(matches, field).map(Value::from))
            }
            Take::Truth(field, _) => (field, text(matches, field).map(|text| Value::from(text == "true"))),
            Take::Number(field, _) => {
                (field, text(matches, field).map(|text| number(field, &text)).transpose()?)
            }
            Take::List(_) => ("file", text(matches, "list").map(|file| list(&file)).transpose()?),
            Take::Secret(field, help) => (field, secret(verb, matches, field, help)?.map(Value::from)),
        };
        any = true;
        if let Some(value) = value {
            place(&mut fields, field, value);
        }
    }
    Ok(any.then_some(Value::Object(fields)))
}

/// Puts a value where a path with dots leads.
fn place(fields: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = fields.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                place(inner, rest, value);
            }
        }
    }
}

fn number(field: &str, text: &str) -> Result<Value, Problem> {
    let wrong = |_| Problem::arguments(format!("--{field} needs a whole number, not {text:?}."));
    text.parse::<i64>().map(Value::from).map_err(wrong)
}

fn form(file: &str) -> Result<Value, Problem> {
    let text = read(file)?;
    serde_json::from_str(&text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Problem::arguments(format!(
            "The form {file} is no JSON ({place}). The forms are described at /api/docs."
        ))
    })
}

fn secret(verb: &Verb, matches: &ArgMatches, field: &str, help: &str) -> Result<Option<String>, Problem> {
    if let Some(file) = text(matches, &secret_id(field)) {
        return Ok(Some(first_line(&file)?));
    }
    if verb.optional.contains(&field) {
        return Ok(None);
    }
    if !io::stdin().is_terminal() {
        let flag = field.replace('_', "-");
        return Err(Problem::arguments(format!("There is no terminal to ask on. Use --{flag}-file.")));
    }
    let asked = rpassword::prompt_password(format!("{help}: "));
    asked.map(Some).map_err(|error| Problem::arguments(format!("Asking failed: {error}. Use a file.")))
}

fn token(matches: &ArgMatches) -> Result<SecretString, Problem> {
    if let Some(file) = text(matches, "token_file") {
        return first_line(&file).map(Into::into);
    }
    let named = std::env::var(TOKEN).ok().filter(|token| !token.trim().is_empty());
    named.map(|token| token.trim().to_owned().into()).ok_or_else(|| {
        Problem::new(
            Exit::LoginRefused,
            format!("No token was given. Make one in the panel under your account, then use --token-file or {TOKEN}."),
        )
    })
}

/// The first line of a file with a token or a password. One that cannot be read is a wrong argument, as it is where one
/// mailbox is moved without a server.
fn first_line(file: &str) -> Result<String, Problem> {
    let text = read(file).map_err(|problem| Problem::arguments(problem.message))?;
    Ok(text.lines().next().unwrap_or_default().trim_end().to_owned())
}

/// A list as it goes into a body, whatever its kind and character set.
fn list(file: &str) -> Result<Value, Problem> {
    let bytes = read_bytes(file, "Name a list, CSV or XLSX, that can be read.")?;
    Ok(STANDARD.encode(bytes).into())
}

fn read(file: &str) -> Result<String, Problem> {
    let advice = "Name a file of text that can be read.";
    String::from_utf8(read_bytes(file, advice)?).map_err(|_| {
        let error = io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8");
        Problem::file("Reading", Path::new(file), error, advice)
    })
}

fn read_bytes(file: &str, advice: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let done = match file {
        "-" => io::stdin().take(MAX_BYTES).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)),
    };
    done.map_err(|error| Problem::file("Reading", Path::new(file), error, advice))?;
    Ok(bytes)
}

/// Whether a word was given that takes no value.
fn flag(matches: &ArgMatches, id: &str) -> bool {
    matches.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or(false)
}

/// What was given, however the argument reads it.
fn text(matches: &ArgMatches, id: &str) -> Option<String> {
    let mut values = matches.try_get_raw(id).ok().flatten()?;
    values.next().and_then(OsStr::to_str).map(str::to_owned).filter(|text| !text.is_empty())
}
