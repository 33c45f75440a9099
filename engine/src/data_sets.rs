//! The data sets: rows that all sandboxes share, read-only, under a Postgres node's own.
//!
//! A node's own row comes first. One without a value is a tombstone: the set's row of that key counts as deleted. So a sandbox
//! takes no rows but those that it wrote itself.
//!
//! A set is filled in when somebody is about to use it for the first time, once in a database. What is in it is made from word
//! lists by arithmetic alone (`data_sets/fill_*.sql`): the same in every database.

use crate::connections::{Connections, begin, patiently};
use crate::error::EngineError;
use crate::observer;
use crate::sandbox::Sandbox;
use aside_domain::plan::ServerPlan;
use aside_domain::{DataSet, Graph, Settings};
use sqlx::postgres::PgPool;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::OnceCell;

/// What the advisory locks of fillings have in common; the other half is the set.
const LOCK: i32 = 0x0A51_DE00;
/// A filling may take longer than a request.
const AT_LEISURE: &str = "SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '60s'";

/// The statement of a read of a node's own row.
macro_rules! own_row {
    () => {
        "SELECT value FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3 AND value IS NOT NULL"
    };
}
pub(crate) use own_row;

/// A set's statements.
struct Statements {
    /// Fills it in.
    fill: &'static str,
    /// Reads one row, a node's own or the set's.
    read: &'static str,
    /// Reads many rows of the set alone.
    look: &'static str,
}

macro_rules! statements {
    ($set:literal, $id:literal) => {
        Statements {
            fill: include_str!(concat!("data_sets/fill_", $set, ".sql")),
            read: concat!(
                own_row!(),
                "\nUNION ALL\n",
                include_str!(concat!("data_sets/read_", $set, ".sql")),
                "WHERE ",
                $id,
                " = $4::integer AND NOT EXISTS (SELECT FROM node_rows WHERE sandbox = $1 AND node = $2 AND key = $3)"
            ),
            look: concat!(
                "SELECT asked, (\n",
                include_str!(concat!("data_sets/read_", $set, ".sql")),
                "WHERE ",
                $id,
                " = asked\n) FROM unnest($1::integer[]) AS asked"
            ),
        }
    };
}

const fn statements(set: DataSet) -> Statements {
    match set {
        DataSet::Users => statements!("users", "person.id"),
        DataSet::Products => statements!("products", "product.id"),
        DataSet::Threads => statements!("threads", "thread.id"),
        DataSet::Sessions => statements!("sessions", "login.id"),
    }
}

/// The statement of a read of a key that a set has: the node's own row, or else the set's. Its fourth parameter is the key's
/// number in the set.
pub(crate) const fn read(set: DataSet) -> &'static str {
    statements(set).read
}

/// The number of a key in a set; none if the set does not have it.
pub(crate) fn number(set: DataSet, key: &str) -> Option<u32> {
    let number = key.strip_prefix(set.singular())?.strip_prefix(':')?.parse().ok()?;
    // Written as the set writes it: `user:017` is another key than `user:17`.
    ((1..=set.keys()).contains(&number) && set.key(number) == key).then_some(number)
}

/// What this process knows of the sets.
#[derive(Default)]
pub(crate) struct DataSets {
    /// Which are filled in.
    ready: [OnceCell<()>; DataSet::ALL.len()],
    /// What was looked up for the observer: nothing in a set ever changes, so it is asked for once.
    prints: Mutex<HashMap<(DataSet, u32), u64>>,
}

impl DataSets {
    fn is_ready(&self, set: DataSet) -> bool {
        self.ready[set as usize].initialized()
    }

    /// Sees to it that a set is filled in. Whoever asks while it is being filled waits.
    pub(crate) async fn prepare(&self, pool: &PgPool, set: DataSet) -> Result<(), EngineError> {
        let fill = || async {
            // In a task, so that a transaction is never cut off: who asked may go away meanwhile.
            let filling = tokio::spawn(fill(pool.clone(), set));
            filling.await.map_err(|_| EngineError::Setup("Aside is just being stopped.".to_owned()))?
        };
        self.ready[set as usize].get_or_try_init(fill).await.copied()
    }

