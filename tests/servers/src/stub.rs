//! Servers that are none: they hang, speak another language, or hang up.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::error::{Doing, Result};

/// What a stub does with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Accepts and never says a word.
    Silent,
    /// Greets as a mail transfer server does.
    Smtp,
    /// Answers as a web server does.
    Http,
    /// Accepts and hangs up.
    HangsUp,
    /// Greets as an IMAP server and never answers a command.
    SilentAfterGreeting,
    /// Greets as an IMAP server that turns everybody away.
    Busy,
    /// Offers STARTTLS and slips a line in before TLS begins.
    Injects,
}

/// A running stub; ends when dropped.
#[derive(Debug)]
pub struct Stub {
    port: u16,
    closed: Arc<AtomicBool>,
}

impl Stub {
    /// Starts one.
    pub fn start(manner: Manner) -> Result<Self> {
        let doing = || "starting a stub".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let closed = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&closed);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                let ends = Arc::clone(&ends);
                std::thread::spawn(move || serve(client, manner, &ends));
            }
        });
        Ok(Self { port, closed })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // One more connection wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn serve(mut client: TcpStream, manner: Manner, ends: &AtomicBool) {
    const GREETING: &[u8] = b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n";
    let _ = client.set_read_timeout(Some(Duration::from_millis(200)));
    let _ = match manner {
        Manner::Silent => Ok(()),
        Manner::Smtp => client.write_all(b"220 mail.example ESMTP ready\r\n"),
        Manner::Http => {
            let _ = client.read(&mut [0; 1024]);
            client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Manner::HangsUp => return,
        Manner::SilentAfterGreeting => client.write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"),
        Manner::Busy => client.write_all(b"* BYE [UNAVAILABLE] Too many connections, try again later\r\n"),
        Manner::Injects => inject(&mut client, GREETING),
    };
    match manner {
        Manner::Http | Manner::HangsUp | Manner::Busy => {}
        Manner::Silent | Manner::Smtp | Manner::SilentAfterGreeting | Manner::Injects => wait(client, ends),
    }
}

/// Answers commands until STARTTLS, then sends more in clear text together with its OK.
fn inject(client: &mut TcpStream, greeting: &[u8]) -> std::io::Result<()> {
    client.write_all(greeting)?;
    client.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut heard = Vec::new();
    let mut byte = [0];
    while client.read(&mut byte)? == 1 {
        heard.push(byte[0]);
        if byte[0] != b'\n' {
            continue;
        }
        let line = String::from_utf8_lossy(&heard).to_ascii_uppercase();
        let tag = String::from_utf8_lossy(&heard).split(' ').next().unwrap_or_default().to_owned();
        heard.clear();
        if line.contains("STARTTLS") {
            return client.write_all(
                format!("{tag} OK begin TLS\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n").as_bytes(),
            );
        }
        client.write_all(
            format!("* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n{tag} OK done\r\n").as_bytes(),
        )?;
    }
    Ok(())
}

/// Reads and says nothing until the client or the test is gone.
fn wait(mut client: TcpStream, ends: &AtomicBool) {
    let _ = client.set_read_timeout(Some(Duration::from_millis(200)));
    let mut buffer = [0; 4096];
    while !ends.load(Ordering::Relaxed) {
        match client.read(&mut buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error)
                if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
    }
}
