//! Sandboxes that nobody used for long are deleted, from both stores and from memory; and so is progress that nobody asked
//! for in months.

use crate::Engine;
use crate::connections::{Connections, begin};
use crate::error::EngineError;
use crate::ids::SandboxId;
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Sandboxes that are deleted in one transaction.
const BATCH: i64 = 100;

impl Engine {
    /// Deletes the sandboxes that were not touched for `idle` at the time `now`, and tells how many. If Redis does not
    /// answer, the rest is kept for the next sweep, so that no key is left behind whose sandbox is forgotten. Progress that
    /// was kept under a code goes after 90 days without use, whatever `idle` is.
    ///
    /// # Errors
    /// If a store does not answer.
    pub async fn sweep(&self, now: SystemTime, idle: Duration) -> Result<u64, EngineError> {
        self.sweep_progress(now).await?; // Postgres alone: it need not wait for Redis
        let before = now.checked_sub(idle).unwrap_or(UNIX_EPOCH);
        let before_s = before.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let known = self.known();
        let mut swept = 0;
        loop {
            let gone = self.sweep_some(before_s).await?;
            if gone.is_empty() {
                break;
            }
            swept += gone.len() as u64;
            gone.iter().for_each(|id| self.forget(id));
        }
        // What another process swept is gone from the database, and not yet from this one's memory.
        let sql = "SELECT id FROM sandboxes WHERE id = ANY($1)";
        let ids: Vec<&str> = known.iter().map(SandboxId::as_str).collect();
        let query = sqlx::query_scalar::<_, String>(sql).bind(ids);
        let there: HashSet<String> = query.fetch_all(&self.stores().postgres).await?.into_iter().collect();
        let gone = known.iter().filter(|id| !there.contains(id.as_str()));
        gone.for_each(|id| self.forget(id));
        Ok(swept)
    }

    /// Deletes some; a visitor who comes back meanwhile waits for its end, and begins anew.
    async fn sweep_some(&self, before_s: f64) -> Result<HashSet<SandboxId>, EngineError> {
        let Connections { redis, postgres, .. } = self.stores();
        let mut transaction = begin(postgres).await?;
        // Their rows go with them.
        let sql = "DELETE FROM sandboxes WHERE id IN (SELECT id FROM sandboxes WHERE touched_at < to_timestamp($1) \
                   LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id";
        let query = sqlx::query_scalar::<_, String>(sql).bind(before_s).bind(BATCH);
        let gone = query.fetch_all(&mut *transaction).await?;
        let gone: HashSet<SandboxId> = gone.iter().filter_map(|id| id.parse().ok()).collect();
        if !gone.is_empty() {
            redis.clear_all(&gone).await?;
        }
        transaction.commit().await?;
        Ok(gone)
    }
}
