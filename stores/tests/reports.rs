//! What `aside stores` tells, and stores that are attached by URL.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::process::Command;

use aside_stores::{Ownership, ReportText, Settings, Stores, StoresError, report};
use support::{Holder, Home, assert_both_work, eventually, hold, of_store, processes_of, start};

#[test]
#[ignore = "not a test: the other process that tests start"]
fn holds_stores_for_another_test() {
    hold();
}

#[tokio::test]
async fn another_process_sees_what_runs_and_can_open_it_by_hand() {
    let home = Home::new();
    let mut holder = Holder::spawn(&home);
    let pids = holder.pids().await;
    let reports = report(&home.settings()).await.unwrap();

    let redis = of_store(&reports, "redis");
    assert!(["Redis", "Valkey"].contains(&redis.name.as_str()), "{redis:?}");
    assert_eq!((redis.pid, redis.ownership), (Some(pids[0]), Ownership::Private));
    assert!(redis.url.starts_with("redis+unix:///"), "{redis:?}");
    let socket = redis.url.strip_prefix("redis+unix://").unwrap();
    assert_eq!(run(Command::new("redis-cli").args(["-s", socket, "PING"])), "PONG\n");
    assert_eq!(shell(&format!("{} PING", redis.command)), "PONG\n");

    let postgres = of_store(&reports, "postgres");
    assert_eq!(postgres.name, "PostgreSQL");
    assert_eq!((postgres.pid, postgres.ownership), (Some(pids[1]), Ownership::Private));
    let asked = "SELECT current_database() || ' ' || split_part(current_setting('server_version'), ' ', 1)";
    let expected = format!("aside {}\n", postgres.version);
    // A PGPORT of the person's own must not lead elsewhere.
    assert_eq!(run(Command::new("psql").args([&postgres.url, "-Atc", asked]).env("PGPORT", "1")), expected);
    assert_eq!(shell(&format!("{} -Atc \"{asked}\"", postgres.command)), expected);

    let text = ReportText(&reports).to_string();
    assert!(text.contains(&postgres.url) && text.contains(&redis.command), "{text}");
    let json = serde_json::to_value(&reports).unwrap();
    assert_eq!(json[0]["ownership"], "private");
    eprintln!("{text}");
    holder.kill();
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn with_nothing_running_the_report_is_a_sentence_and_creates_nothing() {
    let home = Home::new();
    let error = report(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::NotRunning { .. }), "{error}");
    assert!(!home.data_dir().exists());
    start(&home).await.stop().await;
    let error = report(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::NotRunning { .. }), "{error}");
}

#[tokio::test]
async fn stores_named_by_url_are_attached_and_left_alone() {
    let theirs = Home::new();
    let running = start(&theirs).await;
    let ours = Home::new();
    let settings = Settings {
        data_dir: ours.data_dir().to_owned(),
        redis_url: Some(running.redis_url().to_owned()),
        database_url: Some(format!("{}&password=s3cret", running.database_url())),
    };
    // Two on one data directory: with nothing private there is nothing to quarrel about.
    let (attached, second) = (Stores::start(&settings).await.unwrap(), Stores::start(&settings).await.unwrap());
    assert!(!attached.redis_is_private() && !attached.postgres_is_private());
    assert_eq!((attached.pids().redis, attached.pids().postgres), (None, None));
    assert_both_work(&attached).await;
    assert!(attached.database_url().ends_with("&password=s3cret"), "the driver needs it");
    for reports in [attached.report().await, report(&settings).await.unwrap()] {
        assert!(reports.iter().all(|report| report.answers && report.ownership == Ownership::Attached));
        assert_eq!(of_store(&reports, "redis").pid, running.pids().redis);
        assert!(of_store(&reports, "postgres").url.ends_with("&password=***"));
        assert!(!format!("{reports:?}{}", ReportText(&reports)).contains("s3cret"));
    }
    assert!(!format!("{attached:?}{settings:?}").contains("s3cret"));
    attached.stop().await;
    second.stop().await;
    assert_both_work(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn one_may_be_attached_and_the_other_private() {
    let theirs = Home::new();
    let running = start(&theirs).await;
    let ours = Home::new();
    let settings = Settings { redis_url: Some(running.redis_url().to_owned()), ..ours.settings() };
    let stores = Stores::start(&settings).await.unwrap();
    assert!(!stores.redis_is_private() && stores.postgres_is_private());
    assert_both_work(&stores).await;
    stores.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn an_attached_store_that_cannot_be_reached_is_named_without_its_password() {
    // A port that refuses, a socket that is not there, an address that never answers, and no URL at all.
    for url in [
        "postgres://joe:s3cret@127.0.0.1:1/app",
        "postgres://joe:s3cret@localhost/app?host=/nowhere",
        "postgres://joe:s3cret@192.0.2.1/app",
        "postgres://joe:s3cret@host:port/app",
    ] {
        assert_unreachable(Settings { database_url: Some(url.to_owned()), ..Settings::default() }, "DATABASE_URL")
            .await;
    }
    for url in [
        "redis://joe:s3cret@127.0.0.1:1",
        "redis+unix:///nowhere/redis.sock?pass=s3cret",
        "redis://joe:s3cret@192.0.2.1",
        "http://joe:s3cret@127.0.0.1:1",
    ] {
        assert_unreachable(Settings { redis_url: Some(url.to_owned()), ..Settings::default() }, "REDIS_URL").await;
    }
}

async fn assert_unreachable(settings: Settings, variable: &str) {
    let home = Home::new();
    let settings = Settings { data_dir: home.data_dir().to_owned(), ..settings };
    let error = Stores::start(&settings).await.unwrap_err();
    assert!(matches!(error, StoresError::Unreachable { .. }), "{error}");
    let sentence = format!("{error} {error:?}");
    assert!(sentence.contains(variable) && !sentence.contains("s3cret"), "{sentence}");
    eprintln!("{error}");
    eventually("the private one does not stay behind", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let home = Home::new();
    for (redis_url, database_url) in [
        (Some(format!("redis://:s3cret@{address}")), Some(format!("postgres://joe:s3cret@{address}/app"))),
        (None, Some(format!("postgres://joe:s3cret@{address}/app"))),
    ] {
        let settings = Settings { data_dir: home.data_dir().to_owned(), redis_url, database_url };
        let error = Stores::start(&settings).await.unwrap_err();
        assert!(matches!(error, StoresError::Unreachable { .. }), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

fn shell(line: &str) -> String {
    run(Command::new("sh").args(["-c", line]))
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
