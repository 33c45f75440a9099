//! The keys of Redis nodes outside of runs: what an inspector lists and changes, seeds, counts.
//!
//! Never KEYS, never FLUSHDB, and every SCAN has the sandbox in its pattern. Values are read with MGET, written with MSET or
//! SETEX, and keys are deleted with UNLINK, so that the GETs, SETs and DELs that Redis counts are those of runs alone.

use crate::connections::Redis;
use crate::error::EngineError;
use crate::ids::SandboxId;
use crate::redis_node::{leases, prefix};
use aside_domain::{EntryNow, Key, NodeId, Scenario, Settings, Value, limits};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Keys that one step of SCAN looks at.
const STEP: u32 = 1_000;
/// Commands in one pipeline.
const BATCH: usize = 250;
/// The most keys that are listed: somebody may have written more with a tool of his own.
const LISTED: usize = 1_000;

/// A key of Redis: any bytes.
type Bytes = Vec<u8>;
/// Whole keys, as they are in Redis, in order. (SCAN may give a key twice.)
pub(crate) type Names = BTreeSet<Bytes>;

impl Redis {
    /// Writes what the scenario's Redis nodes start with.
    pub(crate) async fn seed(&self, sandbox: &SandboxId, scenario: &Scenario) -> Result<(), EngineError> {
        let mut commands = Vec::new();
        for node in &scenario.graph.nodes {
            if let Settings::Redis(settings) = &node.settings
                && !settings.is_off
            {
                let prefix = prefix(sandbox, &node.id);
                let set = |seed: &aside_domain::SeedKey| set(&prefix, &seed.key, &seed.value, seed.ttl_s);
                commands.extend(settings.keys.iter().map(set));
            }
        }
        for batch in commands.chunks(BATCH) {
            let mut pipeline = redis::pipe();
            for command in batch {
                pipeline.add_command(command.clone()).ignore();
            }
            self.ask_all::<()>(&pipeline).await?;
        }
        Ok(())
    }

    /// The keys of a node with their values and times to live, by key.
    pub(crate) async fn keys(&self, sandbox: &SandboxId, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
        let mut names = Names::new();
        let mut scan = Scan::of_node(sandbox, node);
        while names.len() < LISTED
            && let Some(keys) = scan.next(self).await?
        {
            names.extend(keys);
        }
        self.values(sandbox, node, &names).await
    }

    /// The keys of every node of a sandbox, in one walk; a node without any is not in it.
    pub(crate) async fn names(&self, sandbox: &SandboxId) -> Result<HashMap<String, Names>, EngineError> {
        let mut nodes: HashMap<String, Names> = HashMap::new();
        let mut scan = Scan::of_sandbox(sandbox);
        while let Some(keys) = scan.next(self).await? {
            for key in keys {
                if let Some((_, node)) = owner(&key)
                    && !is_lease(&key)
                {
                    let node = node.to_owned();
                    nodes.entry(node).or_default().insert(key);
                }
            }
        }
        Ok(nodes)
    }

    /// These keys of a node with their values and times to live, by key; of very many only the first.
    pub(crate) async fn values(
        &self,
        sandbox: &SandboxId,
        node: &NodeId,
        names: &Names,
    ) -> Result<Vec<EntryNow>, EngineError> {
        let prefix = prefix(sandbox, node).len();
        let names: Vec<&Bytes> = names.iter().take(LISTED).collect();
        let mut keys = Vec::with_capacity(names.len());
        for batch in names.chunks(BATCH) {
            let mut pipeline = redis::pipe();
            pipeline.cmd("MGET").arg(batch);
            for name in batch {
                pipeline.cmd("PTTL").arg(name);
            }
            let mut replies = self.ask_all::<Vec<redis::Value>>(&pipeline).await?.into_iter();
            let values: Vec<Option<Bytes>> = read(replies.next())?;
            for (name, value) in batch.iter().zip(values) {
                let ttl_ms: i64 = read(replies.next())?;
                // One that expired a moment ago, or holds no string, has no value.
                if let Some(value) = value {
                    keys.push(EntryNow {
                        key: String::from_utf8_lossy(name.get(prefix..).unwrap_or_default()).into_owned(),
                        value: String::from_utf8_lossy(&value).into_owned(),
                        ttl_ms: u64::try_from(ttl_ms).ok(),
                        jitter_s: None,
                        stale: None,
                    });
                }
            }
        }
        Ok(keys)
    }

    /// Writes a key; refused where it would be one too many.
    pub(crate) async fn put(
        &self,
        sandbox: &SandboxId,
        node: &NodeId,
        key: &Key,
        value: &Value,
        ttl_s: Option<u32>,
    ) -> Result<(), EngineError> {
        let prefix = prefix(sandbox, node);
        let full = format!("{prefix}{key}").into_bytes();
        let mut others = HashSet::new();
        let mut scan = Scan::of_node(sandbox, node);
        let is_there: bool = self.ask_patiently(redis::cmd("EXISTS").arg(&full)).await?;
        while !is_there && let Some(keys) = scan.next(self).await? {
            others.extend(keys.into_iter().filter(|other| *other != full));
            if others.len() >= limits::ENTRIES_PER_STORE {
                return Err(EngineError::Full { node: node.clone(), what: "keys" });
            }
        }
        self.ask_patiently(&set(&prefix, key, value, ttl_s)).await
    }

