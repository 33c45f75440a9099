//! The connections to both stores, and what it means that one does not answer.

use crate::config::{Config, Share};
use crate::counts::Sent;
use crate::data_sets::DataSets;
use crate::error::EngineError;
use aside_domain::Outcome;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Cmd, FromRedisValue, Pipeline, RedisError};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Error as SqlError, Postgres, Transaction};
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long whatever is not a run waits for a store: inspectors, seeds, sweeps.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// How long an inspector waits for one answer of Redis.
const REDIS_PATIENCE: Duration = Duration::from_secs(1);
/// Connections to Postgres. A run of many clients waits for a free one rather than starve everyone else.
const POOL: u32 = 16;

/// Both stores; cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    pub(crate) redis: Redis,
    pub(crate) postgres: PgPool,
    /// How long a run waits for Postgres, a free connection included.
    pub(crate) postgres_timeout: Duration,
    /// How long a link may hold a packet.
    pub(crate) longest_hold: Duration,
    /// What one sandbox's live service may take.
    pub(crate) share: Share,
    /// What runs have sent to them.
    pub(crate) sent: Arc<Sent>,
    /// Which data sets the database has.
    pub(crate) data_sets: Arc<DataSets>,
}

/// Why a store gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// [`Outcome::Refused`] or [`Outcome::TimedOut`].
    pub(crate) outcome: Outcome,
    /// A sentence. It holds no key and no value.
    pub(crate) reason: String,
}

/// Redis, twice: impatient for runs, because a read must go on without the cache, and patient for everything else.
#[derive(Clone)]
pub(crate) struct Redis {
    quick: ConnectionManager,
    /// A run waits at least this long, whatever a server's setting says.
    least_patience: Duration,
    patient: ConnectionManager,
}

impl Connections {
    /// Opens nothing yet: the first use does.
    pub(crate) fn new(config: &Config) -> Result<Self, EngineError> {
        let options: PgConnectOptions = config
            .database_url
            .parse()
            .map_err(|_| EngineError::Setup("DATABASE_URL is not a URL of a Postgres database.".to_owned()))?;
        let options = options
            .application_name("aside")
            .options([
                ("statement_timeout", "2000"),
                ("lock_timeout", "2000"),
                ("idle_in_transaction_session_timeout", "10000"),
                // To compile a statement takes longer than any of these does.
                ("jit", "off"),
            ])
            .disable_statement_logging();
        let postgres = PgPoolOptions::new()
            .max_connections(POOL)
            .acquire_timeout(config.postgres_timeout)
            .connect_lazy_with(options);
        let (redis, sent) = (Redis::new(config)?, Arc::default());
        let Config { postgres_timeout, longest_hold, share, .. } = *config;
        Ok(Self { redis, postgres, postgres_timeout, longest_hold, share, sent, data_sets: Arc::default() })
    }
}

impl Redis {
    fn new(config: &Config) -> Result<Self, EngineError> {
        let bad_url = |_| EngineError::Setup("REDIS_URL is not a URL of a Redis server.".to_owned());
        let client = redis::Client::open(config.redis_url.as_str()).map_err(bad_url)?;
        // By default the manager waits for a reconnect far longer than for an answer: 9 s a call when Redis is dead.
        // How long an answer is awaited is for each call to say; see `in_time`.
        let manager = || {
            let config = ConnectionManagerConfig::new()
                .set_number_of_retries(0)
                .set_connection_timeout(Some(PATIENCE))
                .set_response_timeout(None);
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(bad_url)
        };
        Ok(Self { quick: manager()?, least_patience: config.least_redis_patience, patient: manager()? })
    }

    /// Asks as a run does: an answer in time, or none.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd, patience: Duration) -> Result<T, Failure> {
        in_time(patience.max(self.least_patience), || async { command.query_async(&mut self.quick.clone()).await })
            .await
    }

    /// Several commands in one go, as a run does.
    pub(crate) async fn ask_both<T: FromRedisValue>(
        &self,
        commands: &Pipeline,
        patience: Duration,
    ) -> Result<T, Failure> {
        let ask = || async { commands.query_async(&mut self.quick.clone()).await };
        in_time(patience.max(self.least_patience), ask).await
    }

    /// Asks as an inspector does.
    pub(crate) async fn ask_patiently<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, EngineError> {
        in_time(REDIS_PATIENCE, || async { command.query_async(&mut self.patient.clone()).await })
            .await
            .map_err(EngineError::redis)
    }

    /// Several commands in one go, as an inspector does.
    pub(crate) async fn ask_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, EngineError> {
        in_time(REDIS_PATIENCE, || async { commands.query_async(&mut self.patient.clone()).await })
            .await
            .map_err(EngineError::redis)
    }
}

