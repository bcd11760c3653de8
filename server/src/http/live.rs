//! Live streams as server-sent events: every event is a whole snapshot.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Path, Query},
};
use futures_util::stream;
use shared::{
    error::ApiError,
    id::{JobId, ProjectId},
    job::{JobQuery, JobView},
    live::ProjectLive,
    project::{ProjectPage, ProjectQuery},
};

use super::{fault::Answer, valid, who::Auditor};
use crate::{
    app::Parts,
    live::{Event, Feed, Topic},
};

/// A page of the projects, again whenever something changes.
#[utoipa::path(get, path = "/api/v1/live/projects", tag = "live", params(ProjectQuery), responses(
    (status = 200, body = ProjectPage, content_type = "text/event-stream", description = "Each event is a page of projects"),
))]
pub(super) async fn projects(who: Auditor, parts: Data<Parts>, query: Query<ProjectQuery>) -> Answer {
    valid::search(query.search.as_deref())?;
    stream(&who, &parts, Topic::Projects(query.into_inner())).await
}

/// A project with a page of its jobs, again whenever something changes.
#[utoipa::path(get, path = "/api/v1/live/projects/{id}", tag = "live", params(("id" = i64, Path), JobQuery), responses(
    (status = 200, body = ProjectLive, content_type = "text/event-stream", description = "Each event is a project with a page of its jobs"),
    (status = 400, body = ApiError),
    (status = 404, body = ApiError),
))]
pub(super) async fn project(
    who: Auditor,
    parts: Data<Parts>,
    id: Path<ProjectId>,
    query: Query<JobQuery>,
) -> Answer {
    valid::search(query.search.as_deref())?;
    stream(&who, &parts, Topic::Project(*id, query.into_inner())).await
}

/// A job with all its page shows, again whenever something changes.
#[utoipa::path(get, path = "/api/v1/live/jobs/{id}", tag = "live", params(("id" = i64, Path)), responses(
    (status = 200, body = JobView, content_type = "text/event-stream", description = "Each event is a job"),
    (status = 404, body = ApiError),
))]
pub(super) async fn job(who: Auditor, parts: Data<Parts>, id: Path<JobId>) -> Answer {
    stream(&who, &parts, Topic::Job(*id)).await
}

async fn stream(who: &Auditor, parts: &Parts, topic: Topic) -> Answer {
    let feed = Feed::begin(parts.live.clone(), topic, who.proof).await?;
    let events = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((line(&event), feed))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A proxy that collects answers would hold back what should be live.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events))
}

/// An event in the wire's form.
fn line(event: &Event) -> Result<Bytes, serde_json::Error> {
    Ok(match event {
        Event::Snapshot(snapshot) => {
            let mut text = b"data: ".to_vec();
            serde_json::to_writer(&mut text, snapshot)?;
            text.extend_from_slice(b"\n\n");
            text.into()
        }
        Event::Heartbeat => Bytes::from_static(b": alive\n\n"),
    })
}