    /// Deletes a key, if it is there.
    pub(crate) async fn delete(&self, sandbox: &SandboxId, node: &NodeId, key: &str) -> Result<(), EngineError> {
        let mut command = redis::cmd("UNLINK");
        command.arg(prefix(sandbox, node) + key).arg(leases(sandbox, node) + key);
        self.ask_patiently(&command).await
    }

    /// Deletes all keys of a node, and tells how many there were.
    pub(crate) async fn flush(&self, sandbox: &SandboxId, node: &NodeId) -> Result<u64, EngineError> {
        let gone = self.unlink(Scan::of_node(sandbox, node), |_| true).await?;
        self.unlink(Scan::new(leases(sandbox, node) + "*"), |_| true).await?;
        Ok(gone)
    }

    /// Deletes all keys of a sandbox, also those of nodes that are no longer drawn.
    pub(crate) async fn clear(&self, sandbox: &SandboxId) -> Result<u64, EngineError> {
        self.unlink(Scan::of_sandbox(sandbox), |_| true).await
    }

    /// Deletes all keys of many sandboxes, in one walk over all of Aside's keys.
    pub(crate) async fn clear_all(&self, sandboxes: &HashSet<SandboxId>) -> Result<u64, EngineError> {
        let theirs = |key: &Bytes| owner(key).is_some_and(|(id, _)| sandboxes.iter().any(|s| s.as_str() == id));
        self.unlink(Scan::new("aside:{*".to_owned()), theirs).await
    }

    async fn unlink(&self, mut scan: Scan, which: impl Fn(&Bytes) -> bool) -> Result<u64, EngineError> {
        let mut gone = 0;
        while let Some(keys) = scan.next(self).await? {
            let keys: Vec<Bytes> = keys.into_iter().filter(&which).collect();
            for batch in keys.chunks(BATCH) {
                gone += self.ask_patiently::<u64>(redis::cmd("UNLINK").arg(batch)).await?;
            }
        }
        Ok(gone)
    }
}

/// Writes a key as SET would, by another name.
fn set(prefix: &str, key: &Key, value: &Value, ttl_s: Option<u32>) -> redis::Cmd {
    let full = format!("{prefix}{key}");
    let mut command = redis::Cmd::new();
    match ttl_s {
        Some(ttl_s) => command.arg("SETEX").arg(full).arg(ttl_s).arg(value.as_str()),
        None => command.arg("MSET").arg(full).arg(value.as_str()),
    };
    command
}

/// The sandbox and the node that a key belongs to.
fn owner(key: &[u8]) -> Option<(&str, &str)> {
    let end = key.iter().position(|&b| b == b'}')?;
    let tag = std::str::from_utf8(key.get(..end)?).ok()?;
    tag.strip_prefix("aside:{")?.split_once(':')
}

/// Whether a key is no key of its node's, but a lease.
fn is_lease(key: &[u8]) -> bool {
    let end = key.iter().position(|&b| b == b'}');
    end.is_some_and(|end| key.get(end + 1) != Some(&b':'))
}

fn read<T: redis::FromRedisValue>(reply: Option<redis::Value>) -> Result<T, EngineError> {
    let reply = reply.and_then(|reply| redis::from_redis_value(reply).ok());
    reply.ok_or_else(|| EngineError::Redis("The answer of Redis made no sense.".to_owned()))
}

/// A walk over the keys that match a pattern.
struct Scan {
    pattern: String,
    /// None when the walk is over.
    cursor: Option<u64>,
}

impl Scan {
    fn new(pattern: String) -> Self {
        Self { pattern, cursor: Some(0) }
    }

    fn of_node(sandbox: &SandboxId, node: &NodeId) -> Self {
        let prefix = prefix(sandbox, node);
        debug_assert!(!prefix.contains(['*', '?', '[', ']', '\\', '^']), "ids hold no pattern");
        Self::new(prefix + "*")
    }

    fn of_sandbox(sandbox: &SandboxId) -> Self {
        Self::new(format!("aside:{{{sandbox}:*"))
    }

    /// The next keys; none when the walk is over. A key may come twice.
    async fn next(&mut self, redis: &Redis) -> Result<Option<Vec<Bytes>>, EngineError> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(&self.pattern).arg("COUNT").arg(STEP);
        let (next, keys): (u64, Vec<Bytes>) = redis.ask_patiently(&command).await?;
        self.cursor = (next != 0).then_some(next);
        Ok(Some(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_key_is_read_from_its_hash_tag() {
        let sandbox = SandboxId::fresh();
        let node = aside_domain::Kind::Redis.fresh_id("a1").unwrap();
        let key = prefix(&sandbox, &node) + "a}{b:c";
        assert_eq!(owner(key.as_bytes()), Some((sandbox.as_str(), node.as_str())));
        assert_eq!(owner(b"aside:other"), None);
        assert_eq!(owner(b"else:{a:b}:c"), None);
    }

    #[test]
    fn an_id_can_hold_nothing_that_a_pattern_would_read() {
        for c in ['*', '?', '[', ']', '\\', '^', '{', '}', ':'] {
            assert!(NodeId::new(format!("redis{c}")).is_err(), "{c}");
            assert!(format!("{}{c}", "0".repeat(31)).parse::<SandboxId>().is_err(), "{c}");
        }
    }
}
