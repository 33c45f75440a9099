//! Sandboxes: executes a drawing against the real Redis and Postgres, and records what happened.
//!
//! # Layout
//!
//! - `cache_aside.rs`: **the pattern itself.** Begin there.
//! - What it calls: `hop.rs` (each call of a store is a hop, recorded at its start and end), `redis_node.rs` and
//!   `postgres_node.rs` (the exact command, measured, with its receipt), `quote.rs` (commands as people write them).
//! - What stands between a server and a store: `conditions.rs` (injected delays, cut links, stores that are off),
//!   `holds.rs` (packets that wait for a person), `breakers.rs` (circuit breakers), `flights.rs` (single-flight).
//! - `data_sets.rs`: the rows that all sandboxes share, under a Postgres node's own.
//! - `observer.rs`: which hits and which keys are stale, found out beside the requests and not in them.
//! - `run.rs`: one press of Play; every client beside the others.
//! - `recorder.rs`: numbers the events of a sandbox, folds them, and hands them to any number of readers; what
//!   these get is in `feed.rs`.
//! - `lib.rs`: [`Engine`], the handle. `sandbox.rs`: [`Sandbox`], one visitor's. `inspect.rs`: what a person does in an
//!   inspector, by way of `redis_data.rs` and `postgres_data.rs`. `lesson.rs`: what lessons do with a sandbox.
//!   `storage.rs`: the sandboxes in Postgres. `sweep.rs`: their end.
//! - Beside the sandboxes: `progress.rs` (progress in the lessons, from one device to another), `feedback.rs` (what
//!   visitors think of the lessons), `quotas.rs` (how often these may be tried), `counts.rs` (what the stores themselves
//!   count, beside the receipts).
//! - `connections.rs`: connections, timeouts, and what it means that a store does not answer. `config.rs`, `error.rs`,
//!   `ids.rs`.
//!
//! *Invariant*: events are written where the exchange happens, under one lock that numbers them. Nothing else makes events.
//!
//! *Invariant*: every command and statement names the sandbox. Nobody gets a [`Sandbox`] but by its session.
//!
//! *Invariant*: GET, SET and DEL, and the statements of `postgres_node.rs`, are sent by runs alone; everything else uses other
//! commands. So what the stores count can be held against the receipts (`counts.rs`).

mod breakers;
mod cache_aside;
mod conditions;
mod config;
mod connections;
mod counts;
mod data_sets;
mod error;
mod evidence;
mod feed;
mod feedback;
mod fetches;
mod flights;
mod flow;
mod holds;
mod hop;
mod ids;
mod inspect;
mod journey;
mod lesson;
mod live;
mod observer;
mod postgres_data;
mod postgres_node;
mod progress;
mod quotas;
mod quote;
mod rate;
mod recorder;
mod redis_data;
mod redis_node;
mod room;
mod run;
mod sandbox;
mod storage;
mod sweep;
mod traffic;

pub use config::{Config, Share};
pub use error::{EngineError, ErrorKind};
pub use feed::{BadCursor, Cursor, Feed, FeedItem};
pub use feedback::{Opinion, opinions};
pub use ids::{BadId, SandboxId, SessionId};
pub use live::{Busy, Entered, Served, Service, Step};
pub use progress::{BadCode, SyncCode};
pub use run::Which;
pub use sandbox::Sandbox;

use aside_domain::{Place, Saved, Scenario};
use connections::{Connections, patiently};
use counts::Watch;
use ids::LiveAddress;
use quotas::Quotas;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the first PING may take.
const FIRST_PING: Duration = Duration::from_secs(1);

/// All sandboxes of this process; cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Shared>);

struct Shared {
    stores: Connections,
    sandboxes: Mutex<HashMap<SandboxId, Sandbox>>,
    quotas: Quotas,
    watch: Watch,
    /// The sandboxes whose live services were asked for, by address.
    addresses: Mutex<HashMap<LiveAddress, Sandbox>>,
}

/// Whether the stores answer, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Redis. Without it everything is read from Postgres.
    pub redis: Result<(), String>,
    /// Postgres. Without it only cached keys can be read.
    pub postgres: Result<(), String>,
}

impl Readiness {
    /// Whether both answer.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.redis.is_ok() && self.postgres.is_ok()
    }
}

impl Engine {
    /// Connects to both stores, and brings the database's tables up to date.
    ///
    /// # Errors
    /// If a URL cannot be used, or the database does not answer or cannot be prepared.
    pub async fn connect(config: Config) -> Result<Self, EngineError> {
        let stores = Connections::new(&config)?;
        patiently(async { Ok(stores.postgres.acquire().await.map(drop)?) }).await?;
        let migrations = sqlx::migrate!("./migrations").run(&stores.postgres).await;
        migrations.map_err(|error| EngineError::Setup(format!("The database could not be prepared: {error}.")))?;
        // The connection that runs use is opened now, so that no learner's first command waits for it. A Redis that is not
        // there yet is no error: it is connected to when it is.
        let _ = stores.redis.ask::<()>(&redis::cmd("PING"), FIRST_PING).await;
        let shared = Shared {
            stores,
            sandboxes: Mutex::default(),
            quotas: Quotas::default(),
            watch: Watch::default(),
            addresses: Mutex::default(),
        };
        let engine = Self(Arc::new(shared));
        engine.begin_counting().await;
        Ok(engine)
    }

