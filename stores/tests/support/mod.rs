//! Data directories, looks at the system, and a second process that holds stores.
#![allow(dead_code, reason = "each test binary uses a part")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aside_stores::{Settings, StoreReport, Stores};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// Long enough for a loaded machine; nothing is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A data directory of a test's own, and what Aside may put elsewhere for it.
pub struct Home {
    root: TempDir,
    data_dir: PathBuf,
}

impl Home {
    /// One that the stores' user can reach, also when the tests run as root.
    pub fn new() -> Self {
        let home = Self::closed();
        fs::set_permissions(home.root.path(), Permissions::from_mode(0o755)).unwrap();
        home
    }

    /// One below a directory of mode 0700, as `mktemp -d` makes it.
    pub fn closed() -> Self {
        let root = TempDir::with_prefix("aside-test-").unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o700)).unwrap();
        let data_dir = root.path().join("data");
        Self { root, data_dir }
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn below(&mut self, part: &str) -> &Path {
        self.data_dir = self.root.path().join(part);
        &self.data_dir
    }

    pub fn settings(&self) -> Settings {
        Settings { data_dir: self.data_dir.clone(), ..Settings::default() }
    }
}

/// Starts stores and says how long that took, for whoever runs the tests with `--nocapture`.
pub async fn start(home: &Home) -> Stores {
    let begun = Instant::now();
    let stores = Stores::start(&home.settings()).await.unwrap();
    eprintln!("started in {:?}", begun.elapsed());
    stores
}

pub async fn redis(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

pub async fn postgres(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Writes a row that has to be there after whatever the test does next.
pub async fn write_a_row(url: &str) {
    let query = sqlx::query("CREATE TABLE kept AS SELECT 'jane'::text AS name");
    query.execute(&mut postgres(url).await).await.unwrap();
}

/// Finds the row of [`write_a_row`].
pub async fn assert_the_row_was_kept(url: &str) {
    let query = sqlx::query_scalar("SELECT name FROM kept");
    let name: String = query.fetch_one(&mut postgres(url).await).await.unwrap();
    assert_eq!(name, "jane");
}

/// Both stores do real work.
pub async fn assert_both_work(stores: &Stores) {
    let mut redis = redis(stores.redis_url()).await;
    redis::cmd("SET").arg("doe").arg("jane").query_async::<()>(&mut redis).await.unwrap();
    let value: String = redis::cmd("GET").arg("doe").query_async(&mut redis).await.unwrap();
    assert_eq!(value, "jane");
    let mut postgres = postgres(stores.database_url()).await;
    let database: String =
        sqlx::query_scalar("SELECT current_database()::text").fetch_one(&mut postgres).await.unwrap();
    assert_eq!(database, "aside");
}

/// Waits, within reason, until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The processes (no zombies) that name this path in their command line, or work in a directory below it.
pub fn processes_of(path: &Path) -> Vec<(u32, String)> {
    let path = path.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let works_in = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        if !command.is_empty() && (command.contains(path) || works_in.starts_with(path)) {
            found.push((pid, command));
        }
    }
    found
}

pub fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.try_into().unwrap()), signal).unwrap();
}

pub fn is_root() -> bool {
    geteuid().is_root()
}

/// Every socket below a directory.
pub fn sockets_below(directory: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::FileTypeExt;
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(sockets_below(&entry.path()));
        } else if kind.is_socket() {
            found.push(entry.path());
        }
    }
    found
}

/// Another process that started stores on a data directory: this test binary, run for its one ignored test.
pub struct Holder {
    child: Child,
    ready: PathBuf,
}

const DATA_DIR: &str = "ASIDE_TEST_DATA_DIR";
const READY: &str = "ASIDE_TEST_READY";

impl Holder {
    pub fn spawn(home: &Home) -> Self {
        Self::spawn_by(home, Command::new(std::env::current_exe().unwrap()))
    }

    /// `command` must run this test binary, and lacks its arguments.
    pub fn spawn_by(home: &Home, mut command: Command) -> Self {
        let ready = home.root().join(format!("ready-{}", rand_name()));
        let child = command
            .args(["--exact", "holds_stores_for_another_test", "--ignored", "--nocapture"])
            .env(DATA_DIR, home.data_dir())
            .env(READY, &ready)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, ready }
    }

    /// Waits until its stores are up, and returns their process ids, Redis first.
    pub async fn pids(&mut self) -> [u32; 2] {
        eventually("the holder is ready", async || {
            assert!(self.child.try_wait().unwrap().is_none(), "the holder ended");
            self.ready.exists()
        })
        .await;
        let text = fs::read_to_string(&self.ready).unwrap();
        let pids: Vec<u32> = text.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
        pids.try_into().unwrap()
    }

    pub fn stop(&self) {
        send(self.child.id(), Signal::SIGSTOP);
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What the other process does: starts stores, says so, and sleeps until it is killed.
pub fn hold() {
    let Some(data_dir) = std::env::var_os(DATA_DIR) else {
        return;
    };
    let ready = PathBuf::from(std::env::var_os(READY).unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stores = Stores::start(&Settings { data_dir: data_dir.into(), ..Settings::default() }).await.unwrap();
        let pids = stores.pids();
        let unfinished = ready.with_extension("new");
        fs::write(&unfinished, format!("{} {}", pids.redis.unwrap(), pids.postgres.unwrap())).unwrap();
        fs::rename(unfinished, ready).unwrap();
        std::future::pending::<()>().await;
    });
}

pub fn of_store<'a>(reports: &'a [StoreReport], store: &str) -> &'a StoreReport {
    reports.iter().find(|report| report.store == store).unwrap()
}

fn rand_name() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}
