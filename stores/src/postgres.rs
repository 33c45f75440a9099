//! Postgres: a cluster of its own, made on the first start, durable, on a unix socket and no TCP port.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::time::timeout;

use crate::child::Recipe;
use crate::error::StoresError;
use crate::places::Places;
use crate::recover::{clear_pid_file, remove};
use crate::url::{encode_path, masked, without_secrets};
use crate::watch::Service;
use crate::{ATTACH_TIMEOUT, find};

/// For one look at a private server, which may have to make the database.
const LOOK: Duration = Duration::from_secs(10);
/// The error code of "database does not exist".
const INVALID_CATALOG_NAME: &str = "3D000";

/// Modest, for one person's sandboxes; durability (`fsync`, `synchronous_commit`) stays at its default, on.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "max_connections=60",
    "shared_buffers=32MB",
    "maintenance_work_mem=16MB",
    "max_wal_size=256MB",
    // No replicas: less to write, fewer processes.
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum_max_workers=1",
];

/// The private Postgres of one data directory.
pub(crate) struct Postgres {
    recipe: Recipe,
    places: Places,
    url: String,
}

impl Postgres {
    /// Finds the binaries and, the first time, makes the cluster. Call it with the lock held.
    pub(crate) async fn new(places: &Places) -> Result<Self, StoresError> {
        let cluster = places.cluster();
        let binaries = choose(&find::postgres_directories()?, &cluster).await?;
        if !cluster.exists() {
            initdb(&binaries, places).await?;
        }

        let mut args: Vec<OsString> = vec!["-D".into(), cluster.into(), "-p".into(), "5432".into()];
        let mut sockets = OsString::from("unix_socket_directories=");
        sockets.push(places.run_dir());
        // 0700, like its directory: initdb's `--auth=trust` lets whoever reaches the socket in, so none may reach it.
        args.extend(["-c".into(), sockets, "-c".into(), "unix_socket_permissions=0700".into()]);
        for setting in SETTINGS {
            args.extend(["-c".into(), setting.into()]);
        }
        if find::has_pg_stat_statements(&binaries).await {
            args.extend(["-c".into(), "shared_preload_libraries=pg_stat_statements".into()]);
        }
        let recipe = Recipe { args, ..recipe(places, binaries.join("postgres")) };
        Ok(Self { recipe, places: places.clone(), url: url(places.run_dir()) })
    }
}

impl Service for Postgres {
    fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    fn tidy(&self) {
        clear_pid_file(&self.places.cluster());
        let socket = self.places.postgres_socket();
        let mut lock = socket.clone().into_os_string();
        lock.push(".lock");
        remove(&socket);
        remove(Path::new(&lock));
    }

    async fn answers(&self) -> Result<(), String> {
        match timeout(LOOK, open_or_create(&self.url)).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

/// The URL of the database `aside` on the socket in this directory. The port (part of the socket's name) is spelled out
/// lest `PGPORT` in someone's environment change it.
pub(crate) fn url(run_dir: &Path) -> String {
    format!("postgres://aside@localhost:5432/aside?host={}", encode_path(run_dir))
}

/// Makes sure that the Postgres behind a URL answers.
pub(crate) async fn check(url: &str) -> Result<(), StoresError> {
    let reason = match timeout(ATTACH_TIMEOUT, connect(url)).await {
        Ok(Ok(connection)) => {
            // It answered, which is all that was asked.
            let _ = connection.close().await;
            return Ok(());
        }
        Ok(Err(error)) => without_secrets(&error.to_string(), url),
        Err(_) => format!("no answer within {ATTACH_TIMEOUT:?}"),
    };
    Err(StoresError::Unreachable { store: "PostgreSQL", url: masked(url), reason, variable: "DATABASE_URL" })
}

/// Asks a server for its name and version.
pub(crate) async fn introduction(url: &str) -> sqlx::Result<(String, String)> {
    let mut connection = connect(url).await?;
    let text: String = sqlx::query_scalar("SELECT version()").fetch_one(&mut connection).await?;
    // The next step drops the connection anyway.
    let _ = connection.close().await;
    // "PostgreSQL 15.18 (Debian …) on x86_64-pc-linux-gnu, …"; relatives of Postgres give their own name.
    let mut words = text.split_whitespace().map(str::to_owned);
    Ok((words.next().unwrap_or_default(), words.next().unwrap_or_default()))
}

async fn connect(url: &str) -> sqlx::Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    options.disable_statement_logging().connect().await
}

async fn open_or_create(url: &str) -> sqlx::Result<()> {
    match connect(url).await {
        Ok(connection) => connection.close().await,
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(INVALID_CATALOG_NAME) => {
            let options: PgConnectOptions = url.parse()?;
            let mut connection = options.database("postgres").connect().await?;
            sqlx::query("CREATE DATABASE aside").execute(&mut connection).await?;
            connection.close().await
        }
        Err(error) => Err(error),
    }
}

/// The best binaries that can read the rows that are there already.
async fn choose(directories: &[PathBuf], cluster: &Path) -> Result<PathBuf, StoresError> {
    let Ok(wanted) = fs::read_to_string(cluster.join("PG_VERSION")) else {
        // None yet: the first will do. (`find` does not return an empty list.)
        return Ok(directories.first().cloned().unwrap_or_default());
    };
    let wanted = wanted.trim();
    let mut found = Vec::new();
    for directory in directories {
        match find::postgres_major(directory).await {
            Some(major) if major == wanted => return Ok(directory.clone()),
            major => found.extend(major),
        }
    }
    found.dedup();
    let found = if found.is_empty() { "none that can be run".to_owned() } else { found.join(" and ") };
    Err(StoresError::OtherVersion { path: cluster.to_owned(), wanted: wanted.to_owned(), found })
}

/// Makes the cluster under another name first: one that was interrupted is never mistaken for a whole one.
async fn initdb(binaries: &Path, places: &Places) -> Result<(), StoresError> {
    let cluster = places.cluster();
    let directory = places.postgres_dir();
    for entry in fs::read_dir(&directory).map_err(StoresError::directory(&directory))?.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with("data.new-")) {
            fs::remove_dir_all(entry.path()).map_err(StoresError::directory(entry.path()))?;
        }
    }
    let unfinished = directory.join(format!("data.new-{}", std::process::id()));
    let mut args: Vec<OsString> = vec!["-D".into(), unfinished.clone().into()];
    args.extend(["--no-sync", "--no-locale", "--encoding=UTF8", "--username=aside"].map(OsString::from));
    // No password for anyone who reaches the socket; safe only because its directory is closed (mode 0700).
    args.push("--auth=trust".into());

    let recipe = Recipe { args, ..recipe(places, binaries.join("initdb")) };
    let mut running = recipe.launch().await?;
    let status = running.store.wait().await;
    running.dismiss_guardian().await;
    if !status.is_ok_and(|status| status.success()) {
        return Err(recipe.did_not_come_up());
    }
    fs::rename(&unfinished, &cluster).map_err(StoresError::directory(&cluster))
}

fn recipe(places: &Places, program: PathBuf) -> Recipe {
    let directory = places.postgres_dir();
    Recipe {
        store: "PostgreSQL",
        program,
        args: Vec::new(),
        log: directory.join("postgres.log"),
        directory,
        account: places.account,
        // "Fast": ends the sessions, writes a checkpoint.
        stop: Signal::SIGINT,
        // "Immediate": replays its log on the next start.
        orphaned: "QUIT",
    }
}
