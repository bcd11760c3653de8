//! One request and its answer. Everything a page can be told when it goes wrong is a `Failure`.

use std::cell::Cell;

use gloo_net::http::{Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use shared::error::{ApiError, ErrorCode};

use crate::{connection::Connection, session::Session};

/// What a call answers.
pub(crate) type Answer<T> = Result<T, Failure>;

/// The answer of a call whose body says nothing of use.
pub(crate) type Done = serde::de::IgnoredAny;

/// Why a call did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The server refused it, and says why.
    Refused(ApiError),
    /// The server did not answer.
    Unreachable,
    /// The answer could not be understood.
    Unreadable(String),
}

impl Failure {
    /// A refusal made here, before anything was sent.
    pub(crate) fn invalid(field: &str, message: &str) -> Self {
        Self::Refused(ApiError {
            code: ErrorCode::Invalid,
            message: message.into(),
            field: Some(field.into()),
            also: Vec::new(),
        })
    }

    /// Everything that is wrong with a field; none: nothing is.
    pub(crate) fn problem_of(&self, name: &str) -> Option<String> {
        self.told(|field| field == Some(name))
    }

    /// Everything that is wrong elsewhere than in these fields; none: nothing is.
    pub(crate) fn elsewhere(&self, fields: &[&str]) -> Option<String> {
        self.told(|field| field.is_none_or(|field| !fields.contains(&field)))
    }

    /// Everything that is wrong, one by one.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.chosen(|_| true)
    }

    fn told(&self, wanted: impl Fn(Option<&str>) -> bool) -> Option<String> {
        let messages = self.chosen(wanted);
        (!messages.is_empty()).then(|| messages.join(" "))
    }

    fn chosen(&self, wanted: impl Fn(Option<&str>) -> bool) -> Vec<String> {
        match self {
            Self::Refused(error) => error
                .faults()
                .filter(|(field, _)| wanted(*field))
                .map(|(_, message)| message.to_owned())
                .collect(),
            Self::Unreachable | Self::Unreadable(_) => {
                wanted(None).then(|| self.message()).into_iter().collect()
            }
        }
    }

    /// What happened and what to do, for people.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Refused(error) => error.message.clone(),
            Self::Unreachable => "The server did not answer. Wait until it is back, then try again.".into(),
            Self::Unreadable(what) => {
                format!("The server's answer could not be understood ({what}). Reload the page.")
            }
        }
    }

    /// The field of the form at fault.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Self::Refused(error) => error.field.as_deref(),
            Self::Unreachable | Self::Unreadable(_) => None,
        }
    }

    /// Whether a form was made from settings that somebody changed since.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Refused(error) if error.code == ErrorCode::Conflict && error.field.as_deref() == Some("seen"))
    }

    /// Whether there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(error) if error.code == ErrorCode::NotFound)
    }
}

/// Both answers, or everything that is wrong with either.
pub(crate) fn both<A, B>(first: Answer<A>, second: Answer<B>) -> Answer<(A, B)> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(Failure::Refused(first)), Err(Failure::Refused(second))) => {
            Err(Failure::Refused(first.and(second)))
        }
        (Err(failure), _) | (_, Err(failure)) => Err(failure),
    }
}

thread_local! {
    // A browser page has one thread, one session and one connection.
    static PANEL: Cell<Option<(Session, Connection)>> = const { Cell::new(None) };
}

/// Tells every call where to report a login that ended and a server that is gone.
pub(crate) fn report_to(session: Session, connection: Connection) {
    PANEL.set(Some((session, connection)));
}

pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Answer<T> {
    read(&exchange(Method::GET, path, None).await?)
}

pub(crate) async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Answer<T> {
    read(&exchange(Method::POST, path, Some(write(body)?)).await?)
}

/// The answer is text, as it is.
pub(crate) async fn post_text(path: &str, body: &impl Serialize) -> Answer<String> {
    exchange(Method::POST, path, Some(write(body)?)).await
}

