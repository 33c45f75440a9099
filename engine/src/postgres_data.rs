//! The rows of Postgres nodes outside of runs: what an inspector lists and changes, seeds, counts.
//!
//! Every statement names the sandbox and the node, and the key where it is about one.

use crate::connections::{Connections, patiently};
use crate::data_sets;
use crate::error::EngineError;
use crate::ids::SandboxId;
use crate::observer::{self, Behind, Place};
use aside_domain::{DataSet, EntryNow, Key, NodeId, Scenario, Settings, Value, limits};
use sqlx::PgConnection;
use sqlx::postgres::PgPool;
use std::collections::HashMap;

/// Rows that one INSERT carries.
const BATCH: usize = 2_000;
/// The most rows that are listed: somebody may have written more with a tool of his own.
const LISTED: i64 = 1_000;

/// Writes what the scenario's Postgres nodes start with.
pub(crate) async fn seed(
    connection: &mut PgConnection,
    sandbox: &SandboxId,
    scenario: &Scenario,
) -> Result<(), EngineError> {
    let mut rows = Vec::new();
    for node in &scenario.graph.nodes {
        if let Settings::Postgres(settings) = &node.settings {
            rows.extend(settings.rows.iter().map(|row| (node.id.as_str(), row)));
        }
    }
    for batch in rows.chunks(BATCH) {
        let nodes: Vec<&str> = batch.iter().map(|(node, _)| *node).collect();
        let keys: Vec<&str> = batch.iter().map(|(_, row)| row.key.as_str()).collect();
        let values: Vec<&str> = batch.iter().map(|(_, row)| row.value.as_str()).collect();
        let sql = "INSERT INTO node_rows (sandbox, node, key, value) \
                   SELECT $1, node, key, value FROM UNNEST($2::text[], $3::text[], $4::text[]) AS seed (node, key, value) \
                   ON CONFLICT (sandbox, node, key) DO UPDATE SET value = excluded.value";
        let query = sqlx::query(sql).bind(sandbox.as_str()).bind(nodes).bind(keys);
        query.bind(values).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Deletes all rows of a sandbox, also those of nodes that are no longer drawn.
pub(crate) async fn clear(connection: &mut PgConnection, sandbox: &SandboxId) -> Result<(), EngineError> {
    let query = sqlx::query("DELETE FROM node_rows WHERE sandbox = $1").bind(sandbox.as_str());
    query.execute(connection).await?;
    Ok(())
}

/// Whether a node has a row of its own under that key, or a tombstone.
pub(crate) async fn has_row(pool: &PgPool, sandbox: &SandboxId, node: &NodeId, key: &Key) -> Result<bool, EngineError> {
    let sql = "SELECT EXISTS (SELECT FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3)";
    let query = sqlx::query_scalar(sql).bind(sandbox.as_str()).bind(node.as_str()).bind(key.as_str());
    patiently(async { Ok(query.fetch_one(pool).await?) }).await
}

/// A node's own rows, by key; neither tombstones nor the rows of a data set under them.
pub(crate) async fn rows(pool: &PgPool, sandbox: &SandboxId, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
    // "C" is the order of the bytes, as Rust has it, whatever the database's own is.
    let sql = "SELECT key, value FROM node_rows WHERE sandbox = $1 AND node = $2 AND value IS NOT NULL \
               ORDER BY key COLLATE \"C\" LIMIT $3";
    let query = sqlx::query_as::<_, (String, String)>(sql);
    let query = query.bind(sandbox.as_str()).bind(node.as_str()).bind(LISTED);
    let rows = patiently(async { Ok(query.fetch_all(pool).await?) }).await?;
    Ok(rows
        .into_iter()
        .map(|(key, value)| EntryNow { key, value, ttl_ms: None, jitter_s: None, stale: None })
        .collect())
}

/// Writes a row; refused where it would be one too many.
pub(crate) async fn put(
    pool: &PgPool,
    sandbox: &SandboxId,
    node: &NodeId,
    key: &Key,
    value: &Value,
) -> Result<(), EngineError> {
    patiently(async {
        check_room(pool, sandbox, node, key.as_str()).await?;
        let sql = "INSERT INTO node_rows (sandbox, node, key, value) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (sandbox, node, key) DO UPDATE SET value = excluded.value";
        let query = sqlx::query(sql).bind(sandbox.as_str()).bind(node.as_str());
        query.bind(key.as_str()).bind(value.as_str()).execute(pool).await?;
        Ok(())
    })
    .await
}

/// Deletes a row, if it is there; of a row of the data set under it, a tombstone stays.
pub(crate) async fn delete(
    pool: &PgPool,
    sandbox: &SandboxId,
    (node, set): (&NodeId, Option<DataSet>),
    key: &str,
) -> Result<(), EngineError> {
    // Other statements than those of a run, so that Postgres counts them apart.
    let is_shared = set.is_some_and(|set| data_sets::number(set, key).is_some());
    let sql = match is_shared {
        true => {
            "INSERT INTO node_rows (sandbox, node, key, value) SELECT $1, $2, key, NULL FROM unnest($3) AS key \
                 ON CONFLICT (sandbox, node, key) DO UPDATE SET value = NULL"
        }
        false => "DELETE FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = ANY($3)",
    };
    patiently(async {
        if is_shared {
            check_room(pool, sandbox, node, key).await?;
        }
        let query = sqlx::query(sql).bind(sandbox.as_str()).bind(node.as_str()).bind([key].as_slice());
        Ok(query.execute(pool).await.map(drop)?)
    })
    .await
}

/// Checks that there is room for one more row of that key, or a tombstone, by a person's hand.
async fn check_room(pool: &PgPool, sandbox: &SandboxId, node: &NodeId, key: &str) -> Result<(), EngineError> {
    let sql = "SELECT count(value), count(*), coalesce(bool_or(key = $3), false), \
               coalesce(bool_or(key = $3 AND value IS NOT NULL), false) FROM node_rows WHERE sandbox = $1 AND node = $2";
    let query = sqlx::query_as::<_, (i64, i64, bool, bool)>(sql).bind(sandbox.as_str()).bind(node.as_str());
    let (rows, taken, is_taken, is_there) = query.bind(key).fetch_one(pool).await?;
    if !is_there && rows >= limits::ENTRIES_PER_STORE as i64 {
        return Err(EngineError::Full { node: node.clone(), what: "rows" });
    }
    if !is_taken && taken >= limits::ROWS_PER_DATABASE as i64 { Err(EngineError::NoRoom) } else { Ok(()) }
}

/// How many rows of its own each node has; one without any is not in it.
pub(crate) async fn sizes(pool: &PgPool, sandbox: &SandboxId) -> Result<HashMap<String, u64>, EngineError> {
    count(pool, sandbox, "SELECT node, count(value) FROM node_rows WHERE sandbox = $1 GROUP BY node").await
}

/// How many rows each node takes, tombstones too: they count towards [`limits::ROWS_PER_DATABASE`].
pub(crate) async fn taken(pool: &PgPool, sandbox: &SandboxId) -> Result<HashMap<String, u64>, EngineError> {
    count(pool, sandbox, "SELECT node, count(*) FROM node_rows WHERE sandbox = $1 GROUP BY node").await
}

async fn count(pool: &PgPool, sandbox: &SandboxId, sql: &'static str) -> Result<HashMap<String, u64>, EngineError> {
    let query = sqlx::query_as::<_, (String, i64)>(sql).bind(sandbox.as_str());
    let counts = patiently(async { Ok(query.fetch_all(pool).await?) }).await?;
    Ok(counts.into_iter().map(|(node, count)| (node, count as u64)).collect())
}

/// The prints of what databases have under these keys: their own rows, or else those of their data sets. Not the statements of
/// a read: those count the reads.
pub(crate) async fn prints(
    stores: &Connections,
    sandbox: &SandboxId,
    databases: &[Behind],
    keys: &[&str],
) -> Result<HashMap<Place, u64>, EngineError> {
    if databases.is_empty() || keys.is_empty() {
        return Ok(HashMap::new());
    }
    let nodes: Vec<&str> = databases.iter().map(|database| database.node.as_str()).collect();
    let sql = "SELECT node, key, value FROM node_rows WHERE sandbox = $1 AND node = ANY($2) AND key = ANY($3)";
    let query =
        sqlx::query_as::<_, (String, String, Option<String>)>(sql).bind(sandbox.as_str()).bind(nodes).bind(keys);
    let own = patiently(async { Ok(query.fetch_all(&stores.postgres).await?) }).await?;
    let print = |(node, key, value): (String, String, Option<String>)| {
        Some(((NodeId::new(node).ok()?, key), value.as_deref().map(observer::print)))
    };
    let mut prints: HashMap<Place, Option<u64>> = own.into_iter().filter_map(print).collect();
    for Behind { node, data_set } in databases {
        let Some(set) = *data_set else { continue };
        let place = |key: &&str| (node.clone(), (*key).to_owned());
        let others = keys.iter().map(place).filter(|place| !prints.contains_key(place));
        let others = others.filter_map(|place| data_sets::number(set, &place.1).map(|number| (place, number)));
        let others: Vec<(Place, u32)> = others.collect();
        let numbers: Vec<u32> = others.iter().map(|(_, number)| *number).collect();
        // A moment later than the rows above, but nothing in a set ever changes.
        let shared = stores.data_sets.prints(&stores.postgres, set, &numbers).await?;
        prints.extend(others.into_iter().map(|(place, number)| (place, shared.get(&number).copied())));
    }
    Ok(prints.into_iter().filter_map(|(place, print)| Some((place, print?))).collect())
}
