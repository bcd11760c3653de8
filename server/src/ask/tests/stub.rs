//! An IMAP server that lets in whom it knows, and tells how much each mailbox holds and may hold.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

/// The password of everybody.
pub(crate) const RIGHT: &str = "canary-right";

/// A running server; ends when dropped.
pub(crate) struct Stub {
    port: u16,
    inner: Arc<Inner>,
    listening: JoinHandle<()>,
}

struct Inner {
    mailboxes: Vec<String>,
    logins: AtomicUsize,
    sizes: AtomicUsize,
    /// Who is hung up on instead of let in.
    hung_up_on: Mutex<Option<String>>,
    held: AtomicBool,
    released: Notify,
}

impl Stub {
    /// Starts one that has these mailboxes: each holds 500 bytes, and has room for 1,024 of 2,048.
    pub(crate) async fn start(mailboxes: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("an address").port();
        let inner = Arc::new(Inner {
            mailboxes: mailboxes.iter().map(|name| (*name).to_owned()).collect(),
            logins: AtomicUsize::default(),
            sizes: AtomicUsize::default(),
            hung_up_on: Mutex::default(),
            held: AtomicBool::default(),
            released: Notify::new(),
        });
        let own = Arc::clone(&inner);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let inner = Arc::clone(&own);
                tokio::spawn(async move { inner.serve(client).await });
            }
        });
        Self { port, inner, listening }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How often somebody tried to log in.
    pub(crate) fn logins(&self) -> usize {
        self.inner.logins.load(Ordering::SeqCst)
    }

    /// How often somebody asked what a folder holds.
    pub(crate) fn sizes(&self) -> usize {
        self.inner.sizes.load(Ordering::SeqCst)
    }

    /// Ends the connection of whoever logs in to this mailbox.
    pub(crate) fn hang_up_on(&self, mailbox: &str) {
        *self.inner.hung_up_on() = Some(mailbox.to_owned());
    }

    /// Takes no connection any more.
    pub(crate) fn close(&self) {
        self.listening.abort();
    }

    /// Answers no login until it is let go.
    pub(crate) fn hold(&self) {
        self.inner.held.store(true, Ordering::SeqCst);
    }

    pub(crate) fn let_go(&self) {
        self.inner.held.store(false, Ordering::SeqCst);
        self.inner.released.notify_waiters();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Inner {
    /// Until the client goes.
    async fn serve(&self, client: TcpStream) -> Option<()> {
        let mut client = BufReader::new(client);
        let hello = b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN STATUS=SIZE QUOTA NAMESPACE] ready\r\n";
        client.write_all(hello).await.ok()?;
        loop {
            let line = line(&mut client).await?;
            let mut words = line.split(' ');
            let (tag, word) = (words.next()?.to_owned(), words.next()?.to_ascii_uppercase());
            let end = match word.as_str() {
                "CAPABILITY" => {
                    client
                        .write_all(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN STATUS=SIZE QUOTA NAMESPACE\r\n")
                        .await
                        .ok()?;
                    "OK so"
                }
                "LOGIN" => {
                    let name = |word: Option<&str>| word.unwrap_or_default().trim_matches('"').to_owned();
                    let (user, secret) = (name(words.next()), name(words.next()));
                    self.answer(&user, &secret).await?
                }
                "AUTHENTICATE" => {
                    client.write_all(b"+ \r\n").await.ok()?;
                    let said = STANDARD.decode(crate::ask::tests::stub::line(&mut client).await?).ok()?;
                    let said = String::from_utf8(said).ok()?;
                    let mut parts = said.split('\0');
                    let (user, _, secret) = (parts.next()?, parts.next()?, parts.next()?);
                    self.answer(user, secret).await?
                }
                "NAMESPACE" => {
                    client.write_all(b"* NAMESPACE NIL ((\"user/\" \"/\")) NIL\r\n").await.ok()?;
                    "OK those"
                }
                "LIST" if line.contains("user/%") => {
                    for mailbox in &self.mailboxes {
                        let row = format!("* LIST () \"/\" \"user/{mailbox}\"\r\n");
                        client.write_all(row.as_bytes()).await.ok()?;
                    }
                    "OK those"
                }
                "LIST" => {
                    client.write_all(b"* LIST () \"/\" INBOX\r\n").await.ok()?;
                    "OK those"
                }
                "STATUS" => {
                    self.sizes.fetch_add(1, Ordering::SeqCst);
                    client.write_all(b"* STATUS INBOX (SIZE 500)\r\n").await.ok()?;
                    "OK so"
                }
                "GETQUOTAROOT" => {
                    client.write_all(b"* QUOTA \"\" (STORAGE 1 2)\r\n").await.ok()?;
                    "OK so"
                }
                _ => "OK done",
            };
            client.write_all(format!("{tag} {end}\r\n").as_bytes()).await.ok()?;
        }
    }

    fn hung_up_on(&self) -> MutexGuard<'_, Option<String>> {
        self.hung_up_on.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None: the connection ends.
    async fn answer(&self, user: &str, secret: &str) -> Option<&'static str> {
        self.logins.fetch_add(1, Ordering::SeqCst);
        while self.held.load(Ordering::SeqCst) {
            self.released.notified().await;
        }
        if self.hung_up_on().as_deref() == Some(user) {
            return None;
        }
        Some(match secret == RIGHT && self.mailboxes.iter().any(|known| known == user) {
            true => "OK come in",
            false => "NO [AUTHENTICATIONFAILED] not you",
        })
    }
}

async fn line(client: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    match client.read_line(&mut line).await {
        Ok(read) if read > 0 => Some(line.trim_end().to_owned()),
        Ok(_) | Err(_) => None,
    }
}
