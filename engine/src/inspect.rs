//! What a person does in an inspector: looks at what a store holds, and changes it.

use crate::error::EngineError;
use crate::postgres_data;
use crate::sandbox::{Sandbox, expect, stores};
use aside_domain::{
    Fact, Key, KeyNow, Kind, NodeId, Row, RowNow, Scenario, SeedKey, Settings, TextError, Value, limits,
};

/// Every method fails with [`EngineError::NoSuchNode`] or [`EngineError::WrongKind`] if the node is not in the saved scenario
/// or is of another kind, and with [`EngineError::Redis`] or [`EngineError::Postgres`] if the store does not answer.
impl Sandbox {
    /// The keys of a Redis node, by key.
    ///
    /// # Errors
    /// See above.
    pub async fn keys(&self, node: &NodeId) -> Result<Vec<KeyNow>, EngineError> {
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
        let redis = &self.0.stores.redis;
        self.edit(node, Kind::Redis, redis.put(self.id(), node, &key, &value, ttl_s)).await
    }

    /// Deletes a key of a Redis node, if it is there.
    ///
    /// # Errors
    /// See above.
    pub async fn delete_key(&self, node: &NodeId, key: &str) -> Result<(), EngineError> {
        let redis = &self.0.stores.redis;
        self.edit(node, Kind::Redis, redis.delete(self.id(), node, key)).await
    }

    /// Deletes all keys of a Redis node, and tells how many there were.
    ///
    /// # Errors
    /// See above.
    pub async fn flush(&self, node: &NodeId) -> Result<u64, EngineError> {
        let redis = &self.0.stores.redis;
        self.edit(node, Kind::Redis, redis.flush(self.id(), node)).await
    }

    /// The rows of a Postgres node, by key.
    ///
    /// # Errors
    /// See above.
    pub async fn rows(&self, node: &NodeId) -> Result<Vec<RowNow>, EngineError> {
        expect(&*self.current().await?, node, Kind::Postgres)?;
        postgres_data::rows(&self.0.stores.postgres, self.id(), node).await
    }

    /// Writes a row into a Postgres node.
    ///
    /// # Errors
    /// See above; [`EngineError::Full`].
    pub async fn put_row(&self, node: &NodeId, key: Key, value: Value) -> Result<(), EngineError> {
        let pool = &self.0.stores.postgres;
        let put = postgres_data::put(pool, self.id(), node, &key, &value);
        self.edit(node, Kind::Postgres, put).await
    }

    /// Deletes a row of a Postgres node, if it is there.
    ///
    /// # Errors
    /// See above.
    pub async fn delete_row(&self, node: &NodeId, key: &str) -> Result<(), EngineError> {
        let pool = &self.0.stores.postgres;
        self.edit(node, Kind::Postgres, postgres_data::delete(pool, self.id(), node, key)).await
    }

    /// How many keys or rows each store has, in the order of the drawing. Those of a store that does not answer are left out.
    ///
    /// # Errors
    /// If the sandbox was swept.
    pub async fn sizes(&self) -> Result<Vec<(NodeId, u64)>, EngineError> {
        let saved = self.current().await?;
        let (redis, postgres) = tokio::join!(
            self.0.stores.redis.sizes(self.id()),
            postgres_data::sizes(&self.0.stores.postgres, self.id())
        );
        let size = |(node, kind): (&NodeId, Kind)| {
            let counts = if kind == Kind::Redis { &redis } else { &postgres };
            let count = counts.as_ref().ok()?.get(node.as_str()).copied();
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
        for node in &mut scenario.graph.nodes {
            match &mut node.settings {
                Settings::Redis(redis) => {
                    let keys = self.0.stores.redis.keys(self.id(), &node.id).await?;
                    redis.keys = within_limits(keys, seed_key);
                }
                Settings::Postgres(postgres) => {
                    let rows = postgres_data::rows(&self.0.stores.postgres, self.id(), &node.id).await?;
                    postgres.rows = within_limits(rows, seed_row);
                }
                Settings::Client(_) | Settings::Server(_) => {}
            }
        }
        Ok(scenario)
    }

    /// Makes a change of a store's data, and tells everyone who looks at it.
    async fn edit<T>(
        &self,
        node: &NodeId,
        kind: Kind,
        change: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let _changing = self.changing().await;
        expect(&*self.current().await?, node, kind)?;
        let done = change.await?;
        self.0.recorder.record(Fact::DataChanged { node: node.clone() });
        self.touch().await;
        Ok(done)
    }
}

fn within_limits<N, S>(now: Vec<N>, seed: fn(N) -> Result<S, TextError>) -> Vec<S> {
    let seeds = now.into_iter().filter_map(|entry| seed(entry).ok());
    seeds.take(limits::ENTRIES_PER_STORE).collect()
}

fn seed_key(now: KeyNow) -> Result<SeedKey, TextError> {
    // Whole seconds, rounded up: a key about to expire still has one.
    let ttl_s = |ttl_ms: u64| ttl_ms.div_ceil(1_000).clamp(1, limits::TTL_S.into()) as u32;
    Ok(SeedKey { key: Key::new(now.key)?, value: Value::new(now.value)?, ttl_s: now.ttl_ms.map(ttl_s) })
}

fn seed_row(now: RowNow) -> Result<Row, TextError> {
    Ok(Row { key: Key::new(now.key)?, value: Value::new(now.value)? })
}
