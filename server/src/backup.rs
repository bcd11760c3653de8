//! `carbonio-migrate backup`: a copy of the database, made beside a running server.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use crate::{
    app::{StartError, database_url},
    config::{Config, NodeFlags, SettingFlags, StoreFlags},
    store,
};

/// What is copied, and where to.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to make; it must not be there yet
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    store: StoreFlags,
}

/// Copies, and says how it went.
pub(crate) async fn run(args: BackupArgs) -> ExitCode {
    let BackupArgs { to, store } = args;
    let outcome = async {
        let node = NodeFlags { store, ..NodeFlags::default() };
        let config = Config::load(&SettingFlags { node, ..SettingFlags::default() })?;
        Ok::<_, StartError>(store::backup(&database_url(&config), &to).await?)
    };
    match outcome.await {
        Ok(bytes) => {
            println!(
                "{} holds the database as it was a moment ago ({bytes} bytes). Passwords in it open with the key file \
                 alone: keep a copy of that, too, in another place.",
                to.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            error.exit_code()
        }
    }
}
