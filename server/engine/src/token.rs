//! Access tokens that run out: fetched before they are needed, renewed before they expire or when a server refuses one.
//!
//! How a token server is talked to is for whoever runs the engine to say: the engine knows no HTTP.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use shared::endpoint::TokenClient;
use tokio::{sync::Mutex, time::Instant};

/// A token is not used for a new login in the last part of its life.
const MARGIN: Duration = Duration::from_secs(60);

/// What a token is asked for with. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct TokenOrder {
    /// Where, and who asks.
    pub client: TokenClient,
    /// The client's secret, where it has one.
    pub client_secret: Option<SecretString>,
    /// The mailbox's refresh token; none: the client asks in its own name.
    pub refresh_token: Option<SecretString>,
}

/// What a token server gave. Its `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct TokenAnswer {
    /// The access token.
    pub access: SecretString,
    /// How long it is good for, when the server told.
    pub lasts: Option<Duration>,
    /// A refresh token to use from now on instead of the one that was shown (RFC 6749, section 6).
    pub refresh_token: Option<SecretString>,
}

/// Why no token was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The server said no; with its words, cleaned, never a secret.
    #[error("the token server refused: {0}")]
    Refused(String),
    /// The server did not answer, or wants to be asked later.
    #[error("{detail}")]
    Later {
        /// What happened.
        detail: String,
        /// For how long it wants to be left alone.
        pause: Duration,
    },
}

/// Asks a token server.
pub type Fetch = Arc<dyn Fn(TokenOrder) -> BoxFuture<'static, Result<TokenAnswer, TokenError>> + Send + Sync>;

/// The access token of one mailbox, or of all mailboxes of a client. Everybody who shares it waits for one request.
pub struct Tokens {
    fetch: Fetch,
    state: Mutex<State>,
}

struct State {
    order: TokenOrder,
    held: Option<(SecretString, Option<Instant>)>,
}

impl Tokens {
    /// Fetches nothing yet.
    pub fn new(order: TokenOrder, fetch: Fetch) -> Arc<Self> {
        Arc::new(Self { fetch, state: Mutex::new(State { order, held: None }) })
    }

    /// A token that is good for a login now. `refused` is one that a mail server would not take any more.
    pub async fn access(&self, refused: Option<&SecretString>) -> Result<SecretString, TokenError> {
        let mut state = self.state.lock().await;
        if let Some((access, until)) = &state.held
            && until.is_none_or(|until| Instant::now() < until)
            && refused.is_none_or(|refused| refused.expose_secret() != access.expose_secret())
        {
            return Ok(access.clone());
        }
        let answer = (self.fetch)(state.order.clone()).await?;
        let until = answer.lasts.map(|lasts| Instant::now() + lasts.saturating_sub(MARGIN.min(lasts / 4)));
        state.held = Some((answer.access.clone(), until));
        if state.order.refresh_token.is_some() && answer.refresh_token.is_some() {
            state.order.refresh_token = answer.refresh_token;
        }
        Ok(answer.access)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::FutureExt as _;
    use shared::endpoint::Grant;
    use tokio::time::advance;

    use super::*;

    /// Gives `token 1`, `token 2`, … and a new refresh token with each.
    fn tokens(lasts: Option<u64>) -> (Arc<Tokens>, Arc<AtomicU32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&asked);
        let fetch: Fetch = Arc::new(move |order| {
            let count = counter.fetch_add(1, Ordering::Relaxed) + 1;
            async move {
                let shown = order.refresh_token.expect("one").expose_secret().to_owned();
                assert_eq!(shown, format!("refresh {}", count - 1), "the newest one is shown");
                tokio::time::sleep(Duration::from_millis(100)).await;
                Ok(TokenAnswer {
                    access: format!("token {count}").into(),
                    lasts: lasts.map(Duration::from_secs),
                    refresh_token: Some(format!("refresh {count}").into()),
                })
            }
            .boxed()
        });
        let client = TokenClient {
            token_url: "https://token.example".into(),
            client_id: "us".into(),
            scope: None,
            grant: Grant::RefreshToken,
        };
        let refresh_token = Some("refresh 0".into());
        (Tokens::new(TokenOrder { client, client_secret: None, refresh_token }, fetch), asked)
    }

    async fn access(tokens: &Tokens, refused: Option<&str>) -> String {
        let refused = refused.map(SecretString::from);
        tokens.access(refused.as_ref()).await.expect("a token").expose_secret().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn edge_158_a_token_is_renewed_before_it_expires() {
        let (tokens, asked) = tokens(Some(3600));
        assert_eq!(access(&tokens, None).await, "token 1");
        advance(Duration::from_secs(3539)).await;
        assert_eq!((access(&tokens, None).await.as_str(), asked.load(Ordering::Relaxed)), ("token 1", 1));
        advance(Duration::from_secs(2)).await;
        assert_eq!((access(&tokens, None).await.as_str(), asked.load(Ordering::Relaxed)), ("token 2", 2));
    }

    #[tokio::test(start_paused = true)]
    async fn edge_158_a_refused_token_is_renewed_once_for_all_who_hold_it() {
        let (tokens, asked) = tokens(None);
        let all = (0..10).map(|_| access(&tokens, None));
        assert!(futures_util::future::join_all(all).await.iter().all(|token| token == "token 1"));
        let all = (0..10).map(|_| access(&tokens, Some("token 1")));
        assert!(futures_util::future::join_all(all).await.iter().all(|token| token == "token 2"));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn what_holds_tokens_shows_none() {
        let (tokens, _) = tokens(None);
        access(&tokens, None).await;
        let order = tokens.state.lock().await.order.clone();
        assert!(!format!("{tokens:?} {order:?}").contains("refresh 1"));
    }
}
