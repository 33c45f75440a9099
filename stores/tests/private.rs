//! Private stores in the ordinary course: started, used, stopped, started again.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use aside_stores::{Ownership, Stores, StoresError};
use support::{
    Home, assert_both_work, assert_the_row_was_kept, eventually, of_store, postgres, processes_of, redis,
    sockets_below, start, write_a_row,
};

#[tokio::test]
async fn both_stores_start_and_answer_and_keep_the_rows_for_the_next_start() {
    let home = Home::new();
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    assert!(stores.redis_is_private() && stores.postgres_is_private());
    write_a_row(stores.database_url()).await;
    stores.stop().await;

    let stores = start(&home).await;
    assert_the_row_was_kept(stores.database_url()).await;
    stores.stop().await;
}

#[tokio::test]
async fn two_asides_run_side_by_side() {
    let (one, other) = (Home::new(), Home::new());
    let (first, second) = tokio::join!(start(&one), start(&other));
    assert_both_work(&first).await;
    let mut connection = redis(second.redis_url()).await;
    let seen: Option<String> = redis::cmd("GET").arg("doe").query_async(&mut connection).await.unwrap();
    assert_eq!(seen, None, "the second must not see the first one's keys");
    assert_both_work(&second).await;
    first.stop().await;
    assert_both_work(&second).await;
    second.stop().await;
}

#[tokio::test]
async fn stop_leaves_no_process_and_no_socket() {
    let home = Home::new();
    let stores = start(&home).await;
    assert!(processes_of(home.root()).len() >= 4, "two stores and their guardians");
    assert_eq!(sockets_below(home.root()).len(), 2);
    // A client that stays connected must not keep Postgres from stopping.
    let _connection = postgres(stores.database_url()).await;
    stores.stop().await;
    stores.stop().await; // again: nothing to do
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
    assert_eq!(sockets_below(home.root()), Vec::<std::path::PathBuf>::new());
    assert!(!home.data_dir().join("postgres/data/postmaster.pid").exists(), "Postgres shut down in order");
}

