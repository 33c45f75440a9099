//! What a person does in an inspector: looks at what a store holds, and changes it.

use crate::connections::Connections;
use crate::error::EngineError;
use crate::observer::Behind;
use crate::postgres_data;
use crate::redis_data::Names;
use crate::redis_node::prefix;
use crate::sandbox::{Sandbox, expect, stores, to_its_end};
use aside_domain::live::NOT_THERE;
use aside_domain::{
    EntryNow, Fact, Graph, Held, Key, Kind, NodeId, Row, Saved, Scenario, SeedKey, Settings, TextError, Value, limits,
};
use std::time::Instant;

/// Keys that are compared with their rows to tell how many are stale; in a drawing with more, nobody counts those.
const COMPARED: usize = 2_000;

/// Every method fails with [`EngineError::NoSuchNode`] or [`EngineError::WrongKind`] if the node is not in the saved scenario
/// or is of another kind, with [`EngineError::Off`] if it is switched off, and with [`EngineError::Redis`] or [`EngineError::Postgres`] if the store does not answer.
impl Sandbox {
    /// The keys of a Redis node, by key, and what the observer says of each.
    ///
    /// # Errors
    /// See above.
    pub async fn keys(&self, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
        let saved = self.current().await?;
        expect(&saved, node, Kind::Redis)?;
        expect_on(&saved, node)?;
        let stores = &self.0.stores;
        let asked = Instant::now();
        let mut keys = stores.redis.keys(self.id(), node).await?;
        let databases = behind(&saved.scenario.graph, node);
        // While Postgres does not answer, nobody knows what is stale; the keys are there all the same.
        let looked = self.0.observer.look_through(stores, self.id(), node, &databases, (asked, &mut keys)).await;
        if let Err(error) = looked {
            tracing::warn!(sandbox = %self.id(), %error, "the keys could not be compared with their rows");
        }
        Ok(keys)
    }

    /// Writes a key into a Redis node.
    ///
    /// # Errors
    /// See above; [`EngineError::Full`]; [`EngineError::BadTtl`].
    pub async fn put_key(&self, node: &NodeId, key: Key, value: Value, ttl_s: Option<u32>) -> Result<(), EngineError> {
        if ttl_s.is_some_and(|ttl_s| !(1..=limits::TTL_S).contains(&ttl_s)) {
            return Err(EngineError::BadTtl);
        }
        self.edit(node, Kind::Redis, move |own, node| async move {
            own.0.stores.redis.put(own.id(), &node, &key, &value, ttl_s).await?;
            own.0.observer.wrote_key(&node, key.as_str());
            Ok(())
        })
        .await
    }

    /// Deletes a key of a Redis node, if it is there.
    ///
    /// # Errors
    /// See above.
    pub async fn delete_key(&self, node: &NodeId, key: &str) -> Result<(), EngineError> {
        let key = key.to_owned();
        self.edit(
            node,
            Kind::Redis,
            move |own, node| async move { own.0.stores.redis.delete(own.id(), &node, &key).await },
        )
        .await
    }

    /// Deletes all keys of a Redis node, and tells how many there were.
    ///
    /// # Errors
    /// See above.
    pub async fn flush(&self, node: &NodeId) -> Result<u64, EngineError> {
        self.edit(node, Kind::Redis, |own, node| async move { own.0.stores.redis.flush(own.id(), &node).await }).await
    }

    /// The rows of a Postgres node, by key.
    ///
    /// # Errors
    /// See above.
    pub async fn rows(&self, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
        let saved = self.current().await?;
        expect(&saved, node, Kind::Postgres)?;
        expect_on(&saved, node)?;
        postgres_data::rows(&self.0.stores.postgres, self.id(), node).await
    }

    /// Writes a row into a Postgres node, as a script would that knows nothing of caches, and tells how many caches now hold
    /// something else under its key.
    ///
    /// # Errors
    /// See above; [`EngineError::Full`].
    pub async fn put_row(&self, node: &NodeId, key: Key, value: Value) -> Result<u64, EngineError> {
        self.edit(node, Kind::Postgres, move |own, node| async move {
            let write = postgres_data::put(&own.0.stores.postgres, own.id(), &node, &key, &value);
            own.change_row(&node, key.as_str(), Some(value.as_str()), write).await
        })
        .await
    }

