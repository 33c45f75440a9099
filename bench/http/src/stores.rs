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

    /// How many values Redis was given since it was started, by its own count: one for each miss. (Its counts of hits and
    /// misses would not do: leases are looked up, too.)
    pub async fn fills(&mut self) -> Result<u64> {
        let info: String = redis::cmd("INFO").arg("commandstats").query_async(&mut self.redis).await?;
        Ok(read_fills(&info))
    }
}

/// Both commands that store a value with its time to live: `cmdstat_setex:calls=3,usec=…`.
fn read_fills(info: &str) -> u64 {
    let calls = |name: &str| {
        let fields = info.lines().find_map(|line| line.strip_prefix(name))?;
        fields.split(',').next()?.parse::<u64>().ok()
    };
    ["cmdstat_set:calls=", "cmdstat_setex:calls="].into_iter().filter_map(calls).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_fill_are_counted_and_no_other_command() {
        let info = "# Commandstats\r\ncmdstat_setnx:calls=9,usec=1\r\ncmdstat_set:calls=3,usec=1\r\n\
                    cmdstat_setex:calls=4,usec=1\r\n";
        assert_eq!((read_fills(info), read_fills("# Commandstats\r\n")), (7, 0));
    }
}
