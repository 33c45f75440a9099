//! Server functions: everything that the screen asks of the server, each at a fixed address below `/api/`.
//!
//! They call the engine that they find in context, for the session that they find there; another session's sandbox is
//! answered with 404. What changes over time does not come from here but from the event stream ([`crate::live`]).

#![expect(missing_docs, reason = "the server macro makes public structs whose fields are the functions' arguments")]

use aside_domain::{Key, KeyNow, NodeId, Place, RowNow, Saved, Scenario, Value};
use leptos::prelude::*;
use leptos::server_fn::codec::{Json, JsonEncoding};
use serde::{Deserialize, Serialize};

/// Why the server did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ApiError {
    /// It answered, and said no; a sentence for the person who asked.
    #[error("{message}")]
    Refused {
        /// HTTP's status code.
        status: u16,
        /// The sentence.
        message: String,
    },
    /// It did not answer.
    #[error("Aside's server does not answer.")]
    Away,
}

impl ApiError {
    /// Whether trying the same again later can help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Away => true,
            Self::Refused { status, .. } => *status == 503,
        }
    }

    /// Whether somebody else changed it first.
    #[must_use]
    pub const fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Away,
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => {
                Self::Refused { status: 422, message }
            }
            // What is no answer of ours: a proxy's page, a server that is shutting down.
            ServerFnErrorErr::Deserialization(_) => Self::Away,
            other => Self::Refused { status: 500, message: other.to_string() },
        }
    }
}

/// A sandbox that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its id.
    pub sandbox: String,
    /// Its scenario.
    pub saved: Saved,
}

/// The scenario that this visitor has at a place, if he has been there. Changes nothing, so a page can be read without
/// leaving anything behind.
#[server(endpoint = "find", input = Json)]
pub async fn find(place: Place) -> Result<Option<Saved>, ApiError> {
    let (engine, session) = context::caller()?;
    context::answer(engine.find(&session, &place).await)
}

/// Opens the visitor's sandbox at a place; it is created, with the textbook's example, where there is none.
#[server(endpoint = "open", input = Json)]
pub async fn open(place: Place) -> Result<Opened, ApiError> {
    let (engine, session) = context::caller()?;
    let sandbox = context::answer(engine.open(&session, &place).await)?;
    let saved = context::answer(sandbox.saved().await)?;
    Ok(Opened { sandbox: sandbox.id().to_string(), saved })
}

/// Saves a scenario over version `base`, and tells the new version.
#[server(endpoint = "save", input = Json)]
pub async fn save(sandbox: String, scenario: Scenario, base: u64, by: String) -> Result<u64, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.save(scenario, base, &by).await)
}

/// Saves a scenario over version `base`, and fills the stores with the data that it starts with.
#[server(endpoint = "reset", input = Json)]
pub async fn reset(sandbox: String, scenario: Scenario, base: u64, by: String) -> Result<u64, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.reset(scenario, base, &by).await)
}

/// The saved scenario, with the data that its stores hold now.
#[server(endpoint = "export", input = Json)]
pub async fn export(sandbox: String) -> Result<Scenario, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.export().await)
}

/// The saved scenario.
#[server(endpoint = "load", input = Json)]
pub async fn load(sandbox: String) -> Result<Saved, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.saved().await)
}

/// Starts a run, of these clients or of all, and tells its number.
#[server(endpoint = "run", input = Json)]
pub async fn run(sandbox: String, clients: Option<Vec<NodeId>>) -> Result<u32, ApiError> {
    let which = clients.map_or(aside_engine::Which::All, aside_engine::Which::Clients);
    context::answer(context::sandbox(&sandbox).await?.run(which).await)
}

/// Ends the run that is going; tells whether there was one.
#[server(endpoint = "stop", input = Json)]
pub async fn stop(sandbox: String) -> Result<bool, ApiError> {
    Ok(context::sandbox(&sandbox).await?.stop())
}

/// The keys of a Redis node, as they are in Redis now.
#[server(endpoint = "keys", input = Json)]
pub async fn keys(sandbox: String, node: NodeId) -> Result<Vec<KeyNow>, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.keys(&node).await)
}

/// Puts a key into a Redis node.
#[server(endpoint = "put_key", input = Json)]
pub async fn put_key(
    sandbox: String,
    node: NodeId,
    key: Key,
    value: Value,
    ttl_s: Option<u32>,
) -> Result<(), ApiError> {
    context::answer(context::sandbox(&sandbox).await?.put_key(&node, key, value, ttl_s).await)
}

/// Deletes a key of a Redis node.
#[server(endpoint = "delete_key", input = Json)]
pub async fn delete_key(sandbox: String, node: NodeId, key: String) -> Result<(), ApiError> {
    context::answer(context::sandbox(&sandbox).await?.delete_key(&node, &key).await)
}

/// Deletes every key of a Redis node, and tells how many there were.
#[server(endpoint = "flush", input = Json)]
pub async fn flush(sandbox: String, node: NodeId) -> Result<u64, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.flush(&node).await)
}

/// The rows of a Postgres node, as they are in Postgres now.
#[server(endpoint = "rows", input = Json)]
pub async fn rows(sandbox: String, node: NodeId) -> Result<Vec<RowNow>, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.rows(&node).await)
}

/// Puts a row into a Postgres node.
#[server(endpoint = "put_row", input = Json)]
pub async fn put_row(sandbox: String, node: NodeId, key: Key, value: Value) -> Result<(), ApiError> {
    context::answer(context::sandbox(&sandbox).await?.put_row(&node, key, value).await)
}

/// Deletes a row of a Postgres node.
#[server(endpoint = "delete_row", input = Json)]
pub async fn delete_row(sandbox: String, node: NodeId, key: String) -> Result<(), ApiError> {
    context::answer(context::sandbox(&sandbox).await?.delete_row(&node, &key).await)
}

/// How many keys and rows the store nodes hold now. A store that does not answer is left out.
#[server(endpoint = "sizes", input = Json)]
pub async fn sizes(sandbox: String) -> Result<Vec<(NodeId, u64)>, ApiError> {
    context::answer(context::sandbox(&sandbox).await?.sizes().await)
}

/// What the server functions stand on.
#[cfg(feature = "ssr")]
mod context {
    use super::ApiError;
    use aside_engine::{Engine, EngineError, Sandbox, SandboxId, SessionId};
    use leptos::prelude::use_context;

    pub fn caller() -> Result<(Engine, SessionId), ApiError> {
        let missing = || ApiError::Refused { status: 500, message: "This request came without a session.".to_owned() };
        Ok((use_context().ok_or_else(missing)?, use_context().ok_or_else(missing)?))
    }

    pub async fn sandbox(id: &str) -> Result<Sandbox, ApiError> {
        let (engine, session) = caller()?;
        let id: SandboxId = answer(id.parse().map_err(|_| EngineError::NoSuchSandbox))?;
        answer(engine.sandbox(&session, &id).await)
    }

    pub fn answer<T>(result: Result<T, EngineError>) -> Result<T, ApiError> {
        result.map_err(|error| {
            let status = error.status();
            if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
                && let Ok(code) = http::StatusCode::from_u16(status)
            {
                response.set_status(code);
            }
            ApiError::Refused { status, message: error.to_string() }
        })
    }
}
