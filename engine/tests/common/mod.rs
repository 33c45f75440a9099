//! What the tests share: real stores, one runtime for all, and visitors with their sandboxes.
//!
//! In `scenarios.rs` drawings in a few words, in `events.rs` runs, told as short lines.

#![allow(dead_code, reason = "every test binary uses another part of this")]
#![allow(unused_imports, reason = "every test binary uses another part of this")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod events;
mod scenarios;

pub use events::*;
pub use scenarios::*;

use aside_domain::{Condition, NodeId, Place, Scenario};
use aside_engine::{Config, Engine, Sandbox, SessionId};
use aside_stores::Stores;
use std::future::Future;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;
use tokio::time::timeout;

/// Longer than anything here takes, on a machine that is busy with other things.
pub const LONG: Duration = Duration::from_secs(60);

/// How long runs wait for a store in tests that are not about timeouts. What is injected does not depend on it.
pub const PATIENT: Duration = Duration::from_secs(10);

/// One for all tests of a binary: connections and the stores' watch belong to it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Runs a test, in bounded time.
pub fn test(body: impl Future<Output = ()>) {
    test_within(LONG, body);
}

/// Runs a test that takes longer than others do.
pub fn test_within(limit: Duration, body: impl Future<Output = ()>) {
    RUNTIME.block_on(async { timeout(limit, body).await.expect("the test takes too long") });
}

fn temp_root() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Stores of a test's own, to be stopped at its end.
pub struct OwnStores {
    pub stores: Stores,
    pub settings: aside_stores::Settings,
    _home: tempfile::TempDir,
}

impl OwnStores {
    pub async fn start() -> Self {
        Self::beside(None).await
    }

    /// A Postgres of its own beside a Redis that runs already.
    pub async fn beside(redis_url: Option<String>) -> Self {
        use std::os::unix::fs::PermissionsExt;
        // Postgres refuses root and runs as another user, who must reach it.
        let home = tempfile::Builder::new()
            .prefix("engine-")
            .permissions(PermissionsExt::from_mode(0o755))
            .tempdir_in(temp_root())
            .unwrap();
        let settings = aside_stores::Settings { data_dir: home.path().to_owned(), redis_url, database_url: None };
        let stores = Stores::start(&settings).await.unwrap();
        Self { stores, settings, _home: home }
    }

    /// One that waits for a Redis which is late because the machine is busy.
    pub async fn engine(&self) -> Engine {
        let config = Config::new(self.stores.redis_url(), self.stores.database_url());
        Engine::connect(Config { least_redis_patience: PATIENT, ..config }).await.unwrap()
    }

    /// One that waits for Redis exactly as long as its servers say: for tests about just that.
    pub async fn strict_engine(&self) -> Engine {
        Engine::connect(Config::new(self.stores.redis_url(), self.stores.database_url())).await.unwrap()
    }

    /// How often Postgres says that it carried out statements whose text is like that. None, after a word about it, if this
    /// Postgres cannot count.
    pub async fn count(&self, like: &str) -> Option<i64> {
        let pool = sqlx::PgPool::connect(self.stores.database_url()).await.unwrap();
        if let Err(error) = sqlx::query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements").execute(&pool).await {
            eprintln!("SKIPPED, NOTHING WAS PROVEN: this Postgres cannot count statements ({error})");
            return None;
        }
        let sql = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE $1";
        let calls = sqlx::query_scalar::<_, i64>(sql).bind(like).fetch_one(&pool).await.unwrap();
        pool.close().await;
        Some(calls)
    }
}

/// The stores that all tests of a binary share. They end with the process; what they leave is removed by the next.
pub async fn stores() -> &'static Stores {
    static STORES: OnceCell<Stores> = OnceCell::const_new();
    STORES
        .get_or_init(|| async {
            let own = |pid: &str| temp_root().join(format!("shared-{pid}"));
            for entry in std::fs::read_dir(temp_root()).unwrap().flatten() {
                let name = entry.file_name().into_string().unwrap_or_default();
                if let Some(pid) = name.strip_prefix("shared-")
                    && !Path::new("/proc").join(pid).exists()
                {
                    let _ = std::fs::remove_dir_all(own(pid));
                }
            }
            let settings =
                aside_stores::Settings { data_dir: own(&std::process::id().to_string()), ..Default::default() };
            Stores::start(&settings).await.unwrap()
        })
        .await
}

pub async fn connect(redis_url: &str, database_url: &str) -> Engine {
    let config = Config::new(redis_url, database_url);
    Engine::connect(Config { least_redis_patience: PATIENT, postgres_timeout: PATIENT, ..config }).await.unwrap()
}

pub async fn engine() -> Engine {
    static ENGINE: OnceCell<Engine> = OnceCell::const_new();
    let connect = async || {
        let stores = stores().await;
        connect(stores.redis_url(), stores.database_url()).await
    };
    ENGINE.get_or_init(connect).await.clone()
}

/// A new visitor's sandbox with the textbook's scenario, on the shared stores.
pub async fn textbook() -> Sandbox {
    open(&engine().await).await
}

pub async fn open(engine: &Engine) -> Sandbox {
    engine.open(&SessionId::fresh(), &place(), &Scenario::textbook()).await.unwrap()
}

/// A new visitor's sandbox with that scenario, its stores seeded from it, on the shared stores.
pub async fn sandbox_of(scenario: Scenario) -> Sandbox {
    let sandbox = textbook().await;
    sandbox.reset(scenario, 1, "test").await.unwrap();
    sandbox
}

pub fn place() -> Place {
    Place::new("free").unwrap()
}

/// Saves a sandbox's scenario with a change.
pub async fn amend(sandbox: &Sandbox, change: impl FnOnce(Scenario) -> Scenario) {
    let saved = sandbox.saved().await.unwrap();
    sandbox.save(change(saved.scenario), saved.version, "test").await.unwrap();
}

/// Gives a link of a sandbox that condition.
pub async fn set_condition(sandbox: &Sandbox, link: &str, condition: Condition) {
    amend(sandbox, |scenario| scenario.link(link, |link| link.condition = condition)).await;
}

/// Switches a store of a sandbox off or on.
pub async fn switch(sandbox: &Sandbox, node: &str, off: bool) {
    amend(sandbox, |scenario| scenario.switch(node, off)).await;
}

/// The keys of a Redis node with their values.
pub async fn cached(sandbox: &Sandbox, node: &str) -> Vec<(String, String)> {
    let keys = sandbox.keys(&id(node)).await.unwrap();
    keys.into_iter().map(|now| (now.key, now.value)).collect()
}

/// The rows of a Postgres node.
pub async fn stored(sandbox: &Sandbox, node: &str) -> Vec<(String, String)> {
    let rows = sandbox.rows(&id(node)).await.unwrap();
    rows.into_iter().map(|now| (now.key, now.value)).collect()
}

/// Entries as `stored` and `cached` give them.
pub fn entries(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// How many entries each store has.
pub async fn sizes(sandbox: &Sandbox) -> Vec<(NodeId, u64)> {
    let sizes = sandbox.sizes().await.unwrap();
    sizes.into_iter().map(|held| (held.node, held.entries)).collect()
}

/// Sends a signal to a process that this test started.
pub fn signal(name: &str, pid: Option<u32>) {
    let pid = pid.expect("it runs").to_string();
    let done = std::process::Command::new("kill").args([name, &pid]).status().unwrap();
    assert!(done.success());
}

/// Asks again and again until it is so.
pub async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    timeout(LONG / 2, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("never: {what}"));
}