pub(crate) async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Answer<T> {
    read(&exchange(Method::PUT, path, Some(write(body)?)).await?)
}

pub(crate) async fn patch<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Answer<T> {
    read(&exchange(Method::PATCH, path, Some(write(body)?)).await?)
}

pub(crate) async fn delete(path: &str) -> Answer<Done> {
    read(&exchange(Method::DELETE, path, None).await?)
}

pub(crate) async fn delete_with(path: &str, body: &impl Serialize) -> Answer<Done> {
    read(&exchange(Method::DELETE, path, Some(write(body)?)).await?)
}

async fn exchange(method: Method, path: &str, body: Option<String>) -> Answer<String> {
    // The header proves that the request comes from this page: no other site can set it.
    let request = RequestBuilder::new(&format!("/api/v1{path}"))
        .method(method)
        .header("X-CM", "1")
        .header("Content-Type", "application/json");
    let request = match body {
        Some(body) => request.body(body),
        None => request.build(),
    };
    let request = request.map_err(|error| Failure::Unreadable(error.to_string()))?;
    let answer = async {
        let response = request.send().await?;
        let text = response.text().await?;
        Ok::<_, gloo_net::Error>((response.status(), text))
    };
    let panel = PANEL.get();
    let Ok((status, text)) = answer.await else {
        if let Some((_, connection)) = panel {
            connection.lose();
        }
        return Err(Failure::Unreachable);
    };
    if let Some((session, connection)) = panel {
        connection.find();
        if status == 401 {
            session.ended();
        }
    }
    match status {
        200..300 => Ok(text),
        _ => Err(refusal(status, &text)),
    }
}

fn refusal(status: u16, text: &str) -> Failure {
    match serde_json::from_str(text) {
        Ok(error) => Failure::Refused(error),
        // Something between here and the server answered in its place.
        Err(_) => Failure::Unreadable(format!("status {status}")),
    }
}

fn write(body: &impl Serialize) -> Answer<String> {
    serde_json::to_string(body).map_err(|error| Failure::Unreadable(error.to_string()))
}

fn read<T: DeserializeOwned>(text: &str) -> Answer<T> {
    let text = if text.is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|error| Failure::Unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_body_becomes_a_refusal_with_its_field() {
        let failure =
            refusal(400, r#"{"code":"invalid","message":"No host.","field":"source.endpoint.host"}"#);
        assert_eq!(failure.message(), "No host.");
        assert_eq!(failure.field(), Some("source.endpoint.host"));
    }

    #[test]
    fn every_mistake_is_told_at_its_own_field() {
        let (host, port) = (Failure::invalid("host", "No host."), Failure::invalid("port", "No port."));
        let failure = both::<(), ()>(Err(host), Err(port)).expect_err("refused");
        assert_eq!(failure.problem_of("host").as_deref(), Some("No host."));
        assert_eq!(failure.problem_of("port").as_deref(), Some("No port."));
        assert_eq!(failure.problem_of("name"), None);
        assert_eq!(failure.elsewhere(&["host"]).as_deref(), Some("No port."));
        assert_eq!(failure.elsewhere(&["host", "port"]), None);
        assert!(Failure::Unreachable.elsewhere(&["host"]).is_some());
    }

    #[test]
    fn a_form_is_stale_only_when_the_settings_it_was_made_from_are() {
        let changed = refusal(409, r#"{"code":"conflict","message":"Changed.","field":"seen"}"#);
        let taken = refusal(409, r#"{"code":"conflict","message":"Taken.","field":"name"}"#);
        assert!(changed.is_stale() && !taken.is_stale() && !Failure::Unreachable.is_stale());
    }

    #[test]
    fn an_answer_from_something_in_between_names_the_status() {
        let failure = refusal(502, "<html>Bad gateway</html>");
        assert!(failure.message().contains("status 502"), "{}", failure.message());
    }

    #[test]
    fn an_empty_answer_is_an_answer() {
        assert!(read::<Done>("").is_ok());
        assert!(read::<shared::auth::SetupState>("[]").is_err());
    }
}