/// Makes a call of Redis, in all within `limit`.
///
/// The connection may have died since it was last used, and the manager reports that at the next use, or reports once
/// more how its last attempt to connect failed, perhaps long ago. Neither says anything about Redis now: such a call is
/// made a second time, on a new connection. (All commands of this crate may be repeated.)
async fn in_time<T, F, Fut>(limit: Duration, mut call: F) -> Result<T, Failure>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, RedisError>>,
{
    let began = Instant::now();
    let answer = timeout(limit, async {
        match call().await {
            Err(error) if error.is_io_error() && began.elapsed() < limit / 2 => call().await,
            answer => answer,
        }
    });
    match answer.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(Failure::of_redis(&error, limit)),
        Err(_) => Err(Failure::timed_out("Redis", limit)),
    }
}

/// Makes a call of Postgres that is no part of a run. Its own timeouts cannot fire while it hangs as a whole.
pub(crate) async fn patiently<T>(call: impl Future<Output = Result<T, EngineError>>) -> Result<T, EngineError> {
    match timeout(PATIENCE, call).await {
        Ok(result) => result,
        Err(_) => Err(EngineError::Postgres(Failure::timed_out("Postgres", PATIENCE).reason)),
    }
}

/// Begins a transaction: in a task, so that BEGIN is never cut off. If it were, sqlx would take the connection back with the
/// transaction open (seen with 0.9.0), and what is done on it next would be rolled back.
pub(crate) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, EngineError> {
    let pool = pool.clone();
    let begun = tokio::spawn(async move { pool.begin().await }).await;
    Ok(begun.map_err(|error| EngineError::Postgres(format!("No transaction was begun: {error}")))??)
}

impl Failure {
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Refused, reason: reason.into() }
    }

    pub(crate) fn timed_out(store: &str, limit: Duration) -> Self {
        let limit = if limit < Duration::from_secs(1) {
            format!("{} ms", limit.as_millis())
        } else {
            format!("{} s", (limit.as_secs_f64() * 100.0).round() / 100.0) // what is left of a request's time is not even
        };
        Self { outcome: Outcome::TimedOut, reason: format!("{store} did not answer within {limit}.") }
    }

    /// Somebody pressed Stop while an injected delay was waited for.
    pub(crate) fn stopped() -> Self {
        Self { outcome: Outcome::TimedOut, reason: "Stopped: nobody waits any more.".to_owned() }
    }

    fn of_redis(error: &RedisError, limit: Duration) -> Self {
        if error.is_timeout() {
            Self::timed_out("Redis", limit)
        } else if error.is_connection_refusal() {
            Self::refused("Redis refused the connection: it is not running.")
        } else if error.is_io_error() {
            Self::refused("Redis closed the connection.")
        } else {
            // The code alone ("WRONGTYPE"): the whole message may quote what was sent.
            let code = error.code().unwrap_or_else(|| error.category());
            Self::refused(format!("Redis answered with an error: {code}."))
        }
    }

    pub(crate) fn of_postgres(error: &SqlError, limit: Duration) -> Self {
        match error {
            SqlError::PoolTimedOut => Self {
                outcome: Outcome::TimedOut,
                reason: "No connection to Postgres could be had in time: it is down, or too busy.".to_owned(),
            },
            SqlError::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
                    Self::refused("Postgres refused the connection: it is not running.")
                }
                _ => Self::refused("Postgres closed the connection."),
            },
            SqlError::Database(error) => match error.code().as_deref() {
                // query_canceled, lock_not_available: one of the timeouts above.
                Some("57014" | "55P03") => Self::timed_out("Postgres", limit),
                // The message alone: details may quote what was sent.
                _ => Self::refused(format!("Postgres answered with an error: {}.", error.message())),
            },
            _ => Self::refused("Postgres could not be asked: its answer made no sense."),
        }
    }
}
