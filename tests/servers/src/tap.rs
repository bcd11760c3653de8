//! A line to a server on loopback that remembers every command that went through it, for servers that keep no such log.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    error::{Doing, Result},
    wirelog::{self, Command},
};

/// The line. It carries clear text only: commands in TLS cannot be told.
#[derive(Debug)]
pub struct Tap {
    port: u16,
    heard: Arc<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// What the client of each connection said, in order.
    sessions: Mutex<Vec<Arc<Mutex<Vec<u8>>>>>,
    closed: AtomicBool,
}

impl Tap {
    /// A line to a port on loopback.
    pub fn start(target: u16) -> Result<Self> {
        let doing = || "starting a line that listens".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).doing(doing)?;
        let port = listener.local_addr().doing(doing)?.port();
        let heard = Arc::new(Heard::default());
        let own = Arc::clone(&heard);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if own.closed.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) else { continue };
                own.join(&client, &server);
            }
        });
        Ok(Self { port, heard })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Forgets what it heard so far.
    pub fn forget(&self) {
        locked(&self.heard.sessions).clear();
    }

    /// Every command since, in order within a connection.
    pub fn commands(&self) -> Vec<Command> {
        let sessions = locked(&self.heard.sessions);
        sessions.iter().flat_map(|session| wirelog::commands(&locked(session))).collect()
    }

    /// Every command that changes a mailbox.
    pub fn writing(&self) -> Vec<Command> {
        self.commands().into_iter().filter(Command::writes).collect()
    }

    /// How many commands of a name went through, such as `APPEND`.
    pub fn count(&self, name: &str) -> usize {
        self.commands().iter().filter(|command| command.name == name).count()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.heard.closed.store(true, Ordering::Relaxed);
        // One more connection wakes the listener, which then ends.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Heard {
    fn join(&self, client: &TcpStream, server: &TcpStream) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let said = Arc::default();
        locked(&self.sessions).push(Arc::clone(&said));
        let ways = [(client, server, Some(said)), (server, client, None)];
        for (from, to, said) in ways {
            let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else { return };
            std::thread::spawn(move || carry(from, to, said.as_deref()));
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, said: Option<&Mutex<Vec<u8>>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        // Remembered before it goes on: what the server saw is known here.
        if let Some(said) = said {
            locked(said).extend_from_slice(&buffer[..count]);
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