    /// Asks both stores whether they answer.
    pub async fn ready(&self) -> Readiness {
        let ping = redis::cmd("PING");
        let select = patiently(async { Ok(sqlx::query("SELECT 1").execute(&self.stores().postgres).await?) });
        let (redis, postgres) = tokio::join!(self.stores().redis.ask_patiently::<()>(&ping), select);
        Readiness {
            redis: redis.map_err(|error| error.to_string()),
            postgres: postgres.map(drop).map_err(|error| error.to_string()),
        }
    }

    /// What the visitor has at that place, if anything. Reads only: a passer-by leaves nothing behind.
    ///
    /// # Errors
    /// If Postgres does not answer.
    pub async fn find(&self, session: &SessionId, place: &Place) -> Result<Option<Saved>, EngineError> {
        let found = storage::find(&self.stores().postgres, session, place).await?;
        Ok(found.map(|(_, saved)| saved))
    }

    /// The visitor's sandbox at that place; where there is none, a new one with the scenario `start`, its stores seeded.
    ///
    /// # Errors
    /// If Postgres does not answer. Redis may be down: then the new sandbox begins with an empty cache.
    pub async fn open(&self, session: &SessionId, place: &Place, start: &Scenario) -> Result<Sandbox, EngineError> {
        let Connections { redis, postgres, .. } = self.stores();
        if let Some((id, saved)) = storage::find(postgres, session, place).await? {
            return Ok(self.keep(id, session, saved).await);
        }
        // The data is complete before anybody can find the sandbox. Of two who open the same place at once, one creates
        // it, and the other takes away what it prepared.
        let id = SandboxId::fresh();
        if let Err(error) = redis.seed(&id, start).await {
            tracing::warn!(sandbox = %id, %error, "begins with empty caches");
        }
        let created = storage::create(postgres, &id, session, place, start).await;
        if matches!(created, Ok(true)) {
            let saved = Saved { scenario: start.clone(), version: 1 };
            return Ok(self.keep(id, session, saved).await);
        }
        if let Err(error) = redis.clear(&id).await {
            tracing::warn!(sandbox = %id, %error, "its keys stay behind until they expire");
        }
        created?;
        let found = storage::find(postgres, session, place).await?;
        let (id, saved) = found.ok_or(EngineError::NoSuchSandbox)?; // swept in between: a day later
        Ok(self.keep(id, session, saved).await)
    }

    /// The visitor's sandbox of that id.
    ///
    /// # Errors
    /// [`EngineError::NoSuchSandbox`] if there is none, or it is another visitor's.
    pub async fn sandbox(&self, session: &SessionId, id: &str) -> Result<Sandbox, EngineError> {
        let id: SandboxId = id.parse().map_err(|_| EngineError::NoSuchSandbox)?;
        let known = self.sandboxes().get(&id).cloned();
        if let Some(sandbox) = known {
            let theirs = sandbox.0.session == *session;
            return if theirs { Ok(sandbox) } else { Err(EngineError::NoSuchSandbox) };
        }
        let saved = storage::load(&self.stores().postgres, &id, session).await?;
        Ok(self.remember(id, session, saved))
    }

    async fn keep(&self, id: SandboxId, session: &SessionId, saved: Saved) -> Sandbox {
        let sandbox = self.remember(id, session, saved);
        sandbox.prepare_soon();
        sandbox.touch().await;
        sandbox
    }

    /// The sandbox in memory: there is one of each id, because it has the log.
    fn remember(&self, id: SandboxId, session: &SessionId, saved: Saved) -> Sandbox {
        let new = || Sandbox::new(id.clone(), session.clone(), self.stores().clone(), saved);
        self.sandboxes().entry(id.clone()).or_insert_with(new).clone()
    }

    fn forget(&self, id: &SandboxId) {
        let sandbox = self.sandboxes().remove(id);
        if let Some(sandbox) = sandbox {
            sandbox.0.recorder.close();
            sandbox.0.live.close();
            self.addresses().retain(|_, of| of.id() != id);
            sandbox.0.live.close();
            self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, of| of.id() != id);
        }
    }

    fn known(&self) -> Vec<SandboxId> {
        self.sandboxes().keys().cloned().collect()
    }

    fn sandboxes(&self) -> MutexGuard<'_, HashMap<SandboxId, Sandbox>> {
        self.0.sandboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<LiveAddress, Sandbox>> {
        self.0.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stores(&self) -> &Connections {
        &self.0.stores
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engine")
    }
}
