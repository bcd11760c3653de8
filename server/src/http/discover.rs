//! The accounts of a project's source, as the source lists them to the admin who logs in for all its mailboxes.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use engine::discover::{Accounts, DiscoverError};
use shared::{check::Side, discovery::Discovered, error::ApiError, id::ProjectId, project::ProjectView};
use tokio::task::JoinSet;

use super::{
    fault::{Answer, Fault},
    who::Operator,
};
use crate::{
    app::Parts,
    discover::{self, NoAccounts, Order},
    import,
    report::words::counted,
    secret::Secrets,
};

/// Finds the accounts of a project's source: logs in as the admin itself, opens no mailbox, writes nothing, and stores
/// nothing. Takes a minute at most.
#[utoipa::path(post, path = "/api/v1/projects/{id}/discover", tag = "projects", params(("id" = i64, Path)), responses(
    (status = 200, body = Discovered),
    (status = 404, body = ApiError),
    (status = 409, body = ApiError, description = "The source lists no accounts for this login, or cannot be asked now; the words say why"),
    (status = 429, body = ApiError, description = "More than ten of these, or of rounds or checks, a minute"),
))]
pub(super) async fn accounts(who: Operator, parts: Data<Parts>, project: Path<ProjectId>) -> Answer {
    let view = parts.store.project(*project).await?;
    let Some(admin) = view.source.admin() else {
        return Err(Fault::conflict(DiscoverError::NoAdmin.to_string()));
    };
    parts.limits.check(who.admin.id)?;
    let order = order(&parts, &view, admin).await?;
    // Kept before the login is sent, whatever becomes of it and of whoever waits for it.
    parts.record(&who.admin.name, "project.discover", &view.row.name).await;
    // Away from the threads that answer others, and not for longer than somebody waits.
    let mut work = JoinSet::new();
    work.spawn_on(discover::run(order), &parts.runtime);
    let Some(Ok(found)) = work.join_next().await else {
        return Err(Fault::internal("Finding the accounts", &"its task ended early"));
    };
    let Accounts { names, left_out } = found.map_err(fault)?;
    let list = import::discovered(&names).map_err(|error| Fault::internal("Writing the list", &error))?;
    Ok(HttpResponse::Ok().json(Discovered { accounts: names, note: note(left_out), list }))
}

/// What it takes to ask.
async fn order(parts: &Parts, view: &ProjectView, admin: &str) -> Result<Order, Fault> {
    let (guests, limits) = (&parts.live.running.guests, &view.options.source_limits);
    let joined = guests.join(Side::Source, &view.source, limits);
    let limits_in_force = joined.map_err(|error| {
        Fault::conflict(format!("Reading the allowed hours of the source failed: {error}."))
    })?;
    let stored = parts.store.open_secret(view.row.id, Side::Source).await?;
    let account = |user: &str| {
        let secrets = Secrets { own: None, of_project: stored.clone() };
        secrets.open(&view.source, user).map(|account| guests.equip(Side::Source, account))
    };
    let admin = account(admin).ok_or_else(|| {
        Fault::conflict("No password is stored for the source. Enter the admin's in the project's settings.")
    })?;
    let known = parts.store.seen_mailbox(view.row.id).await?;
    Ok(Order {
        admin,
        known: known.and_then(|(user, _)| account(&user)),
        limits: limits_in_force,
        visits: parts.store.visits(Side::Source, &view.source, limits),
    })
}

fn fault(error: NoAccounts) -> Fault {
    match error {
        NoAccounts::Store(error) => error.into(),
        NoAccounts::NotNow(_) | NoAccounts::Source(_) => Fault::conflict(error.to_string()),
    }
}

/// What else was listed, in a sentence.
fn note(left_out: u64) -> Option<String> {
    (left_out > 0).then(|| {
        format!(
            "{} left out: without an inbox, or nothing that anybody can log in by.",
            match left_out {
                1 => "1 more name that the source lists is".to_owned(),
                _ => format!("{} that the source lists are", counted(left_out, "more name")),
            }
        )
    })
}
