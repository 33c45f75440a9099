//! Progress follows a person to his other devices by a code, and nobody else finds it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use aside_domain::lesson::{Mark, Progress, What};
use aside_engine::{Engine, EngineError, SessionId, SyncCode};
use common::*;
use sqlx::PgPool;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Wrong codes that a visitor may try at once.
const GUESSES: usize = 5;
/// Codes that a visitor may ask for at once.
const CODES: i64 = 5;

fn marks(ids: impl IntoIterator<Item = String>) -> Progress {
    let mut progress = Progress::default();
    ids.into_iter().for_each(|id| progress.add(&Mark::new("ttl", What::Goal, &id, 1)));
    progress
}

fn done(goals: &[&str]) -> Progress {
    marks(goals.iter().map(ToString::to_string))
}

/// Of everything no more than progress may hold, and yet more than the lessons could ever come to.
fn huge() -> Progress {
    let mut progress = Progress::default();
    let lesson = "l".repeat(64);
    (0..1_000).for_each(|n| progress.add(&Mark::new(&lesson, What::Goal, &format!("{n:064}"), 1)));
    assert!(progress.check().is_ok());
    progress
}

async fn shared_pool() -> PgPool {
    PgPool::connect(stores().await.database_url()).await.unwrap()
}

/// An engine whose limits nobody else has used up.
async fn fresh_engine() -> Engine {
    connect(stores().await.redis_url(), stores().await.database_url()).await
}

/// Drops a future where it waits, after so many times; whether it was done before that.
async fn cut_off<T>(work: impl Future<Output = T>, after: usize) -> bool {
    let (mut work, mut waited) = (pin!(work), 0);
    poll_fn(|context| {
        let is_done = work.as_mut().poll(context).is_ready();
        waited += 1;
        if is_done || waited > after { Poll::Ready(is_done) } else { Poll::Pending }
    })
    .await
}

/// Tries a wrong code; whether it was looked up.
async fn guess(engine: &Engine, session: &SessionId) -> bool {
    match engine.sync(session, &SyncCode::fresh(), &Progress::default()).await {
        Err(EngineError::NoSuchCode) => true,
        Err(EngineError::TooMany(_)) => false,
        other => panic!("{other:?}"),
    }
}

/// Tries wrong codes until one is not looked up; how many were. (Exact limits are tested where time stands still.)
async fn guess_on(engine: &Engine, session: impl Fn() -> SessionId) -> usize {
    let mut looked_up = 0;
    while guess(engine, &session()).await {
        looked_up += 1;
    }
    looked_up
}

#[test]
fn two_devices_see_what_was_done_on_the_other() {
    test(async {
        let engine = fresh_engine().await;
        let (laptop, phone) = (SessionId::fresh(), SessionId::fresh());
        let code = engine.begin_sync(&laptop, &done(&["a"])).await.unwrap();
        let typed: SyncCode = code.to_string().to_lowercase().replace('-', " ").parse().unwrap();
        assert_eq!(engine.sync(&phone, &typed, &done(&["b"])).await, Ok(done(&["a", "b"])));
        assert_eq!(engine.sync(&laptop, &code, &done(&["a", "c"])).await, Ok(done(&["a", "b", "c"])));
        assert_eq!(engine.sync(&phone, &typed, &Progress::default()).await, Ok(done(&["a", "b", "c"])));
        // Also by way of another process, at once.
        let elsewhere = fresh_engine().await;
        let (one, two) = (done(&["d"]), done(&["e"]));
        let (one, two) = tokio::join!(engine.sync(&laptop, &code, &one), elsewhere.sync(&phone, &code, &two));
        let both = done(&["a", "b", "c", "d", "e"]);
        assert!([one, two].contains(&Ok(both.clone())), "the second merged with what the first had left");
        assert_eq!(engine.sync(&laptop, &code, &Progress::default()).await, Ok(both));
    });
}

#[test]
fn a_code_that_is_ended_is_unknown_and_takes_no_other_with_it() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        let code = engine.begin_sync(&session, &done(&["a"])).await.unwrap();
        let other = engine.begin_sync(&session, &done(&["b"])).await.unwrap();
        assert_ne!(code, other);
        assert_eq!(engine.end_sync(&session, &code).await, Ok(()));
        let unknown = engine.sync(&session, &code, &done(&["a"])).await.unwrap_err();
        assert_eq!((&unknown, unknown.status()), (&EngineError::NoSuchCode, 404));
        assert!(!unknown.to_string().contains(&code.to_string()));
        assert_eq!(engine.end_sync(&session, &code).await, Err(EngineError::NoSuchCode));
        assert_eq!(engine.sync(&session, &other, &Progress::default()).await, Ok(done(&["b"])));
    });
}

