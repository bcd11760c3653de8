//! The product's server, and a client that asks as a browser does: one connection, kept open.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use servers::process::{Ask, Guarded, free_port};

/// How long a start or an end may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a data directory of its own.
pub(crate) struct Site {
    binary: PathBuf,
    data: PathBuf,
    arguments: Vec<String>,
    port: u16,
    process: Option<Guarded>,
}

impl Site {
    /// Starts it, with more arguments.
    pub(crate) fn start(binary: &Path, folder: &Path, arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let (data, port) = (folder.join("data"), free_port()?);
        let mut site = Self { binary: binary.into(), data, arguments, port, process: None };
        site.resume()?;
        Ok(site)
    }

    pub(crate) fn resume(&mut self) -> Result<(), Box<dyn Error>> {
        let mut command = Command::new(&self.binary);
        command.arg("serve").arg("--data-dir").arg(&self.data);
        command.args(["--listen", &format!("127.0.0.1:{}", self.port)]).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CARBONIO_MIGRATE_") {
                command.env_remove(name);
            }
        }
        self.process = Some(Guarded::start(&mut command, None)?);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if Instant::now() > deadline {
                return Err("the server was not ready in time".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    pub(crate) fn stop(&mut self, how: Ask) -> Result<(), Box<dyn Error>> {
        let ended = self.process.take().and_then(|mut process| process.stop(how, PATIENCE));
        ended.map(drop).ok_or_else(|| "the server did not end in time".into())
    }

    /// Its process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Guarded::id)
    }

    /// The only file of the data directory that is a database.
    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("carbonio-migrate.db")
    }

    /// Makes the first owner; the client is logged in as that.
    pub(crate) fn log_in(&self) -> Result<Client, Box<dyn Error>> {
        let token = fs::read_to_string(self.data.join("setup-token"))?;
        let mut client = Client { port: self.port, cookie: None, line: None };
        let form =
            format!(r#"{{"token":"{}","name":"olivia","password":"seven green bicycles"}}"#, token.trim());
        client.post("/setup", &form)?;
        Ok(client)
    }
}

/// A client of the API with at most one connection.
pub(crate) struct Client {
    port: u16,
    cookie: Option<String>,
    line: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn get(&mut self, path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        self.ask("GET", path, None)
    }

    pub(crate) fn post(&mut self, path: &str, body: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        self.ask("POST", path, Some(body))
    }

    /// The length of the first snapshot of a live stream, on a connection of its own.
    pub(crate) fn first_event(&mut self, path: &str) -> Result<usize, Box<dyn Error>> {
        let mut line = self.connect()?;
        line.get_mut().write_all(self.request("GET", path, None).as_bytes())?;
        let mut length = 0;
        loop {
            let mut text = String::new();
            if line.read_line(&mut text)? == 0 {
                return Err(format!("GET {path} ended before a snapshot came").into());
            }
            length += text.len();
            if text.starts_with("data: ") {
                return Ok(length);
            }
        }
    }

    fn ask(&mut self, method: &str, path: &str, body: Option<&str>) -> Result<Vec<u8>, Box<dyn Error>> {
        let request = self.request(method, path, body);
        let mut line = match self.line.take() {
            Some(line) => line,
            None => self.connect()?,
        };
        // The server may have been started anew since.
        if line.get_mut().write_all(request.as_bytes()).is_err()
            || line.fill_buf().is_ok_and(<[u8]>::is_empty)
        {
            line = self.connect()?;
            line.get_mut().write_all(request.as_bytes())?;
        }
        let (mut status, mut length) = (0_u16, 0_usize);
        for number in 0.. {
            let mut text = String::new();
            line.read_line(&mut text)?;
            let text = text.trim_end();
            if number == 0 {
                status = text.split(' ').nth(1).unwrap_or_default().parse()?;
            } else if text.is_empty() {
                break;
            } else if let Some((name, value)) = text.split_once(": ") {
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.parse()?,
                    "set-cookie" => self.cookie = value.split(';').next().map(str::to_owned),
                    _ => {}
                }
            }
        }
        let mut answer = vec![0; length];
        line.read_exact(&mut answer)?;
        self.line = Some(line);
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        Err(format!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&answer)).into())
    }

    fn connect(&self) -> Result<BufReader<TcpStream>, Box<dyn Error>> {
        let line = TcpStream::connect(("127.0.0.1", self.port))?;
        line.set_nodelay(true)?;
        line.set_read_timeout(Some(Duration::from_secs(600)))?;
        Ok(BufReader::new(line))
    }

    fn request(&self, method: &str, path: &str, body: Option<&str>) -> String {
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let body = body.unwrap_or_default();
        format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-CM: 1\r\nContent-Type: application/json\r\n\
             {cookie}Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )
    }
}
