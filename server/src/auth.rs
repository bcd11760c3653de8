//! Who may do what: passwords, tokens, limits and where a request may come from. Knows no HTTP server and no database.

mod limit;
mod origin;
mod password;
mod policy;
mod token;

pub(crate) use limit::{Limits, TooMany};
pub(crate) use origin::{Arrival, Place};
pub(crate) use password::{HashError, Passwords};
pub(crate) use policy::{name_problem, password_problem};
pub(crate) use token::{Token, TokenHash, hash};
