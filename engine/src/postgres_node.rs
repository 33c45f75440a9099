//! A Postgres node in a run: its statements, and the exact statement as evidence.

use crate::connections::{Connections, Failure};
use crate::data_sets::{self, own_row};
use crate::evidence::Evidence;
use crate::ids::SandboxId;
use crate::quote;
use aside_domain::{DataSet, Key, NodeId, Outcome, Receipt, Value};
use sqlx::postgres::PgRow;
use sqlx::{Postgres, Row};
use std::time::{Duration, Instant};
use tokio::time::{Instant as Deadline, timeout_at};

macro_rules! put {
    ($is_new:literal) => {
        concat!(
            "INSERT INTO node_rows (sandbox, node, key, value, created) VALUES ($1, $2, $3, $4, ",
            $is_new,
            ") ON CONFLICT (sandbox, node, key) DO UPDATE SET value = excluded.value, created = node_rows.value IS NULL \
             RETURNING created"
        )
    };
}

/// The statement of every read, as far as it is about a node's own row.
const SELECT: &str = own_row!();
/// The statement of every PUT, but of those that a data set has. Whether the row is new has to be written down: a row that was
/// a tombstone is new, and afterwards nothing else would tell.
const PUT: &str = put!("true");
/// The statement of every PUT over a row of a data set: that one is there, so the new one is not new.
const PUT_OVER: &str = put!("false");
/// The statement of every DELETE, but of those that a data set has. (What it deletes may be a tombstone that was left behind by
/// a data set.)
const DELETE: &str = "DELETE FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3 RETURNING value IS NOT NULL";
/// The statement of every DELETE of what a data set has: a tombstone hides it.
const BURY: &str = "INSERT INTO node_rows (sandbox, node, key, value) VALUES ($1, $2, $3, NULL) \
                    ON CONFLICT (sandbox, node, key) DO UPDATE SET value = NULL WHERE node_rows.value IS NOT NULL \
                    RETURNING true";

/// What those that read, write and delete begin with, as Postgres counts them (pg_stat_statements): it takes their constants
/// for parameters.
pub(crate) fn as_counted() -> [Vec<String>; 3] {
    let put = PUT.replace("$4, true", "$4, $5");
    let bury = BURY.replacen("NULL", "$4", 1).replacen("= NULL", "= $5", 1).replace("RETURNING true", "RETURNING $6");
    [vec![SELECT.to_owned()], vec![put], vec![DELETE.to_owned(), bury]]
}

/// What a database says to the SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has the row.
    Row(String),
    /// It has none.
    NoRow,
}

/// What is to be done with a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Edit<'a> {
    /// Write it, whether or not it is there.
    Put(&'a Value),
    /// Delete it.
    Delete,
}

/// What was done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// There was none; now there is.
    Created,
    /// It has another value, or the same once more.
    Updated,
    /// It is gone.
    Deleted,
    /// There was none to delete.
    NotThere,
}

/// A Postgres node of a sandbox.
#[derive(Clone, Copy)]
pub(crate) struct PostgresNode<'a> {
    pub(crate) stores: &'a Connections,
    pub(crate) sandbox: &'a SandboxId,
    pub(crate) node: &'a NodeId,
    /// The shared rows under its own.
    pub(crate) data_set: Option<DataSet>,
    /// How long an answer is awaited, the wait for a free connection included.
    pub(crate) patience: Duration,
    /// Whether anybody is told; if not, receipts have empty texts.
    pub(crate) is_told: bool,
}

