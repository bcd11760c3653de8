//! What went wrong with a request, as every error answer shows it.

use actix_web::{
    HttpResponse, ResponseError,
    error::{JsonPayloadError, QueryPayloadError},
    http::{StatusCode, header},
};
use shared::error::{ApiError, ErrorCode};

use crate::{
    auth::{HashError, TooMany},
    store::StoreError,
};

/// What a handler answers.
pub(crate) type Answer = Result<HttpResponse, Fault>;

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    body: ApiError,
    /// When to come back, in seconds.
    retry_after: Option<u64>,
}

impl Fault {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let body = ApiError { code, message: message.into(), field: None, also: Vec::new() };
        Self { body, retry_after: None }
    }

    /// A field of the request is not acceptable.
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut fault = Self::new(ErrorCode::Invalid, message);
        fault.body.field = Some(field.into());
        fault
    }

    /// Passes when all of it passes; otherwise tells everything that is wrong, the first one first.
    pub(super) fn all(outcomes: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let mut faults = outcomes.into_iter().filter_map(Result::err);
        match faults.next() {
            None => Ok(()),
            Some(first) => Err(faults.fold(first, |mut first, other| {
                first.body = first.body.and(other.body);
                first
            })),
        }
    }

    /// Nobody is logged in, or the login was refused.
    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(ErrorCode::Unauthorized, message)
    }

    /// The role does not allow it, or the request came from elsewhere.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// No such thing.
    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// No such path.
    pub(crate) fn no_such_page() -> Self {
        Self::not_found("There is nothing at this address. The API is described at /api/docs.")
    }

    /// Not possible in the present state.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, message)
    }

    /// The request is too large.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::TooLarge, message)
    }

    /// The server is stopping.
    pub(crate) fn unavailable(message: &str) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    /// A fault inside: its details go to the log under a number, the number to the admin.
    pub(crate) fn internal(doing: &str, detail: &dyn std::fmt::Display) -> Self {
        let mut id = [0; 4];
        // A fault without a number is still a fault that must be told.
        let _ = getrandom::fill(&mut id);
        let id = hex::encode(id);
        tracing::error!(error.id = %id, doing, %detail, "a request failed");
        Self::new(
            ErrorCode::Internal,
            format!(
                "{doing} failed because of an error inside. Look for {id} in the log of carbonio-migrate."
            ),
        )
    }

    pub(crate) fn body(&self) -> &ApiError {
        &self.body
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let messages: Vec<&str> = self.body.faults().map(|(_, message)| message).collect();
        f.write_str(&messages.join(" "))
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        match self.body.code {
            ErrorCode::Invalid => StatusCode::BAD_REQUEST,
            ErrorCode::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorCode::Forbidden => StatusCode::FORBIDDEN,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Conflict => StatusCode::CONFLICT,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::TooMany => StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if let Some(seconds) = self.retry_after {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        answer.json(&self.body)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::not_found(&error.to_string()),
            StoreError::Taken(_) => {
                let mut fault = Self::conflict(error.to_string());
                fault.body.field = Some("name".into());
                fault
            }
            StoreError::Changed(_) => {
                // So that a form knows that loading the settings anew is the way out.
                let mut fault = Self::conflict(error.to_string());
                fault.body.field = Some("seen".into());
                fault
            }
            StoreError::Conflict(_)
            | StoreError::State { .. }
            | StoreError::LeaseLost
            | StoreError::NoSecret(_) => Self::conflict(error.to_string()),
            StoreError::Open(_)
            | StoreError::Secret(_)
            | StoreError::Corrupt { .. }
            | StoreError::DiskFull { .. }
            | StoreError::Database { .. } => Self::internal("Reading or writing the database", &error),
        }
    }
}

impl From<TooMany> for Fault {
    fn from(refused: TooMany) -> Self {
        let seconds = refused.seconds;
        let mut fault = Self::new(
            ErrorCode::TooMany,
            format!(
                "Too many attempts. Wait {seconds} second{} and try again.",
                if seconds == 1 { "" } else { "s" }
            ),
        );
        fault.retry_after = Some(seconds);
        fault
    }
}

