//! Stores that are killed, an Aside that is killed, and what that leaves behind.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use aside_stores::{Stores, StoresError};
use nix::sys::signal::Signal;
use support::{
    Holder, Home, assert_both_work, assert_the_row_was_kept, eventually, hold, processes_of, send, sockets_below,
    start, write_a_row,
};

#[test]
#[ignore = "not a test: the other process that tests start"]
fn holds_stores_for_another_test() {
    hold();
}

#[tokio::test]
async fn a_killed_redis_is_started_again_and_postgres_is_left_alone() {
    let home = Home::new();
    let stores = start(&home).await;
    let before = stores.pids();
    for _ in 0..2 {
        let killed = stores.pids().redis.unwrap();
        send(killed, Signal::SIGKILL);
        eventually("Redis is back", async || stores.pids().redis.is_some_and(|pid| pid != killed)).await;
        eventually("Redis answers", async || stores.report().await[0].answers).await;
    }
    assert_both_work(&stores).await;
    assert_eq!(stores.pids().postgres, before.postgres);
    stores.stop().await;
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn a_killed_postgres_is_started_again_with_its_rows() {
    let home = Home::new();
    let stores = start(&home).await;
    let killed = stores.pids().postgres.unwrap();
    write_a_row(stores.database_url()).await;
    send(killed, Signal::SIGKILL);
    eventually("Postgres is back", async || stores.pids().postgres.is_some_and(|pid| pid != killed)).await;
    eventually("Postgres answers", async || stores.report().await[1].answers).await;
    assert_the_row_was_kept(stores.database_url()).await;
    assert_both_work(&stores).await;
    stores.stop().await;
}

#[tokio::test]
async fn a_stopped_store_is_reported_as_silent_and_is_ended_by_stop() {
    let home = Home::new();
    let stores = start(&home).await;
    let pids = stores.pids();
    send(pids.redis.unwrap(), Signal::SIGSTOP);
    send(pids.postgres.unwrap(), Signal::SIGSTOP);
    assert!(stores.report().await.iter().all(|report| !report.answers));
    tokio::time::timeout(Duration::from_secs(20), stores.stop()).await.unwrap();
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
    assert_eq!(sockets_below(home.root()).len(), 0);
}

#[tokio::test]
async fn a_killed_aside_leaves_no_process_and_loses_no_row() {
    let home = Home::new();
    let mut holder = Holder::spawn(&home);
    let pids = holder.pids().await;
    let reports = aside_stores::report(&home.settings()).await.unwrap();
    assert_eq!(reports.iter().map(|report| report.pid.unwrap()).collect::<Vec<_>>(), pids);
    write_a_row(&reports[1].url).await;

    holder.kill();
    eventually("no store and no guardian is left", async || processes_of(home.root()).is_empty()).await;

    let stores = start(&home).await;
    assert_the_row_was_kept(stores.database_url()).await;
    stores.stop().await;
}

#[tokio::test]
async fn an_aside_killed_while_it_starts_leaves_no_process() {
    let home = Home::new();
    for pause_ms in [0, 10, 30, 100, 300, 600] {
        let holder = Holder::spawn(&home);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        holder.kill();
        eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
    }
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    stores.stop().await;
    let postgres = fs::read_dir(home.data_dir().join("postgres")).unwrap();
    let mut left: Vec<_> = postgres.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["data", "postgres.log"], "no unfinished cluster is left");
}

#[tokio::test]
async fn the_next_start_may_follow_a_kill_at_once() {
    let home = Home::new();
    for _ in 0..3 {
        let mut holder = Holder::spawn(&home);
        holder.pids().await;
        holder.kill();
        let stores = start(&home).await;
        assert_both_work(&stores).await;
        stores.stop().await;
    }
}

