//! The Redis and the Postgres that all three use: those that Aside has started.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use redis::aio::MultiplexedConnection;
use serde::Deserialize;
use sqlx::{Connection, PgConnection};

/// Both.
pub struct Stores {
    redis: MultiplexedConnection,
    postgres: PgConnection,
    /// The URL of Redis.
    pub redis_url: String,
    /// The URL of Postgres.
    pub database_url: String,
    /// "Redis 7.0.15, PostgreSQL 15.18".
    pub versions: String,
}

/// How often Redis had what it was asked for, as it counts itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lookups {
    /// It had it.
    pub hits: u64,
    /// It had not.
    pub misses: u64,
}

/// One store, as `aside stores --json` tells of it.
#[derive(Deserialize)]
struct Report {
    store: String,
    name: String,
    version: String,
    url: String,
}

impl Stores {
    /// Those of the Aside that runs in this data directory.
    pub async fn of(aside: &Path, data_dir: &Path) -> Result<Self> {
        let output = Command::new(aside).args(["stores", "--json", "--data-dir"]).arg(data_dir).output()?;
        if !output.status.success() {
            bail!("aside stores: {}", String::from_utf8_lossy(&output.stderr));
        }
        let reports: Vec<Report> = serde_json::from_slice(&output.stdout)?;
        let url = |store: &str| {
            let report = reports.iter().find(|report| report.store == store);
            report.map(|report| report.url.clone()).with_context(|| format!("there is no {store}"))
        };
        let (redis_url, database_url) = (url("redis")?, url("postgres")?);
        let names: Vec<String> = reports.iter().map(|report| format!("{} {}", report.name, report.version)).collect();
        Ok(Self {
            redis: redis::Client::open(redis_url.as_str())?.get_multiplexed_async_connection().await?,
            postgres: PgConnection::connect(&database_url).await?,
            redis_url,
            database_url,
            versions: names.join(", "),
        })
    }

    /// Makes the table of the two peers, with these values of `user:1` and on.
    pub async fn fill(&mut self, values: &[String]) -> Result<()> {
        let create = "CREATE TABLE bench_users (key text PRIMARY KEY, value text NOT NULL)";
        sqlx::query(create).execute(&mut self.postgres).await?;
        let insert =
            "INSERT INTO bench_users SELECT 'user:' || n, value FROM unnest($1) WITH ORDINALITY AS rows (value, n)";
        sqlx::query(insert).bind(values).execute(&mut self.postgres).await?;
        sqlx::query("VACUUM ANALYZE bench_users").execute(&mut self.postgres).await?;
        Ok(())
    }

    /// Empties Redis: whatever is asked for next is a miss. It is Aside's own, and nobody else's.
    pub async fn empty_redis(&mut self) -> Result<()> {
        Ok(redis::cmd("FLUSHALL").query_async(&mut self.redis).await?)
    }

    /// What Redis has counted since it was started.
    pub async fn lookups(&mut self) -> Result<Lookups> {
        let info: String = redis::cmd("INFO").arg("stats").query_async(&mut self.redis).await?;
        let count = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|count| count.trim().parse::<u64>().ok()).with_context(|| format!("Redis tells no {name}"))
        };
        Ok(Lookups { hits: count("keyspace_hits")?, misses: count("keyspace_misses")? })
    }
}

impl Lookups {
    /// Of all since `before`, how many were hits, in percent.
    pub fn hit_percent(self, before: Self) -> f64 {
        let (hits, misses) = (self.hits - before.hits, self.misses - before.misses);
        100.0 * hits as f64 / (hits + misses).max(1) as f64
    }
}
