//! Alive, and ready: for whatever watches over Aside.

use std::time::Duration;

use aside_engine::Engine;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use tokio::time::timeout;

/// How long the stores have to answer, both together.
const PATIENCE: Duration = Duration::from_secs(3);

/// 200 whenever the program runs.
pub async fn alive() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// 200 when both stores answer, else 503; a line a store. Why one does not is in the log: it may name addresses.
pub async fn ready(State(engine): State<Engine>) -> impl IntoResponse {
    let unknown = || Err("no answer in time".to_owned());
    let (redis, postgres) = match timeout(PATIENCE, engine.ready()).await {
        Ok(readiness) => (readiness.redis, readiness.postgres),
        Err(_) => (unknown(), unknown()),
    };
    let status = if redis.is_ok() && postgres.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let lines = [line("Redis", redis), line("Postgres", postgres)].concat();
    (status, [(CACHE_CONTROL, "no-store")], lines)
}

fn line(store: &str, answer: Result<(), String>) -> String {
    match answer {
        Ok(()) => format!("{store}: ok\n"),
        Err(reason) => {
            tracing::warn!(store, reason, "not ready");
            format!("{store}: does not answer\n")
        }
    }
}
