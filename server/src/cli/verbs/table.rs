//! Every verb with its route. A new route costs a line here; a test compares both with each other and with the panel.

use super::columns::{self, Column};

/// What a verb takes from the command line, and where it goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    /// An argument of its own that fills `{id}` of the route; the name stands in the help.
    Id(&'static str),
    /// An argument of its own that becomes a field of the body.
    Word(&'static str, &'static str),
    /// `--name VALUE` that becomes a field of the body; of a path such as `selection.filter.state` the last word is the
    /// argument's name.
    Text(&'static str, &'static str),
    /// The same, one of some words.
    Choice(&'static str, &'static [&'static str], &'static str),
    /// The same, a whole number.
    Number(&'static str, &'static str),
    /// The same, `true` or `false`.
    Truth(&'static str, &'static str),
    /// `--name-file FILE` whose first line becomes a field of the body; asked for on a terminal without it.
    Secret(&'static str, &'static str),
    /// A field of the body that is always the same.
    Fixed(&'static str, &'static str),
    /// `--name VALUE` that goes into the query.
    Query(&'static str, &'static str),
    /// `--list FILE`, CSV or XLSX, which becomes the field `file` of the body.
    List(&'static str),
    /// `--form FILE`: the whole body as JSON, in the form of the API.
    Form(&'static str),
}

/// One verb.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verb {
    /// Noun and verb: `project start`.
    pub(super) words: &'static str,
    pub(super) method: &'static str,
    /// The route as the server has it, below `/api/v1`.
    pub(super) route: &'static str,
    /// What it does.
    pub(super) about: &'static str,
    pub(super) takes: &'static [Take],
    /// Arguments that may be left out; a body's others must be given.
    pub(super) optional: &'static [&'static str],
    /// The live stream that `--watch` follows.
    pub(super) live: Option<&'static str>,
    /// The part of the answer that is shown to people (a JSON pointer).
    pub(super) part: &'static str,
    /// The columns of the list that is shown to people; none: it is shown as it came.
    pub(super) columns: &'static [Column],
    /// A field of the answer that says something to programs alone.
    pub(super) quiet: Option<&'static str>,
    /// That part is a text as it is, for a file or another program.
    pub(super) document: bool,
    /// What must be true of the answer for all to be well (a JSON pointer).
    pub(super) good: Option<&'static str>,
    /// What the host does under the same words when no server is named.
    twin: bool,
}

impl Verb {
    /// The first word.
    pub(super) fn noun(&self) -> &'static str {
        self.words.split_once(' ').map_or(self.words, |(noun, _)| noun)
    }

    /// The second word.
    pub(super) fn word(&self) -> &'static str {
        self.words.split_once(' ').map_or("", |(_, word)| word)
    }

    /// Whether it does something with many mailboxes: all, or those that are like this.
    pub(super) fn is_for_many(&self) -> bool {
        matches!(self.route, "/projects/{id}/actions" | "/batches/{id}/actions")
    }

    /// Whether the host has a command of the same words.
    pub(super) const fn has_twin(&self) -> bool {
        self.twin
    }

    const fn optional(self, optional: &'static [&'static str]) -> Self {
        Self { optional, ..self }
    }

    const fn live(self, live: &'static str) -> Self {
        Self { live: Some(live), ..self }
    }

    const fn part(self, part: &'static str) -> Self {
        Self { part, ..self }
    }

    const fn columns(self, columns: &'static [Column]) -> Self {
        Self { columns, ..self }
    }

    const fn quiet(self, quiet: &'static str) -> Self {
        Self { quiet: Some(quiet), ..self }
    }

    const fn document(self) -> Self {
        Self { document: true, ..self }
    }

    const fn good(self, good: &'static str) -> Self {
        Self { good: Some(good), ..self }
    }

    const fn twin(self) -> Self {
        Self { twin: true, ..self }
    }
}

