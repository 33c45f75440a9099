//! A Postgres node in a run: the one SELECT, and the exact statement as evidence.

use crate::connections::{Connections, Failure};
use crate::ids::SandboxId;
use crate::quote;
use aside_domain::{Key, NodeId, Outcome, Receipt, Reply};
use std::time::Instant;
use tokio::time::{Instant as Deadline, timeout_at};

/// The statement of every read.
const SELECT: &str = "SELECT value FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3";

/// What a database says to the SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has the row.
    Row(String),
    /// It has none.
    NoRow,
    /// It does not answer.
    Failed(Failure),
}

/// A Postgres node of a sandbox.
#[derive(Clone, Copy)]
pub(crate) struct PostgresNode<'a> {
    pub(crate) stores: &'a Connections,
    pub(crate) sandbox: &'a SandboxId,
    pub(crate) node: &'a NodeId,
}

impl PostgresNode<'_> {
    /// The row of that key.
    ///
    /// The receipt's time is that of the statement alone; the wait for a free connection is not in it, unless none
    /// could be had: then that wait is all there is to tell.
    pub(crate) async fn select(self, key: &Key) -> (Found, Receipt) {
        let parameters = [self.sandbox.as_str(), self.node.as_str(), key.as_str()];
        let (found, took_us) = self.query(SELECT, parameters).await;
        let (outcome, reply) = match &found {
            Found::Row(value) => (Outcome::Found, value.as_str()),
            Found::NoRow => (Outcome::NotFound, "0 rows"),
            Found::Failed(failure) => (failure.outcome, failure.reason.as_str()),
        };
        let receipt =
            Receipt { outcome, sent: Some(quote::sql(SELECT, &parameters)), reply: Reply::of(reply), took_us };
        (found, receipt)
    }

    async fn query(self, sql: &'static str, parameters: [&str; 3]) -> (Found, u64) {
        let limit = self.stores.postgres_timeout;
        let deadline = Deadline::now() + limit;
        let mut began = Instant::now();
        let took_us = |began: Instant| began.elapsed().as_micros() as u64;

        let mut connection = match timeout_at(deadline, self.stores.postgres.acquire()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return (Found::Failed(Failure::of_postgres(&error, limit)), took_us(began)),
            Err(_) => return (Found::Failed(Failure::timed_out("Postgres", limit)), took_us(began)),
        };
        let query =
            parameters.into_iter().fold(sqlx::query_scalar::<_, String>(sql), |query, parameter| query.bind(parameter));
        began = Instant::now();
        let answer = timeout_at(deadline, query.fetch_optional(&mut *connection)).await;
        let took_us = took_us(began);
        let found = match answer {
            Ok(Ok(Some(value))) => Found::Row(value),
            Ok(Ok(None)) => Found::NoRow,
            Ok(Err(error)) => Found::Failed(Failure::of_postgres(&error, limit)),
            Err(_) => {
                connection.close_on_drop(); // its answer may still come, and nobody must take it for his own
                Found::Failed(Failure::timed_out("Postgres", limit))
            }
        };
        (found, took_us)
    }
}
