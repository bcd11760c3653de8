//! A list of mailboxes as a file or pasted: previewed, judged row by row, and only then added.

use actix_web::{
    HttpResponse,
    http::header::{self, ContentDisposition, DispositionParam, DispositionType},
    web::{self, Data, Path, Payload},
};
use futures_util::StreamExt as _;
use shared::{
    error::ApiError,
    id::{AdminId, ProjectId},
    import::{FILE_MAX, ImportDone, ImportForm, ImportPreview},
};
use tokio::sync::Semaphore;

use super::{
    fault::{Answer, Fault},
    who::Operator,
};
use crate::{
    app::Parts,
    ask::Unsaid,
    import::{self, Answers, Import, Refused},
    report::words::counted,
};

/// Largest request: the largest file in Base64, and the rest of the form.
const BODY_MAX: usize = FILE_MAX / 3 * 4 + 1024 * 1024;

/// Shows how a list is understood and what is wrong with each row. Stores nothing.
#[utoipa::path(post, path = "/api/v1/projects/{id}/import/preview", tag = "jobs", params(("id" = i64, Path)), request_body = ImportForm, responses(
    (status = 200, body = ImportPreview),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
    (status = 413, body = ApiError),
))]
pub(super) async fn preview(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    body: Payload,
) -> Answer {
    let (import, form, _) = understand(&parts, who.admin.id, *project, body).await?;
    let shown = web::block(move || import.preview(&form)).await;
    let shown = shown.map_err(|error| Fault::internal("Showing a list", &error))?;
    Ok(HttpResponse::Ok().json(shown))
}

/// The rows that are left out as CSV, with a column that says what is wrong: corrected, the file is brought again.
#[utoipa::path(post, path = "/api/v1/projects/{id}/import/bad-rows", tag = "jobs", params(("id" = i64, Path)), request_body = ImportForm, responses(
    (status = 200, description = "A CSV file", content_type = "text/csv"),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn bad_rows(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    body: Payload,
) -> Answer {
    let (import, ..) = understand(&parts, who.admin.id, *project, body).await?;
    let written = web::block(move || import::bad_rows(&import)).await;
    let written = written.map_err(|error| Fault::internal("Writing bad rows", &error))?;
    let written = written.map_err(|error| Fault::internal("Writing bad rows", &error))?;
    let parameters = vec![DispositionParam::Filename("bad-rows.csv".into())];
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        // It holds the passwords that were brought.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(ContentDisposition { disposition: DispositionType::Attachment, parameters })
        .body(written))
}

/// Adds the good rows as jobs, or all rows or none.
#[utoipa::path(post, path = "/api/v1/projects/{id}/import/commit", tag = "jobs", params(("id" = i64, Path)), request_body = ImportForm, responses(
    (status = 201, body = ImportDone),
    (status = 400, body = ApiError, description = "The list cannot be read, or no row of it can be added"),
    (status = 409, body = ApiError, description = "A row has a problem, and all or nothing was asked for"),
))]
pub(super) async fn commit(
    who: Operator,
    parts: Data<Parts>,
    project: Path<ProjectId>,
    body: Payload,
) -> Answer {
    let (import, form, _) = understand(&parts, who.admin.id, *project, body).await?;
    let counts = import.counts();
    if form.all_or_nothing && counts.bad > 0 {
        return Err(Fault::conflict(format!(
            "{} of the rows have a problem, so nothing was added. Correct them, or leave them out.",
            counts.bad
        )));
    }
    if counts.good == 0 {
        return Err(Fault::invalid("text", "No row of this list can be added: look at the problems."));
    }
    let added = parts.store.create_jobs_in(*project, form.batch, &import.good()).await?.len() as u64;
    let name = parts.store.project_row(*project).await?.name;
    let subject = format!("{} of {name}", counted(added, "mailbox"));
    parts.record(&who.admin.name, "job.import", &subject).await;
    Ok(HttpResponse::Created().json(ImportDone { added, bad: counts.bad, excluded: counts.excluded }))
}

/// Lists that are read at once: one of them may take some hundred MiB.
pub(super) static TURN: Semaphore = Semaphore::const_new(2);

/// Reads the request and understands its list, away from the threads that answer others.
/// What both systems said of its rows, when this admin asked them, counts, and is told with it.
pub(super) async fn understand(
    parts: &Data<Parts>,
    admin: AdminId,
    project: ProjectId,
    body: Payload,
) -> Result<(Import, ImportForm, Answers), Fault> {
    let body = whole(body).await?;
    // Not before: whoever sends slowly must not keep others waiting.
    let _turn = TURN.acquire().await.map_err(|error| Fault::internal("Reading a list", &error))?;
    let view = parts.store.project(project).await?;
    let known = parts.store.known_jobs(project).await?;
    let parts = parts.clone();
    let read = web::block(move || {
        let mut form: ImportForm = serde_json::from_slice(&body).map_err(|_| {
            Fault::invalid(
                "text",
                "The request is not the form of a list. The API is described at /api/docs.",
            )
        })?;
        let mut import = Import::read(&form, &view.source, &view.target, &known)
            .map_err(|Refused { field, message }| Fault::invalid(field, message))?;
        let answers = match &form.asked {
            // Without it, rows would be added that a system refused.
            Some(id) => {
                let answers = parts.asks.answers(admin, project, id).map_err(unsaid)?;
                import.hear(&answers);
                answers
            }
            None => Answers::default(),
        };
        // Its rows are the list's now.
        (form.file, form.text) = (None, None);
        Ok((import, form, answers))
    })
    .await;
    read.map_err(|error| Fault::internal("Reading a list", &error))?
}

/// Why the round that a form names does not count, and what to do about the form.
fn unsaid(why: Unsaid) -> Fault {
    let sentence = match why {
        Unsaid::Gone => {
            "What both systems said is not known here any more. Take `asked` out of the form, and ask them again."
        }
        Unsaid::Running => "Asking is still under way. Wait until it is done, or stop it first.",
    };
    Fault::invalid("asked", sentence)
}

/// The whole request, if it is not larger than one with the largest file.
pub(super) async fn whole(mut body: Payload) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk =
            chunk.map_err(|_| Fault::invalid("file", "The list did not arrive whole. Send it again."))?;
        if bytes.len() + chunk.len() > BODY_MAX {
            return Err(Fault::too_large(format!(
                "The list is too large: a file has at most {} MiB.",
                FILE_MAX / 1024 / 1024
            )));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
