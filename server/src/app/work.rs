//! `carbonio-migrate worker`: a node without a panel.

use std::{io::Write as _, process::ExitCode};

use shared::node::NodeKind;
use tokio::sync::watch;

use super::{StartError, place, signals};
use crate::{
    clock::Clock,
    config::{Config, NodeFlags, SettingFlags},
    disk::Disk,
    log,
    metrics::{self, Metrics},
    node::Node,
    notify::Notifier,
    queue::Queue,
    runner::Running,
    schedule::Schedule,
    store::Store,
};

/// `carbonio-migrate worker`, from its flags to its exit code.
pub(crate) async fn work(flags: NodeFlags) -> ExitCode {
    let outcome = async {
        let config = Config::load(&SettingFlags { node: flags, ..SettingFlags::default() })?;
        if !config.shares_database() {
            return Err(StartError::NotShared);
        }
        place::prepare(&config.data_dir)?;
        let _lock = place::lock(&config.data_dir)?;
        let guard = log::start(&config)?;
        let store = place::join_store(&config).await?;
        run(&config, store).await?;
        drop(guard);
        Ok(())
    };
    match outcome.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    }
}

/// Moves mailboxes until a signal asks it to stop; then lets go of what it moves and returns.
async fn run(config: &Config, store: Store) -> Result<(), StartError> {
    let signals = signals()?;
    let (stop, stopped) = watch::channel(false);
    let running = Running::new(Disk::of(&config.data_dir));
    let workers = config.workers.get();
    let text =
        format!("carbonio-migrate {} moves up to {workers} mailboxes at once\n", env!("CARGO_PKG_VERSION"));
    // Nobody may be there to read it.
    let _ = std::io::stdout().write_all(text.as_bytes());
    tracing::info!(version = env!("CARGO_PKG_VERSION"), workers, "this node takes mailboxes");

    if let Some(address) = config.metrics_listen {
        let listener = metrics::listen(address).await.map_err(|error| StartError::Listen {
            address,
            detail: format!("{error}. Choose another address with metrics_listen."),
        })?;
        let metrics = Metrics { store: store.clone(), guests: running.guests.clone() };
        tokio::spawn(metrics.run(listener, stopped.clone()));
    }
    // What cannot start is not listed as one that works.
    let node = Node::enlist(store.clone(), config, NodeKind::Worker, running.disk.clone()).await?;
    let notifier = Notifier {
        store: store.clone(),
        guests: running.guests.clone(),
        data_dir: config.data_dir.clone(),
        own: config.listen,
    };
    let notifier = tokio::spawn(notifier.run(stopped.clone()));
    let node = tokio::spawn(node.run(stopped.clone()));
    let schedule = tokio::spawn(Schedule::new(store.clone(), Clock::system()).run(stopped.clone()));
    let queue = tokio::spawn(Queue::new(store.clone(), running, config.workers).run(stopped));
    signals.await;
    tracing::info!("stopping: running passes finish the window in flight and go on elsewhere");
    stop.send_replace(true);
    for (part, task) in [("queue", queue), ("schedule", schedule), ("list of nodes", node)] {
        if let Err(error) = task.await {
            tracing::error!(%error, part, "a part did not end well");
        }
    }
    // What it is sending is sent again when it was not settled.
    notifier.abort();
    place::leave_store(&store).await;
    tracing::info!("stopped");
    Ok(())
}