#[test]
fn guesses_are_limited_for_each_visitor_and_then_a_right_code_is_refused_too() {
    test(async {
        let engine = fresh_engine().await;
        let (mine, guesser) = (SessionId::fresh(), SessionId::fresh());
        let code = engine.begin_sync(&mine, &done(&["a"])).await.unwrap();
        // A right code is no guess, however often it is used.
        for _ in 0..3 * GUESSES {
            engine.sync(&guesser, &code, &Progress::default()).await.unwrap();
        }
        assert!(guess_on(&engine, || guesser.clone()).await >= GUESSES);
        for refused in [
            engine.sync(&guesser, &code, &done(&["b"])).await.map(drop),
            engine.end_sync(&guesser, &code).await,
            engine.end_sync(&guesser, &SyncCode::fresh()).await,
        ] {
            assert_eq!(refused.unwrap_err().status(), 429);
        }
        assert_eq!(engine.sync(&mine, &code, &Progress::default()).await, Ok(done(&["a"])), "others notice nothing");
    });
}

#[test]
fn many_guesses_at_once_get_no_further_than_one_after_the_other() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        let guesses = (0..10 * GUESSES).map(|_| guess(&engine, &session));
        let looked_up = futures::future::join_all(guesses).await.into_iter().filter(|&looked_up| looked_up).count();
        assert!((GUESSES..3 * GUESSES).contains(&looked_up), "{looked_up}");
    });
}

#[test]
fn a_sync_that_is_cut_off_is_no_guess() {
    test(async {
        let (engine, mine, session) = (fresh_engine().await, SessionId::fresh(), SessionId::fresh());
        let code = engine.begin_sync(&mine, &done(&["a"])).await.unwrap();
        for after in (0..6).cycle().take(10 * GUESSES) {
            cut_off(engine.sync(&session, &code, &Progress::default()), after).await;
        }
        assert!(guess_on(&engine, || session.clone()).await >= GUESSES);
    });
}

#[test]
fn a_code_whose_making_is_cut_off_is_not_made_or_it_counts() {
    test(async {
        let (engine, session, pool) = (fresh_engine().await, SessionId::fresh(), shared_pool().await);
        let begun = done(&["begun-and-cut-off"]);
        for after in (0..6).cycle().take(50) {
            cut_off(engine.begin_sync(&session, &begun), after).await;
        }
        while engine.begin_sync(&session, &begun).await.is_ok() {}
        let sql = "SELECT count(*) FROM synced_progress WHERE progress::text LIKE '%begun-and-cut-off%'";
        let kept = async || sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();
        until("what was under way is over", || async { kept().await == CODES }).await;
    });
}

#[test]
fn what_is_cut_off_leaves_no_transaction_open() {
    test(async {
        let own = OwnStores::start().await;
        let (engine, session) = (own.engine().await, SessionId::fresh());
        let code = engine.begin_sync(&session, &done(&["a"])).await.unwrap();
        let pool = PgPool::connect(own.stores.database_url()).await.unwrap();
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
        let open = async || sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();
        for after in (0..6).cycle().take(30) {
            cut_off(engine.sync(&session, &code, &Progress::default()), after).await;
            // Postgres itself ends one that is idle for ten seconds: by closing the connection.
            let closed = timeout(Duration::from_secs(5), until("it is closed", || async { open().await == 0 })).await;
            assert!(closed.is_ok(), "cut off after {after}");
        }
        own.stores.stop().await;
    });
}

#[test]
fn a_visitor_makes_no_more_than_five_codes_at_once() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        // What is refused for another reason does not count.
        for _ in 0..10 {
            assert_eq!(engine.begin_sync(&session, &huge()).await.unwrap_err().status(), 422);
        }
        for _ in 0..CODES {
            engine.begin_sync(&session, &Progress::default()).await.unwrap();
        }
        assert_eq!(engine.begin_sync(&session, &Progress::default()).await.unwrap_err().status(), 429);
        assert!(engine.begin_sync(&SessionId::fresh(), &Progress::default()).await.is_ok());
    });
}

