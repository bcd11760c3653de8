//! The body of every error the API answers with.

use serde::{Deserialize, Serialize};

/// A stable error body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// What kind of error: stable, for programs.
    pub code: ErrorCode,
    /// What was being done, what happened, what to do: for people.
    pub message: String,
    /// The field of the request at fault, as a path such as `source.endpoint.host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What else is wrong with the request: every further field at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<FieldFault>,
}

impl ApiError {
    /// This error, and what another found besides.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        let Self { code: _, message, field, also } = other;
        self.also.push(FieldFault { field: field.unwrap_or_default(), message });
        self.also.extend(also);
        self
    }

    /// Everything that is wrong, the first one first: the field at fault, if one is, and what is wrong with it.
    pub fn faults(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let also = self.also.iter().map(|fault| {
            (Some(fault.field.as_str()).filter(|field| !field.is_empty()), fault.message.as_str())
        });
        std::iter::once((self.field.as_deref(), self.message.as_str())).chain(also)
    }
}

/// One more field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldFault {
    /// The field, as a path such as `source.endpoint.host`; empty: it is the whole request.
    pub field: String,
    /// What is wrong with it and what to do: for people.
    pub message: String,
}

/// What kind of error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the request is malformed or a field is not acceptable.
    Invalid,
    /// 401: nobody is logged in, or the login was refused.
    Unauthorized,
    /// 403: the role does not allow it, or the request came from elsewhere.
    Forbidden,
    /// 404: no such thing.
    NotFound,
    /// 409: not possible in the present state.
    Conflict,
    /// 413: the request is too large.
    TooLarge,
    /// 429: too many attempts.
    TooMany,
    /// 500: a fault inside.
    Internal,
    /// 503: the server is starting or stopping.
    Unavailable,
}
