//! Every route of the server on one screen; below it, one file per URL family.

mod activity;
mod admins;
mod asks;
mod batches;
mod causes;
mod changes;
mod checks;
mod discover;
mod docs;
mod fault;
mod findings;
mod forecast;
mod guard;
mod guests;
mod headers;
mod health;
mod imports;
mod inventory;
mod jobs;
mod live;
mod nodes;
mod notify;
mod projects;
mod reports;
mod secrets;
mod session;
mod setup;
mod spa;
#[cfg(test)]
mod tests;
mod tokens;
mod valid;
mod who;

use actix_web::{
    Route,
    web::{self, ServiceConfig, delete, get, patch, post, put},
};

pub(crate) use fault::Fault;
pub(crate) use guard::guard;
pub(crate) use headers::headers;
pub(crate) use valid::{job_rows, project_form};

/// Largest body of a request: a thousand mailboxes with tokens, and no more.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// Method, path and handler.
type Entry = (&'static str, &'static str, fn() -> Route);

/// Every route. Who may call is written in the handler's signature (`Auditor`, `Operator`, `Owner`).
#[rustfmt::skip]
const ROUTES: &[Entry] = &[
    ("GET",    "/healthz",                         || get().to(health::alive)),
    ("GET",    "/readyz",                          || get().to(health::ready)),

    ("GET",    "/api/v1/setup",                    || get().to(setup::state)),
    ("POST",   "/api/v1/setup",                    || post().to(setup::create)),
    ("GET",    "/api/v1/session",                  || get().to(session::me)),
    ("POST",   "/api/v1/session",                  || post().to(session::log_in)),
    ("DELETE", "/api/v1/session",                  || delete().to(session::log_out)),
    ("PUT",    "/api/v1/session/password",         || put().to(session::change_password)),

    ("GET",    "/api/v1/admins",                   || get().to(admins::list)),
    ("POST",   "/api/v1/admins",                   || post().to(admins::create)),
    ("PATCH",  "/api/v1/admins/{id}",              || patch().to(admins::change)),
    ("DELETE", "/api/v1/admins/{id}",              || delete().to(admins::remove)),
    ("GET",    "/api/v1/tokens",                   || get().to(tokens::own)),
    ("POST",   "/api/v1/tokens",                   || post().to(tokens::create)),
    ("GET",    "/api/v1/tokens/all",               || get().to(tokens::all)),
    ("DELETE", "/api/v1/tokens/{id}",              || delete().to(tokens::revoke)),
    ("GET",    "/api/v1/notifications",            || get().to(notify::read)),
    ("PUT",    "/api/v1/notifications",            || put().to(notify::change)),
    ("GET",    "/api/v1/notifications/own",        || get().to(notify::own)),
    ("PUT",    "/api/v1/notifications/own",        || put().to(notify::choose)),
    ("POST",   "/api/v1/notifications/test",       || post().to(notify::test)),
    ("GET",    "/api/v1/nodes",                    || get().to(nodes::list)),
    ("POST",   "/api/v1/nodes/{id}/drain",         || post().to(nodes::drain)),
    ("POST",   "/api/v1/nodes/{id}/undrain",       || post().to(nodes::undrain)),
    ("GET",    "/api/v1/activity",                 || get().to(activity::list)),
    ("GET",    "/api/v1/activity/proof",           || get().to(activity::proof)),
    ("GET",    "/api/v1/activity/export",          || get().to(activity::export)),

    ("GET",    "/api/v1/projects",                 || get().to(projects::list)),
    ("POST",   "/api/v1/projects",                 || post().to(projects::create)),
    ("GET",    "/api/v1/projects/{id}",            || get().to(projects::read)),
    ("PUT",    "/api/v1/projects/{id}",            || put().to(projects::change)),
    ("DELETE", "/api/v1/projects/{id}",            || delete().to(projects::remove)),
    ("POST",   "/api/v1/projects/{id}/actions",    || post().to(projects::act)),
    ("GET",    "/api/v1/projects/{id}/causes",     || get().to(causes::list)),
    ("GET",    "/api/v1/projects/{id}/forecast",   || get().to(forecast::read)),
    ("GET",    "/api/v1/projects/{id}/inventory",  || get().to(inventory::read)),
    ("GET",    "/api/v1/projects/{id}/inventory/mailboxes", || get().to(inventory::mailboxes)),
    ("POST",   "/api/v1/projects/{id}/assignments",|| post().to(batches::assign)),
    ("GET",    "/api/v1/projects/{id}/batches",    || get().to(batches::list)),
    ("POST",   "/api/v1/projects/{id}/batches",    || post().to(batches::create)),
    ("GET",    "/api/v1/batches/{id}",             || get().to(batches::read)),
    ("PUT",    "/api/v1/batches/{id}",             || put().to(batches::change)),
    ("DELETE", "/api/v1/batches/{id}",             || delete().to(batches::remove)),
    ("POST",   "/api/v1/batches/{id}/actions",     || post().to(batches::act)),
    ("POST",   "/api/v1/batches/{id}/cutover",     || post().to(batches::tick)),
    ("GET",    "/api/v1/batches/{id}/dns",         || get().to(batches::dns)),
    ("POST",   "/api/v1/projects/{id}/forget",     || post().to(projects::forget)),
    ("PUT",    "/api/v1/projects/{id}/secrets",    || put().to(secrets::change)),
    ("GET",    "/api/v1/projects/{id}/limits",     || get().to(guests::read)),
    ("POST",   "/api/v1/projects/{id}/logins",     || post().to(guests::reset)),
    ("POST",   "/api/v1/projects/{id}/discover",   || post().to(discover::accounts)),
    ("GET",    "/api/v1/projects/{id}/jobs",       || get().to(jobs::list)),
    ("POST",   "/api/v1/projects/{id}/jobs",       || post().to(jobs::create)),
    ("POST",   "/api/v1/projects/{id}/import/preview",  || post().to(imports::preview)),
    ("POST",   "/api/v1/projects/{id}/import/ask",      || post().to(asks::begin)),
    ("GET",    "/api/v1/asks/{id}",                || get().to(asks::read)),
    ("DELETE", "/api/v1/asks/{id}",                || delete().to(asks::stop)),
    ("POST",   "/api/v1/projects/{id}/import/bad-rows", || post().to(imports::bad_rows)),
    ("POST",   "/api/v1/projects/{id}/import/commit",   || post().to(imports::commit)),

    ("GET",    "/api/v1/jobs/{id}",                || get().to(jobs::read)),
    ("DELETE", "/api/v1/jobs/{id}",                || delete().to(jobs::remove)),
    ("PUT",    "/api/v1/jobs/{id}/secrets",        || put().to(jobs::change_secrets)),
    ("POST",   "/api/v1/jobs/{id}/actions",        || post().to(jobs::act)),
    ("GET",    "/api/v1/jobs/{id}/findings",       || get().to(findings::list)),
    ("GET",    "/api/v1/jobs/{id}/report",         || get().to(reports::download)),

    ("POST",   "/api/v1/checks",                   || post().to(checks::begin)),
    ("GET",    "/api/v1/checks/{id}",              || get().to(checks::read)),

    ("GET",    "/api/v1/live/projects",            || get().to(live::projects)),
    ("GET",    "/api/v1/live/projects/{id}",       || get().to(live::project)),
    ("GET",    "/api/v1/live/jobs/{id}",           || get().to(live::job)),

    ("GET",    "/api/v1/openapi.json",             || get().to(docs::openapi)),
    ("GET",    "/api/docs/{file:.*}",              || get().to(docs::page)),
];

/// Method and path of every route, for comparing them with what else names them.
#[cfg(test)]
pub(crate) fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|(method, path, _)| (*method, *path))
}

/// Puts every route in place, and what answers elsewhere: JSON under `/api`, the panel everywhere else.
pub(crate) fn configure(config: &mut ServiceConfig, web_root: Option<&std::path::Path>) {
    config
        .app_data(
            web::JsonConfig::default().limit(BODY_MAX).error_handler(|error, _| Fault::from(error).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|_, _| Fault::no_such_page().into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| Fault::from(error).into()))
        .app_data(web::PayloadConfig::default().limit(BODY_MAX));
    // Routes of one path stand together; a method that is not among them is answered as such.
    for family in ROUTES.chunk_by(|one, next| one.1 == next.1) {
        let resource = web::resource(family[0].1).default_service(web::to(fault::no_such_method));
        config.service(family.iter().fold(resource, |resource, (_, _, route)| resource.route(route())));
    }
    config.service(web::redirect("/api/docs", "/api/docs/"));
    config.service(web::scope("/api").default_service(web::to(fault::no_such_api)));
    spa::configure(config, web_root);
}
