//! A cache, as its server sees it.

use super::{Ended, Exchange, Message, Server, may_have_arrived};
use crate::breakers;
use crate::connections::Failure;
use crate::observer::{Behind, Told};
use crate::quote;
use crate::redis_node::{Lease, Lookup, RedisNode, Stored};
use aside_domain::live::NOT_THERE;
use aside_domain::{Command, Key, LinkId, NodeId, Note, Receipt};
use std::time::Duration;

/// Why a cache behind an open breaker did not answer.
pub(super) const NOT_ASKED: &str = "The circuit breaker is open: the cache is not asked.";

/// A cache, as its server sees it.
#[derive(Clone, Copy)]
pub(crate) struct Cache<'a> {
    pub(super) server: &'a Server<'a>,
    pub(super) node: &'a NodeId,
}

/// A cache that was asked in vain, and is to be filled.
pub(crate) struct Missed<'a> {
    cache: Cache<'a>,
    /// Its lease, if the server takes leases.
    lease: Option<Lease>,
}

impl<'a> Cache<'a> {
    /// What it has under a key. With leases, a miss takes one.
    pub(crate) async fn get(&self, key: &Key) -> Result<Result<Lookup, Failure>, Ended> {
        let shown = || quote::get(key.as_str());
        let message = Message { command: Command::Get, key, shown: &shown };
        let (with_lease, with_ttl) = (self.server.plan.settings.lease, self.server.asks_ttl);
        let asked = self.ask(message, |patience| self.store(patience).get(key, with_lease, with_ttl)).await?;
        let asked = match asked {
            Ok(asked) => asked,
            Err(failure) => return Ok(Err(failure)),
        };
        let told = match &asked.reply {
            Ok(Lookup::Hit { value, left, .. }) => {
                if let Some(left) = left {
                    self.server.keeps(left.as_secs());
                }
                Some(Some(value))
            }
            Ok(Lookup::NotThere) => Some(None),
            Ok(Lookup::Miss(_)) | Err(_) => None,
        };
        if let (Some(value), Some(database), Some(_)) = (told, &self.server.plan.database, self.server.journey.run) {
            let (asked_at, answered) = asked.call;
            let told = Told { value: value.cloned(), asked: asked_at, answered };
            let behind = Behind { node: database.clone(), data_set: self.server.plan.data_set };
            self.server.journey.observe(asked.hop, (self.node, behind), key, told);
        }
        Ok(asked.reply)
    }