const fn verb(
    words: &'static str,
    method: &'static str,
    route: &'static str,
    about: &'static str,
    takes: &'static [Take],
) -> Verb {
    Verb {
        words,
        method,
        route,
        about,
        takes,
        optional: &[],
        live: None,
        part: "",
        columns: &[],
        quiet: None,
        document: false,
        good: None,
        twin: false,
    }
}

use Take::{Choice, Fixed, Form, Id, List, Number, Query, Secret, Text, Truth, Word};

const PROJECT: Take = Id("PROJECT");
/// A list that is brought, and how it is to be understood; either may hold the other.
const LIST: Take =
    List("The mailboxes, a row each: names on both sides, passwords, whatever its columns say");
const HOW: Take = Form("How the list is to be understood, and the list itself where --list names none");
const MAILBOX: Take = Id("MAILBOX");
const ADMIN: Take = Id("ADMIN");
const NODE: Take = Id("NODE");
const SEARCH: Take = Query("search", "Part of a name, in upper or lower case");
const SORT: Take = Query("sort", "By what they are sorted");
const ORDER: Take = Query("order", "Rising (asc) or falling (desc)");
const OFFSET: Take = Query("offset", "How many are left out at the beginning");
const LIMIT: Take = Query("limit", "How many at most");
const OF_STATE: Take =
    Text("selection.filter.state", "Only those in any of these states, with commas between");
const OF_CAUSE: Take = Text("selection.filter.cause", "Only those with this cause, such as message.too-big");
const OF_BATCH: Take = Number("selection.filter.batch", "Only those of the batch with this id");
const BATCH: Take = Id("BATCH");
const OF_ONE_BATCH: Take = Query("batch", "Only of the batch with this id");
const STEPS: &[&str] = &["ttl", "mx", "freeze", "approve", "done"];
const OF_NAME: Take = Text("selection.filter.search", "Only those with this in a login name");
const SELECTION: &[&str] = &[
    "selection.filter.state",
    "selection.filter.cause",
    "selection.filter.batch",
    "selection.filter.search",
];
const ROLES: &[&str] = &["owner", "operator", "auditor"];
const ROLE: Take = Choice("role", ROLES, "What the admin may do");

/// An action on a mailbox.
const fn mailbox(words: &'static str, about: &'static str, takes: &'static [Take]) -> Verb {
    verb(words, "POST", "/jobs/{id}/actions", about, takes).live("/live/jobs/{id}")
}

/// An action on the mailboxes of a project: all, or those that are like this.
const fn project(words: &'static str, about: &'static str, takes: &'static [Take]) -> Verb {
    verb(words, "POST", "/projects/{id}/actions", about, takes)
        .live("/live/projects/{id}")
        .optional(SELECTION)
}

/// An action on the mailboxes of a batch: all, or those that are like this.
const fn batch(words: &'static str, about: &'static str, takes: &'static [Take]) -> Verb {
    verb(words, "POST", "/batches/{id}/actions", about, takes).optional(SELECTION)
}

/// What each first word is about.
pub(super) const NOUNS: &[(&str, &str)] = &[
    ("project", "Projects: one source system to one target system"),
    ("batch", "Batches: mailboxes that are started, scheduled, paused and cut over together"),
    ("mailbox", "Mailboxes of a project"),
    ("pass", "What the passes over a mailbox did and found"),
    ("report", "What the validation of a mailbox found"),
    ("check", "Connection checks"),
    ("node", "Nodes: the processes that move mailboxes"),
    ("audit", "Who did what"),
    ("admin", "Admins, on the host or on a server"),
    ("token", "API tokens: what programs log in with"),
    ("notify", "Who is told what, by mail and webhook"),
];