impl From<HashError> for Fault {
    fn from(error: HashError) -> Self {
        Self::internal("Hashing the password", &error)
    }
}

impl From<JsonPayloadError> for Fault {
    fn from(error: JsonPayloadError) -> Self {
        match &error {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => Self::new(
                ErrorCode::TooLarge,
                format!(
                    "The request is larger than {} MiB. Send it in parts.",
                    super::BODY_MAX / 1024 / 1024
                ),
            ),
            JsonPayloadError::Deserialize(cause) => Self::unreadable(&cause.to_string()),
            other => Self::unreadable(&other.to_string()),
        }
    }
}

impl From<QueryPayloadError> for Fault {
    fn from(error: QueryPayloadError) -> Self {
        match &error {
            QueryPayloadError::Deserialize(cause) => Self::unreadable(&cause.to_string()),
            other => Self::unreadable(&other.to_string()),
        }
    }
}

impl Fault {
    /// The body or the query is not what is expected; names the field when the reader named it.
    fn unreadable(detail: &str) -> Self {
        let mut fault =
            Self::new(ErrorCode::Invalid, format!("The request could not be read: {}.", shortened(detail)));
        fault.body.field = detail
            .split_once(" field `")
            .and_then(|(_, rest)| rest.split_once('`'))
            .map(|(field, _)| field.to_owned());
        fault
    }
}

/// The reader quotes what it found, which may be a secret in the wrong place: only its words up to the quote are told.
fn shortened(detail: &str) -> String {
    let (kept, position) = match detail.rsplit_once(" at line ") {
        Some((kept, position)) => (kept, format!(" at line {position}")),
        None => (detail, String::new()),
    };
    match kept.split_once(": string \"") {
        Some((kind, rest)) => {
            let expected = rest
                .rsplit_once("\", expected ")
                .map_or(String::new(), |(_, words)| format!(", expected {words}"));
            format!("{kind}: string{expected}{position}")
        }
        None => format!("{kept}{position}"),
    }
}

/// Under `/api`, at a path nobody serves.
pub(super) async fn no_such_api() -> Answer {
    Err(Fault::no_such_page())
}

/// At a path that serves other methods.
pub(super) async fn no_such_method(request: actix_web::HttpRequest) -> HttpResponse {
    let fault =
        Fault::not_found("This address does not answer to that method. The API is described at /api/docs.");
    let allowed = super::ROUTES
        .iter()
        .filter(|(_, path, _)| request.match_pattern().as_deref() == Some(*path))
        .map(|(method, _, _)| *method)
        .collect::<Vec<_>>()
        .join(", ");
    HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allowed)).json(fault.body())
}

#[cfg(test)]
mod tests {
    use shared::{auth::LoginForm, error::ErrorCode, project::ProjectForm};

    use super::{Fault, JsonPayloadError};

    fn read<T: serde::de::DeserializeOwned>(body: &str) -> Fault {
        let error = serde_json::from_str::<T>(body).err().expect("refused");
        Fault::from(JsonPayloadError::Deserialize(error))
    }

    #[test]
    fn the_field_is_named_when_the_reader_knows_it() {
        let missing = read::<LoginForm>(r#"{"name": "anna"}"#);
        assert_eq!(
            (missing.body.code, missing.body.field.as_deref()),
            (ErrorCode::Invalid, Some("password"))
        );
        let unknown = read::<LoginForm>(r#"{"name": "anna", "password": "x", "role": "owner"}"#);
        assert_eq!(unknown.body.field.as_deref(), Some("role"));
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let fault = read::<ProjectForm>(r#"{"name": "x", "source": "hunter2 \" hunter3", "target": 1}"#);
        assert!(!fault.body.message.contains("hunter"), "{}", fault.body.message);
        assert!(fault.body.message.contains("line 1"), "{}", fault.body.message);
    }
}
