//! Cache-aside over users in as little axum and redis-rs as it takes: the peer (a).
//!
//! It records nothing, limits nothing, watches nothing and has no time limits of its own: what it costs is what HTTP, JSON
//! and the stores cost.

use std::sync::Arc;

use anyhow::Result;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::net::TcpListener;

const PREFIX: &str = "least:";
const TTL_S: u64 = 3_600;

/// What a value is wrapped into, on its way in.
#[derive(Deserialize)]
struct Body {
    value: Box<RawValue>,
}

/// And on its way out.
#[derive(Serialize)]
struct User {
    key: String,
    value: Box<RawValue>,
}

struct Stores {
    redis: MultiplexedConnection,
    postgres: PgPool,
}

type Answer = Result<Json<User>, StatusCode>;

/// Answers on a free port, which it prints, until it is ended.
pub async fn serve(redis_url: &str, database_url: &str) -> Result<()> {
    let redis = redis::Client::open(redis_url)?.get_multiplexed_async_connection().await?;
    let postgres = PgPoolOptions::new().min_connections(16).max_connections(16).connect(database_url).await?;
    let routes =
        Router::new().route("/users/{key}", get(read).put(write)).with_state(Arc::new(Stores { redis, postgres }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("The least is at http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

async fn read(State(stores): State<Arc<Stores>>, Path(key): Path<String>) -> Answer {
    let (mut redis, name) = (stores.redis.clone(), format!("{PREFIX}{key}"));
    let cached: Option<String> = redis.get(&name).await.map_err(internal)?;
    let value = match cached {
        Some(value) => value,
        None => {
            let row: Option<String> = sqlx::query_scalar("SELECT value FROM bench_users WHERE key = $1")
                .bind(&key)
                .fetch_optional(&stores.postgres)
                .await
                .map_err(internal)?;
            let value = row.ok_or(StatusCode::NOT_FOUND)?;
            let () = redis.set_ex(&name, &value, TTL_S).await.map_err(internal)?;
            value
        }
    };
    Ok(Json(User { key, value: RawValue::from_string(value).map_err(internal)? }))
}

async fn write(State(stores): State<Arc<Stores>>, Path(key): Path<String>, Json(body): Json<Body>) -> Answer {
    let upsert = "INSERT INTO bench_users (key, value) VALUES ($1, $2) \
                  ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    let upsert = sqlx::query(upsert).bind(&key).bind(body.value.get());
    upsert.execute(&stores.postgres).await.map_err(internal)?;
    let () = stores.redis.clone().del(format!("{PREFIX}{key}")).await.map_err(internal)?;
    Ok(Json(User { key, value: body.value }))
}

fn internal<E>(_: E) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