#[test]
fn what_is_no_progress_is_refused_and_changes_nothing() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        let code = engine.begin_sync(&session, &done(&["a"])).await.unwrap();
        let mut newer = done(&["b"]);
        newer.format = u32::MAX;
        for bad in [newer, done(&[&"x".repeat(65)]), done(&["b\0"]), huge()] {
            assert_eq!(engine.begin_sync(&session, &bad).await.unwrap_err().status(), 422);
            assert_eq!(engine.sync(&session, &code, &bad).await.unwrap_err().status(), 422);
        }
        // Each of these would do; together they are too much.
        let some = |from: u32| marks((from..from + 200).map(|n| n.to_string()));
        assert!(engine.sync(&session, &code, &some(0)).await.is_ok());
        let before = engine.sync(&session, &code, &Progress::default()).await.unwrap();
        assert_eq!(engine.sync(&session, &code, &some(1_000)).await.unwrap_err().status(), 422);
        assert_eq!(engine.sync(&session, &code, &Progress::default()).await, Ok(before));
    });
}

#[test]
fn the_database_knows_neither_the_code_nor_whose_it_is() {
    test(async {
        let (engine, session) = (fresh_engine().await, SessionId::fresh());
        let code = engine.begin_sync(&session, &done(&["of-this-test"])).await.unwrap();
        let sql = "SELECT code, kept::text FROM synced_progress AS kept WHERE progress::text LIKE '%of-this-test%'";
        let (digest, row): (Vec<u8>, String) = sqlx::query_as(sql).fetch_one(&shared_pool().await).await.unwrap();
        let letters = code.to_string().replace('-', "");
        assert_eq!(digest.len(), 32);
        for secret in [letters.as_bytes(), session.as_str().as_bytes()] {
            let text = String::from_utf8(secret.to_vec()).unwrap();
            let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
            for hidden in [&text, &text.to_lowercase(), &code.to_string(), &hex] {
                assert!(!row.contains(hidden), "{hidden} is in {row}");
            }
        }
    });
}

#[test]
fn a_code_that_was_not_used_for_90_days_is_unknown_and_one_that_was_used_is_kept() {
    test(async {
        let (engine, session, pool) = (fresh_engine().await, SessionId::fresh(), shared_pool().await);
        let used_days_ago = async |mark: &str, days: i32| {
            let sql = "UPDATE synced_progress SET used_at = now() - make_interval(days => $2) \
                       WHERE progress::text LIKE '%' || $1 || '%'";
            assert_eq!(sqlx::query(sql).bind(mark).bind(days).execute(&pool).await.unwrap().rows_affected(), 1);
        };
        let old = engine.begin_sync(&session, &done(&["aged-code"])).await.unwrap();
        used_days_ago("aged-code", 89).await;
        assert!(engine.sync(&session, &old, &Progress::default()).await.is_ok());
        // That was a use: it is as good as new.
        used_days_ago("aged-code", 91).await;
        assert_eq!(engine.sync(&session, &old, &Progress::default()).await, Err(EngineError::NoSuchCode));
        assert_eq!(engine.end_sync(&session, &old).await, Err(EngineError::NoSuchCode));
    });
}

#[test]
fn the_sweep_takes_codes_that_nobody_used_even_while_redis_is_down() {
    test(async {
        let own = OwnStores::start().await;
        let (engine, session) = (own.engine().await, SessionId::fresh());
        let code = engine.begin_sync(&session, &done(&["a"])).await.unwrap();
        let pool = PgPool::connect(own.stores.database_url()).await.unwrap();
        let sql = "SELECT count(*) FROM synced_progress";
        let kept = async || sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap();
        let now = SystemTime::now();
        engine.sweep(now + 89 * DAY, DAY).await.unwrap();
        assert_eq!(kept().await, 1);
        assert!(engine.sync(&session, &code, &Progress::default()).await.is_ok());
        open(&engine).await;
        signal("-STOP", own.stores.pids().redis);
        assert!(engine.sweep(now + 91 * DAY, DAY).await.is_err(), "the sandbox stays");
        signal("-CONT", own.stores.pids().redis);
        assert_eq!(kept().await, 0);
        assert_eq!(engine.sync(&session, &code, &Progress::default()).await, Err(EngineError::NoSuchCode));
        own.stores.stop().await;
    });
}
