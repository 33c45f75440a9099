//! The rows of Postgres nodes outside of runs: what an inspector lists and changes, seeds, counts.
//!
//! Every statement names the sandbox and the node, and the key where it is about one.

use crate::connections::patiently;
use crate::error::EngineError;
use crate::ids::SandboxId;
use aside_domain::{EntryNow, Key, NodeId, Scenario, Settings, Value, limits};
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

/// Whether a node has a row of its own under that key.
pub(crate) async fn has_row(pool: &PgPool, sandbox: &SandboxId, node: &NodeId, key: &Key) -> Result<bool, EngineError> {
    let sql = "SELECT EXISTS (SELECT FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3)";
    let query = sqlx::query_scalar(sql).bind(sandbox.as_str()).bind(node.as_str()).bind(key.as_str());
    patiently(async { Ok(query.fetch_one(pool).await?) }).await
}

/// The rows of a node, by key.
pub(crate) async fn rows(pool: &PgPool, sandbox: &SandboxId, node: &NodeId) -> Result<Vec<EntryNow>, EngineError> {
    // "C" is the order of the bytes, as Rust has it, whatever the database's own is.
    let sql = "SELECT key, value FROM node_rows WHERE sandbox = $1 AND node = $2 ORDER BY key COLLATE \"C\" LIMIT $3";
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
        let sql = "SELECT count(*), coalesce(bool_or(key = $3), false) FROM node_rows WHERE sandbox = $1 AND node = $2";
        let query = sqlx::query_as::<_, (i64, bool)>(sql).bind(sandbox.as_str()).bind(node.as_str());
        let (rows, is_there) = query.bind(key.as_str()).fetch_one(pool).await?;
        if !is_there && rows >= limits::ENTRIES_PER_STORE as i64 {
            return Err(EngineError::Full { node: node.clone(), what: "rows" });
        }
        let sql = "INSERT INTO node_rows (sandbox, node, key, value) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (sandbox, node, key) DO UPDATE SET value = excluded.value";
        let query = sqlx::query(sql).bind(sandbox.as_str()).bind(node.as_str());
        query.bind(key.as_str()).bind(value.as_str()).execute(pool).await?;
        Ok(())
    })
    .await
}

/// Deletes a row, if it is there.
pub(crate) async fn delete(pool: &PgPool, sandbox: &SandboxId, node: &NodeId, key: &str) -> Result<(), EngineError> {
    // Another statement than that of a run, so that Postgres counts them apart.
    let sql = "DELETE FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = ANY($3)";
    let query = sqlx::query(sql).bind(sandbox.as_str()).bind(node.as_str()).bind([key].as_slice());
    patiently(async { Ok(query.execute(pool).await.map(drop)?) }).await
}

/// How many rows each node has; one without any is not in it.
pub(crate) async fn sizes(pool: &PgPool, sandbox: &SandboxId) -> Result<HashMap<String, u64>, EngineError> {
    let sql = "SELECT node, count(*) FROM node_rows WHERE sandbox = $1 GROUP BY node";
    let query = sqlx::query_as::<_, (String, i64)>(sql).bind(sandbox.as_str());
    let counts = patiently(async { Ok(query.fetch_all(pool).await?) }).await?;
    Ok(counts.into_iter().map(|(node, count)| (node, count as u64)).collect())
}