    /// Deletes a row of a Postgres node, if it is there, and tells how many caches still hold its key.
    ///
    /// # Errors
    /// See above.
    pub async fn delete_row(&self, node: &NodeId, key: &str) -> Result<u64, EngineError> {
        let key = key.to_owned();
        self.edit(node, Kind::Postgres, move |own, node| async move {
            let set = own.last().scenario.graph.data_set(&node);
            let write = postgres_data::delete(&own.0.stores.postgres, own.id(), (&node, set), &key);
            own.change_row(&node, &key, None, write).await
        })
        .await
    }

    /// Changes a row by hand, with the observer's knowledge, and tells how many caches now hold something else.
    async fn change_row(
        &self,
        node: &NodeId,
        key: &str,
        row: Option<&str>,
        write: impl Future<Output = Result<(), EngineError>>,
    ) -> Result<u64, EngineError> {
        let writing = self.0.observer.writing(node, key, row);
        if let Err(error) = write.await {
            writing.failed();
            return Err(error);
        }
        drop(writing);
        Ok(self.stale_copies(node, key, row).await)
    }

    /// How many caches in front of a database hold something else under a key than its row has. One that does not answer
    /// is not counted.
    async fn stale_copies(&self, database: &NodeId, key: &str, row: Option<&str>) -> u64 {
        let saved = self.last();
        let graph = &saved.scenario.graph;
        let mut count = 0;
        for (cache, _) in stores(&saved.scenario).filter(|(_, kind)| *kind == Kind::Redis) {
            if behind(graph, cache).iter().any(|behind| behind.node == *database) {
                let name = (prefix(self.id(), cache) + key).into_bytes();
                let copies = self.0.stores.redis.values(self.id(), cache, &Names::from([name])).await;
                let copy = copies.ok().and_then(|copies| copies.into_iter().next());
                count += u64::from(copy.is_some_and(|copy| !is_copy_of(&copy.value, row)));
            }
        }
        count
    }

    /// How many keys or rows each store has, in the order of the drawing, and how many of the keys are stale. Those of a
    /// store that does not answer, or is switched off, are left out.
    ///
    /// # Errors
    /// If the sandbox was swept.
    pub async fn sizes(&self) -> Result<Vec<Held>, EngineError> {
        let saved = self.current().await?;
        let stores = &self.0.stores;
        let redis = &stores.redis;
        let (keys, rows) = tokio::join!(redis.names(self.id()), postgres_data::sizes(&stores.postgres, self.id()));
        let (asked, mut all, mut compared) = (Instant::now(), Vec::new(), 0);
        for (node, kind) in crate::sandbox::stores(&saved.scenario) {
            if expect_on(&saved, node).is_err() {
                continue;
            }
            let mut stale = 0;
            let entries = if kind == Kind::Redis {
                let Ok(keys) = &keys else { continue };
                let names = keys.get(node.as_str());
                compared += names.map_or(0, Names::len);
                let databases = behind(&saved.scenario.graph, node);
                if let Some(names) = names.filter(|_| compared <= COMPARED && !databases.is_empty())
                    && let Ok(mut keys) = redis.values(self.id(), node, names).await
                    && self
                        .0
                        .observer
                        .look_through(stores, self.id(), node, &databases, (asked, &mut keys))
                        .await
                        .is_ok()
                {
                    stale = keys.iter().filter(|key| key.stale.is_some()).count() as u64;
                }
                names.map_or(0, |names| names.len() as u64)
            } else {
                let Ok(rows) = &rows else { continue };
                rows.get(node.as_str()).copied().unwrap_or(0)
            };
            all.push(Held { node: node.clone(), entries, stale });
        }
        Ok(all)
    }

