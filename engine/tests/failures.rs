//! Stores that are killed or stopped: what is still answered, how, and that all is well again afterwards.

mod common;

use aside_domain::{Fact, Outcome, RunEnd, Scenario};
use aside_engine::{Engine, EngineError, ErrorKind, SessionId, Which};
use aside_stores::Stores;
use common::*;

async fn redis_answers(engine: &Engine) {
    until("Redis answers again", || async { engine.ready().await.redis.is_ok() }).await;
}

/// A Postgres that hangs until this is dropped, also by a test that fails: stopped processes would outlive it.
struct Hung(Vec<Option<u32>>);

impl Hung {
    fn postgres(own: &OwnStores) -> Self {
        // Its backends, which hold the open connections, are its children.
        let parent = own.stores.pids().postgres.expect("it runs").to_string();
        let children = std::process::Command::new("pgrep").args(["-P", &parent]).output().expect("pgrep is there");
        let children = String::from_utf8_lossy(&children.stdout).into_owned();
        let all = children.lines().chain([parent.as_str()]).map(|pid| pid.parse().ok());
        let hung = Self(all.collect());
        hung.0.iter().for_each(|&pid| signal("-STOP", pid));
        hung
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        let pids = self.0.iter().flatten().map(u32::to_string);
        let _ = std::process::Command::new("kill").arg("-CONT").args(pids).status();
    }
}

#[test]
fn redis_killed_in_the_middle_of_a_run_loses_no_read_and_is_used_again_when_it_is_back() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let sandbox = open(&engine).await;
        sandbox.reset(busy(1_000), 1, "test").await.unwrap();
        let mut feed = from_now(&sandbox).await;
        sandbox.run(Which::All).await.unwrap();
        while !matches!(next_event(&mut feed).await.fact, Fact::RequestEnded { request: 100, .. }) {}
        signal("-KILL", own.stores.pids().redis);
        // What comes now comes faster than a reader of the feed may be able to follow.
        until("the run is over", || async { sandbox.recording(1).is_ok() }).await;
        let events = sandbox.recording(1).unwrap().events;
        assert_eq!(statuses(&events), [200; 1_000]);
        assert_eq!(end(&events), Some(RunEnd::Completed));
        let redis = outcomes(&events, "redis");
        assert!(redis.contains(&Outcome::Hit), "it was asked before");
        assert!(redis.contains(&Outcome::Refused), "it was missed: {redis:?}");

        redis_answers(&engine).await;
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 1_000]);
        let redis = outcomes(&events, "redis");
        assert!(!redis.iter().any(|outcome| outcome.is_failure()), "not even the first one after its return");
        assert!(redis.contains(&Outcome::Hit));
        own.stores.stop().await;
    });
}

#[test]
fn reads_are_answered_in_bounded_time_while_redis_hangs() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.strict_engine().await).await;
        run_all(&sandbox).await; // connections are open now
        let redis = own.stores.pids().redis;
        signal("-STOP", redis);
        let events = run_all(&sandbox).await;
        let again = run_all(&sandbox).await;
        signal("-CONT", redis);
        for events in [&events, &again] {
            assert_eq!(statuses(events), [200; 3]);
            assert_eq!(outcomes(events, "redis"), [Outcome::TimedOut; 3]);
            assert!(story(events).contains(&"redis ! timed out: Redis did not answer within 100 ms.".to_owned()));
        }
        for event in events.iter().chain(&again) {
            if let Fact::HopEnded { receipt, .. } = &event.fact
                && receipt.outcome == Outcome::TimedOut
            {
                assert!((95_000..2_000_000).contains(&receipt.took_us), "{}", receipt.took_us);
            }
        }
        until("Redis is used again", || async {
            let events = run_all(&sandbox).await;
            assert_eq!(statuses(&events), [200; 3]);
            outcomes(&events, "redis") == [Outcome::Hit; 3]
        })
        .await;
        own.stores.stop().await;
    });
}

#[test]
fn a_redis_that_hangs_before_the_first_connection_is_reported_alike() {
    test(async {
        let own = OwnStores::start().await;
        let session = SessionId::fresh();
        let known = own.engine().await.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        let fresh = own.strict_engine().await.sandbox(&session, known.id().as_str()).await.unwrap();
        let redis = own.stores.pids().redis;
        signal("-STOP", redis);
        let events = run_all(&fresh).await;
        signal("-CONT", redis);
        assert_eq!(statuses(&events), [200; 3]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::TimedOut; 3]);
        for event in &events {
            if let Fact::HopEnded { receipt, .. } = &event.fact
                && receipt.outcome == Outcome::TimedOut
            {
                assert!(receipt.took_us >= 95_000, "an old failure told again: {}", receipt.took_us);
            }
        }
        own.stores.stop().await;
    });
}

