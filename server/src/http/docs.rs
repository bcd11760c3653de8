//! The API described: as a document for programs and as a page for people, both behind login.

use std::sync::{Arc, OnceLock};

use actix_web::{HttpResponse, http::header, web::Path};
use utoipa::OpenApi;
use utoipa_swagger_ui::Config;

use super::{
    activity, admins, asks, batches, causes, checks, discover,
    fault::{Answer, Fault},
    findings, forecast, guests,
    headers::DOCS_POLICY,
    health, imports, inventory, jobs, live, nodes, notify, projects, reports, secrets, session, setup,
    tokens,
    who::Auditor,
};

/// Everything the API answers to.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "carbonio-migrate",
        description = "Everything the panel does. Programs bring an API token in the header `Authorization: Bearer …`. \
                       Browsers log in first: the session is a cookie, and requests that change something need the \
                       header `X-CM: 1` and, with a body, `Content-Type: application/json`."
    ),
    paths(
        health::alive,
        health::ready,
        setup::state,
        setup::create,
        session::me,
        session::log_in,
        session::log_out,
        session::change_password,
        admins::list,
        admins::create,
        admins::change,
        admins::remove,
        tokens::own,
        tokens::create,
        tokens::all,
        tokens::revoke,
        notify::read,
        notify::change,
        notify::own,
        notify::choose,
        notify::test,
        nodes::list,
        nodes::drain,
        nodes::undrain,
        activity::list,
        activity::proof,
        activity::export,
        projects::list,
        projects::create,
        projects::read,
        projects::change,
        projects::remove,
        projects::forget,
        projects::act,
        causes::list,
        forecast::read,
        inventory::read,
        inventory::mailboxes,
        batches::assign,
        batches::list,
        batches::create,
        batches::read,
        batches::change,
        batches::remove,
        batches::act,
        batches::tick,
        discover::accounts,
        asks::begin,
        asks::read,
        asks::stop,
        batches::dns,
        imports::preview,
        imports::bad_rows,
        imports::commit,
        jobs::list,
        jobs::create,
        jobs::read,
        jobs::remove,
        jobs::change_secrets,
        secrets::change,
        jobs::act,
        findings::list,
        reports::download,
        guests::read,
        guests::reset,
        checks::begin,
        checks::read,
        live::projects,
        live::project,
        live::job,
        openapi,
        page,
    )
)]
pub(super) struct Document;

/// Starts the page: requests made from it carry the header that proves where they come from.
const START: &str = r##"window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/api/v1/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    layout: "StandaloneLayout",
    validatorUrl: null,
    requestInterceptor: (request) => { request.headers["X-CM"] = "1"; return request; },
  });
};
"##;

/// The OpenAPI document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "documentation", responses((status = 200, description = "OpenAPI")))]
pub(super) async fn openapi(_: Auditor) -> Answer {
    static JSON: OnceLock<Result<String, String>> = OnceLock::new();
    match JSON.get_or_init(|| Document::openapi().to_json().map_err(|error| error.to_string())) {
        Ok(json) => Ok(HttpResponse::Ok().content_type("application/json").body(json.as_str())),
        Err(error) => Err(Fault::internal("Describing the API", error)),
    }
}

/// The API as a page to browse.
#[utoipa::path(get, path = "/api/docs/{file}", tag = "documentation", params(("file" = String, Path)), responses((status = 200, description = "A page or a part of it")))]
pub(super) async fn page(_: Auditor, file: Path<String>) -> Answer {
    if file.as_str() == "swagger-initializer.js" {
        return Ok(HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(START));
    }
    let found = utoipa_swagger_ui::serve(&file, Arc::new(Config::from("/api/v1/openapi.json")));
    let found = found.map_err(|error| Fault::internal("Reading the API's page", &error))?;
    let found = found.ok_or_else(Fault::no_such_page)?;
    let mut answer = HttpResponse::Ok();
    answer.content_type(found.content_type).insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY));
    if found.gzpipped {
        answer.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(answer.body(found.bytes.into_owned()))
}
