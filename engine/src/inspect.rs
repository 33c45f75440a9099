//! What a person does in an inspector: looks at what a store holds, and changes it.

use crate::connections::Connections;
use crate::error::EngineError;
use crate::postgres_data;
use crate::redis_data::Names;
use crate::sandbox::{Sandbox, expect, stores, to_its_end};
use aside_domain::{EntryNow, Fact, Key, Kind, NodeId, Row, Scenario, SeedKey, Settings, TextError, Value, limits};

/// Every method fails with [`EngineError::NoSuchNode`] or [`EngineError::WrongKind`] if the node is not in the saved scenario
/// or is of another kind, and with [`EngineError::Redis`] or [`EngineError::Postgres`] if the store does not answer.
impl Sandbox {
    /// The keys of a Redis node, by key.
    ///
    /// # Errors
    /// See above.
    pub async fn keys(&self, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
        expect(&*self.current().await?, node, Kind::Redis)?;
        self.0.stores.redis.keys(self.id(), node).await
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
            own.0.stores.redis.put(own.id(), &node, &key, &value, ttl_s).await
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
        expect(&*self.current().await?, node, Kind::Postgres)?;
        postgres_data::rows(&self.0.stores.postgres, self.id(), node).await
    }

    /// Writes a row into a Postgres node.
    ///
    /// # Errors
    /// See above; [`EngineError::Full`].
    pub async fn put_row(&self, node: &NodeId, key: Key, value: Value) -> Result<(), EngineError> {
        self.edit(node, Kind::Postgres, move |own, node| async move {
            postgres_data::put(&own.0.stores.postgres, own.id(), &node, &key, &value).await
        })
        .await
    }

    /// Deletes a row of a Postgres node, if it is there.
    ///
    /// # Errors
    /// See above.
    pub async fn delete_row(&self, node: &NodeId, key: &str) -> Result<(), EngineError> {
        let key = key.to_owned();
        self.edit(node, Kind::Postgres, move |own, node| async move {
            postgres_data::delete(&own.0.stores.postgres, own.id(), &node, &key).await
        })
        .await
    }

    /// How many keys or rows each store has, in the order of the drawing. Those of a store that does not answer are left out.
    ///
    /// # Errors
    /// If the sandbox was swept.
    pub async fn sizes(&self) -> Result<Vec<(NodeId, u64)>, EngineError> {
        let saved = self.current().await?;
        let (keys, rows) = tokio::join!(
            self.0.stores.redis.names(self.id()),
            postgres_data::sizes(&self.0.stores.postgres, self.id())
        );
        let size = |(node, kind): (&NodeId, Kind)| {
            let count = match kind {
                Kind::Redis => keys.as_ref().ok()?.get(node.as_str()).map(|names| names.len() as u64),
                _ => rows.as_ref().ok()?.get(node.as_str()).copied(),
            };
            Some((node.clone(), count.unwrap_or(0)))
        };
        Ok(stores(&saved.scenario).filter_map(size).collect())
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
                    let names = names.get(node.id.as_str()).unwrap_or(&none);
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
            expect(&*own.current().await?, &node, kind)?;
            let done = change(own.clone(), node.clone()).await?;
            own.0.recorder.record(Fact::DataChanged { node });
            own.touch().await;
            Ok(done)
        })
        .await
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
