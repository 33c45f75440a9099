//! One visitor never reads, changes or detects what is another's.

mod common;

use aside_domain::Scenario;
use aside_engine::{EngineError, SandboxId, SessionId};
use common::*;
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn two_visitors_with_the_same_nodes_and_keys_see_only_their_own() {
    test(async {
        let (mine, theirs) = (textbook().await, textbook().await);
        let (redis, postgres) = (id("redis"), id("postgres"));
        for (sandbox, text) in [(&mine, "mine"), (&theirs, "theirs")] {
            for k in ["john", "secret"] {
                sandbox.put_key(&redis, key(k), value(text), None).await.unwrap();
                sandbox.put_row(&postgres, key(k), value(text)).await.unwrap();
            }
        }
        theirs.put_key(&redis, key("only-theirs"), value("theirs"), None).await.unwrap();
        theirs.put_row(&postgres, key("only-theirs"), value("theirs")).await.unwrap();
        let mut their_feed = from_now(&theirs).await;

        let is_clean = |text: &str| !text.contains("theirs");
        assert!(is_clean(&format!("{:?}", mine.keys(&redis).await.unwrap())));
        assert!(is_clean(&format!("{:?}", mine.rows(&postgres).await.unwrap())));
        assert!(is_clean(&mine.export().await.unwrap().to_json()));
        assert_eq!(sizes(&mine).await, [(redis.clone(), 3), (postgres.clone(), 4)]);
        let mut scenario = drawing(
            &["client:john,secret,only-theirs", "server", "redis", "postgres"],
            &["client>server", "server>redis", "server>postgres"],
        );
        mine.save(scenario.clone(), 1, "tab").await.unwrap();
        let events = run_all(&mine).await;
        assert_eq!(statuses(&events), [200, 200, 404]);
        assert!(is_clean(&format!("{events:?}").replace("only-theirs", "")));

        scenario.graph.links.remove(1); // and without the cache between
        mine.save(scenario, 2, "tab").await.unwrap();
        let events = run_all(&mine).await;
        assert_eq!(statuses(&events), [200, 200, 404]);
        assert!(is_clean(&format!("{events:?}").replace("only-theirs", "")));

        theirs.save(Scenario::textbook(), 1, "theirs").await.unwrap();
        assert_eq!(story(&[next_event(&mut their_feed).await]), ["saved 2 by theirs"], "nothing of mine came before");
    });
}

#[test]
fn a_sandbox_of_another_session_does_not_exist() {
    test(async {
        let stores = stores().await;
        let (owner, stranger) = (SessionId::fresh(), SessionId::fresh());
        let sandbox = engine().await.open(&owner, &place(), &Scenario::textbook()).await.unwrap();
        let elsewhere = connect(stores.redis_url(), stores.database_url()).await; // which does not know it yet
        for engine in [engine().await, elsewhere] {
            let refused = engine.sandbox(&stranger, sandbox.id().as_str()).await.unwrap_err();
            let unknown = engine.sandbox(&stranger, SandboxId::fresh().as_str()).await.unwrap_err();
            assert_eq!(refused, EngineError::NoSuchSandbox);
            assert_eq!(refused, unknown, "the two must look alike");
            assert!(engine.sandbox(&owner, sandbox.id().as_str()).await.is_ok());
            assert!(engine.sandbox(&stranger, sandbox.id().as_str()).await.is_err(), "also when it is in memory");
            assert_eq!(engine.find(&stranger, &place()).await, Ok(None));
        }
    });
}

#[test]
fn flush_reset_and_delete_leave_the_neighbour_untouched() {
    test(async {
        let (mine, theirs) = (textbook().await, textbook().await);
        let before = (cached(&theirs, "redis").await, theirs.rows(&id("postgres")).await.unwrap());
        mine.flush(&id("redis")).await.unwrap();
        mine.delete_key(&id("redis"), "john").await.unwrap();
        mine.delete_row(&id("postgres"), "john").await.unwrap();
        mine.reset(drawing(&["client"], &[]), 1, "tab").await.unwrap();
        let after = (cached(&theirs, "redis").await, theirs.rows(&id("postgres")).await.unwrap());
        assert_eq!(before, after);
        assert_eq!(theirs.saved().await.unwrap().version, 1);
    });
}

#[test]
fn nodes_of_one_sandbox_whose_names_begin_alike_are_apart() {
    test(async {
        let nodes = ["redis:a=1", "redis1:a=1,b=2", "redis11:a=1", "postgres:a=1", "postgres1:a=1,b=2"];
        let sandbox = sandbox_of(drawing(&nodes, &[])).await;
        assert_eq!(sandbox.flush(&id("redis1")).await, Ok(2));
        sandbox.delete_row(&id("postgres"), "a").await.unwrap();
        let all: Vec<u64> = sizes(&sandbox).await.into_iter().map(|(_, size)| size).collect();
        assert_eq!(all, [1, 0, 1, 0, 2]);
    });
}