/// Every verb.
#[rustfmt::skip]
pub(super) const VERBS: &[Verb] = &[
    verb("project list",   "GET",    "/projects",              "List the projects", &[SEARCH, SORT, ORDER, OFFSET, LIMIT]).live("/live/projects").part("/rows").columns(columns::PROJECTS),
    verb("project show",   "GET",    "/projects/{id}",         "Show a project with its settings", &[PROJECT]).live("/live/projects/{id}").quiet("version"),
    verb("project create", "POST",   "/projects",              "Create a project", &[Form("The project")]),
    verb("project change", "PUT",    "/projects/{id}",         "Change a project's settings", &[PROJECT, Form("All its settings; secrets that are left out stay"), Query("seen", "The version that `project show --json` told: nothing is saved when somebody changed the settings since")]),
    verb("project delete", "DELETE", "/projects/{id}",         "Delete a project with its history; nothing is touched on either mail system", &[PROJECT, Text("name", "Its name, to make sure")]),
    verb("project forget", "POST",   "/projects/{id}/forget",  "Forget its passwords and tokens; history and reports stay", &[PROJECT]),
    verb("project secrets", "PUT",   "/projects/{id}/secrets", "Store new passwords or tokens for many of its mailboxes: all rows of a list, or none", &[PROJECT, List("A mailbox a row: source user, source password, target user (may be left out), target password; an empty password leaves the stored one, and a first row may name the columns")]),
    verb("project limits", "GET",    "/projects/{id}/limits",  "Show how much of its systems may be used now, and why not more", &[PROJECT]),
    verb("project reset-login", "POST", "/projects/{id}/logins", "Let a login be tried again that was refused twice", &[PROJECT, Form("Side and login")]),
    project("project dry-run", "Show the plans of its mailboxes without writing", &[PROJECT, Fixed("action", "dry-run"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project start", "Start its mailboxes", &[PROJECT, Fixed("action", "start"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project retry", "Try again what failed or differs", &[PROJECT, Fixed("action", "retry"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project final", "The last delta passes of a cutover", &[PROJECT, Fixed("action", "final"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project verify", "Compare both sides of its mailboxes", &[PROJECT, Fixed("action", "verify"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project probe", "Count what changed on the source", &[PROJECT, Fixed("action", "probe"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project pause", "Pause its mailboxes after the messages in flight", &[PROJECT, Fixed("action", "pause"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project resume", "Resume its paused mailboxes", &[PROJECT, Fixed("action", "resume"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project cancel", "Stop its mailboxes after the messages in flight", &[PROJECT, Fixed("action", "cancel"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project stop-now", "Stop its mailboxes at once", &[PROJECT, Fixed("action", "stop-now"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project skip", "Leave mailboxes out on purpose", &[PROJECT, Fixed("action", "skip"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project unskip", "Take mailboxes back in that were left out", &[PROJECT, Fixed("action", "unskip"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),
    project("project prioritise", "Let mailboxes go before all others that wait", &[PROJECT, Fixed("action", "prioritise"), OF_STATE, OF_CAUSE, OF_BATCH, OF_NAME]),

    verb("project causes",   "GET", "/projects/{id}/causes",   "List what differs or failed by cause, with what to do", &[PROJECT, OF_ONE_BATCH]).columns(columns::CAUSES),
    verb("project forecast", "GET", "/projects/{id}/forecast", "Tell when the project will be done, as a range", &[PROJECT]),

    verb("project inventory", "GET", "/projects/{id}/inventory", "Tell what the project's mailboxes hold, what of it cannot move as it is, whether it fits, and how long it takes", &[PROJECT, OF_ONE_BATCH, Query("format", "Every mailbox with its numbers: csv, a table for spreadsheets, or json; --output names the file")]),

    verb("project discover", "POST", "/projects/{id}/discover", "Find the accounts that the source lists to the admin who logs in for all its mailboxes: prints them as CSV, a --list for `mailbox preview` and `mailbox import`", &[PROJECT]).part("/list").document(),

    verb("batch list",   "GET",    "/projects/{id}/batches",     "List the batches of a project, the highest priority first", &[PROJECT]).columns(columns::BATCHES),
    verb("batch create", "POST",   "/projects/{id}/batches",     "Make a batch", &[PROJECT, Form("Its settings")]),
    verb("batch assign", "POST",   "/projects/{id}/assignments", "Put mailboxes of a project into a batch, or without --batch out of any", &[PROJECT, Number("batch", "The batch"), OF_STATE, OF_CAUSE, OF_NAME]).optional(&["batch", "selection.filter.state", "selection.filter.cause", "selection.filter.search"]),
    verb("batch show",   "GET",    "/batches/{id}",              "Show a batch with its checklist", &[BATCH]).quiet("version"),
    verb("batch change", "PUT",    "/batches/{id}",              "Change a batch's settings", &[BATCH, Form("All its settings"), Query("seen", "The version that `batch show --json` told: nothing is saved when somebody changed the settings since")]),
    verb("batch delete", "DELETE", "/batches/{id}",              "Remove a batch; its mailboxes stay in the project", &[BATCH]),
    verb("batch tick",   "POST",   "/batches/{id}/cutover",      "Tick off a step of the cutover, or take the tick back", &[BATCH, Choice("step", STEPS, "Which step"), Truth("done", "Whether it is done"), Text("note", "What was seen, who was asked")]).optional(&["note"]),
    verb("batch dns",    "GET",    "/batches/{id}/dns",          "Ask DNS where mail for its domains goes: MX, time to live, old or new system", &[BATCH, Query("afresh", "true: ask now, although the answer of a moment ago is good for a while")]).part("/lines"),
    batch("batch dry-run", "Show the plans of its mailboxes without writing", &[BATCH, Fixed("action", "dry-run"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch start", "Start its mailboxes", &[BATCH, Fixed("action", "start"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch retry", "Try again what failed or differs", &[BATCH, Fixed("action", "retry"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch final", "The last delta passes of the cutover", &[BATCH, Fixed("action", "final"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch verify", "Compare both sides of its mailboxes", &[BATCH, Fixed("action", "verify"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch probe", "Count what changed on the source", &[BATCH, Fixed("action", "probe"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch pause", "Pause its mailboxes after the messages in flight", &[BATCH, Fixed("action", "pause"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch resume", "Resume its paused mailboxes", &[BATCH, Fixed("action", "resume"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch cancel", "Stop its mailboxes after the messages in flight", &[BATCH, Fixed("action", "cancel"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch stop-now", "Stop its mailboxes at once", &[BATCH, Fixed("action", "stop-now"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch skip", "Leave its mailboxes out on purpose", &[BATCH, Fixed("action", "skip"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch unskip", "Take its mailboxes back in that were left out", &[BATCH, Fixed("action", "unskip"), OF_STATE, OF_CAUSE, OF_NAME]),
    batch("batch prioritise", "Let its mailboxes go before all others of the batch that wait", &[BATCH, Fixed("action", "prioritise"), OF_STATE, OF_CAUSE, OF_NAME]),

    verb("mailbox list",    "GET",    "/projects/{id}/jobs", "List the mailboxes of a project", &[PROJECT, SEARCH, Query("state", "Any of these states, with commas between"), Query("cause", "A cause's id, such as message.too-big"), OF_ONE_BATCH, SORT, ORDER, OFFSET, LIMIT]).part("/rows").columns(columns::MAILBOXES),
    verb("mailbox inventory", "GET", "/projects/{id}/inventory/mailboxes", "List the mailboxes of a project with what each holds and whether it fits", &[PROJECT, SEARCH, OF_ONE_BATCH, Query("only", "seen, unseen, short, oversized, clashing or unreadable"), SORT, ORDER, OFFSET, LIMIT]).part("/rows").columns(columns::INVENTORY),
    verb("mailbox add",     "POST",   "/projects/{id}/jobs", "Add mailboxes to a project, all or none", &[PROJECT, Form("A list of mailboxes")]).columns(columns::MAILBOXES),
    verb("mailbox preview", "POST",   "/projects/{id}/import/preview",  "Show how a list is understood and what is wrong with each row; adds nothing", &[PROJECT, HOW, LIST]).optional(&["list", "form"]),
    verb("mailbox ask",     "POST",   "/projects/{id}/import/ask",      "Ask both systems about the good rows of a list, 1,000 at most: logs in and adds nothing; what they said counts in forms whose `asked` is the id this prints", &[PROJECT, HOW, LIST]).optional(&["list", "form"]).part("/id"),
    verb("mailbox asked",   "GET",    "/asks/{id}",                     "Show how asking gets on", &[Id("ASK")]),
    verb("mailbox stop-asking", "DELETE", "/asks/{id}",                 "Stop asking; what was said until then counts", &[Id("ASK")]),
    verb("mailbox bad-rows", "POST",  "/projects/{id}/import/bad-rows", "Download the rows of a list that are left out, as CSV with what is wrong with each", &[PROJECT, Form("The same")]),
    verb("mailbox import",  "POST",   "/projects/{id}/import/commit",   "Bring a list: add the mailboxes of its good rows, or all or none", &[PROJECT, HOW, LIST]).optional(&["list", "form"]),
    verb("mailbox show",    "GET",    "/jobs/{id}",          "Show a mailbox with all its page shows", &[MAILBOX]).live("/live/jobs/{id}"),
    verb("mailbox delete",  "DELETE", "/jobs/{id}",          "Remove a mailbox with its history; nothing is touched on either mail system", &[MAILBOX]),
    verb("mailbox secrets", "PUT",    "/jobs/{id}/secrets",  "Store new passwords or tokens for a mailbox", &[MAILBOX, Secret("source_secret", "The source's"), Secret("target_secret", "The target's")]).optional(&["source_secret", "target_secret"]),
    mailbox("mailbox dry-run", "Show the plan without writing", &[MAILBOX, Fixed("action", "dry-run")]),
    mailbox("mailbox start", "Copy everything that is not copied yet", &[MAILBOX, Fixed("action", "start")]),
    mailbox("mailbox retry", "Try again what failed or differs", &[MAILBOX, Fixed("action", "retry")]),
    mailbox("mailbox final", "The last delta pass of a cutover, with a comparison of every byte", &[MAILBOX, Fixed("action", "final")]),
    mailbox("mailbox verify", "Compare both sides", &[MAILBOX, Fixed("action", "verify")]),
    mailbox("mailbox probe", "Count what changed on the source", &[MAILBOX, Fixed("action", "probe")]),
    mailbox("mailbox pause", "Pause after the messages in flight", &[MAILBOX, Fixed("action", "pause")]),
    mailbox("mailbox resume", "Go on where the pass was paused", &[MAILBOX, Fixed("action", "resume")]),
    mailbox("mailbox cancel", "Stop after the messages in flight", &[MAILBOX, Fixed("action", "cancel")]),
    mailbox("mailbox stop-now", "Stop at once", &[MAILBOX, Fixed("action", "stop-now")]),
    mailbox("mailbox skip", "Leave the mailbox out on purpose", &[MAILBOX, Fixed("action", "skip")]),
    mailbox("mailbox unskip", "Take a mailbox back in that was left out", &[MAILBOX, Fixed("action", "unskip")]),
    mailbox("mailbox prioritise", "Go before all others that wait in the same batch", &[MAILBOX, Fixed("action", "prioritise")]),

    verb("pass list",       "GET", "/jobs/{id}",          "List the passes over a mailbox, newest first", &[MAILBOX]).part("/passes").columns(columns::PASSES),
    verb("pass findings",   "GET", "/jobs/{id}/findings", "List the findings of one cause", &[MAILBOX, Query("cause", "The cause's id, such as message.too-big"), Query("after", "The last id of the page before"), Query("limit", "How many")]).columns(columns::FINDINGS),
    verb("report download", "GET", "/jobs/{id}/report",   "Download a mailbox's latest report; --output names the file", &[MAILBOX, Query("format", "html, csv or json")]),

    verb("check start", "POST", "/checks",      "Begin a connection check", &[Form("The endpoint and, for a login, the mailbox")]),
    verb("check show",  "GET",  "/checks/{id}", "Show a connection check step by step", &[Id("CHECK")]),

    verb("node list",    "GET",  "/nodes",              "List the nodes and what each moves", &[]).columns(columns::NODES),
    verb("node drain",   "POST", "/nodes/{id}/drain",   "Let a node take nothing new; its mailboxes finish the messages in flight and go on elsewhere", &[NODE]),
    verb("node undrain", "POST", "/nodes/{id}/undrain", "Let a node take mailboxes again", &[NODE]),

    verb("audit list",  "GET",  "/activity",    "List who did what, newest first", &[Query("before", "The last id of the page before"), Query("who", "A login name, system or nobody"), Query("action", "The beginning of an action, such as job."), Query("outcome", "done or refused"), Query("text", "What stands in the subject")]).columns(columns::ACTIVITY),
    verb("audit verify", "GET", "/activity/proof",  "Prove that nobody changed the audit log", &[Query("hash", "The hash of a line, noted earlier, that the log must still hold")]).twin().good("/intact"),
    verb("audit export", "GET", "/activity/export", "Write the whole audit log, a line of JSON each; --output names the file", &[]),

    verb("admin list",     "GET",    "/admins",           "List all admins", &[]).columns(columns::ADMINS).twin(),
    verb("admin add",      "POST",   "/admins",           "Add an admin", &[Word("name", "Login name"), ROLE, Secret("password", "The password")]).twin(),
    verb("admin change",   "PATCH",  "/admins/{id}",      "Change an admin; its sessions end", &[ADMIN, ROLE, Truth("enabled", "Whether the admin may log in")]).optional(&["role", "enabled"]),
    verb("admin set-password", "PATCH", "/admins/{id}",   "Set an admin's password; its sessions end", &[ADMIN, Secret("password", "The new password")]),
    verb("admin remove",   "DELETE", "/admins/{id}",      "Remove an admin. What it did stays in the audit log", &[ADMIN]),
    verb("admin me",       "GET",    "/session",          "Show whose token this is", &[]),
    verb("admin password", "PUT",    "/session/password", "Change one's own password", &[Secret("current", "The present password"), Secret("new", "The new password")]),

    verb("notify show",   "GET",  "/notifications",      "Show how this installation tells", &[]),
    verb("notify change", "PUT",  "/notifications",      "Change how this installation tells", &[Form("Settings and secrets")]),
    verb("notify own",    "GET",  "/notifications/own",  "Show what one is told by mail", &[]),
    verb("notify choose", "PUT",  "/notifications/own",  "Change what one is told by mail", &[Form("Address and occasions")]),
    verb("notify test",   "POST", "/notifications/test", "Send a test to one's own address and to the webhook", &[]),

    verb("token list",   "GET",    "/tokens",      "List one's own tokens", &[]).columns(columns::TOKENS),
    verb("token all",    "GET",    "/tokens/all",  "List everybody's tokens", &[]).columns(columns::TOKENS),
    verb("token create", "POST",   "/tokens",      "Make a token; it is shown once", &[Word("name", "What it is for"), Choice("scope", &["read", "operate", "own"], "What it may do"), Number("days", "How many days it lives [default: 90]")]).optional(&["days"]).part("/token"),
    verb("token revoke", "DELETE", "/tokens/{id}", "Revoke a token and those made with it", &[Id("TOKEN")]),
];

/// Routes that have no verb, with the reason.
#[cfg(test)]
pub(super) const WITHOUT_VERB: &[(&str, &str, &str)] = &[
    (
        "GET",
        "/setup",
        "the first owner is made with the one-time link, or on the host by `admin add --role owner`",
    ),
    ("POST", "/setup", "the same"),
    ("POST", "/session", "programs have tokens, and a session is a browser's"),
    ("DELETE", "/session", "the same"),
    ("GET", "/openapi.json", "describes the API to other programs"),
];

/// Verbs' routes that the panel does not call, with the reason.
#[cfg(test)]
pub(super) const NOT_IN_PANEL: &[(&str, &str, &str)] = &[
    ("GET", "/projects/{id}/limits", "the panel has them from the project's live stream"),
    ("GET", "/projects/{id}/jobs", "the panel has them from the project's live stream"),
];