#[tokio::test]
async fn stores_that_are_dropped_end_all_the_same() {
    let home = Home::new();
    drop(start(&home).await);
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[test]
fn stores_end_with_the_runtime_they_were_started_in() {
    let home = Home::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stores = runtime.block_on(start(&home));
    drop(runtime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(eventually("no process is left", async || processes_of(home.root()).is_empty()));
    drop(stores);
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_no_process() {
    let home = Home::new();
    for patience_ms in [1, 20, 60, 150, 400] {
        let settings = home.settings();
        let starting = Stores::start(&settings);
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(patience_ms), starting).await;
        if let Ok(Ok(stores)) = given_up {
            stores.stop().await;
        }
    }
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
    // An initdb that was interrupted does not poison the next start, and leaves nothing half done.
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    stores.stop().await;
}

#[tokio::test]
async fn redis_is_a_bounded_cache_that_keeps_nothing_on_disk() {
    let home = Home::new();
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    let mut connection = redis(stores.redis_url()).await;
    for (setting, expected) in [
        ("save", ""),
        ("appendonly", "no"),
        ("port", "0"),
        ("maxmemory", "268435456"),
        ("maxmemory-policy", "allkeys-lru"),
        ("unixsocketperm", "700"),
    ] {
        let (_, value): (String, String) =
            redis::cmd("CONFIG").arg("GET").arg(setting).query_async(&mut connection).await.unwrap();
        assert_eq!(value, expected, "{setting}");
    }
    stores.stop().await;
    let left: Vec<_> = fs::read_dir(home.data_dir().join("redis")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["redis.log"]);
}

#[tokio::test]
async fn postgres_is_durable_and_listens_on_no_port() {
    let home = Home::new();
    let stores = start(&home).await;
    let mut connection = postgres(stores.database_url()).await;
    for (setting, expected) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("max_connections", "60"),
        ("server_encoding", "UTF8"),
        ("lc_collate", "C"),
        ("data_checksums", "off"),
    ] {
        let value: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(setting).fetch_one(&mut connection).await.unwrap();
        assert_eq!(value, expected, "{setting}");
    }
    // Trust is safe only because nobody else can reach the socket.
    let run = home.data_dir().join("run");
    assert_eq!(run.metadata().unwrap().mode() & 0o777, 0o700);
    stores.stop().await;
}

#[tokio::test]
async fn postgres_counts_statements_where_the_library_is_there() {
    let home = Home::new();
    let stores = start(&home).await;
    let mut connection = postgres(stores.database_url()).await;
    let preloaded: String = sqlx::query_scalar("SELECT current_setting('shared_preload_libraries')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let available: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements')")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(preloaded == "pg_stat_statements", available);
    stores.stop().await;
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_falls_back_to_a_short_one() {
    let mut home = Home::new();
    let data_dir = home.below(&format!("{}/{}", "long".repeat(30), "longer still".repeat(5))).to_owned();
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    let report = aside_stores::report(&home.settings()).await.unwrap();
    let socket = report[0].url.strip_prefix("redis+unix://").unwrap();
    let run = Path::new(socket).parent().unwrap();
    assert!(run.starts_with("/tmp"), "{socket}");
    assert_eq!(run.metadata().unwrap().mode() & 0o777, 0o700);
    assert!(data_dir.join("postgres/data/PG_VERSION").exists(), "the rows stay in the data directory");
    stores.stop().await;
    assert!(!run.exists(), "the short directory is removed");
}

#[tokio::test]
async fn a_path_with_spaces_commas_and_quotes_is_a_path() {
    for name in ["it's my data", "really, 100% \"mine\""] {
        let mut home = Home::new();
        home.below(name);
        let stores = start(&home).await;
        assert_both_work(&stores).await;
        let report = stores.report().await;
        assert!(report.iter().all(|report| report.answers), "{report:?}");
        assert!(try_by_hand(&of_store(&report, "postgres").command, "-Atc 'SELECT 1'").contains('1'));
        assert!(try_by_hand(&of_store(&report, "redis").command, "PING").contains("PONG"));
        stores.stop().await;
    }
}

#[tokio::test]
async fn below_a_directory_that_is_closed_to_the_stores_user_they_still_start() {
    let home = Home::closed();
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    let report = aside_stores::report(&home.settings()).await.unwrap();
    assert!(report.iter().all(|report| report.answers && report.ownership == Ownership::Private));
    let socket = Path::new(report[0].url.strip_prefix("redis+unix://").unwrap()).to_owned();
    stores.stop().await;
    if support::is_root() {
        let base = socket.parent().unwrap().parent().unwrap();
        assert_eq!(base.parent().unwrap(), Path::new("/var/lib/aside"));
        fs::remove_dir_all(base).unwrap();
    }
}

#[tokio::test]
async fn rows_of_another_major_version_are_refused_in_a_sentence_and_left_alone() {
    let home = Home::new();
    start(&home).await.stop().await;
    let version = home.data_dir().join("postgres/data/PG_VERSION");
    fs::write(&version, "9\n").unwrap();
    let error = Stores::start(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::OtherVersion { .. }), "{error}");
    assert!(error.to_string().contains("was written by PostgreSQL 9, but this machine has 1"), "{error}");
    eventually("Redis does not stay behind", async || processes_of(home.root()).is_empty()).await;
    assert_eq!(fs::read_to_string(version).unwrap(), "9\n");
}

#[tokio::test]
async fn a_postgres_that_cannot_start_is_refused_with_the_end_of_its_log() {
    let home = Home::new();
    start(&home).await.stop().await;
    fs::write(home.data_dir().join("postgres/data/postgresql.auto.conf"), "no_such_setting = 1\n").unwrap();
    let error = Stores::start(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::DidNotComeUp { store: "PostgreSQL", .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_refused_in_a_sentence() {
    let mut home = Home::new();
    fs::write(home.root().join("file"), "").unwrap();
    home.below("file/data");
    let error = Stores::start(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::Directory { .. }), "{error}");
    assert!(error.to_string().contains("file/data"), "{error}");
}

/// Runs a command as a person would paste it into a shell.
fn try_by_hand(command: &str, more: &str) -> String {
    let output = std::process::Command::new("sh").arg("-c").arg(format!("{command} {more}")).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