#[test]
fn without_redis_sandboxes_open_rows_are_kept_and_only_its_own_methods_fail() {
    test(async {
        let own = OwnStores::start().await;
        let nowhere = format!("redis+unix://{}/none.sock", own.settings.data_dir.display());
        let engine = connect(&nowhere, own.stores.database_url()).await;
        assert!(engine.ready().await.redis.is_err() && engine.ready().await.postgres.is_ok());
        let sandbox = open(&engine).await;
        let (redis, postgres) = (id("redis"), id("postgres"));
        assert_eq!(sandbox.rows(&postgres).await.unwrap().len(), 3);
        assert_eq!(sizes(&sandbox).await, [(postgres.clone(), 3)]);
        let refused = sandbox.keys(&redis).await.unwrap_err();
        assert_eq!(refused, EngineError::Redis("Redis refused the connection: it is not running.".to_owned()));
        assert_eq!(refused.kind(), ErrorKind::Unavailable);
        assert_eq!(sandbox.flush(&redis).await.unwrap_err().status(), 503);
        assert!(sandbox.put_row(&postgres, key("k"), value("v")).await.is_ok());
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 3]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::Refused; 3]);
        // A reset is all or nothing.
        assert_eq!(sandbox.reset(busy(1), 1, "tab").await.unwrap_err().status(), 503);
        assert_eq!(sandbox.saved().await.unwrap().version, 1);
        assert_eq!(sandbox.rows(&postgres).await.unwrap().len(), 4);
        // A dead cache may have had the key: without a database that is no 404.
        let nodes = ["client:a", "server", "redis"];
        sandbox.save(drawing(&nodes, &["client>server", "server>redis"]), 1, "tab").await.unwrap();
        assert_eq!(statuses(&run_all(&sandbox).await), [503]);
        own.stores.stop().await;
    });
}

#[test]
fn without_postgres_hits_are_answered_and_misses_are_503_and_all_is_well_when_it_is_back() {
    test(async {
        let cache = OwnStores::start().await;
        let own = OwnStores::beside(Some(cache.stores.redis_url().to_owned())).await;
        let engine = own.engine().await;
        let sandbox = open(&engine).await;
        assert_eq!(statuses(&run_all(&sandbox).await), [200; 3]);
        sandbox.delete_key(&id("redis"), "doe").await.unwrap();

        signal("-KILL", own.stores.pids().postgres);
        own.stores.stop().await; // so that nobody starts it again
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200, 200, 503]);
        assert_eq!(outcomes(&events, "redis"), [Outcome::Hit, Outcome::Hit, Outcome::Miss]);
        assert!(outcomes(&events, "postgres")[0].is_failure());
        let story = story(&events);
        assert!(story.iter().any(|line| line.starts_with("503 ") && line.contains("Postgres")), "{story:?}");
        assert_eq!(sizes(&sandbox).await, [(id("redis"), 2)]);
        assert_eq!(sandbox.rows(&id("postgres")).await.unwrap_err().status(), 503);
        assert!(engine.ready().await.postgres.is_err());

        let back = Stores::start(&own.settings).await.unwrap();
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 3], "no stale connection is used");
        assert_eq!(outcomes(&events, "postgres"), [Outcome::Found]);
        back.stop().await;
        cache.stores.stop().await;
    });
}

#[test]
fn a_restart_of_postgres_between_two_runs_is_not_noticed() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        let nodes = ["client1:a,a,a,a", "client2:a,a,a,a", "client3:a,a,a,a", "server", "postgres:a=1"];
        let links = ["client1>server", "client2>server", "client3>server", "server>postgres"];
        sandbox.reset(drawing(&nodes, &links), 1, "test").await.unwrap();
        assert_eq!(statuses(&run_all(&sandbox).await), [200; 12]); // several connections are open now
        let before = own.stores.pids().postgres;
        signal("-KILL", before);
        until("Postgres runs again", || async {
            let now = own.stores.pids().postgres;
            now.is_some() && now != before && sqlx::PgPool::connect(own.stores.database_url()).await.is_ok()
        })
        .await;
        assert_eq!(statuses(&run_all(&sandbox).await), [200; 12]);
        own.stores.stop().await;
    });
}

#[test]
fn a_postgres_that_hangs_is_a_503_in_bounded_time() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        run_all(&sandbox).await;
        sandbox.flush(&id("redis")).await.unwrap();
        let mut feed = from_now(&sandbox).await;
        let hung = Hung::postgres(&own);
        let began = std::time::Instant::now();
        sandbox.run(Which::Clients(vec![id("client")])).await.unwrap();
        let events = to_the_end(&mut feed).await;
        drop(hung);
        assert_eq!(statuses(&events), [503; 3]);
        assert!(began.elapsed() < LONG / 2);
        until("it works again", || async { statuses(&run_all(&sandbox).await) == [200; 3] }).await;
        own.stores.stop().await;
    });
}

#[test]
fn the_first_command_after_redis_came_back_is_not_told_of_an_old_refusal() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let sandbox = open(&engine).await;
        run_all(&sandbox).await;
        signal("-KILL", own.stores.pids().redis);
        let events = run_all(&sandbox).await; // over before it is started again
        assert_eq!(outcomes(&events, "redis"), [Outcome::Refused; 3]);
        redis_answers(&engine).await;
        let events = run_all(&sandbox).await;
        assert!(!outcomes(&events, "redis").iter().any(|outcome| outcome.is_failure()));
        own.stores.stop().await;
    });
}

#[test]
fn while_postgres_hangs_a_run_of_hits_does_not_wait_for_the_observer_at_each_of_them() {
    test(async {
        let own = OwnStores::start().await;
        let sandbox = open(&own.engine().await).await;
        sandbox.reset(busy(300), 1, "test").await.unwrap();
        assert_eq!(statuses(&run_all(&sandbox).await), [200; 300]);
        let hung = Hung::postgres(&own);
        // It takes seconds to give up a comparison. Done anew for each hit, that would be minutes.
        let events = run_all(&sandbox).await;
        assert_eq!(statuses(&events), [200; 300]);
        assert!(stale_reads(&events).is_empty(), "nobody knows");
        // Which keys are stale nobody knows either; they are shown all the same.
        let keys = sandbox.keys(&id("redis")).await.unwrap();
        assert!(keys.len() == 3 && keys.iter().all(|now| now.stale.is_none()));
        drop(hung);
        own.stores.stop().await;
    });
}
