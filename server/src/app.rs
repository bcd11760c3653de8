//! The server as a whole: the only place where its parts meet.

mod demo;
mod parts;
mod place;
mod setup;
mod start;
mod work;

use std::{
    fs::File,
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use actix_web::{App as Site, HttpServer, dev::Server, middleware::from_fn, web::Data};
use shared::node::NodeKind;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::watch,
};

pub(crate) use parts::Parts;
pub(crate) use place::{database_url, open_store, prepare as prepare_data_dir};
pub(crate) use start::StartError;
pub(crate) use work::work;

use crate::{
    clock::Clock,
    config::{Config, ServeFlags},
    disk::Disk,
    http, log,
    metrics::{self, Metrics},
    node::Node,
    notify::Notifier,
    queue::Queue,
    runner::Running,
    schedule::Schedule,
};

/// How long open requests may take when the server stops, after the passes have paused.
const LAST_REQUESTS_SECONDS: u64 = 1;
/// A client that has not sent its request's head by then is let go.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Connections at once, so that a flood cannot take every file handle.
const CONNECTIONS_MAX: usize = 1024;
/// Threads that answer requests: the work is done elsewhere.
const THREADS: usize = 2;
/// Between two rounds of tidying up.
const TIDY: Duration = Duration::from_secs(60);

/// `carbonio-migrate serve`, from its flags to its exit code.
pub(crate) async fn serve(flags: ServeFlags) -> ExitCode {
    let outcome = async {
        let config = Config::load(&flags.settings)?;
        place::prepare(&config.data_dir)?;
        // Before the log: a second server must not write into the first one's.
        let lock = place::lock(&config.data_dir)?;
        let guard = log::start(&config)?;
        let app = App::build(&config, flags.demo_project.as_deref(), lock).await?;
        app.announce();
        app.run().await?;
        drop(guard);
        Ok::<_, StartError>(())
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    }
}

/// A server that listens and is ready to run.
struct App {
    server: Server,
    parts: Data<Parts>,
    queue: Queue,
    node: Node,
    /// Where numbers are told.
    metrics: Option<TcpListener>,
    data_dir: PathBuf,
    stop: watch::Sender<bool>,
    url: String,
    /// The link that makes the first owner, while there is none.
    setup_link: Option<String>,
    /// Held so that no second server works on the same data.
    _lock: File,
}

impl App {
    /// Puts the parts together and listens. `demo` is a file with a project to make.
    async fn build(config: &Config, demo: Option<&Path>, lock: File) -> Result<Self, StartError> {
        let store = open_store(config, true).await?;
        if let Some(file) = demo {
            demo::make(&store, file).await?;
        }
        let (stop, closing) = watch::channel(false);
        let (disk, clock) = (Disk::of(&config.data_dir), Clock::system());
        let running = Running::new(disk.clone());
        let queue = Queue::new(store.clone(), running.clone(), config.workers);
        let nodes = store.clone();
        let parts = Data::new(Parts::new(config, store, running, clock, closing)?);
        let listener = start::listen(config.listen)?;
        let address = listener.local_addr().map_err(|error| StartError::Serve(error.to_string()))?;
        let metrics = match config.metrics_listen {
            Some(address) => Some(metrics::listen(address).await.map_err(|error| StartError::Listen {
                address,
                detail: format!("{error}. Choose another address with metrics_listen."),
            })?),
            None => None,
        };
        let (site_parts, web_root) = (parts.clone(), config.web_root.clone());
        let server = HttpServer::new(move || {
            Site::new()
                .app_data(site_parts.clone())
                .configure(|services| http::configure(services, web_root.as_deref()))
                .wrap(from_fn(http::guard))
                .wrap(from_fn(http::headers))
        })
        .workers(THREADS)
        .max_connections(CONNECTIONS_MAX / THREADS)
        .client_request_timeout(HEAD_PATIENCE)
        .shutdown_timeout(LAST_REQUESTS_SECONDS)
        .disable_signals()
        .listen(listener)
        .map_err(|error| StartError::Serve(error.to_string()))?
        .run();
        let url = url(config, address);
        let setup_link = setup::offer(&parts, &url).await?;
        let data_dir = config.data_dir.clone();
        // Last: what cannot start is not listed as one that works.
        let node = Node::enlist(nodes, config, NodeKind::Serve, disk).await?;
        Ok(Self { server, parts, queue, node, metrics, data_dir, stop, url, setup_link, _lock: lock })
    }

