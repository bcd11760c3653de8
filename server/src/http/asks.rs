//! What both systems say of the rows of a list: begun with the list, then read and stopped by the admin who began it.

use actix_web::{
    HttpResponse,
    web::{Data, Path, Payload},
};
use engine::{account::Account, guest::Joined};
use secrecy::SecretString;
use shared::{
    check::Side,
    endpoint::Endpoint,
    error::ApiError,
    id::ProjectId,
    import::{ASKED_MAX, AskStarted, AskView, ImportForm},
    project::{Options, ProjectView},
};

use super::{
    fault::{Answer, Fault},
    imports,
    who::Operator,
};
use crate::{
    app::Parts,
    ask::{Door, Pair, Round},
    import::{Answers, Import},
    report::words::counted,
    secret::Secrets,
};

/// Asks both systems about the good rows of a list, up to 1,000 in a round: logs in to each mailbox on either side, and opens
/// and writes nothing. Rows that they were asked about already, by the form's `asked`, are not asked again.
#[utoipa::path(post, path = "/api/v1/projects/{id}/import/ask", tag = "jobs", params(("id" = i64, Path)), request_body = ImportForm, responses(
    (status = 202, body = AskStarted),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "There is nothing to ask about, or no password to ask with"),
    (status = 429, body = ApiError, description = "More than ten rounds or checks a minute"),
))]
pub(super) async fn begin(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    body: Payload,
) -> Answer {
    let (import, _, answers) = imports::understand(&parts, who.admin.id, *project, body).await?;
    parts.limits.check(who.admin.id)?;
    let view = parts.store.project(*project).await?;
    let round = round(&parts, &view, &import, &answers).await?;
    let number = round.pairs.len();
    let begun = parts.asks.begin(&parts.runtime, who.admin.id, *project, answers, round);
    let id = begun.map_err(|error| Fault::internal("Asking both systems", &error))?;
    let subject = format!("{} of {}", counted(number as u64, "mailbox"), view.row.name);
    parts.record(&who.admin.name, "job.ask", &subject).await;
    Ok(HttpResponse::Accepted().json(AskStarted { id }))
}

/// How far asking is, for the admin who began it.
#[utoipa::path(get, path = "/api/v1/asks/{id}", tag = "jobs", params(("id" = String, Path)), responses(
    (status = 200, body = AskView),
    (status = 404, body = ApiError),
))]
pub(super) async fn read(who: Operator, parts: Data<Parts>, id: Path<String>) -> Answer {
    let view = parts.asks.read(who.admin.id, &id).ok_or_else(gone)?;
    Ok(HttpResponse::Ok().json(view))
}

/// Stops asking. What was said until then counts.
#[utoipa::path(delete, path = "/api/v1/asks/{id}", tag = "jobs", params(("id" = String, Path)), responses(
    (status = 204),
    (status = 404, body = ApiError),
))]
pub(super) async fn stop(who: Operator, parts: Data<Parts>, id: Path<String>) -> Answer {
    match parts.asks.stop(who.admin.id, &id) {
        true => Ok(HttpResponse::NoContent().finish()),
        false => Err(gone()),
    }
}

fn gone() -> Fault {
    Fault::not_found("What both systems said is not known here any more. Ask them again.")
}

/// The rows that are asked about, with what is needed to open their mailboxes.
async fn round(
    parts: &Parts,
    project: &ProjectView,
    import: &Import,
    answers: &Answers,
) -> Result<Round, Fault> {
    let (rows, left) = import.unasked(ASKED_MAX, answers);
    let options = &project.options;
    let source = Way::new(parts, project, Side::Source).await?;
    let target = Way::new(parts, project, Side::Target).await?;
    let mut pairs = Vec::with_capacity(rows.len());
    for (key, job) in rows {
        pairs.push(Pair {
            key,
            source: source.account(&job.source_user, job.source_secret.as_deref())?,
            target: target.account(&job.target_user, job.target_secret.as_deref())?,
        });
    }
    let Some(any) = pairs.first() else {
        return Err(Fault::conflict(
            "There is no row to ask about: each has a problem, is left out, or was asked about already.",
        ));
    };
    // One that a pass opened proves that an admin's login is good.
    let known = parts.store.seen_mailbox(project.row.id).await?;
    let prove = |way: &Way<'_>, user: Option<&String>| user.and_then(|user| way.account(user, None).ok());
    let (from, to) = (known.as_ref().map(|known| &known.0), known.as_ref().map(|known| &known.1));
    Ok(Round {
        source: source.door(options, &any.source, prove(&source, from)),
        target: target.door(options, &any.target, prove(&target, to)),
        pairs,
        left,
        limits: [source.limits, target.limits],
    })
}

/// The way into one side of a project.
struct Way<'a> {
    parts: &'a Parts,
    side: Side,
    endpoint: &'a Endpoint,
    stored: Option<SecretString>,
    limits: Joined,
}

impl<'a> Way<'a> {
    async fn new(parts: &'a Parts, project: &'a ProjectView, side: Side) -> Result<Self, Fault> {
        let (endpoint, limits) = match side {
            Side::Source => (&project.source, &project.options.source_limits),
            Side::Target => (&project.target, &project.options.target_limits),
        };
        let joined = parts.live.running.guests.join(side, endpoint, limits);
        let limits = joined.map_err(|error| {
            Fault::conflict(format!("Reading the allowed hours of the {} failed: {error}.", side.title()))
        })?;
        let stored = parts.store.open_secret(project.row.id, side).await?;
        Ok(Self { parts, side, endpoint, stored, limits })
    }

    /// The door of the side: `any` of its mailboxes goes in by it, and `known` opened in a pass.
    fn door(&self, options: &Options, any: &Account, known: Option<Account>) -> Door {
        let limits = match self.side {
            Side::Source => &options.source_limits,
            Side::Target => &options.target_limits,
        };
        let visits = self.parts.store.visits(self.side, self.endpoint, limits);
        Door::new(self.side, options.clone(), any.clone(), known, visits)
    }

    /// A mailbox there, with its own password where it has one.
    fn account(&self, user: &str, own: Option<&str>) -> Result<Account, Fault> {
        let own = own.map(|own| SecretString::from(own.to_owned()));
        let secrets = Secrets { own, of_project: self.stored.clone() };
        let account = secrets.open(self.endpoint, user).ok_or_else(|| {
            Fault::conflict(format!(
                "No password is stored for the {}. Enter it in the project's settings.",
                self.side.title()
            ))
        })?;
        Ok(self.parts.live.running.guests.equip(self.side, account))
    }
}
