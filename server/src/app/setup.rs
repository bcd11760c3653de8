//! The one-time set-up token: offered at every start until an owner exists.

use super::{
    Parts, StartError,
    place::{unwritable, write_private},
};
use crate::auth::Token;

/// How long the token is good for.
pub(super) const MINUTES: i64 = 60;

/// Makes a new token while there is no admin; returns the link that carries it. The token stands in the link's fragment,
/// which browsers do not send, so that it reaches no log.
pub(super) async fn offer(parts: &Parts, url: &str) -> Result<Option<String>, StartError> {
    if parts.store.has_admin().await? {
        parts.remove_setup_file();
        return Ok(None);
    }
    let token = Token::generate().map_err(|error| StartError::Random(error.to_string()))?;
    let expires = parts.clock.now().plus_millis(MINUTES * 60_000);
    parts.store.put_setup_token(token.hash(), expires).await?;
    let file = &parts.setup_file;
    write_private(file, &format!("{}\n", token.expose()))
        .map_err(|error| unwritable(file.parent().unwrap_or(file), &error))?;
    Ok(Some(format!("{url}/setup#token={}", token.expose())))
}
