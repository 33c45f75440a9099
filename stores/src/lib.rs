//! The real Redis and Postgres behind Aside: found, started, watched, stopped, or attached by URL.
//!
//! By default both are private: child processes on unix sockets below the data directory, on no TCP port, never touching
//! a server that is already on the machine. They end with Aside, however it ends.
//!
//! # Layout
//!
//! * `lib.rs`: [`Settings`] and [`Stores`], the handle.
//! * `places.rs`: where data, logs and sockets lie; derived from the data directory alone.
//! * `account.rs`: whom the stores run as (never root).
//! * `find.rs`: the binaries.
//! * `recover.rs`: the lock on the data directory, and what a crash left there.
//! * `child.rs`: one store as a process, under a guardian that outlives Aside by a moment.
//! * `watch.rs`: waiting until a store answers, and starting it again when it dies.
//! * `redis.rs`, `postgres.rs`: what is particular to each.
//! * `report.rs`: what runs, for people; also from another process.
//! * `url.rs`: building URLs, masking passwords.
//! * `error.rs`: [`StoresError`].
//!
//! *Invariant*: a store's process exists only while a guardian knows its id or its gate is closed (see `child.rs`), so
//! that SIGKILL of Aside leaves no stray process.
//!
//! *Invariant*: nothing below the data directory is written or removed without the lock.

mod account;
mod child;
mod error;
mod find;
mod places;
mod postgres;
mod recover;
mod redis;
mod report;
mod url;
mod watch;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use error::StoresError;
pub use report::{Ownership, ReportText, StoreReport, report};

use places::Places;
use recover::Lock;
use watch::Watched;

/// How long a store that is attached by URL may take to answer.
const ATTACH_TIMEOUT: Duration = Duration::from_secs(3);

/// Where the stores are to be.
#[derive(Clone, Default)]
pub struct Settings {
    /// The directory of the private stores; created if missing.
    pub data_dir: PathBuf,
    /// Attaches this Redis instead of a private one.
    pub redis_url: Option<String>,
    /// Attaches this Postgres instead of a private one; its database must exist.
    pub database_url: Option<String>,
}

/// The two stores, up and answering. Call [`Stores::stop`] before the program ends; if that never happens, they are ended
/// all the same, only less gently.
#[derive(Debug)]
pub struct Stores {
    redis: Store,
    postgres: Store,
    settings: Settings,
    /// `None` when both are attached.
    places: Option<Places>,
}

struct Store {
    url: String,
    /// `None` when attached.
    private: Option<Watched>,
}

/// The process ids of the private stores; `None` for one that is attached, or down at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pids {
    /// Of `redis-server`.
    pub redis: Option<u32>,
    /// Of the postmaster.
    pub postgres: Option<u32>,
}

impl Stores {
    /// Starts or attaches both stores, and returns when both answer. Must be called inside a tokio runtime, which then
    /// also watches them.
    ///
    /// A data directory whose stores are both attached is not locked: several Asides may share it.
    ///
    /// # Errors
    ///
    /// Any [`StoresError`]; then nothing is left running.
    pub async fn start(settings: &Settings) -> Result<Self, StoresError> {
        let settings = settings.clone();
        fs::create_dir_all(&settings.data_dir).map_err(StoresError::directory(&settings.data_dir))?;
        let mut places = None;
        let mut lock = None;
        if settings.redis_url.is_none() || settings.database_url.is_none() {
            let here = Places::of(&settings.data_dir)?;
            lock = Some(Arc::new(Lock::take(&here).await?));
            here.prepare()?;
            recover::end_orphans(&here).await;
            places = Some(here);
        }
        let private = places.as_ref().zip(lock.as_ref());
        let (redis, postgres) = tokio::join!(start_redis(&settings, private), start_postgres(&settings, private));
        match (redis, postgres) {
            (Ok(redis), Ok(postgres)) => Ok(Self { redis, postgres, settings, places }),
            (Err(error), other) | (other, Err(error)) => {
                // The one that came up must not stay behind.
                if let Ok(store) = other {
                    store.stop().await;
                }
                Err(error)
            }
        }
    }

    /// The URL of Redis, for the `redis` crate. Not for showing: it may hold a password.
    pub fn redis_url(&self) -> &str {
        &self.redis.url
    }

    /// The URL of the database, for sqlx. Not for showing: it may hold a password.
    pub fn database_url(&self) -> &str {
        &self.postgres.url
    }

    /// Whether Redis is private, not attached.
    pub fn redis_is_private(&self) -> bool {
        self.redis.private.is_some()
    }

    /// Whether Postgres is private, not attached.
    pub fn postgres_is_private(&self) -> bool {
        self.postgres.private.is_some()
    }

    /// The process ids of the private stores.
    pub fn pids(&self) -> Pids {
        let pid = |store: &Store| store.private.as_ref().and_then(Watched::pid);
        Pids { redis: pid(&self.redis), postgres: pid(&self.postgres) }
    }

    /// What runs, for people. A store that is down at this moment is reported as such.
    pub async fn report(&self) -> Vec<StoreReport> {
        report::report_on(&self.settings, self.places.as_ref()).await
    }

    /// Ends the private stores in order, within about four seconds, and leaves no process and no socket behind. Attached
    /// ones are left alone. Calling it again does nothing.
    pub async fn stop(&self) {
        tokio::join!(self.redis.stop(), self.postgres.stop());
    }
}

impl Store {
    async fn stop(&self) {
        if let Some(watched) = &self.private {
            watched.stop().await;
        }
    }
}

// Not derived: URLs hold passwords.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("data_dir", &self.data_dir)
            .field("redis_url", &self.redis_url.as_deref().map(url::masked))
            .field("database_url", &self.database_url.as_deref().map(url::masked))
            .finish()
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("url", &url::masked(&self.url)).field("private", &self.private).finish()
    }
}

type Private<'a> = Option<(&'a Places, &'a Arc<Lock>)>;

async fn start_redis(settings: &Settings, private: Private<'_>) -> Result<Store, StoresError> {
    match (&settings.redis_url, private) {
        (None, Some((places, lock))) => {
            let service = redis::Redis::new(places)?;
            let watched = Watched::start(service, Arc::clone(lock)).await?;
            Ok(Store { url: redis::url(&places.redis_socket()), private: Some(watched) })
        }
        (url, _) => {
            let url = url.clone().unwrap_or_default();
            redis::check(&url).await?;
            Ok(Store { url, private: None })
        }
    }
}

async fn start_postgres(settings: &Settings, private: Private<'_>) -> Result<Store, StoresError> {
    match (&settings.database_url, private) {
        (None, Some((places, lock))) => {
            let service = postgres::Postgres::new(places).await?;
            let watched = Watched::start(service, Arc::clone(lock)).await?;
            Ok(Store { url: postgres::url(places.run_dir()), private: Some(watched) })
        }
        (url, _) => {
            let url = url.clone().unwrap_or_default();
            postgres::check(&url).await?;
            Ok(Store { url, private: None })
        }
    }
}