#[tokio::test]
async fn orphans_without_a_guardian_are_ended_by_the_next_start() {
    let home = Home::new();
    let mut holder = Holder::spawn(&home);
    let pids = holder.pids().await;
    // Stopped, the holder cannot replace the guardians that we kill.
    holder.stop();
    let guardians: Vec<u32> = processes_of(home.root())
        .into_iter()
        .filter(|(_, command)| command.contains("aside-guardian"))
        .map(|(pid, _)| pid)
        .collect();
    assert_eq!(guardians.len(), 2);
    guardians.iter().for_each(|&guardian| send(guardian, Signal::SIGKILL));
    holder.kill();
    let orphans = processes_of(home.root());
    assert!(pids.iter().all(|pid| orphans.iter().any(|(orphan, _)| orphan == pid)), "both are orphans now");
    // Names the socket, but is no store.
    let mut bystander = Command::new("sh")
        .args(["-c", "read -r never; :", "redis-server"])
        .arg(home.data_dir().join("run/redis.sock"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    let alive: Vec<u32> = processes_of(home.root()).into_iter().map(|(pid, _)| pid).collect();
    assert!(!pids.iter().any(|pid| alive.contains(pid)), "the orphans are gone");
    stores.stop().await;
    assert!(bystander.try_wait().unwrap().is_none(), "whoever is no store is left alone");
    bystander.kill().unwrap();
    bystander.wait().unwrap();
}

#[tokio::test]
async fn a_killed_guardian_is_replaced() {
    let home = Home::new();
    let stores = start(&home).await;
    let guardians = || -> Vec<u32> {
        let all = processes_of(home.root());
        all.into_iter().filter(|(_, command)| command.contains("aside-guardian")).map(|(pid, _)| pid).collect()
    };
    let before = guardians();
    before.iter().for_each(|&guardian| send(guardian, Signal::SIGKILL));
    eventually("there are new guardians", async || {
        let now = guardians();
        now.len() == 2 && now.iter().all(|guardian| !before.contains(guardian))
    })
    .await;
    assert_both_work(&stores).await;
    stores.stop().await;
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn stale_pid_files_and_sockets_do_not_hinder_a_start() {
    let home = Home::new();
    start(&home).await.stop().await;
    let pid_file = home.data_dir().join("postgres/data/postmaster.pid");
    let run = home.data_dir().join("run");
    // First a process id that was given to somebody else meanwhile (this test), then one that nobody has, then nothing.
    for pid in [format!("{}\n", std::process::id()), "4194000\n".to_owned(), String::new()] {
        fs::write(&pid_file, &pid).unwrap();
        fs::write(run.join(".s.PGSQL.5432.lock"), &pid).unwrap();
        for socket in ["redis.sock", ".s.PGSQL.5432"] {
            // Bound and closed: the file stays, and nobody listens.
            drop(UnixListener::bind(run.join(socket)).unwrap());
        }
        let stores = start(&home).await;
        assert_both_work(&stores).await;
        stores.stop().await;
    }
}

#[tokio::test]
async fn a_second_aside_on_the_same_directory_is_refused() {
    let home = Home::new();
    let mut holder = Holder::spawn(&home);
    holder.pids().await;
    let error = Stores::start(&home.settings()).await.unwrap_err();
    assert!(matches!(error, StoresError::InUse { .. }), "{error}");
    assert!(error.to_string().starts_with("another Aside (process "), "{error}");
    assert!(aside_stores::report(&home.settings()).await.unwrap().iter().all(|report| report.answers));
    holder.kill();
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
}

#[tokio::test]
async fn an_ordinary_user_runs_them_as_himself() {
    if !support::is_root() {
        eprintln!("skipped: all the other tests run as an ordinary user already");
        return;
    }
    let Ok(nobody) = nix::unistd::User::from_name("nobody").map(Option::unwrap) else {
        return;
    };
    let home = Home::new();
    let binary = home.root().join("test-binary");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    std::os::unix::fs::chown(home.root(), Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw())).unwrap();
    let mut command = Command::new(&binary);
    std::os::unix::process::CommandExt::uid(&mut command, nobody.uid.as_raw());
    std::os::unix::process::CommandExt::gid(&mut command, nobody.gid.as_raw());
    let mut holder = Holder::spawn_by(&home, command);
    let pids = holder.pids().await;
    for pid in pids {
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(format!("/proc/{pid}")).unwrap());
        assert_eq!(owner, nobody.uid.as_raw());
    }
    holder.kill();
    eventually("no process is left", async || processes_of(home.root()).is_empty()).await;
    // Root takes over what the ordinary user began, as that user.
    let stores = start(&home).await;
    assert_both_work(&stores).await;
    let postmaster = format!("/proc/{}", stores.pids().postgres.unwrap());
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&fs::metadata(postmaster).unwrap()), nobody.uid.as_raw());
    stores.stop().await;
}