    /// Tells whoever started the server where it is and how to begin.
    fn announce(&self) {
        let mut text = format!("carbonio-migrate {} listens on {}\n", env!("CARGO_PKG_VERSION"), self.url);
        if let Some(link) = &self.setup_link {
            text.push_str(&format!("Make the first owner within {} minutes: {link}\n", setup::MINUTES));
        }
        // Nobody may be there to read it; the token stands in its file too.
        let _ = std::io::stdout().write_all(text.as_bytes());
        tracing::info!(version = env!("CARGO_PKG_VERSION"), url = %self.url, "listening");
    }

    /// Serves until a signal asks it to stop; then pauses what runs and returns.
    async fn run(self) -> Result<(), StartError> {
        let Self { server, parts, queue, node, metrics, data_dir, stop, .. } = self;
        let signals = signals()?;
        let queue = tokio::spawn(queue.run(stop.subscribe()));
        let node = tokio::spawn(node.run(stop.subscribe()));
        let schedule = Schedule::new(parts.store.clone(), parts.clock.clone());
        let schedule = tokio::spawn(schedule.run(stop.subscribe()));
        let tidy = tokio::spawn(tidy(parts.clone()));
        let notifier = Notifier {
            store: parts.store.clone(),
            guests: parts.live.running.guests.clone(),
            data_dir,
            own: parts.own,
        };
        let notifier = tokio::spawn(notifier.run(stop.subscribe()));
        if let Some(listener) = metrics {
            let metrics = Metrics { store: parts.store.clone(), guests: parts.live.running.guests.clone() };
            tokio::spawn(metrics.run(listener, stop.subscribe()));
        }
        let handle = server.handle();
        let mut server = std::pin::pin!(server);
        tokio::select! {
            ended = &mut server => {
                let detail = ended.err().map_or_else(|| "it ended by itself".to_owned(), |error| error.to_string());
                return Err(StartError::Serve(detail));
            }
            () = signals => tracing::info!("stopping: running passes finish the window in flight"),
        }
        // From here on live streams end, no job is claimed and every running pass pauses.
        stop.send_replace(true);
        let last = async {
            if let Err(error) = queue.await {
                tracing::error!(%error, "the queue did not end well");
            }
            if let Err(error) = schedule.await {
                tracing::error!(%error, "the schedule did not end well");
            }
            if let Err(error) = node.await {
                tracing::error!(%error, "the list of nodes did not end well");
            }
            // What it is sending is sent again when it was not settled.
            notifier.abort();
            handle.stop(true).await;
        };
        let (_, ended) = tokio::join!(last, server);
        tidy.abort();
        place::leave_store(&parts.store).await;
        tracing::info!("stopped");
        ended.map_err(|error| StartError::Serve(error.to_string()))
    }
}

/// Ends at the first signal to stop; a second one, which finds nobody waiting, ends the process at once.
fn signals() -> Result<impl Future<Output = ()>, StartError> {
    let listen = |kind| signal(kind).map_err(|error| StartError::Serve(error.to_string()));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
        tokio::spawn(async move {
            tokio::select! { _ = interrupt.recv() => {} _ = terminate.recv() => {} }
            eprintln!("Stopped at once. What was in flight is checked and settled at the next start.");
            std::process::exit(1);
        });
    })
}

/// Forgets what nobody needs any more.
async fn tidy(parts: Data<Parts>) {
    let mut round = tokio::time::interval(TIDY);
    loop {
        round.tick().await;
        parts.limits.forget_idle();
        parts.checks.forget_old();
        parts.asks.forget_old();
        if let Err(error) = parts.store.sweep_sessions(parts.clock.now()).await {
            tracing::warn!(%error, "removing ended sessions failed");
        }
        if let Err(error) = parts.store.sweep_tokens(parts.clock.now()).await {
            tracing::warn!(%error, "removing expired tokens failed");
        }
    }
}

/// The address admins type.
fn url(config: &Config, address: SocketAddr) -> String {
    config.public_url.as_ref().map_or_else(|| format!("http://{address}"), ToString::to_string)
}
