//! Where the stores are, and how long a run waits for them.

use aside_domain::limits;
use std::fmt;
use std::time::Duration;

/// What [`Engine::connect`](crate::Engine::connect) needs to know.
#[derive(Clone)]
pub struct Config {
    /// The URL of Redis, for the `redis` crate.
    pub redis_url: String,
    /// The URL of the database, for sqlx.
    pub database_url: String,
    /// A run waits at least this long for an answer of Redis, whatever its server's setting says: for a machine so busy that
    /// Redis is late. Usually zero.
    pub least_redis_patience: Duration,
    /// How long a link may hold a packet; [`limits::HELD_S`] but in tests.
    pub longest_hold: Duration,
    /// What the live service and the traffic of one sandbox may take.
    pub share: Share,
    /// How long a run waits for Postgres, a free connection included, before it answers 503.
    pub postgres_timeout: Duration,
}

/// What the live service of one sandbox may take, so that others have theirs; its traffic may take as much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Requests a second; 0 if there is no limit.
    pub rate_per_s: u32,
    /// Requests in flight; 0 if there is no limit.
    pub in_flight: u32,
}

impl Default for Share {
    fn default() -> Self {
        Self { rate_per_s: 2_000, in_flight: 64 }
    }
}

impl Config {
    /// These stores, with 2 s for Postgres; how long Redis has is for each server to say.
    #[must_use]
    pub fn new(redis_url: impl Into<String>, database_url: impl Into<String>) -> Self {
        Self {
            redis_url: redis_url.into(),
            database_url: database_url.into(),
            least_redis_patience: Duration::ZERO,
            longest_hold: Duration::from_secs(limits::HELD_S.into()),
            share: Share::default(),
            postgres_timeout: Duration::from_secs(2),
        }
    }
}

// Not derived: URLs hold passwords.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("least_redis_patience", &self.least_redis_patience)
            .field("postgres_timeout", &self.postgres_timeout)
            .finish_non_exhaustive()
    }
}