    /// The saved scenario with what its stores hold now in the place of what they started with. What somebody wrote with a
    /// tool of his own and is beyond the limits is left out.
    ///
    /// # Errors
    /// If a store does not answer.
    pub async fn export(&self) -> Result<Scenario, EngineError> {
        let mut scenario = self.saved().await?.scenario;
        let Connections { redis: cache, postgres: pool, .. } = &self.0.stores;
        let names = cache.names(self.id()).await?;
        let none = Names::new();
        for node in &mut scenario.graph.nodes {
            match &mut node.settings {
                Settings::Redis(redis) => {
                    let names = names.get(node.id.as_str()).filter(|_| !redis.is_off).unwrap_or(&none);
                    let keys = cache.values(self.id(), &node.id, names).await?;
                    redis.keys = within_limits(keys, seed_key);
                }
                Settings::Postgres(postgres) => {
                    let rows = postgres_data::rows(pool, self.id(), &node.id).await?;
                    postgres.rows = within_limits(rows, seed_row);
                }
                Settings::Client(_) | Settings::Server(_) => {}
            }
        }
        Ok(scenario)
    }

    /// Makes a change of a store's data, and tells everyone who looks at it.
    async fn edit<T, F>(
        &self,
        node: &NodeId,
        kind: Kind,
        change: impl FnOnce(Self, NodeId) -> F + Send + 'static,
    ) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, EngineError>> + Send,
    {
        let (own, node) = (self.clone(), node.clone());
        to_its_end(async move {
            let _changing = own.changing().await;
            let saved = own.current().await?;
            expect(&saved, &node, kind)?;
            expect_on(&saved, &node)?;
            let done = change(own.clone(), node.clone()).await?;
            own.0.recorder.record(Fact::DataChanged { node });
            own.touch().await;
            Ok(done)
        })
        .await
    }
}

/// Checks that a store is switched on.
pub(crate) fn expect_on(saved: &Saved, node: &NodeId) -> Result<(), EngineError> {
    let off = saved.scenario.graph.node(node).filter(|node| node.settings.is_off());
    off.map_or(Ok(()), |node| Err(EngineError::Off(node.name.clone())))
}

/// The databases behind a cache: of each server that asks it, the one that this server queries.
fn behind(graph: &Graph, cache: &NodeId) -> Vec<Behind> {
    let is_database = |id: &NodeId| graph.node(id).is_some_and(|node| node.kind() == Kind::Postgres);
    let mut databases: Vec<Behind> = Vec::new();
    for link in graph.links.iter().filter(|link| link.to == *cache) {
        let mut asked = graph.links.iter().filter(|other| other.from == link.from).map(|other| &other.to);
        let database = asked.find(|id| is_database(id));
        let database = database.filter(|id| databases.iter().all(|known| known.node != **id));
        databases.extend(database.map(|id| Behind { node: id.clone(), data_set: graph.data_set(id) }));
    }
    databases
}

/// Whether what a cache holds says the same as a row, or as none.
fn is_copy_of(copy: &str, row: Option<&str>) -> bool {
    match row {
        Some(row) => copy == row,
        None => copy == NOT_THERE,
    }
}

fn within_limits<N, S>(now: Vec<N>, seed: fn(N) -> Result<S, TextError>) -> Vec<S> {
    let seeds = now.into_iter().filter_map(|entry| seed(entry).ok());
    seeds.take(limits::ENTRIES_PER_STORE).collect()
}

fn seed_key(now: EntryNow) -> Result<SeedKey, TextError> {
    // Whole seconds, rounded up: a key about to expire still has one.
    let ttl_s = |ttl_ms: u64| ttl_ms.div_ceil(1_000).clamp(1, limits::TTL_S.into()) as u32;
    Ok(SeedKey { key: Key::new(now.key)?, value: Value::new(now.value)?, ttl_s: now.ttl_ms.map(ttl_s) })
}

fn seed_row(now: EntryNow) -> Result<Row, TextError> {
    Ok(Row { key: Key::new(now.key)?, value: Value::new(now.value)? })
}