    /// The prints of what a set has under those of its numbers.
    pub(crate) async fn prints(
        &self,
        pool: &PgPool,
        set: DataSet,
        numbers: &[u32],
    ) -> Result<HashMap<u32, u64>, EngineError> {
        let known = || self.prints.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut prints, mut unknown) = (HashMap::new(), Vec::new());
        {
            let known = known();
            for &number in numbers {
                match known.get(&(set, number)) {
                    Some(&print) => _ = prints.insert(number, print),
                    None => unknown.push(number as i32),
                }
            }
        }
        if !unknown.is_empty() {
            self.prepare(pool, set).await?;
            let query = sqlx::query_as::<_, (i32, Option<String>)>(statements(set).look).bind(unknown);
            let rows = patiently(async { Ok(query.fetch_all(pool).await?) }).await?;
            let found = rows.into_iter().filter_map(|(number, value)| Some((number as u32, observer::print(&value?))));
            let found: Vec<(u32, u64)> = found.collect();
            known().extend(found.iter().map(|&(number, print)| ((set, number), print)));
            prints.extend(found);
        }
        Ok(prints)
    }
}

/// Fills a set in, unless somebody has; of two who try at once, one waits for the other.
async fn fill(pool: PgPool, set: DataSet) -> Result<(), EngineError> {
    let began = Instant::now();
    let mut transaction = begin(&pool).await?;
    sqlx::raw_sql(AT_LEISURE).execute(&mut *transaction).await?;
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1, $2)").bind(LOCK).bind(set as i32);
    lock.execute(&mut *transaction).await?;
    let is_filled = sqlx::query_scalar("SELECT EXISTS (SELECT FROM shared_sets WHERE name = $1)").bind(set.word());
    if is_filled.fetch_one(&mut *transaction).await? {
        return Ok(transaction.rollback().await?);
    }
    sqlx::raw_sql(statements(set).fill).execute(&mut *transaction).await?;
    let filled = sqlx::query("INSERT INTO shared_sets (name) VALUES ($1)").bind(set.word());
    filled.execute(&mut *transaction).await?;
    transaction.commit().await?;
    tracing::info!(set = set.word(), ms = began.elapsed().as_millis() as u64, "a data set was filled in");
    Ok(())
}

impl Sandbox {
    /// Waits until the data sets that these servers' databases stand on are filled in: no request of theirs has to.
    ///
    /// # Errors
    /// If Postgres does not answer, and it is not known that they are.
    pub(crate) async fn prepare(&self, servers: impl IntoIterator<Item = &ServerPlan>) -> Result<(), EngineError> {
        let sets: BTreeSet<DataSet> = servers.into_iter().filter_map(|server| server.data_set).collect();
        for set in sets {
            self.0.stores.prepare(set).await?;
        }
        Ok(())
    }

    /// Begins to fill in what the saved drawing will need.
    pub(crate) fn prepare_soon(&self) {
        let stores = &self.0.stores;
        let needed: Vec<DataSet> = sets(&self.last().scenario.graph).collect();
        for set in needed.into_iter().filter(|set| !stores.data_sets.is_ready(*set)) {
            let stores = stores.clone();
            tokio::spawn(async move {
                if let Err(error) = stores.prepare(set).await {
                    tracing::warn!(set = set.word(), %error, "a data set could not be filled in now");
                }
            });
        }
    }
}

impl Connections {
    async fn prepare(&self, set: DataSet) -> Result<(), EngineError> {
        self.data_sets.prepare(&self.postgres, set).await
    }
}

/// The sets that a drawing's databases stand on, or will once they are linked.
fn sets(graph: &Graph) -> impl Iterator<Item = DataSet> {
    let set = |settings: &Settings| match settings {
        Settings::Postgres(postgres) => postgres.data_set,
        Settings::Client(client) => client.traffic.is_some().then_some(DataSet::Users),
        Settings::Server(_) | Settings::Redis(_) => None,
    };
    let sets: BTreeSet<DataSet> = graph.nodes.iter().filter_map(|node| set(&node.settings)).collect();
    sets.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_in_a_set_only_as_the_set_writes_it() {
        for set in DataSet::ALL {
            assert_eq!(number(set, &set.key(1)), Some(1));
            assert_eq!(number(set, &set.key(set.keys())), Some(set.keys()));
            assert_eq!(number(set, &set.key(set.keys() + 1)), None);
        }
        for other in
            ["user:0", "user:017", "user:+17", "user: 17", "user:", "user", "users:17", "product:17", "doe", ""]
        {
            assert_eq!(number(DataSet::Users, other), None, "{other}");
        }
        assert_eq!(number(DataSet::Users, "user:99999999999999999999"), None);
    }

    #[test]
    fn every_read_begins_with_the_nodes_own_row() {
        for set in DataSet::ALL {
            assert!(read(set).starts_with(own_row!()), "{}", read(set));
        }
    }
}