    /// It missed: it is to be filled.
    pub(crate) const fn missed(self, lease: Option<Lease>) -> Missed<'a> {
        Missed { cache: self, lease }
    }

    /// Writes a value into it, whatever it had.
    pub(crate) async fn set(&self, key: &Key, value: &str) -> Result<Result<(), Failure>, Ended> {
        let (ttl_s, jitter_s) = self.time_to_live();
        Ok(self.put(key, value, (ttl_s, jitter_s), None).await?.map(drop))
    }

    /// Its server's time to live, in seconds, with jitter if the server wants it.
    fn time_to_live(&self) -> (u32, Option<i32>) {
        let settings = &self.server.plan.settings;
        let jitter_s = settings.jitter_percent.map(|percent| jitter_s(settings.ttl_s, percent, rand::random()));
        (settings.ttl_s.saturating_add_signed(jitter_s.unwrap_or(0)).max(1), jitter_s)
    }

    async fn put(
        &self,
        key: &Key,
        value: &str,
        (ttl_s, jitter_s): (u32, Option<i32>),
        lease: Option<&Lease>,
    ) -> Result<Result<Stored, Failure>, Ended> {
        let shown = || quote::set(key.as_str(), if value == NOT_THERE { "(not there)" } else { value }, ttl_s);
        let message = Message { command: Command::Set, key, shown: &shown };
        // Without a token, whoever holds a lease loses it.
        let ends_leases = self.server.plan.settings.lease && lease.is_none();
        let call = async |patience| match (lease, ends_leases) {
            (Some(lease), _) => self.store(patience).fill(key, value, ttl_s, lease).await,
            (None, true) => self.store(patience).set_and_end_leases(key, value, ttl_s).await,
            (None, false) => self.store(patience).set(key, value, ttl_s).await,
        };
        let stored = self.changed(self.ask(message, call).await?);
        if let Ok(Stored::Yes) = stored {
            self.server.keeps(ttl_s.into());
            self.server.shared().observer.filled(self.node, key.as_str(), jitter_s);
        }
        Ok(stored)
    }

    /// Deletes a key of it, and ends its leases.
    pub(crate) async fn del(&self, key: &Key) -> Result<Result<(), Failure>, Ended> {
        let shown = || quote::del(key.as_str());
        let message = Message { command: Command::Del, key, shown: &shown };
        let with_leases = self.server.plan.settings.lease;
        let asked = self.ask(message, |patience| self.store(patience).del(key, with_leases)).await?;
        Ok(self.changed(asked))
    }

    /// Remembers that its data changed, or may have.
    fn changed<T>(&self, asked: Result<Exchange<T>, Failure>) -> Result<T, Failure> {
        let Exchange { reply, receipt, .. } = asked?;
        if reply.is_ok() || may_have_arrived(&receipt) {
            self.server.journey.wrote(self.node);
        }
        reply
    }

    /// Asks it, if the circuit breaker lets the call through.
    async fn ask<T, F>(
        &self,
        message: Message<'_>,
        call: impl FnOnce(Duration) -> F,
    ) -> Result<Result<Exchange<T>, Failure>, Ended>
    where
        F: Future<Output = (Result<T, Failure>, Receipt)>,
    {
        let (shared, plan) = (self.server.shared(), self.server.plan);
        let (breakers, settings) = (&shared.breakers, plan.settings.breaker);
        let link = LinkId::new(plan.server.clone(), self.node.clone());
        let Some(pass) = breakers.lets_through(&link, settings) else {
            self.server.note(Note::NotSent { cache: self.node.clone(), shown: (message.shown)() });
            return Ok(Err(Failure::refused(NOT_ASKED)));
        };
        let patience = plan.settings.redis_timeout_ms.map_or(Duration::MAX, |ms| Duration::from_millis(ms.into()));
        let command = message.command;
        let call = |patience| shared.stores.sent.redis.count(command, call(patience));
        let asked = self.server.exchange((self.node, "Redis"), message, patience, call).await;
        let verdict = match &asked {
            Ok(Exchange { reply: Ok(_), .. }) => breakers::Verdict::Answered,
            Ok(_) => breakers::Verdict::Failed,
            Err(_) => breakers::Verdict::Unknown,
        };
        breakers.report(&link, settings, pass, verdict);
        asked.map(Ok)
    }

    fn store(&self, patience: Duration) -> RedisNode<'_> {
        let shared = self.server.shared();
        let is_told = self.server.journey.run.is_some();
        RedisNode { redis: &shared.stores.redis, sandbox: &shared.id, node: self.node, patience, is_told }
    }
}

impl Missed<'_> {
    /// Fills it, for the server's time to live; if a lease was taken, only if nobody has invalidated the key since.
    pub(crate) async fn fill(&self, key: &Key, value: &str) -> Result<Result<Stored, Failure>, Ended> {
        self.cache.put(key, value, self.cache.time_to_live(), self.lease.as_ref()).await
    }

    /// Has it remember that the key is not there.
    pub(crate) async fn fill_not_there(&self, key: &Key, ttl_s: u32) -> Result<Result<Stored, Failure>, Ended> {
        self.cache.put(key, NOT_THERE, (ttl_s, None), self.lease.as_ref()).await
    }
}

/// By how many seconds a time to live of `ttl_s` differs for a random number: evenly, by at most that many percent.
fn jitter_s(ttl_s: u32, percent: u32, random: u32) -> i32 {
    let most = (u64::from(ttl_s) * u64::from(percent) / 100) as i64;
    let range = 2 * most + 1;
    (i64::from(random) % range - most) as i32
}

#[cfg(test)]
mod tests {
    use super::jitter_s;

    #[test]
    fn jitter_lies_evenly_around_the_time_to_live() {
        let all: Vec<i32> = (0..u32::MAX).step_by(1_000_003).map(|random| jitter_s(3_600, 10, random)).collect();
        assert!(all.iter().all(|jitter| (-360..=360).contains(jitter)));
        let mean = all.iter().map(|&jitter| f64::from(jitter)).sum::<f64>() / all.len() as f64;
        assert!(mean.abs() < 20.0 && all.iter().any(|&jitter| jitter > 300) && all.iter().any(|&jitter| jitter < -300));
        assert_eq!(jitter_s(1, 50, 7), 0, "of one second there is nothing to take");
    }
}