#[test]
fn a_key_that_looks_like_a_pattern_or_a_prefix_stays_a_key() {
    test(async {
        let (mine, theirs) = (textbook().await, textbook().await);
        let redis = id("redis");
        for k in ["*", "a*", "[a-z]", "a}:b", &format!("}}:aside:{{{}:redis}}", theirs.id())] {
            mine.put_key(&redis, key(k), value("v"), None).await.unwrap();
            mine.delete_key(&redis, k).await.unwrap();
        }
        mine.delete_key(&redis, &format!("x}}:aside:{{{}:redis}}:john", theirs.id())).await.unwrap();
        assert_eq!(cached(&mine, "redis").await.len(), 2);
        assert_eq!(cached(&theirs, "redis").await.len(), 2);
        mine.put_row(&id("postgres"), key("'; DELETE FROM node_rows; --"), value("v")).await.unwrap();
        mine.delete_row(&id("postgres"), "' OR 1=1 --").await.unwrap();
        assert_eq!(mine.rows(&id("postgres")).await.unwrap().len(), 4);
    });
}

#[test]
fn the_sweep_takes_what_is_idle_from_everywhere_and_leaves_the_neighbour() {
    test(async {
        let own = OwnStores::start().await;
        let engine = own.engine().await;
        let pool = sqlx::PgPool::connect(own.stores.database_url()).await.unwrap();
        let (idle_session, busy_session) = (SessionId::fresh(), SessionId::fresh());
        let idle = engine.open(&idle_session, &place(), &Scenario::textbook()).await.unwrap();
        let busy = engine.open(&busy_session, &place(), &Scenario::textbook()).await.unwrap();
        let now = SystemTime::now();
        assert_eq!(engine.sweep(now, DAY).await, Ok(0));
        let age = "UPDATE sandboxes SET touched_at = now() - interval '25 hours' WHERE id = $1";
        sqlx::query(age).bind(idle.id().as_str()).execute(&pool).await.unwrap();
        let mut feed = from_now(&idle).await;

        assert_eq!(engine.sweep(now, DAY).await, Ok(1));
        assert!(futures::StreamExt::next(&mut feed).await.is_none(), "its readers are let go");
        assert_eq!(engine.sandbox(&idle_session, idle.id().as_str()).await.unwrap_err(), EngineError::NoSuchSandbox);
        let gone = idle.put_key(&id("redis"), key("k"), value("v"), None).await;
        assert_eq!(gone, Err(EngineError::NoSuchSandbox), "also for who still holds it");
        assert_eq!(idle.run(aside_engine::Which::All).await, Err(EngineError::NoSuchSandbox));
        assert_eq!(sizes(&busy).await, [(id("redis"), 2), (id("postgres"), 3)]);

        // The time that is asked about is the caller's.
        let reader = engine.open(&idle_session, &place(), &Scenario::textbook()).await.unwrap();
        assert_ne!(reader.id(), idle.id());
        assert_eq!(engine.sweep(now + DAY + DAY / 24, DAY).await, Ok(2));
        for (table, sql) in
            [("sandboxes", "SELECT count(*) FROM sandboxes"), ("node_rows", "SELECT count(*) FROM node_rows")]
        {
            let left: i64 = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();
            assert_eq!(left, 0, "{table}");
        }
        let client = redis::Client::open(own.stores.redis_url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let left: u64 = redis::cmd("DBSIZE").query_async(&mut connection).await.unwrap();
        assert_eq!(left, 0);

        // With Redis down nothing is forgotten halfway.
        let kept = engine.open(&idle_session, &place(), &Scenario::textbook()).await.unwrap();
        signal("-STOP", own.stores.pids().redis);
        let refused = engine.sweep(now + 3 * DAY, DAY).await;
        signal("-CONT", own.stores.pids().redis);
        assert!(matches!(refused, Err(EngineError::Redis(_))), "{refused:?}");
        assert_eq!(kept.rows(&id("postgres")).await.unwrap().len(), 3);
        assert_eq!(engine.sweep(now + 3 * DAY, DAY).await, Ok(1));
        own.stores.stop().await;
    });
}

#[test]
fn a_sandbox_that_another_process_swept_is_let_go_here_too() {
    test(async {
        let own = OwnStores::start().await;
        let (here, there) = (own.engine().await, own.engine().await);
        let session = SessionId::fresh();
        let sandbox = here.open(&session, &place(), &Scenario::textbook()).await.unwrap();
        assert_eq!(there.sweep(SystemTime::now() + 2 * DAY, DAY).await, Ok(1));
        assert_eq!(here.sweep(SystemTime::now(), DAY).await, Ok(0));
        let gone = here.sandbox(&session, sandbox.id().as_str()).await.unwrap_err();
        assert_eq!(gone, EngineError::NoSuchSandbox);
        own.stores.stop().await;
    });
}