/// A receipt's time is that of the statement alone; the wait for a free connection is not in it, unless none could be
/// had: then that wait is all there is to tell.
impl PostgresNode<'_> {
    /// The row of that key.
    pub(crate) async fn select(self, key: &Key) -> (Result<Found, Failure>, Receipt) {
        let shared = self.shared(key);
        let number = shared.map(|(_, number)| number.to_string());
        let mut parameters = vec![self.sandbox.as_str(), self.node.as_str(), key.as_str()];
        parameters.extend(number.as_deref());
        let sql = shared.map_or(SELECT, |(set, _)| data_sets::read(set));
        let (found, evidence) = self.query(sql, &parameters, |row| row.try_get(0)).await;
        let found = found.map(|row| row.map_or(Found::NoRow, Found::Row));
        let receipt = evidence.receipt(&found, |found| match found {
            Found::Row(value) => (Outcome::Found, value.as_str().into()),
            Found::NoRow => (Outcome::NotFound, "0 rows".into()),
        });
        (found, receipt)
    }

    /// Writes or deletes the row of that key.
    pub(crate) async fn write(self, key: &Key, edit: Edit<'_>) -> (Result<Written, Failure>, Receipt) {
        let is_shared = self.shared(key).is_some();
        let (sandbox, node, key) = (self.sandbox.as_str(), self.node.as_str(), key.as_str());
        match edit {
            Edit::Put(value) => {
                let parameters = [sandbox, node, key, value.as_str()];
                let (created, evidence) =
                    self.query(if is_shared { PUT_OVER } else { PUT }, &parameters, |row| row.try_get(0)).await;
                let is_new = |created| if created == Some(true) { Written::Created } else { Written::Updated };
                let written = created.map(is_new);
                let receipt = evidence.receipt(&written, |written| {
                    let what = if *written == Written::Created { "created" } else { "updated" };
                    (Outcome::Stored, format!("1 row {what}").into())
                });
                (written, receipt)
            }
            Edit::Delete => {
                let sql = if is_shared { BURY } else { DELETE };
                let (deleted, evidence) = self.query(sql, &[sandbox, node, key], |row| row.try_get(0)).await;
                let was_there = |deleted| if deleted == Some(true) { Written::Deleted } else { Written::NotThere };
                let written = deleted.map(was_there);
                let receipt = evidence.receipt(&written, |written| match written {
                    Written::Deleted => (Outcome::Deleted, "1 row deleted".into()),
                    _ => (Outcome::NotFound, "0 rows deleted".into()),
                });
                (written, receipt)
            }
        }
    }

    /// The data set that has that key, and the key's number in it.
    fn shared(self, key: &Key) -> Option<(DataSet, u32)> {
        let set = self.data_set?;
        Some((set, data_sets::number(set, key.as_str())?))
    }

    /// Sends a statement that gives one row at most, and prepares its receipt.
    async fn query<T>(
        self,
        sql: &'static str,
        parameters: &[&str],
        read: impl FnOnce(&PgRow) -> Result<T, sqlx::Error>,
    ) -> (Result<Option<T>, Failure>, Evidence) {
        let limit = self.patience;
        let deadline = Deadline::now() + limit;
        let mut began = Instant::now();
        let took_us = |began: Instant| began.elapsed().as_micros() as u64;
        let is_told = self.is_told;
        let not_sent = |began: Instant| Evidence { sent: None, took_us: took_us(began), is_told };
        let mut connection = match timeout_at(deadline, self.stores.postgres.acquire()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return (Err(Failure::of_postgres(&error, limit)), not_sent(began)),
            Err(_) => return (Err(Failure::timed_out("Postgres", limit)), not_sent(began)),
        };
        let query = parameters.iter().fold(sqlx::query::<Postgres>(sql), |query, parameter| query.bind(*parameter));
        began = Instant::now();
        let answer = timeout_at(deadline, query.fetch_optional(&mut *connection)).await;
        let quoted = if is_told { quote::sql(sql, parameters) } else { String::new() };
        let evidence = Evidence { sent: Some(quoted), took_us: took_us(began), is_told };
        let row = match answer {
            Ok(answer) => answer.and_then(|row| row.as_ref().map(read).transpose()),
            Err(_) => {
                connection.close_on_drop(); // its answer may still come, and nobody must take it for his own
                return (Err(Failure::timed_out("Postgres", limit)), evidence);
            }
        };
        (row.map_err(|error| Failure::of_postgres(&error, limit)), evidence)
    }
}
