//! The sandboxes in Postgres: whose they are, and the scenario that was saved last.

use crate::connections::{begin, patiently};
use crate::error::EngineError;
use crate::ids::{LiveAddress, SandboxId, SessionId};
use crate::postgres_data;
use aside_domain::{Place, Saved, Scenario};
use sqlx::postgres::PgPool;
use sqlx::{PgConnection, Row};

/// The sandbox of that visitor at that place.
pub(crate) async fn find(
    pool: &PgPool,
    session: &SessionId,
    place: &Place,
) -> Result<Option<(SandboxId, Saved)>, EngineError> {
    let sql = "SELECT id, scenario::text, version FROM sandboxes WHERE session = $1 AND place = $2";
    let query = sqlx::query(sql).bind(session.as_str()).bind(place.as_str());
    let row = patiently(async { Ok(query.fetch_optional(pool).await?) }).await?;
    let Some(row) = row else { return Ok(None) };
    let id = row.try_get::<&str, _>(0)?.parse();
    let id = id.map_err(|_| EngineError::Postgres("A sandbox in Postgres has a broken id.".to_owned()))?;
    Ok(Some((id, saved(row.try_get(1)?, row.try_get(2)?)?)))
}

/// The sandbox of that id, if it is that visitor's.
pub(crate) async fn load(pool: &PgPool, id: &SandboxId, session: &SessionId) -> Result<Saved, EngineError> {
    let sql = "SELECT scenario::text, version FROM sandboxes WHERE id = $1 AND session = $2";
    let query = sqlx::query(sql).bind(id.as_str()).bind(session.as_str());
    let row = patiently(async { Ok(query.fetch_optional(pool).await?) }).await?;
    let row = row.ok_or(EngineError::NoSuchSandbox)?;
    saved(row.try_get(0)?, row.try_get(1)?)
}

/// The sandbox with that live address, and whose it is.
pub(crate) async fn at_address(
    pool: &PgPool,
    address: &LiveAddress,
) -> Result<Option<(SandboxId, SessionId, Saved)>, EngineError> {
    let sql = "SELECT id, session, scenario::text, version FROM sandboxes WHERE live = $1";
    let query = sqlx::query(sql).bind(address.as_str());
    let row = patiently(async { Ok(query.fetch_optional(pool).await?) }).await?;
    let Some(row) = row else { return Ok(None) };
    let broken = |_| EngineError::Postgres("A sandbox in Postgres has a broken id.".to_owned());
    let id = row.try_get::<&str, _>(0)?.parse().map_err(broken)?;
    let session = row.try_get::<&str, _>(1)?.parse().map_err(broken)?;
    Ok(Some((id, session, saved(row.try_get(2)?, row.try_get(3)?)?)))
}

/// The live address of a sandbox; none until it was given one.
pub(crate) async fn live_address(pool: &PgPool, id: &SandboxId) -> Result<Option<LiveAddress>, EngineError> {
    let sql = "SELECT live FROM sandboxes WHERE id = $1";
    let query = sqlx::query_scalar::<_, Option<String>>(sql).bind(id.as_str());
    let address = query.fetch_optional(pool).await?.ok_or(EngineError::NoSuchSandbox)?;
    address.as_deref().map(read_address).transpose()
}

/// Gives a sandbox a live address, unless it has one; with `fresh`, even then.
pub(crate) async fn give_live_address(pool: &PgPool, id: &SandboxId, fresh: bool) -> Result<LiveAddress, EngineError> {
    let sql =
        "UPDATE sandboxes SET live = CASE WHEN $3 THEN $2 ELSE coalesce(live, $2) END WHERE id = $1 RETURNING live";
    let query = sqlx::query_scalar::<_, String>(sql).bind(id.as_str()).bind(LiveAddress::fresh().as_str().to_owned());
    read_address(&query.bind(fresh).fetch_optional(pool).await?.ok_or(EngineError::NoSuchSandbox)?)
}

fn read_address(address: &str) -> Result<LiveAddress, EngineError> {
    address.parse().map_err(|_| EngineError::Postgres("A sandbox in Postgres has a broken address.".to_owned()))
}

/// Read as a file is read, so that a scenario of an older format is brought up to this one.
fn saved(scenario: &str, version: i64) -> Result<Saved, EngineError> {
    Ok(Saved { scenario: Scenario::from_json(scenario).map_err(EngineError::Unreadable)?, version: version as u64 })
}

/// Creates a sandbox with its rows, at version 1. False if the visitor has one at that place, perhaps since a moment ago.
pub(crate) async fn create(
    pool: &PgPool,
    id: &SandboxId,
    session: &SessionId,
    place: &Place,
    scenario: &Scenario,
) -> Result<bool, EngineError> {
    patiently(async {
        let mut transaction = begin(pool).await?;
        let sql = "INSERT INTO sandboxes (id, session, place, scenario, version) VALUES ($1, $2, $3, $4::jsonb, 1) \
                   ON CONFLICT (session, place) DO NOTHING";
        let query = sqlx::query(sql).bind(id.as_str()).bind(session.as_str());
        let query = query.bind(place.as_str()).bind(scenario.to_json());
        let created = query.execute(&mut *transaction).await?.rows_affected() == 1;
        if created {
            postgres_data::seed(&mut transaction, id, scenario).await?;
        }
        transaction.commit().await?;
        Ok(created)
    })
    .await
}

/// Saves a scenario over version `base`, and gives the new version.
pub(crate) async fn save(
    connection: &mut PgConnection,
    id: &SandboxId,
    scenario: &Scenario,
    base: u64,
) -> Result<u64, EngineError> {
    let sql = "UPDATE sandboxes SET scenario = $3::jsonb, version = version + 1, touched_at = now() \
               WHERE id = $1 AND version = $2 RETURNING version";
    let base = i64::try_from(base).unwrap_or(i64::MAX);
    let query = sqlx::query_scalar::<_, i64>(sql).bind(id.as_str()).bind(base);
    let version = query.bind(scenario.to_json()).fetch_optional(&mut *connection).await?;
    if let Some(version) = version {
        return Ok(version as u64);
    }
    let sql = "SELECT version FROM sandboxes WHERE id = $1";
    let query = sqlx::query_scalar::<_, i64>(sql).bind(id.as_str());
    match query.fetch_optional(connection).await? {
        Some(current) => Err(EngineError::Conflict { current: current as u64 }),
        None => Err(EngineError::NoSuchSandbox),
    }
}

/// Marks a sandbox as in use.
pub(crate) async fn touch(pool: &PgPool, id: &SandboxId) -> Result<(), EngineError> {
    let query = sqlx::query("UPDATE sandboxes SET touched_at = now() WHERE id = $1").bind(id.as_str());
    patiently(async { Ok(query.execute(pool).await.map(drop)?) }).await
}
